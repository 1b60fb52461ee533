//! Sources of OS images, and what they offer.

use axum::{
    extract::{FromRequestParts, State},
    http::{HeaderMap, Method, request::Parts},
    response::Response,
};
use emt_api::openapi::{object, properties};
use serde_json::{Value as Json, json};

use super::{
    Rest,
    answer::{self, Refused},
    context::{Id, InProject, authorization, path_parameter},
    operation::{Access, Answer, At, Named, Operation},
    resource::{crud, list_of, show},
};
use crate::{
    inventory::{OS_OFFERS, OS_SOURCES, Resource as _},
    os_resources::{Found, Progress},
};

const AT: At = At::project(&["/os-sources"], &["/os-sources"]);
const OFFERS: At = At::project(&["/os-offers"], &["/os-offers"]);
const CALLS: At = At::whole(&["/v1/webhooks/os-sources/{projectId}/{resourceId}"]);

static FOUND: Named = Named {
    name: "OsSourceFound",
    schema: |_| {
        let count = |what: &str| json!({"type": "integer", "minimum": 0, "description": what});
        object(
            "What a look at a source has found.",
            properties(json!({
                "offered": count("Versions that are offered."),
                "made": count("OS resources that were made."),
                "unchanged": count("Offers that are what they were."),
                "failed": count("Offers that could not be taken; they are tried again."),
                "conflicts": count("Offers that contradict what is known."),
                "withdrawn": count("Versions that are not offered any more, or that the source warns of."),
                "error": {"type": "string", "description": "Why the source itself could not be read; empty if it could."},
            })),
        )
    },
};
static PROGRESS: Named = Named {
    name: "OsSourceProgress",
    schema: |schemas| {
        let time = |what: &str| json!({"type": ["string", "null"], "format": "date-time", "description": what});
        let found = FOUND.refer(schemas);
        object(
            "How far a source has come since the server was started.",
            properties(json!({
                "running": {"type": "boolean", "description": "Whether it is being looked at."},
                "last": time("When it was last looked at."),
                "next": time("When it is looked at next, if nobody asks for it."),
                "found": {"anyOf": [found, {"type": "null"}], "description": "What was found then."},
            })),
        )
    },
};
static WEBHOOK: Named = Named {
    name: "OsSourceWebhook",
    schema: |_| {
        object(
            "How a publisher tells that there is something new: POST to the address, with the secret as bearer token. It is told once.",
            properties(json!({"url": {"type": "string"}, "secret": {"type": "string"}})),
        )
    },
};

pub(super) fn operations() -> Vec<Operation> {
    let kept = crud(&OS_SOURCES, AT).into_iter().chain([list_of(&OS_OFFERS, OFFERS), show(&OS_OFFERS, OFFERS)]);
    let mut operations: Vec<Operation> = kept.map(Operation::extension).collect();
    operations.extend([
        Operation::new(Method::POST, "syncOsSource", AT.paths("/{resourceId}/sync"), sync)
            .summary("Looks at a source now, and waits for the end")
            .answer(Answer::Named(&FOUND))
            .extension()
            .unhurried(),
        Operation::new(Method::GET, "getOsSourceProgress", AT.paths("/{resourceId}/progress"), progress)
            .summary("Tells how far a source has come")
            .answer(Answer::Named(&PROGRESS))
            .extension(),
        Operation::new(Method::PUT, "putOsSourceWebhook", AT.paths("/{resourceId}/webhook"), new_webhook)
            .summary("Makes a secret with which the publisher may tell that there is something new; the one before ends")
            .answer(Answer::Named(&WEBHOOK))
            .extension(),
        Operation::new(Method::DELETE, "deleteOsSourceWebhook", AT.paths("/{resourceId}/webhook"), end_webhook)
            .summary("Ends that secret")
            .extension(),
        Operation::new(Method::POST, "callOsSource", CALLS.paths(""), call)
            .summary("The publisher of a source tells that there is something new, with the source's secret as bearer token")
            .access(Access::OwnSecret)
            .extension(),
    ]);
    operations
}

/// `POST …/os-sources/{id}/sync`.
async fn sync(State(rest): State<Rest>, at: InProject, Id(id): Id) -> Result<Response, Refused> {
    let found = rest.os_sources.sync(&at.project, &id).await.map_err(emt_api::error::ApiError::from)?;
    Ok(answer::json(shown(&found)))
}

/// `GET …/os-sources/{id}/progress`.
async fn progress(State(rest): State<Rest>, at: InProject, Id(id): Id) -> Result<Response, Refused> {
    rest.inventory.scope(&at.project).find(OS_SOURCES.spec(), &id).await?;
    let Progress { running, last, next } = rest.os_sources.progress(&at.project, &id);
    let time = |second: i64| jiff::Timestamp::from_second(second).ok().filter(|_| second != 0).map(|time| time.to_string());
    Ok(answer::json(json!({
        "running": running,
        "last": last.as_ref().and_then(|(at, _)| time(*at)),
        "next": time(next),
        "found": last.as_ref().map(|(_, found)| shown(found)),
    })))
}

fn shown(found: &Found) -> Json {
    json!({
        "offered": found.offered,
        "made": found.made,
        "unchanged": found.unchanged,
        "failed": found.failed,
        "conflicts": found.conflicts,
        "withdrawn": found.withdrawn,
        "error": found.error,
    })
}

/// `PUT …/os-sources/{id}/webhook`.
async fn new_webhook(State(rest): State<Rest>, at: InProject, Id(id): Id) -> Result<Response, Refused> {
    let secret = rest.os_sources.new_secret(&rest.inventory, &at.project, &id).await?;
    let url = format!("{}/v1/webhooks/os-sources/{}/{id}", rest.origin, at.project);
    Ok(answer::json(json!({"url": url, "secret": secret})))
}

/// `DELETE …/os-sources/{id}/webhook`.
async fn end_webhook(State(rest): State<Rest>, at: InProject, Id(id): Id) -> Result<Response, Refused> {
    rest.os_sources.end_secret(&rest.inventory, &at.project, &id).await?;
    Ok(answer::empty())
}

/// The project that a publisher's call is for.
struct Project(String);

impl FromRequestParts<Rest> for Project {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, rest: &Rest) -> Result<Self, Refused> {
        path_parameter(parts, rest, "projectId").await.map(Self)
    }
}

/// `POST /v1/webhooks/os-sources/{project UUID}/{id}`: whoever has no right secret does not learn whether there is such a source.
async fn call(State(rest): State<Rest>, Project(project): Project, Id(id): Id, headers: HeaderMap) -> Result<Response, Refused> {
    let bearer = authorization(&headers).and_then(|header| header.split_once(' '));
    let secret = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map_or("", |(_, secret)| secret.trim());
    if secret.is_empty() || !rest.os_sources.call(&project, &id, secret).await? {
        return Err(Refused::Unauthenticated);
    }
    Ok(answer::empty())
}
