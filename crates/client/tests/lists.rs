//! Lists come in pages; all of them are read, each record once.

#![allow(clippy::unwrap_used, clippy::panic, reason = "for tests")]

mod support;

use std::collections::HashSet;

use axum::{
    Router,
    extract::{Query, Request},
    routing::get,
};
use emt_client::kinds;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use support::{Fake, Log};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    #[serde(default)]
    offset: usize,
    page_size: Option<usize>,
}

/// A list of `count` records, as the API serves it; `told` whether it tells how many there are.
async fn served(count: usize, told: bool) -> Fake {
    let list = move |Query(page): Query<Page>| async move {
        if page.offset > 10_000 || page.page_size.is_some_and(|size| !(1..=100).contains(&size)) {
            return support::json(400, &json!({"message": "out of range"}));
        }
        let end = page.page_size.map_or(count, |size| (page.offset + size).min(count));
        let items: Vec<Json> = (page.offset..end).map(|number| json!({"resourceId": format!("os-{number}")})).collect();
        let mut answer = json!({"OperatingSystemResources": items, "hasNext": end < count});
        if told {
            answer["totalElements"] = json!(count);
        }
        support::json(200, &answer)
    };
    Fake::serve(Router::new().route("/v1/projects/shops/compute/os", get(list))).await
}

#[tokio::test]
async fn all_pages_are_read() {
    for told in [true, false] {
        for count in [0, 1, 99, 100, 101, 250, 10_000, 10_001, 10_100, 10_250] {
            let all = served(count, told).await.api().list(&kinds::OS, &[]).await.unwrap();
            let ids: HashSet<&str> = all.iter().map(|os| os.data.id.as_str()).collect();
            assert_eq!((all.len(), ids.len()), (count, count), "told: {told}");
        }
    }
}

#[tokio::test]
async fn a_list_that_is_absent_or_null_is_empty() {
    for answer in [json!({}), json!({"OperatingSystemResources": null}), json!({"OperatingSystemResources": [], "hasNext": true})]
    {
        let routes = Router::new().route(
            "/v1/projects/shops/compute/os",
            get({
                let answer = answer.clone();
                async move || support::json(200, &answer)
            }),
        );
        assert!(Fake::serve(routes).await.api().list(&kinds::OS, &[]).await.unwrap().is_empty(), "{answer}");
    }
}

/// Names are looked up by a filter; a server that does not take it is asked for all.
#[tokio::test]
async fn names_are_asked_for() {
    const ASKED: &str =
        "GET compute/hosts?filter=name%3D%27b%27+OR+uuid%3D%27b%27+OR+serialNumber%3D%27b%27&offset=0&pageSize=100";
    const ALL: &str = "GET compute/hosts?offset=0&pageSize=100";
    for (wanted, taken, expected) in [
        ("b", true, vec![ASKED]),
        ("b", false, vec![ASKED, ALL]),
        ("ä", true, vec![ALL]),
        ("host-00000002", true, vec!["GET compute/hosts/host-00000002"]),
    ] {
        let log = Log::default();
        let noted = log.clone();
        let answer = async move |request: Request| {
            let host = |id: &str, name: &str| json!({"resourceId": id, "name": name});
            let text = noted.note(request).await;
            if text.ends_with("host-00000002") {
                return support::json(200, &host("host-00000002", "b"));
            }
            if text.contains("filter") && !taken {
                return support::json(400, &json!({"message": "no filters here"}));
            }
            // The server matches parts of names.
            let hosts = [host("host-00000001", "ab"), host("host-00000002", "b"), host("host-00000003", "ä")];
            support::json(200, &json!({"hosts": hosts, "totalElements": 3, "hasNext": false}))
        };
        let fake = Fake::serve(Router::new().fallback(answer)).await;
        let found = fake.api().find(&kinds::HOSTS, wanted).await.unwrap();
        assert_eq!(found.data.id, if wanted == "ä" { "host-00000003" } else { "host-00000002" });
        assert_eq!(log.take(), expected, "{wanted}");
    }
}
