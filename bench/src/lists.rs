//! Lists of instances.

use crate::{Outcome, fleet::Fleet, load::keep_up};

/// Readers at once.
const READERS: usize = 8;
/// Records of a page.
const PAGE: usize = 100;

pub(crate) async fn measure(fleet: &Fleet, seconds: u64) -> Outcome<()> {
    let total = fleet.nodes.len();
    let id = {
        let page: serde_json::Value = read(fleet, "?pageSize=1").await?.json().await?;
        page["instances"][0]["resourceId"].as_str().ok_or("no instance")?.to_owned()
    };
    let pages = total.div_ceil(PAGE).max(1);
    let page = loaded(fleet, READERS, seconds, move |caller, round| {
        format!("?pageSize={PAGE}&offset={}", (caller * 7 + round) % pages * PAGE)
    });
    println!("| instances by pages of {PAGE}, of {total}, {READERS} readers | {} | | |", page.await?);
    let one = loaded(fleet, READERS, seconds, move |_, _| format!("/{id}")).await?;
    println!("| one instance, of {total}, {READERS} readers | {one} | | |");
    let all = loaded(fleet, 1, seconds, |_, _| String::new()).await?;
    println!("| all {total} instances in one answer | {all} | | |");
    Ok(())
}

async fn loaded(
    fleet: &Fleet,
    readers: usize,
    seconds: u64,
    what: impl Fn(usize, usize) -> String + Clone + Send + 'static,
) -> Outcome<crate::load::Load> {
    let (http, base, token) = (fleet.http.clone(), fleet.base.clone(), fleet.token.clone());
    keep_up(readers, seconds, move |caller, round| {
        let request = http.get(format!("{base}/compute/instances{}", what(caller, round))).bearer_auth(&token);
        async move {
            request.send().await?.error_for_status()?.bytes().await?;
            Ok(())
        }
    })
    .await
}

async fn read(fleet: &Fleet, what: &str) -> Outcome<reqwest::Response> {
    let request = fleet.http.get(format!("{}/compute/instances{what}", fleet.base)).bearer_auth(&fleet.token);
    Ok(request.send().await?.error_for_status()?)
}
