//! A server whose people another server signs in, in a real browser.

use serde_json::json;

use crate::{
    web::browser::Driver,
    world::{PASSWORD, World},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_in_and_out_at_another_server() {
    let made = || {
        let mut world = World::logged_out();
        let (server, port) = world.second_server();
        let (status, clients) = world.curl_at("GET", "/admin/realms/master/clients?clientId=webui-client", None);
        assert_eq!(status, 200, "{clients}");
        let home = format!("https://emt.localhost:{port}");
        let addresses = json!({"redirectUris": [format!("{home}/ui/callback"), format!("{home}/ui/")]}).to_string();
        let path = format!("/admin/realms/master/clients/{}", clients[0]["id"].as_str().unwrap());
        let (status, answer) = world.curl_at("PUT", &path, Some(&addresses));
        assert_eq!(status, 204, "{answer}");
        (world, server, home)
    };
    let (world, mut server, home) = tokio::task::spawn_blocking(made).await.unwrap();
    let driver = Driver::start();
    let browser = driver.browser((1280, 900), false).await;
    let issuer = json!(format!("https://localhost:{}", world.port));
    browser.open(&format!("{home}/ui/p/shops/schedules")).await;
    browser.sees("Password").await;
    assert_eq!(browser.run("return location.origin").await, issuer);
    browser.write("input[name=username]", "admin").await;
    browser.write("input[name=password]", PASSWORD).await;
    browser.click("button").await;
    browser.sees("Sign out").await;
    assert_eq!(browser.run("return location.href").await, json!(format!("{home}/ui/p/shops/schedules")));
    // The browser goes to the issuer, which ends its login and sends it back; there it begins anew.
    browser.click("form[action='/ui/sign-out'] button").await;
    browser.sees("Password").await;
    assert_eq!(browser.run("return location.origin").await, issuer);
    browser.has_no_errors().await.unwrap();
    browser.0.close().await.unwrap();
    assert_eq!(server.stop(), Some(0));
    let log = server.log();
    assert!(log.contains("/ui/callback") && !log.contains("id_token_hint") && !log.contains("eyJ"), "{log}");
}
