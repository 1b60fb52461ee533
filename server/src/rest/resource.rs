//! What all kinds of resources share: lists, and create, show, change, delete.

use std::{convert::Infallible, ops::Range};

use axum::{
    body::Body as HttpBody,
    extract::State,
    handler::Handler,
    http::{Method, Uri},
    response::Response,
};
use emt_api::{
    error::ApiError,
    input::{Input, Purpose},
    page::{Choice, Paging},
    record::Record,
    resources::{HOST, Host, REGION},
};

use super::{
    Rest,
    answer::{self, Refused, written},
    context::{Id, InProject, render},
    memory::Written,
    older,
    operation::{self, At, Body, Operation},
    parameters::{FIELD_MASK, LISTS, SHOW_TOTAL_SITES},
    request::{JsonBody, Parameters},
};
use crate::inventory::{Chosen, Listing, Resource};

/// A list with more records is written piece by piece; no page has so many.
const LONG: usize = 100;
/// Records of a piece.
const PIECE: usize = 64;
/// Path of one record below its collection.
const ONE: &str = "/{resourceId}";

type Kind = &'static dyn Resource;
type Answer = Result<Response, Refused>;

/// List, create, show, replace, change, delete.
pub(super) fn crud(kind: Kind, at: At) -> Vec<Operation> {
    let mut operations = vec![list_of(kind, at), creation(kind, at)];
    operations.extend(item(kind, at));
    operations
}

/// List, create, show, delete: what never changes once it is made.
pub(super) fn lasting(kind: Kind, at: At) -> Vec<Operation> {
    vec![list_of(kind, at), creation(kind, at), show(kind, at), deletion(kind, at)]
}

/// `GET` of the collection.
pub(super) fn list_of(kind: Kind, at: At) -> Operation {
    let handler = async move |State(rest): State<Rest>, at: InProject, uri: Uri| {
        let asked = ["?", uri.query().unwrap_or_default()].concat();
        let write = async || list(kind, &rest, &at.project, &Parameters::of(&uri)?).await;
        Answer::Ok(written(rest.remembered(&at.project, kind.spec(), &asked, write).await?))
    };
    let operation = listing(kind, at, handler).parameters(LISTS).parameters(older::parameters(kind.spec()));
    if kind.spec() == &REGION { operation.parameters([&SHOW_TOTAL_SITES]) } else { operation }
}

/// `GET` of the collection by a handler of its own, which tells the parameters too.
pub(super) fn listing<H: Handler<T, Rest>, T: 'static>(kind: Kind, at: At, handler: H) -> Operation {
    let key = kind.spec().list_key;
    let id = format!("list{}{}", key[..1].to_ascii_uppercase(), &key[1..]);
    Operation::new(Method::GET, id, at.paths(""), handler)
        .summary(format!("Lists {}", words(kind.spec().name, true)))
        .answer(operation::Answer::List(kind))
}

/// `POST` to the collection.
pub(super) fn creation(kind: Kind, at: At) -> Operation {
    let create = async move |State(rest): State<Rest>, at: InProject, JsonBody(body): JsonBody| {
        let input = Input::read(kind.spec(), &body, Purpose::Create).map_err(|error| of_empty(&body, error))?;
        let (row, view) = rest.inventory.create(kind, &at.project, input).await?;
        Answer::Ok(written(render(&row, &view, kind.one())))
    };
    let spec = kind.spec();
    Operation::new(Method::POST, format!("create{}", spec.name), at.paths(""), create)
        .summary(format!("Makes {}", words(spec.name, false)))
        .body(Body::Input(spec, Purpose::Create))
        .answer(operation::Answer::One(kind))
}

async fn list(kind: Kind, rest: &Rest, project: &str, parameters: &Parameters) -> Result<Written, ApiError> {
    // What does not fit the schema is told before what does not fit the resource.
    let (paging, choice) = (Paging::read(&parameters.0)?, Choice::read(&parameters.0)?);
    let with_totals = std::ptr::eq(kind.spec(), &raw const REGION) && parameters.truth("showTotalSites")?;
    let mut chosen = Chosen::compile(kind.spec(), choice)?;
    chosen.filter = older::narrowed(chosen.filter, kind.spec(), parameters)?;
    let mut listing = rest.inventory.list(kind, project, chosen, paging).await?;
    if with_totals {
        let counted = listing.view.count_sites(&*rest.inventory.store, project, &listing.records).await;
        counted.map_err(crate::inventory::refused)?;
    }
    Ok(if listing.records.len() > LONG { Written::Flowing(flowing(kind, listing)) } else { Written::Whole(page(kind, &listing)) })
}

