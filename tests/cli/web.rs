//! The address of the pages, and links that sign a browser in.

use std::{fs, os::unix::fs::PermissionsExt};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{Response, StatusCode},
};
use emt_client::Trust;
use reqwest::{Certificate, Client, header, redirect::Policy};
use serde_json::json;

use crate::{
    fake::{self, Fake},
    world::{Server, World},
};

/// A browser that does not follow.
fn browser(server: &Server) -> Client {
    Client::builder()
        .tls_certs_only([Certificate::from_pem(&fs::read(server.authority()).unwrap()).unwrap()])
        .no_proxy()
        .redirect(Policy::none())
        .resolve("emt.localhost", ([127, 0, 0, 1], server.port).into())
        .build()
        .unwrap()
}

/// Follows a link as the page's script does: opens it, sends the form; where the browser is sent.
async fn follow(browser: &Client, url: &str) -> Result<String, StatusCode> {
    let (address, code) = url.split_once('#').unwrap();
    let page = browser.get(address).send().await.unwrap();
    let cookie = page.headers()[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    let html = page.text().await.unwrap();
    let form = html.split("name=\"form\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let fields = [("form", form), ("code", code)];
    let answer = browser.post(address).header(header::COOKIE, cookie).form(&fields).send().await.unwrap();
    if answer.status() != StatusCode::SEE_OTHER {
        return Err(answer.status());
    }
    let cookies = answer.headers().get_all(header::SET_COOKIE).iter();
    let cookie = cookies.filter_map(|cookie| cookie.to_str().ok()).find(|cookie| cookie.starts_with("__Host-emt=")).unwrap();
    let place = answer.headers()[header::LOCATION].to_str().unwrap().to_owned();
    let page = browser.get(format!("{}{place}", address.trim_end_matches("/ui/enter")));
    let page = page.header(header::COOKIE, cookie.split(';').next().unwrap()).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK, "{place}");
    Ok(place)
}

#[test]
fn a_link_signs_in_once() {
    let world = World::new("web");
    let browser = browser(world.server);
    for (arguments, place) in [
        (&["web"][..], "/ui/p/web"),
        (&["ui", "--page", "hosts?view=failing"], "/ui/p/web/hosts?view=failing"),
        (&["web", "-o", "name"], "/ui/p/web"),
        (&["web", "--page", "/ui/p/web/os"], "/ui/p/web/os"),
    ] {
        let printed = world.ok(arguments);
        let url = printed.trim_end();
        assert!(url.starts_with(&format!("https://emt.localhost:{}/ui/enter#", world.server.port)), "{url}");
        let followed = world.server.runtime.block_on(follow(&browser, url));
        assert_eq!(followed.as_deref(), Ok(place), "{arguments:?}");
        assert_eq!(world.server.runtime.block_on(follow(&browser, url)), Err(StatusCode::BAD_REQUEST), "once");
    }
    let json = world.json(&["web"]);
    assert!(json["url"].as_str().unwrap().ends_with(json["code"].as_str().unwrap()), "{json}");
}

#[test]
fn what_is_told() {
    let world = World::new("web-told");
    world
        .transcript()
        .run(&["web"])
        .run(&["web", "--no-sign-in"])
        .run(&["web", "--print", "--page", "schedules", "-o", "json"])
        .run(&["web", "--page", "/realms/master"])
        .check("web");
    let stranger = World::stranger();
    stranger.transcript().run(&["web"]).run(&["web", "--no-sign-in"]).check("web_stranger");
}

#[test]
fn a_browser_is_started_without_the_code() {
    let world = World::new("web-open");
    let program = world.path("xdg-open");
    fs::write(&program, "#!/bin/sh\nprintf '%s\\n' \"$@\" > opened.new\nmv opened.new opened\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", world.directory.path().display());
    let ran = world.run_with(&["web", "--open", "--page", "hosts"], &[("PATH", &path)], "");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let opened = (0..600).find_map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        fs::read_to_string(world.path("opened")).ok()
    });
    let form = format!("https://emt.localhost:{}/ui/enter", world.server.port);
    assert_eq!(opened.unwrap().trim_end(), form);
    let link = format!("{form}#{}", ran.stdout.trim_end());
    let followed = world.server.runtime.block_on(follow(&browser(world.server), &link));
    assert_eq!(followed.as_deref(), Ok("/ui/p/web-open/hosts"), "{}", ran.stderr);
    let ran = world.run_with(&["web", "--open"], &[("PATH", "/nonexistent")], "");
    assert!(ran.code == 6 && ran.stderr.contains("no browser can be opened") && ran.stderr.contains(&form), "{}", ran.stderr);
}

#[test]
fn an_edge_orchestrator_makes_no_links() {
    let world = World::stranger();
    let served = Router::new().fallback(async |request: Request| {
        if request.uri().path() == "/v1/orchestrator" {
            return fake::json(200, &json!({"orchestrator": {"features": {"web-ui": {"installed": true}}}}));
        }
        Response::builder().status(404).body(Body::from("404 page not found")).unwrap()
    });
    let issuer = "https://keycloak.example/realms/master";
    let elsewhere = Router::new().fallback(async move || {
        fake::json(
            501,
            &json!({"message": format!("this server makes no links that sign in: {issuer} signs people in to its pages")}),
        )
    });
    let mut transcript = world.transcript();
    for routes in [served, elsewhere] {
        let fake = world.server.runtime.block_on(Fake::serve(routes));
        let Trust::Authority(pem) = &fake.trust else { panic!("it has an authority") };
        world.file("fake.pem", pem);
        let base = fake.base.as_str().trim_end_matches('/');
        let variables =
            [("EMTCTL_SERVER", base), ("EMTCTL_CA_CERT", "fake.pem"), ("EMTCTL_TOKEN", "t"), ("EMTCTL_PROJECT", "shops")];
        transcript.run_quietly(&["web"], &variables);
    }
    transcript.check("web_elsewhere");
}
