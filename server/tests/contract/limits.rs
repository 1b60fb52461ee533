//! Limits of requests (section 0) that need settings, or more than one caller: the pace of a client address, characters of
//! headers, and which web pages may ask.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, atomic::AtomicI64},
};

use axum::{
    body::Body,
    extract::Request,
    http::{Method, header},
};
use emt_server::{clock::Clock, config::Config, http::Peer};

use crate::support::{Answer, SATURDAY_MS, Server};

async fn server(config: Config) -> Server {
    Server::with(Clock::Fixed(Arc::new(AtomicI64::new(SATURDAY_MS))), &config).await
}

async fn ask(server: &Server, method: Method, address: u8, header: (&str, &str)) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri("/v1/projects/shops/regions")
        .header(header::AUTHORIZATION, format!("Bearer {}", server.token))
        .header(header.0, header.1)
        .extension(Peer(IpAddr::V4(Ipv4Addr::new(192, 0, 2, address))))
        .body(Body::empty())
        .unwrap();
    server.call(request).await
}

#[tokio::test]
async fn an_address_that_asks_too_much_is_told_so() {
    let server = server(Config { requests_per_second: 3, ..Config::default() }).await;
    let plain = ("accept", "application/json");
    let mut found = Vec::new();
    for _ in 0..4 {
        found.push(ask(&server, Method::GET, 1, plain).await.status);
    }
    assert_eq!(found, [200, 200, 200, 429]);
    assert_eq!(ask(&server, Method::GET, 2, plain).await.status, 200, "another address is not meant");
    let refused = ask(&server, Method::POST, 1, plain).await;
    assert_eq!((refused.status, refused.header("content-type")), (429, "application/json"));
    assert!(refused.text().starts_with("{\"message\":"));
    server.pass(1);
    assert_eq!(ask(&server, Method::GET, 1, plain).await.status, 200, "a second later it may ask again");
}

#[tokio::test]
async fn two_hundred_a_second_are_fine_if_nothing_is_set() {
    let server = server(Config::default()).await;
    for number in 0..200 {
        assert_eq!(ask(&server, Method::GET, 1, ("accept", "*/*")).await.status, 200, "request {number}");
    }
    assert_eq!(ask(&server, Method::GET, 1, ("accept", "*/*")).await.status, 429);
}

#[tokio::test]
async fn headers_hold_printable_characters() {
    let server = server(Config::default()).await;
    for (value, status) in [("plain text", 200), ("a\tb", 400)] {
        let answer = ask(&server, Method::GET, 1, ("x-note", value)).await;
        assert_eq!(answer.status, status, "{value:?}: {}", answer.text());
    }
}

#[tokio::test]
async fn web_pages_of_configured_origins_may_ask() {
    const UI: &str = "https://web-ui.edge.example";
    let server = server(Config { cors_origins: vec![UI.to_owned()], ..Config::default() }).await;
    let answer = ask(&server, Method::GET, 1, ("origin", UI)).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin"), answer.header("vary")), (200, UI, "Origin"));
    let first = ask(&server, Method::OPTIONS, 1, ("origin", UI)).await;
    assert_eq!((first.status, first.header("access-control-allow-origin")), (204, UI));
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        assert!(first.header("access-control-allow-methods").contains(method), "{method}");
    }
    for name in ["Authorization", "Content-Type", "ActiveProjectID"] {
        assert!(first.header("access-control-allow-headers").contains(name), "{name}");
    }
    let other = ask(&server, Method::GET, 1, ("origin", "https://evil.example")).await;
    assert_eq!((other.status, other.header("access-control-allow-origin")), (200, ""), "another page cannot read it");
}
