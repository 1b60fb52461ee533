//! What all kinds of resources share: lists, and create, show, change, delete.

use axum::{
    extract::State,
    response::Response,
    routing::{MethodRouter, get, post},
};
use emt_api::{
    error::{ApiError, Code},
    filter::Expr,
    input::{Input, Purpose},
    page::Paging,
    record::Record,
    resources::{HOST, Host, REGION},
};

use super::{
    Rest,
    answer::{self, Refused, method_not_allowed, written},
    context::{Id, InProject, render},
    request::{JsonBody, Parameters},
};
use crate::inventory::{Listing, Resource};

type Kind = &'static dyn Resource;
type Answer = Result<Response, Refused>;

/// List and create.
pub(super) fn collection(kind: Kind) -> MethodRouter<Rest> {
    creation(kind).get(move |State(rest), at, parameters| list(kind, rest, at, parameters))
}

/// Create only.
pub(super) fn creation(kind: Kind) -> MethodRouter<Rest> {
    let create = async move |State(rest): State<Rest>, at: InProject, JsonBody(body): JsonBody| {
        let input = Input::read(kind.spec(), &body, Purpose::Create).map_err(|error| of_empty(&body, error))?;
        let (row, view) = rest.inventory.create(kind, &at.project, input).await?;
        Answer::Ok(written(render(&row, &view, kind.one())))
    };
    post(create).fallback(method_not_allowed)
}

/// List only.
pub(super) fn listed(kind: Kind) -> MethodRouter<Rest> {
    get(move |State(rest), at, parameters| list(kind, rest, at, parameters)).fallback(method_not_allowed)
}

async fn list(kind: Kind, rest: Rest, at: InProject, parameters: Parameters) -> Answer {
    unserved(&parameters)?;
    let paging = Paging::read(&parameters.0)?;
    let mut listing = rest.inventory.list(kind, &at.project, Expr::everything(), paging).await?;
    if std::ptr::eq(kind.spec(), &raw const REGION) && parameters.truth("showTotalSites")? {
        let counted = listing.view.count_sites(&*rest.inventory.store, &at.project, &listing.rows).await;
        counted.map_err(crate::inventory::refused)?;
    }
    Ok(written(page(kind, &listing)))
}

/// Show, change, delete.
pub(super) fn item(kind: Kind) -> MethodRouter<Rest> {
    lasting(kind)
        .put(move |State(rest): State<Rest>, at: InProject, id: Id, JsonBody(body): JsonBody| {
            change(kind, rest, at, id, body, Purpose::Replace, None)
        })
        .patch(move |State(rest): State<Rest>, at: InProject, id: Id, parameters: Parameters, JsonBody(body): JsonBody| {
            let mask = parameters.text("fieldMask").map(|mask| mask.map(str::to_owned));
            async move { change(kind, rest, at, id, body, Purpose::Patch, mask?).await }
        })
}

/// Show and delete: what never changes once it is made.
pub(super) fn lasting(kind: Kind) -> MethodRouter<Rest> {
    get(move |State(rest): State<Rest>, at: InProject, Id(id): Id| async move {
        let (row, view) = rest.inventory.get(kind, &at.project, &id).await?;
        Answer::Ok(written(render(&row, &view, kind.one())))
    })
    .delete(move |State(rest): State<Rest>, at: InProject, Id(id): Id| async move {
        let node = if std::ptr::eq(kind.spec(), &raw const HOST) {
            rest.inventory.get(kind, &at.project, &id).await.ok().map(|(row, _)| Host::from_row(row).uuid)
        } else {
            None
        };
        rest.inventory.delete(kind, &at.project, &id).await?;
        if let Some(uuid) = node.filter(|uuid| !uuid.is_empty()) {
            rest.identity.revoke_node(&uuid).await?;
        }
        Answer::Ok(answer::empty())
    })
    .fallback(method_not_allowed)
}

async fn change(
    kind: Kind,
    rest: Rest,
    at: InProject,
    Id(id): Id,
    body: serde_json::Value,
    purpose: Purpose,
    mask: Option<String>,
) -> Answer {
    let mut input = Input::read(kind.spec(), &body, purpose)?;
    if let Some(mask) = mask {
        input = input.masked(kind.spec(), &mask);
    }
    let (row, view) = rest.inventory.change(kind, &at.project, &id, input, purpose).await?;
    Ok(written(render(&row, &view, kind.one())))
}

/// What is wrong with no body at all is told with a code, as upstream's store tells it.
fn of_empty(body: &serde_json::Value, error: ApiError) -> ApiError {
    if body.as_object().is_some_and(serde_json::Map::is_empty) { ApiError::invalid(error.message) } else { error }
}

/// A page of a list.
pub(super) fn page(kind: Kind, listing: &Listing) -> Vec<u8> {
    let mut out = Vec::with_capacity(256 + listing.rows.len() * 4096);
    out.push(b'{');
    rows(&mut out, kind, listing);
    totals(&mut out, listing.total, listing.has_next);
    out
}

/// `"key":[…]`.
pub(super) fn rows(out: &mut Vec<u8>, kind: Kind, listing: &Listing) {
    out.extend_from_slice(format!("\"{}\":[", kind.spec().list_key).as_bytes());
    for (at, row) in listing.rows.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        listing.view.write(out, row, kind.listed());
    }
    out.push(b']');
}

/// The end of a list.
pub(super) fn totals(out: &mut Vec<u8>, total: u64, has_next: bool) {
    out.extend_from_slice(format!(",\"totalElements\":{total},\"hasNext\":{has_next}}}").as_bytes());
}

/// A filter that were left out would show what was not asked for: what is not served is refused.
fn unserved(parameters: &Parameters) -> Result<(), ApiError> {
    for name in ["filter", "orderBy"] {
        if parameters.text(name)?.is_some() {
            let text =
                format!("the query parameter {name} is not served by this server yet; leave it out and choose in the client");
            return Err(ApiError::new(Code::Unimplemented, text));
        }
    }
    Ok(())
}
