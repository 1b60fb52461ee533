//! What a node of ours is told beyond the contract, and what it says: only if it asks, and so that its runs are told apart.

use std::sync::{Arc, atomic::AtomicI64};

use emt_api::maintmgr::{Extras, PlatformUpdateStatusResponse, Slot, slot::State, update_status::StatusType};
use emt_server::{
    clock::Clock,
    config::{Config, Releases},
};
use serde_json::json;

use crate::{
    node::{Node, PUA, V1, V2},
    support::{
        SATURDAY_MS, Server,
        southbound::{Metadata, report},
    },
};

impl Node {
    /// Reports as our own agent does, in some attempt.
    async fn ask(&self, status: StatusType, image: &str, attempt: &str) -> PlatformUpdateStatusResponse {
        let mut message = report(&self.uuid, status, "emt", image);
        message.takes_extras = true;
        attempt.clone_into(&mut message.update_status.as_mut().unwrap().attempt_id);
        self.server.report(message, &Metadata::token(&self.token)).await.unwrap()
    }

    async fn extras(&self, status: StatusType, attempt: &str) -> Extras {
        self.ask(status, V1, attempt).await.extras.unwrap()
    }
}

#[tokio::test]
async fn extras_are_for_those_who_ask() {
    let releases = Releases { node_bandwidth: 5_000_000, ..Releases::default() };
    let config = Config { releases, ..Config::default() };
    let clock = Clock::Fixed(Arc::new(AtomicI64::new(SATURDAY_MS)));
    let node = Node::of(Server::with(clock, &config).await).await;
    let rest = node.extras(StatusType::UpToDate, "").await;
    assert_eq!((rest.window, rest.attempt_id.as_str(), rest.download), (None, "", None));
    assert!((48..=72).contains(&rest.poll_seconds), "{rest:?}");
    assert_eq!(rest.download_bytes_per_second, 5_000_000);
    node.link(json!({"osID": node.v2})).await;
    node.window(7200).await;
    let now = node.server.now();
    let mut answer = node.ask(StatusType::UpToDate, V1, "").await;
    let extras = answer.extras.take().unwrap();
    let window = extras.window.unwrap();
    assert_eq!((window.start_seconds - now, window.end_seconds.unwrap() - now), (7200, 10_801));
    let download = extras.download.unwrap();
    assert!((now..=now + 6600).contains(&download.start_seconds), "{download:?} at {now}");
    assert_eq!(download.end_seconds, Some(now + 7200));
    assert!((16..=24).contains(&extras.poll_seconds), "{extras:?}");
    assert_eq!(node.tell(StatusType::UpToDate, V1, "tonic/0.14").await, answer, "the rest is the same without them");
    assert_eq!(node.tell(StatusType::UpToDate, V1, PUA).await.extras, None);
}

#[tokio::test]
async fn an_answer_is_the_same_until_its_time_has_come() {
    let node = Node::start().await;
    node.ask(StatusType::UpToDate, V1, "").await;
    node.link(json!({"osID": node.v2})).await;
    node.window(1000).await;
    let waits = node.extras(StatusType::UpToDate, "").await;
    for passed in [1, 698] {
        node.server.pass(passed);
        assert_eq!(node.extras(StatusType::UpToDate, "").await, waits);
    }
    node.server.pass(1);
    let near = node.extras(StatusType::UpToDate, "").await;
    assert_eq!(Extras { poll_seconds: waits.poll_seconds, ..near.clone() }, waits);
    assert!((8..=12).contains(&near.poll_seconds), "{near:?}");
    node.server.pass(300);
    let open = node.extras(StatusType::UpToDate, "").await;
    assert_eq!(open, Extras { download: None, ..near }, "there is nothing left to wait for");
}

#[tokio::test]
async fn slots_are_kept_as_they_were_told_last() {
    let node = Node::start().await;
    let slot = |name: &str, state: State, image: &str, reason: &str| Slot {
        name: name.to_owned(),
        state: state.into(),
        profile_name: if image.is_empty() { String::new() } else { "emt".to_owned() },
        os_image_id: image.to_owned(),
        reason: reason.to_owned(),
    };
    let tell = async |slots: Vec<Slot>| {
        let mut message = report(&node.uuid, StatusType::UpToDate, "emt", V1);
        (message.takes_extras, message.slots) = (true, slots);
        node.server.report(message, &Metadata::token(&node.token)).await.unwrap();
        node.instance().await["slots"].clone()
    };
    let running = slot("A", State::Running, V1, "");
    let kept = json!({"name": "A", "state": "SLOT_STATE_RUNNING", "profileName": "emt", "imageId": V1});
    assert_eq!(tell(vec![]).await, json!(null), "who does not tell is not shown to have any");
    for (state, word, image, reason) in [
        (State::Ready, "READY", V2, ""),
        (State::Unusable, "UNUSABLE", "", "it is empty"),
        (State::FailedTrial, "FAILED_TRIAL", V2, "no network"),
        (State::OnTrial, "ON_TRIAL", V2, ""),
        (State::Unspecified, "UNSPECIFIED", V2, ""),
    ] {
        let profile = if image.is_empty() { "" } else { "emt" };
        let mut other = json!({"name": "B", "state": format!("SLOT_STATE_{word}"), "profileName": profile, "imageId": image});
        if !reason.is_empty() {
            other["reason"] = reason.into();
        }
        let told = vec![running.clone(), slot("B", state, image, reason)];
        assert_eq!(tell(told.clone()).await, json!([kept, other]));
        let generation = node.server.store.generation(&node.server.project);
        tell(told).await;
        assert_eq!(node.server.store.generation(&node.server.project), generation, "the same again writes nothing");
    }
    node.tell(StatusType::UpToDate, V1, PUA).await;
    assert_eq!(node.instance().await["slots"], json!(null), "another program runs there now, which does not tell");
}

#[tokio::test]
async fn a_run_is_one_attempt() {
    use StatusType::{Downloaded, Downloading, Failed, Started, UpToDate, Updated};
    let node = Node::start().await;
    node.ask(UpToDate, V1, "").await;
    node.link(json!({"osID": node.v2})).await;
    node.window(60).await;
    node.server.pass(120);
    let first = node.extras(UpToDate, "").await.attempt_id;
    for status in [Downloading, Downloading, Downloaded, Started] {
        assert_eq!(node.extras(status, &first).await.attempt_id, first, "{status:?}");
    }
    let after = node.extras(Failed, &first).await;
    let (second, window) = (after.attempt_id, after.window.unwrap());
    assert_ne!(second, first);
    assert_eq!(window.start_seconds, node.server.now() + 600, "the wait is part of the window");
    // What comes again, or late, is of the same run.
    for status in [Failed, Downloading, Started, Failed] {
        node.extras(status, &first).await;
    }
    assert_eq!(node.runs().await.len(), 1);
    node.server.pass(600);
    for status in [Downloading, Started] {
        assert_eq!(node.extras(status, &second).await.attempt_id, second);
    }
    node.extras(Failed, &first).await;
    let states = |runs: &[serde_json::Value]| runs.iter().map(|run| run["state"].clone()).collect::<Vec<_>>();
    let runs = node.runs().await;
    assert_eq!(states(&runs), ["UPDATE_RUN_STATE_FAILED", "UPDATE_RUN_STATE_OPEN"], "an older attempt ends no newer one");
    assert!(node.ask(Updated, V2, &second).await.extras.unwrap().attempt_id.is_empty());
    assert_eq!(states(&node.runs().await), ["UPDATE_RUN_STATE_FAILED", "UPDATE_RUN_STATE_SUCCEEDED"]);
}
