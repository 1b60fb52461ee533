//! Changes as they happen: what a follower is told, when it goes on, and when it ends.

#![allow(clippy::unwrap_used, clippy::panic, reason = "for tests")]

mod support;

use std::time::Duration;

use axum::{
    body::{Body, BodyDataStream},
    extract::Request,
    http::header,
};
use emt_api::value::Json as List;
use emt_server::identity::records::User;
use futures::StreamExt;
use serde_json::{Value as Json, json};
use support::{PASSWORD, PROJECT, Server};
use tower::ServiceExt;

/// An event as it was read.
#[derive(Debug, Clone, PartialEq)]
struct Event {
    name: String,
    id: String,
    data: Json,
}

struct Stream {
    body: BodyDataStream,
    text: String,
}

impl Stream {
    async fn open(server: &Server, token: &str, query: &str, last: Option<&str>) -> Self {
        let mut request = Request::get(format!("/v1/projects/{PROJECT}/events{query}"))
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = server.service().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        Self { body: response.into_body().into_data_stream(), text: String::new() }
    }

    /// The next event; `None` at the end.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(end) = self.text.find("\n\n") {
                let event: String = self.text.drain(..end + 2).collect();
                let line = |key: &str| event.lines().find_map(|line| line.strip_prefix(key)).map(|value| value.trim().to_owned());
                let event = Event {
                    name: line("event:").unwrap_or_default(),
                    id: line("id:").unwrap_or_default(),
                    data: line("data:").map_or(Json::Null, |data| serde_json::from_str(&data).unwrap()),
                };
                if !event.name.is_empty() {
                    return Some(event);
                }
                continue;
            }
            // A test that waits for what never comes is to fail, not to hang.
            let part = tokio::time::timeout(Duration::from_mins(1), self.body.next()).await.unwrap()?;
            self.text.push_str(std::str::from_utf8(&part.unwrap()).unwrap());
        }
    }

    async fn changes(&mut self, count: usize) -> Vec<(String, String, String)> {
        let mut changes = Vec::new();
        for _ in 0..count {
            let event = self.next().await.unwrap();
            assert_eq!(event.name, "change");
            let text = |key: &str| event.data[key].as_str().unwrap().to_owned();
            changes.push((text("kind"), text("resourceId"), text("change")));
        }
        changes
    }
}

async fn region(server: &Server, name: &str) -> String {
    let made = server.ok("POST", "regions", json!({"name": name})).await;
    made["resourceId"].as_str().unwrap().to_owned()
}

fn change(kind: &str, id: &str, happened: &str) -> (String, String, String) {
    (kind.to_owned(), id.to_owned(), happened.to_owned())
}

#[tokio::test]
async fn a_follower_is_told_what_happens_and_nothing_of_other_projects() {
    let server = Server::start().await;
    server.ok("PUT", "/v1/projects/bakery", json!({})).await;
    region(&server, "before").await;
    let mut stream = Stream::open(&server, &server.token, "", None).await;
    assert_eq!(stream.next().await.unwrap().name, "ready");
    server.ok("POST", "/v1/projects/bakery/regions", json!({"name": "elsewhere"})).await;
    let north = region(&server, "north").await;
    server.ok("PATCH", &format!("regions/{north}"), json!({"name": "far north"})).await;
    server.ok("DELETE", &format!("regions/{north}"), Json::Null).await;
    assert_eq!(
        stream.changes(3).await,
        [("Region", "created"), ("Region", "updated"), ("Region", "deleted")].map(|(kind, what)| change(kind, &north, what))
    );
}

#[tokio::test]
async fn kinds_narrow_what_is_told() {
    let server = Server::start().await;
    let mut stream = Stream::open(&server, &server.token, "?kinds=Site,OsUpdatePolicy", None).await;
    assert_eq!(stream.next().await.unwrap().name, "ready");
    let region = region(&server, "north").await;
    let site = server.ok("POST", "sites", json!({"name": "shop", "regionId": region})).await;
    assert_eq!(stream.changes(1).await, [change("Site", site["resourceId"].as_str().unwrap(), "created")]);
    let (status, answer) = server.request("GET", "events?kinds=Site,Shop", None).await;
    assert_eq!(status, 400);
    assert!(answer.contains("Shop") && answer.contains("OsUpdateRun"), "{answer}");
}

#[tokio::test]
async fn who_was_away_goes_on_where_it_stopped_or_is_told_that_it_missed_something() {
    let server = Server::start().await;
    let mut stream = Stream::open(&server, &server.token, "", None).await;
    let ready = stream.next().await.unwrap();
    let first = region(&server, "first").await;
    let told = stream.next().await.unwrap();
    let second = region(&server, "second").await;
    drop(stream);
    let (first, second) = (change("Region", &first, "created"), change("Region", &second, "created"));
    let mut again = Stream::open(&server, &server.token, "", Some(&told.id)).await;
    assert_eq!(again.next().await.unwrap().name, "ready");
    assert_eq!(again.changes(1).await, std::slice::from_ref(&second));
    let mut again = Stream::open(&server, &server.token, &format!("?after={}", ready.id), None).await;
    assert_eq!(again.next().await.unwrap().name, "ready");
    assert_eq!(again.changes(2).await, [first, second]);
    let mut lost = Stream::open(&server, &server.token, "?after=0000000000000001-1", None).await;
    assert_eq!(lost.next().await.unwrap().name, "ready");
    let missed = lost.next().await.unwrap();
    assert_eq!(missed.name, "missed");
    let third = region(&server, "third").await;
    assert_eq!(lost.changes(1).await, [change("Region", &third, "created")]);
    for wrong in ["x", "0000000000000001", "0000000000000001-", ""] {
        let (status, _) = server.request("GET", &format!("events?after={wrong}"), None).await;
        assert_eq!(status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn the_stream_ends_with_the_right_to_read_and_with_the_server() {
    let server = Server::start().await;
    let role = format!("{}_im-r", server.project);
    let reader = server.user("reader", |user: &mut User| user.roles = List(vec![role])).await;
    let token = server.login("reader", PASSWORD).await;
    let mut stream = Stream::open(&server, &token, "", None).await;
    let mut other = Stream::open(&server, &server.token, "", None).await;
    assert_eq!(stream.next().await.unwrap().name, "ready");
    assert_eq!(other.next().await.unwrap().name, "ready");
    server.change::<User>(&reader.meta.id, |user| user.roles = List(Vec::new())).await;
    region(&server, "secret").await;
    assert_eq!(stream.next().await, None, "nothing is told to whom it is not for");
    assert_eq!(other.changes(1).await.len(), 1);
    server.store.feed().close();
    assert_eq!(other.next().await, None);
}
