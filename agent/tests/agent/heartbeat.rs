//! Heartbeats.

use emt_api::hostmgr::InstanceStatus;

use crate::support::{node::Node, server::Server, wait};

#[tokio::test(flavor = "multi_thread")]
async fn a_node_shows_that_it_is_alive_once_it_is_known() {
    let server = Server::start().await;
    let mut node = Node::new(&server);
    server.set_down(&node.uuid, true);
    node.power_on();
    wait("a report that is turned away", || node.logged().contains("is repeated").then_some(())).await;
    assert_eq!(server.shared().nodes[&node.uuid].beats, [], "who is not known is silent");
    server.set_down(&node.uuid, false);
    let (status, reports) = wait("a heartbeat", || server.shared().nodes[&node.uuid].beats.first().copied()).await;
    assert_eq!(status, InstanceStatus::Running);
    assert!(reports > 0, "a report comes first");
    // A token that has ended is replaced, as for reports.
    assert!(node.kill_agent());
    server.shared().token += 1;
    wait("a heartbeat of the next agent", || (server.shared().nodes[&node.uuid].beats.len() > 1).then_some(())).await;
}
