//! The real program at a real socket: TLS, protocols, names, hostile input, and what is in its log.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step fails the test")]

mod support;

use std::{sync::Arc, time::Duration};

use emt_api::maintmgr::{maintmgr_service_client::MaintmgrServiceClient, update_status::StatusType};
use reqwest::{Method, StatusCode, header};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion, pki_types::pem::PemObject};
use serde_json::{Value as Json, json};
use support::{
    PASSWORD, PROJECT,
    process::{DEADLINE, Process, init},
    southbound::report,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint};

fn started(log: &str) -> (tempfile::TempDir, Process) {
    let directory = tempfile::tempdir().unwrap();
    let made = init(directory.path());
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let process = Process::start_with(directory.path(), &[("EMT_SERVER_LOG", log)]);
    (directory, process)
}

async fn connect(
    process: &Process,
    version: &'static SupportedProtocolVersion,
    alpn: &[&str],
    name: &str,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(rustls::pki_types::CertificateDer::from_pem_slice(&process.authority()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    let stream = TcpStream::connect(("127.0.0.1", process.port)).await.unwrap();
    TlsConnector::from(Arc::new(config)).connect(name.to_owned().try_into().unwrap(), stream).await
}

/// Sends bytes and reads until the other side closes.
async fn talk(mut stream: impl AsyncRead + AsyncWrite + Unpin, bytes: &[u8]) -> String {
    // The server may refuse and close before all was sent.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let read = tokio::time::timeout(DEADLINE, stream.read_to_end(&mut answer)).await;
    assert!(read.is_ok(), "the server neither answers nor closes");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sends_first_and_reads_then_gets_the_answer() {
    let (_directory, process) = started("info");
    let token = process.token().await;
    for (token, status) in [(token.as_str(), "413 "), ("nobody", "401 ")] {
        let length = 3 << 20;
        let head = format!(
            "POST /v1/projects/{PROJECT}/regions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        );
        let mut stream = connect(&process, &rustls::version::TLS13, &["http/1.1"], "localhost").await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&vec![b' '; length]).await.unwrap();
        let mut answer = [0; 13];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&answer), format!("HTTP/1.1 {status}"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_protocols_and_names() {
    let (_directory, process) = started("info");
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        for (alpn, chosen) in [
            (&["h2", "http/1.1"][..], Some(&b"h2"[..])),
            (&["http/1.1", "h2"], Some(b"h2")),
            (&["http/1.1"], Some(b"http/1.1")),
            (&["h2"], Some(b"h2")),
            (&[], None),
        ] {
            let stream = connect(&process, version, alpn, "api.emt.localhost").await.unwrap();
            let (_, session) = stream.get_ref();
            assert_eq!(session.protocol_version(), Some(version.version));
            assert_eq!(session.alpn_protocol(), chosen, "{alpn:?}");
            if chosen != Some(b"h2") {
                let answer = talk(stream, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
                assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("ok\n"), "{answer}");
            }
        }
    }
    for name in ["localhost", "emt.localhost", "keycloak.emt.localhost", "any.emt.localhost", "127.0.0.1"] {
        connect(&process, &rustls::version::TLS13, &["h2"], name).await.unwrap();
    }
    let foreign = connect(&process, &rustls::version::TLS13, &["h2"], "emt.example.org").await;
    assert!(foreign.is_err(), "the certificate is not for this name");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_served_at_one_port_under_every_name() {
    let (_directory, process) = started("trace");
    let token = process.token().await;
    let port = process.port;
    for protocol in [reqwest::Version::HTTP_11, reqwest::Version::HTTP_2] {
        let builder = process.client_builder();
        let client = if protocol == reqwest::Version::HTTP_11 { builder.http1_only() } else { builder };
        let client = client.build().unwrap();
        for name in
            ["api.emt.localhost", "keycloak.emt.localhost", "emt.localhost", "localhost", "127.0.0.1", "any.other.emt.localhost"]
        {
            let base = format!("https://{name}:{port}");
            // Below two labels the certificate does not hold; the Host header may say so all the same.
            let (address, host) =
                if name.starts_with("any.") { (format!("https://localhost:{port}"), Some(name)) } else { (base.clone(), None) };
            let get = |path: &str| {
                let request = client.get(format!("{address}{path}")).bearer_auth(&token);
                match host {
                    Some(host) if protocol == reqwest::Version::HTTP_11 => request.header(header::HOST, format!("{host}:{port}")),
                    _ => request,
                }
                .send()
            };
            let answer = get("/realms/master/.well-known/openid-configuration").await.unwrap();
            assert_eq!((answer.status(), answer.version()), (StatusCode::OK, protocol), "{name}");
            let issuer = answer.json::<Json>().await.unwrap()["issuer"].as_str().unwrap().to_owned();
            if host.is_none() || protocol == reqwest::Version::HTTP_11 {
                assert_eq!(issuer, format!("{base}/realms/master"));
            }
            let answer = get(&format!("/v1/projects/{PROJECT}/compute/os")).await.unwrap();
            assert_eq!(answer.status(), StatusCode::OK, "{name}");
            assert_eq!(answer.json::<Json>().await.unwrap()["totalElements"], 0);
            assert_eq!(get("/readyz").await.unwrap().text().await.unwrap(), "ready\n");
        }
    }
    // A foreign name in the header is served, and tokens are not issued in it.
    let request = process.client_builder().http1_only().build().unwrap();
    let answer = request
        .get(format!("{}/realms/master/.well-known/openid-configuration", process.api()))
        .header(header::HOST, "evil.example")
        .send();
    let issuer = answer.await.unwrap().json::<Json>().await.unwrap()["issuer"].clone();
    assert_eq!(issuer, format!("https://keycloak.emt.localhost:{port}/realms/master"));

    // A node, over gRPC at the same port.
    let uuid = uuid::Uuid::new_v4().to_string();
    let client = process.client();
    let host: Json = client
        .post(format!("{}/compute/hosts/register?enrolment=true", process.project()))
        .bearer_auth(&token)
        .json(&json!({"name": "till", "uuid": uuid}))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let body = json!({"token": host["enrolmentToken"], "uuid": uuid});
    let credentials: Json =
        client.post(format!("{}/v1/enrol", process.api())).json(&body).send().await.unwrap().json().await.unwrap();
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", credentials["clientId"].as_str().unwrap()),
        ("client_secret", credentials["clientSecret"].as_str().unwrap()),
    ];
    // Where the enrolment says that tokens are to be had.
    let tokens: Json =
        client.post(credentials["tokenUrl"].as_str().unwrap()).form(&form).send().await.unwrap().json().await.unwrap();
    let tls = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(process.authority()))
        .domain_name("update-node.emt.localhost");
    let endpoint = Endpoint::from_shared(format!("https://127.0.0.1:{port}")).unwrap().tls_config(tls).unwrap();
    let mut node = MaintmgrServiceClient::new(endpoint.connect().await.unwrap());
    let mut request = tonic::Request::new(report(&uuid, StatusType::UpToDate, "", ""));
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    request.metadata_mut().insert("authorization", bearer.parse().unwrap());
    assert!(node.platform_update_status(request).await.unwrap().into_inner().update_schedule.is_some());

    // Nothing secret is in the log, however much is logged.
    process.signal(rustix::process::Signal::TERM);
    let (code, log) = process.end();
    assert_eq!(code, Some(0));
    let (_, node_token) = bearer.split_once(' ').unwrap();
    for (what, secret) in [
        ("password", PASSWORD),
        ("token", token.as_str()),
        ("node's secret", credentials["clientSecret"].as_str().unwrap()),
        ("enrolment token", host["enrolmentToken"].as_str().unwrap()),
        ("node's token", node_token),
    ] {
        let line = log.lines().find(|line| line.contains(secret));
        assert!(line.is_none(), "the {what} is in the log: {line:?}");
    }
    assert!(log.contains("\"message\":\"served\""));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_and_log_have_the_same_request_id() {
    let (_directory, process) = started("info");
    let (client, token) = (process.client(), process.token().await);
    let mut asked: Vec<(String, String, u16)> = Vec::new();
    for (path, token, status) in [
        (format!("/v1/projects/{PROJECT}/compute/os"), token.as_str(), 200),
        (format!("/v1/projects/{PROJECT}/compute/os/os-ffffffff"), &token, 404),
        (format!("/v1/projects/{PROJECT}/compute/os"), "garbage", 401),
        ("/v1/projects/nowhere/compute/os".to_owned(), &token, 403),
        ("/realms/master/protocol/openid-connect/nosuch".to_owned(), "", 404),
        ("/maintmgr.v1.MaintmgrService/Nosuch".to_owned(), "", 200),
        ("/nosuch".to_owned(), "", 404),
    ] {
        let answer = client.get(format!("{}{path}", process.api())).bearer_auth(token).send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
        let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
        assert!(asked.iter().all(|(known, ..)| *known != id), "each request has its own");
        asked.push((id, path, status));
    }
    process.signal(rustix::process::Signal::TERM);
    let (_, log) = process.end();
    for (id, path, status) in asked {
        let lines = log.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
        let mut served = lines.filter(|line| line["fields"]["message"] == "served" && line["span"]["id"] == id.as_str());
        let line = served.next().unwrap();
        assert_eq!((&line["span"]["path"], &line["fields"]["status"]), (&json!(path), &json!(status)));
        assert!(served.next().is_none());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_requests_are_refused_and_nothing_breaks() {
    let (_directory, process) = started("info");
    let (client, token) = (process.client(), process.token().await);
    let os =
        json!({"name": "emt", "sha256": "a".repeat(64), "osType": "OS_TYPE_IMMUTABLE", "osProvider": "OS_PROVIDER_KIND_INFRA"});
    let deep = "[".repeat(50_000);
    let nested = format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    let long_name = json!({"name": "x".repeat(90_000)}).to_string();
    let mut alike = os.to_string();
    alike.insert_str(1, "\"name\":\"twice\",");
    let bodies: Vec<(&str, Vec<u8>, u16)> = vec![
        ("compute/os", os.to_string().into_bytes(), 200),
        ("compute/os", vec![b' '; 102_401], 413),
        ("compute/os", alike.into_bytes(), 400),
        ("compute/os", b"{".to_vec(), 400),
        ("compute/os", b"null".to_vec(), 400),
        ("compute/os", b"\"text\"".to_vec(), 400),
        ("compute/os", b"{\"name\":\"\xff\"}".to_vec(), 400),
        ("compute/os", b"{\"name\":\"\\ud800\"}".to_vec(), 400),
        ("compute/os", b"{\"name\":\"a\\u0000b\"}".to_vec(), 400),
        ("compute/os", deep.into_bytes(), 400),
        ("compute/os", nested.into_bytes(), 400),
        ("regions", long_name.into_bytes(), 400),
        ("schedules/single", br#"{"name":"x","scheduleStatus":"SCHEDULE_STATUS_OS_UPDATE","startSeconds":1e400}"#.to_vec(), 400),
        ("schedules/single", br#"{"name":"x","scheduleStatus":"SCHEDULE_STATUS_OS_UPDATE","startSeconds":-1}"#.to_vec(), 400),
        (
            "schedules/single",
            br#"{"name":"x","scheduleStatus":"SCHEDULE_STATUS_OS_UPDATE","startSeconds":99999999999999999999}"#.to_vec(),
            400,
        ),
        (
            "schedules/repeated",
            br#"{"name":"x","scheduleStatus":"SCHEDULE_STATUS_OS_UPDATE","durationSeconds":-5}"#.to_vec(),
            400,
        ),
        ("compute/hosts/register", br#"{"name":"x","uuid":"x","userLvmSize":1e10}"#.to_vec(), 400),
        ("compute/hosts/register", br#"{"name":{"a":1}}"#.to_vec(), 400),
    ];
    for (path, body, status) in bodies {
        let text = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
        let request = client
            .post(format!("{}/{path}", process.project()))
            .bearer_auth(&token)
            .header(header::CONTENT_TYPE, "application/json");
        let answer = request.body(body).send().await.unwrap();
        assert_eq!(answer.status(), status, "{path} {text}: {}", answer.text().await.unwrap());
    }
    for (query, status) in [
        ("pageSize=0", 400),
        ("pageSize=-1", 400),
        ("pageSize=101", 400),
        ("pageSize=99999999999999999999", 400),
        ("pageSize=1.5", 400),
        ("pageSize=", 400),
        ("offset=-1", 400),
        ("offset=18446744073709551616", 400),
        ("offset=10000", 200),
        ("offset=4294967295", 400),
        ("pageSize=%FF", 400),
        ("pageSize=1&pageSize=2", 0),
        ("a=1&a&=&&%", 0),
        ("fieldMask=nosuch", 0),
    ] {
        let answer = client.get(format!("{}/compute/os?{query}", process.project())).bearer_auth(&token).send().await.unwrap();
        let found = answer.status().as_u16();
        assert!(if status == 0 { found < 500 } else { found == status }, "{query}: {found} {}", answer.text().await.unwrap());
    }
    for (path, query) in [
        ("schedules/single", "unixEpoch=99999999999999999999"),
        ("schedules/single", "unixEpoch=-1"),
        ("schedules/single", "hostId=x"),
    ] {
        let answer = client.get(format!("{}/{path}?{query}", process.project())).bearer_auth(&token).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{query}");
    }
    let far = format!("{}/schedules/single?unixEpoch=9223372036854775807", process.project());
    assert_eq!(client.get(far).bearer_auth(&token).send().await.unwrap().status(), 200);
    for path in [
        "/v1/projects/%FF/compute/os",
        "/v1/projects/shops/compute/os/%FF",
        "/v1/projects/shops/compute/os/%00",
        "/v1/projects/shops/compute/os/..%2F..%2Fetc",
        "/v1/projects/%2e%2e/compute/os",
        "/v1/projects//compute/os",
        "/v1/projects/shops/compute/os/",
        "//v1//projects",
        "/files-edge-orch/%FF/x/y",
        "/files-edge-orch/x/../y",
        "/realms/%FF/protocol",
        "/%",
    ] {
        for method in [Method::GET, Method::DELETE, Method::PATCH, Method::from_bytes(b"BREW").unwrap()] {
            let bytes =
                format!("{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n");
            let stream = connect(&process, &rustls::version::TLS13, &["http/1.1"], "localhost").await.unwrap();
            let answer = talk(stream, bytes.as_bytes()).await;
            let status: u16 =
                answer.get(9..12).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{path}: {answer:?}"));
            assert!(status < 500, "{method} {path}: {answer}");
        }
    }
    let many = "X-Many: y\r\n".repeat(200);
    let mebibyte = "y".repeat(1 << 20);
    let line = format!("GET /{mebibyte} HTTP/1.1\r\nHost: x\r\n\r\n");
    let header = format!("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: {mebibyte}\r\n\r\n");
    let headers = format!("GET /healthz HTTP/1.1\r\nHost: x\r\n{many}\r\n");
    for bytes in [
        line.as_str(),
        &header,
        &headers,
        "\0\0\0\0",
        "GET\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\ngarbage",
        "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
    ] {
        let stream = connect(&process, &rustls::version::TLS13, &["http/1.1"], "localhost").await.unwrap();
        let answer = talk(stream, bytes.as_bytes()).await;
        let refused = answer.is_empty() || answer.starts_with("HTTP/1.1 4") || !answer.starts_with("HTTP");
        assert!(refused, "{:?}: {answer:?}", &bytes[..bytes.len().min(30)]);
    }
    // No TLS at all.
    let plain = TcpStream::connect(("127.0.0.1", process.port)).await.unwrap();
    talk(plain, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;

    assert_eq!(client.get(format!("{}/readyz", process.api())).send().await.unwrap().status(), 200);
    process.signal(rustix::process::Signal::TERM);
    let (code, log) = process.end();
    assert_eq!(code, Some(0), "nothing that was refused keeps the server from stopping");
    assert!(!log.contains("panicked"), "{}", log.lines().find(|line| line.contains("panicked")).unwrap_or_default());
    assert!(!log.contains("\"level\":\"ERROR\""), "{}", log.lines().find(|line| line.contains("\"ERROR\"")).unwrap_or_default());
}

/// A client that says nothing does not keep others from being served.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_connections_are_cheap() {
    let (_directory, process) = started("info");
    let mut silent = Vec::new();
    for _ in 0..200 {
        silent.push(TcpStream::connect(("127.0.0.1", process.port)).await.unwrap());
    }
    let health = process.client_builder().timeout(Duration::from_secs(5)).build().unwrap();
    assert_eq!(health.get(format!("{}/healthz", process.api())).send().await.unwrap().status(), 200);
    drop(silent);
}

/// Whoever works in many projects has a long token.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_tokens_are_read() {
    let (_directory, process) = started("info");
    for http1 in [true, false] {
        let builder = process.client_builder();
        let client = if http1 { builder.http1_only() } else { builder }.build().unwrap();
        let answer =
            client.get(format!("{}/compute/hosts", process.project())).bearer_auth("x".repeat(100_000)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "HTTP/1.1: {http1}");
    }
}
