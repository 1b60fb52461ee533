//! Updates that go well, from the window to the confirmation.

use emt_agent::slots::sandbox::Health;
use emt_api::maintmgr::{Extras, Window, update_status::StatusType};

use crate::support::{
    NEW, OLD, image,
    node::Node,
    release::Release,
    server::{Server, Told},
    wait,
};

/// Waits until a node tells that it runs a version and has nothing more to do.
pub(crate) async fn arrival(server: &Server, node: &Node, version: &str) -> Vec<Told> {
    wait(&format!("version {version} on {}", node.uuid), || {
        let told = server.told(&node.uuid);
        let last = told.last()?;
        (last.status == StatusType::UpToDate && last.version == version).then_some(told)
    })
    .await
}

fn first(told: &[Told], status: StatusType) -> &Told {
    told.iter().find(|told| told.status == status).unwrap_or_else(|| panic!("{status:?} was never told: {told:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_waits_for_its_window_and_is_told_step_by_step() {
    let server = Server::start().await;
    let mut node = Node::new(&server);
    let release = server.publish("new", Release::new(image(NEW, Health::Healthy)));
    server.want(&node.uuid, NEW, release, 3);
    let window = crate::support::now() + 3;
    node.power_on();
    let told = arrival(&server, &node, NEW).await;

    let order: Vec<StatusType> = told.iter().map(|told| told.status).collect();
    let mut changes = order.clone();
    changes.dedup();
    let all = [
        StatusType::UpToDate,
        StatusType::Downloading,
        StatusType::Downloaded,
        StatusType::Started,
        StatusType::Updated,
        StatusType::UpToDate,
    ];
    assert_eq!(changes, all, "{order:?}");
    assert!(order.iter().filter(|status| **status == StatusType::Updated).count() >= 3, "{order:?}");
    let started = first(&told, StatusType::Started);
    assert!(started.at >= window, "the update began {} s before its window", window - started.at);
    for (status, version) in
        [(StatusType::Downloading, OLD), (StatusType::Downloaded, OLD), (StatusType::Started, OLD), (StatusType::Updated, NEW)]
    {
        assert_eq!(first(&told, status).version, version, "{status:?}");
    }
    let detail: serde_json::Value = serde_json::from_str(&first(&told, StatusType::Updated).detail).unwrap();
    assert_eq!(detail["update_log"][0]["status"], "installed");
    assert_eq!(detail["update_log"][0]["version"], NEW);

    let status = node.status();
    assert_eq!((node.default_version().as_str(), status.boot.trial, node.state()), (NEW, None, "up-to-date"));
    assert!(!node.directory.join("download").exists(), "what was fetched is removed");

    // Back again, which is another update.
    let release = server.publish("old", Release::new(image(OLD, Health::Healthy)));
    server.want(&node.uuid, OLD, release, -1);
    arrival(&server, &node, OLD).await;
    assert_eq!(node.default_version(), OLD);
    assert!(node.switch_off().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_begins_when_its_window_opens_not_at_the_next_poll() {
    let server = Server::start().await;
    let mut node = Node::new(&server);
    // Longer than the test waits for anything.
    node.poll_seconds = Some("600");
    let release = server.publish("new", Release::new(image(NEW, Health::Healthy)));
    server.want(&node.uuid, NEW, release, 4);
    node.power_on();
    wait("the update", || server.told(&node.uuid).into_iter().find(|told| told.status == StatusType::Updated)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_says_beyond_the_contract_is_followed() {
    let server = Server::start().await;
    let mut node = Node::new(&server);
    // By itself it would poll three times a minute.
    node.poll_seconds = None;
    let release = server.publish("new", Release::new(image(NEW, Health::Healthy)));
    server.want(&node.uuid, NEW, release, 50_000);
    let window = Window { start_seconds: crate::support::now() - 1, end_seconds: None };
    server.shared().nodes.get_mut(&node.uuid).unwrap().extras = Some(Extras {
        window: Some(window),
        attempt_id: "a1".to_owned(),
        poll_seconds: 1,
        download: None,
        download_bytes_per_second: 1 << 30,
    });
    node.power_on();
    let told = arrival(&server, &node, NEW).await;
    for told in told {
        let expected = if told.status == StatusType::UpToDate { "" } else { "a1" };
        assert_eq!(told.attempt, expected, "{told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_done_without_a_window() {
    let server = Server::start().await;
    let mut node = Node::new(&server);
    let release = server.publish("new", Release::new(image(NEW, Health::Healthy)));
    server.want(&node.uuid, NEW, release, -10_000);
    node.power_on();
    let told = wait("a few reports", || Some(server.told(&node.uuid)).filter(|told| told.len() >= 6)).await;
    assert!(told.iter().all(|told| told.status == StatusType::UpToDate && told.version == OLD), "{told:?}");
    assert_eq!(server.shared().releases["new"].asked, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_out_of_reach_keeps_no_node_from_its_new_version() {
    let server = Server::start().await;
    let mut node = Node::new(&server);
    let release = server.publish("new", Release::new(image(NEW, Health::Healthy)));
    server.want(&node.uuid, NEW, release, 3);
    node.power_on();
    wait("the download", || {
        let told = server.told(&node.uuid);
        told.iter().any(|told| told.status == StatusType::Downloaded).then_some(())
    })
    .await;
    server.set_down(&node.uuid, true);
    // Reboot, health check and commit need nobody; only the report of the start was waited for, and not for ever.
    wait("the commit", || (node.default_version() == NEW && node.state() == "updated").then_some(())).await;
    assert!(server.told(&node.uuid).iter().all(|told| told.status != StatusType::Started));
    // What stays the same is logged once by each process: the one before the reboot and the one after it.
    let complaints = node.logged().matches("the report was not taken").count();
    assert!((1..=2).contains(&complaints), "{complaints} complaints:\n{}", node.logged());
    server.set_down(&node.uuid, false);
    let told = arrival(&server, &node, NEW).await;
    assert_eq!(first(&told, StatusType::Updated).version, NEW);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_revoked_is_replaced() {
    let server = Server::start().await;
    let mut node = Node::new(&server);
    node.power_on();
    for _ in 0..2 {
        server.shared().token += 1;
        let before = server.told(&node.uuid).len();
        wait("a report with the new token", || (server.told(&node.uuid).len() > before).then_some(())).await;
    }
}
