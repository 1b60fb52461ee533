//! The login of `orch-cli`, as it makes it: TLS 1.3 and HTTP/1.1 only, the address of the identity server derived from that
//! of the API, one refresh before each request, the refresh token read as a JWT. What its commands ask for is in
//! `orch-cli.yaml`.

use reqwest::{Version, tls};
use serde_json::Value as Json;

use crate::support::{
    PASSWORD, PROJECT,
    oidc::claims,
    process::{Process, init},
};

/// 200 exactly, and JSON: it does not read other bodies.
async fn read(answer: reqwest::Response) -> Json {
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    let (status, version, url) = (answer.status(), answer.version(), answer.url().clone());
    let text = answer.text().await.unwrap();
    assert_eq!((status.as_u16(), version), (200, Version::HTTP_11), "{url}: {text}");
    assert!(kind.contains("json"), "{url}: {kind}");
    serde_json::from_str(&text).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn login_over_tls_1_3_and_http_1_1() {
    let directory = tempfile::tempdir().unwrap();
    let made = init(directory.path());
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let process = Process::start(directory.path());
    let builder = process.client_builder().http1_only().min_tls_version(tls::Version::TLS_1_3);
    let client = builder.max_tls_version(tls::Version::TLS_1_3).build().unwrap();

    // `api.` becomes `keycloak.`, the port stays.
    let issuer = format!("{}/realms/master", process.api().replace("https://api.", "https://keycloak."));
    let document = read(client.get(format!("{issuer}/.well-known/openid-configuration")).send().await.unwrap()).await;
    let endpoint = format!("{issuer}/protocol/openid-connect/token");
    assert_eq!(document["token_endpoint"], *endpoint, "it is compared literally");

    let form = [
        ("grant_type", "password"),
        ("client_id", "system-client"),
        ("username", "admin"),
        ("password", PASSWORD),
        ("claims", "openid profile email"),
    ];
    let login = read(client.post(&endpoint).form(&form).send().await.unwrap()).await;
    assert!(login["access_token"].is_string() && login["expires_in"].is_number());
    let refresh = login["refresh_token"].as_str().unwrap().to_owned();
    let told = claims(&refresh);
    assert_eq!((&told["typ"], &told["azp"], &told["iss"]), (&"Refresh".into(), &"system-client".into(), &Json::from(issuer)));

    // What a rotated token says is not kept: the first one is used again and again.
    for path in
        ["/v1/orchestrator".to_owned(), format!("/v1/projects/{PROJECT}"), format!("/v1/projects/{PROJECT}/compute/hosts")]
    {
        let form = [("grant_type", "refresh_token"), ("client_id", "system-client"), ("refresh_token", refresh.as_str())];
        let fresh = read(client.post(&endpoint).form(&form).send().await.unwrap()).await;
        let token = fresh["access_token"].as_str().unwrap();
        read(client.get(format!("{}{path}", process.api())).bearer_auth(token).send().await.unwrap()).await;
    }

    let wrong = [("grant_type", "password"), ("client_id", "system-client"), ("username", "admin"), ("password", "wrong")];
    assert_eq!(
        client.post(&endpoint).form(&wrong).send().await.unwrap().status(),
        401,
        "it tells unauthorized from other refusals"
    );
    let gone = [("grant_type", "refresh_token"), ("client_id", "system-client"), ("refresh_token", "garbage")];
    assert_eq!(client.post(&endpoint).form(&gone).send().await.unwrap().status(), 400);
}
