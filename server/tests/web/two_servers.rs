//! Two real servers: one issues the tokens, the other shows its pages to whoever has signed in there.

#![allow(clippy::unwrap_used, reason = "for tests")]

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt, path::Path};

use reqwest::{Certificate, Client, Response, Url, header, redirect::Policy};
use serde_json::json;

use crate::support::{
    PASSWORD,
    process::{Process, init},
};

const SECRET: &str = "a secret of the pages: +&=";

/// A browser that keeps cookies by host, and follows redirects from one server to the other.
struct Browser {
    http: Client,
    cookies: BTreeMap<String, BTreeMap<String, String>>,
}

impl Browser {
    async fn ask(&mut self, url: &Url, form: Option<&[(&str, &str)]>) -> Response {
        let own = self.cookies.entry(url.authority().to_owned()).or_default();
        let cookies: Vec<String> = own.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = match form {
            None => self.http.get(url.clone()),
            Some(form) => self.http.post(url.clone()).form(form),
        };
        let request = request.header(header::COOKIE, cookies.join("; ")).header(header::ACCEPT, "text/html");
        let answer = request.send().await.unwrap();
        for set in answer.headers().get_all(header::SET_COOKIE) {
            let (name, rest) = set.to_str().unwrap().split_once('=').unwrap();
            own.insert(name.to_owned(), rest.split(';').next().unwrap().to_owned());
        }
        answer
    }

    /// Follows redirects to a page; its address and its text.
    async fn follow(&mut self, mut url: Url, form: Option<&[(&str, &str)]>) -> (Url, String) {
        let mut answer = self.ask(&url, form).await;
        while answer.status().is_redirection() {
            url = url.join(answer.headers()[header::LOCATION].to_str().unwrap()).unwrap();
            answer = self.ask(&url, None).await;
        }
        assert_eq!(answer.status(), 200, "{url}");
        (url, answer.text().await.unwrap())
    }
}

fn hidden(page: &str, name: &str) -> String {
    page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// A second data directory, with the same project.
fn copy(from: &Path, data: &Path) {
    fs::create_dir(data).unwrap();
    fs::set_permissions(data, fs::Permissions::from_mode(0o700)).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap).filter(|entry| entry.file_type().unwrap().is_file()) {
        fs::copy(entry.path(), data.join(entry.file_name())).unwrap();
    }
}

/// Has the server of a data directory take an issuer's tokens.
fn trust(issuer: &Process, data: &Path) {
    let (secret, settings, authority) = (data.join("web-secret"), data.join("emt-server.toml"), data.join("ca.pem"));
    fs::write(&secret, format!("{SECRET}\n")).unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    let section = format!(
        "\n[issuer]\nurl = \"https://localhost:{}/realms/master\"\nca-file = \"{}\"\nweb-client-id = \"fleet pages\"\n\
         web-client-secret-file = \"{}\"\n",
        issuer.port,
        authority.display(),
        secret.display()
    );
    fs::write(&settings, fs::read_to_string(&settings).unwrap() + &section).unwrap();
}

#[tokio::test]
async fn a_person_of_another_issuer_signs_in_and_out_over_real_sockets() {
    let place = tempfile::tempdir().unwrap();
    let (first, second) = (place.path().join("issuer"), place.path().join("pages"));
    assert!(init(&first).status.success());
    // Before anybody opens it.
    copy(&first, &second);
    let issuer = Process::start(&first);
    trust(&issuer, &second);
    let server = Process::start_with(&second, &[("EMT_SERVER_LOG", "debug")]);
    let home = format!("https://emt.localhost:{}", server.port);
    let client = json!({
        "clientId": "fleet pages", "publicClient": false, "secret": SECRET, "standardFlowEnabled": true,
        "redirectUris": [format!("{home}/ui/callback"), format!("{home}/ui/")],
    });
    let made = issuer.client().post(format!("{}/admin/realms/master/clients", issuer.api())).bearer_auth(issuer.token().await);
    let made = made.json(&client).send().await.unwrap();
    assert_eq!(made.status(), 201, "{}", made.text().await.unwrap());

    let http = Client::builder()
        .tls_certs_only([Certificate::from_pem(&issuer.authority()).unwrap()])
        .no_proxy()
        .redirect(Policy::none())
        .resolve("emt.localhost", ([127, 0, 0, 1], server.port).into())
        .build()
        .unwrap();
    let mut browser = Browser { http, cookies: BTreeMap::new() };
    let (asks, page) = browser.follow(home.parse().unwrap(), None).await;
    assert_eq!((asks.host_str(), asks.port()), (Some("localhost"), Some(issuer.port)), "{asks}");
    let (ticket, action) = (hidden(&page, "ticket"), asks.join("/realms/master/login-actions/authenticate").unwrap());
    let fields = [("ticket", ticket.as_str()), ("username", "admin"), ("password", PASSWORD)];
    let (shown, page) = browser.follow(action, Some(&fields)).await;
    assert_eq!(shown.as_str(), format!("{home}/ui/p/shops"));
    assert!(page.contains("<span class=\"user\">admin</span>"), "{page}");

    let form = hidden(&page, "form");
    let left = browser.ask(&shown.join("/ui/sign-out").unwrap(), Some(&[("form", form.as_str())])).await;
    let refresh = left.headers()["refresh"].to_str().unwrap().strip_prefix("0;url=").unwrap().parse().unwrap();
    let left = browser.ask(&refresh, None).await;
    assert_eq!(left.headers()[header::LOCATION], format!("{home}/ui/"));
    let (asks, _) = browser.follow(shown, None).await;
    assert_eq!(asks.port(), Some(issuer.port), "whoever is signed out is sent to sign in");
    let log = server.log();
    for secret in [
        "code=",
        "id_token_hint",
        "eyJ",
        SECRET,
        browser.cookies[&format!("emt.localhost:{}", server.port)]["__Host-emt-sign-in"].as_str(),
    ] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}
