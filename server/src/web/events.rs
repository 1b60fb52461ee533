//! Changes of a project, for the script of an open page: the same feed as the API's.

use axum::{
    extract::{Query, State},
    http::HeaderMap,
    response::Response,
};
use emt_api::resources::ALL;
use futures::FutureExt;

use super::{Web, visit::Visit};
use crate::{rest, store::Position};

/// `GET /ui/p/{project}/events?kinds=…`.
pub(super) async fn follow(
    State(site): State<Web>,
    visit: Visit,
    headers: HeaderMap,
    Query(query): Query<Vec<(String, String)>>,
) -> Response {
    let names = query.iter().find(|(key, _)| key == "kinds").map_or("", |(_, value)| value.as_str());
    let kinds = names.split(',').filter_map(|name| ALL.iter().find(|spec| spec.name == name).map(|spec| spec.prefix)).collect();
    // A browser that was cut off says where it was.
    let from = headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(|id| id.parse::<Position>().ok());
    let follower = site.rest.inventory.store.feed().follow(&visit.project, from);
    let (project, visitor) = (visit.project, visit.visitor);
    let may_read = move || {
        let (site, visitor, project) = (site.clone(), visitor.clone(), project.clone());
        let read = async move {
            let caller = site.rest.identity.browsing(visitor.cookie()).await;
            caller.is_ok_and(|caller| caller.can_read(&project))
        };
        read.boxed()
    };
    rest::changes(follower, Box::new(may_read), Some(kinds))
}