/// `GET`, `PUT`, `PATCH`, `DELETE` of one.
pub(super) fn item(kind: Kind, at: At) -> [Operation; 4] {
    let spec = kind.spec();
    let replace = move |State(rest): State<Rest>, at: InProject, id: Id, JsonBody(body): JsonBody| {
        change(kind, rest, at, id, body, Purpose::Replace, None)
    };
    let patch = move |State(rest): State<Rest>, at: InProject, id: Id, parameters: Parameters, JsonBody(body): JsonBody| {
        let mask = parameters.text("fieldMask").map(|mask| mask.map(str::to_owned));
        async move { change(kind, rest, at, id, body, Purpose::Patch, mask?).await }
    };
    [
        show(kind, at),
        Operation::new(Method::PUT, format!("replace{}", spec.name), at.paths(ONE), replace)
            .summary(format!("Replaces what can be changed of {}", words(spec.name, false)))
            .body(Body::Input(spec, Purpose::Replace))
            .answer(operation::Answer::One(kind)),
        Operation::new(Method::PATCH, format!("patch{}", spec.name), at.paths(ONE), patch)
            .summary(format!("Changes {}", words(spec.name, false)))
            .parameters([&FIELD_MASK])
            .body(Body::Input(spec, Purpose::Patch))
            .answer(operation::Answer::One(kind)),
        deletion(kind, at),
    ]
}

/// `GET` of one.
pub(super) fn show(kind: Kind, at: At) -> Operation {
    let show = async move |State(rest): State<Rest>, at: InProject, Id(id): Id| {
        let write = async || Ok(Written::Whole(rest.inventory.show(kind, &at.project, &id).await?.json()));
        Answer::Ok(written(rest.remembered(&at.project, kind.spec(), &format!("/{id}"), write).await?))
    };
    Operation::new(Method::GET, format!("get{}", kind.spec().name), at.paths(ONE), show)
        .summary(format!("Shows {}", words(kind.spec().name, false)))
        .answer(operation::Answer::One(kind))
}

/// `DELETE` of one.
pub(super) fn deletion(kind: Kind, at: At) -> Operation {
    let delete = async move |State(rest): State<Rest>, at: InProject, Id(id): Id| {
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
    };
    Operation::new(Method::DELETE, format!("delete{}", kind.spec().name), at.paths(ONE), delete)
        .summary(format!("Deletes {}", words(kind.spec().name, false)))
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

/// A kind as people write it: `OsUpdatePolicy` as "an OS update policy" or "OS update policies".
fn words(name: &str, many: bool) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(letter.to_ascii_lowercase());
    }
    let vowel = words.starts_with(['a', 'e', 'i', 'o', 'u']);
    if let Some(rest) = words.strip_prefix("os").filter(|rest| rest.is_empty() || rest.starts_with(' ')) {
        words = format!("OS{rest}");
    }
    match (many, words.strip_suffix('y')) {
        (false, _) => format!("{} {words}", if vowel { "an" } else { "a" }),
        (true, Some(stem)) => format!("{stem}ies"),
        (true, None) if words.ends_with('S') => words,
        (true, None) => format!("{words}s"),
    }
}

/// What is wrong with no body at all is told with a code, as upstream's store tells it.
fn of_empty(body: &serde_json::Value, error: ApiError) -> ApiError {
    if body.as_object().is_some_and(serde_json::Map::is_empty) { ApiError::invalid(error.message) } else { error }
}

/// A page of a list.
pub(super) fn page(kind: Kind, listing: &Listing) -> Vec<u8> {
    let mut out = Vec::with_capacity(256 + listing.records.len() * 4096);
    out.push(b'{');
    rows(&mut out, kind, listing);
    totals(&mut out, listing.total, listing.has_next);
    out
}

/// The same, written piece by piece as the client takes it: what is read takes a tenth of the memory of what is written.
fn flowing(kind: Kind, listing: Listing) -> HttpBody {
    let count = listing.records.len();
    let pieces = (0..count).step_by(PIECE).map(move |from| {
        let mut out = Vec::with_capacity(PIECE * 5 * 1024);
        if from == 0 {
            out.push(b'{');
            key(&mut out, kind);
        }
        let end = count.min(from + PIECE);
        records(&mut out, kind, &listing, from..end);
        if end == count {
            out.push(b']');
            totals(&mut out, listing.total, listing.has_next);
        }
        Ok::<_, Infallible>(out)
    });
    HttpBody::from_stream(futures::stream::iter(pieces))
}

/// `"key":[…]`.
pub(super) fn rows(out: &mut Vec<u8>, kind: Kind, listing: &Listing) {
    key(out, kind);
    records(out, kind, listing, 0..listing.records.len());
    out.push(b']');
}

fn key(out: &mut Vec<u8>, kind: Kind) {
    out.extend_from_slice(format!("\"{}\":[", kind.spec().list_key).as_bytes());
}

fn records(out: &mut Vec<u8>, kind: Kind, listing: &Listing, which: Range<usize>) {
    for at in which {
        let Some(record) = listing.records.get(at) else { continue };
        if at > 0 {
            out.push(b',');
        }
        listing.view.write(out, record, kind.listed());
    }
}

/// The end of a list.
pub(super) fn totals(out: &mut Vec<u8>, total: u64, has_next: bool) {
    out.extend_from_slice(format!(",\"totalElements\":{total},\"hasNext\":{has_next}}}").as_bytes());
}
