//! Lists come in pages; all of them are read, each record once.

#![allow(clippy::unwrap_used, clippy::panic, reason = "for tests")]

mod support;

use std::collections::HashSet;

use axum::{Router, extract::Query, routing::get};
use emt_client::kinds;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use support::Fake;

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
