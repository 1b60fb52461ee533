//! The tree of places.

use axum::{extract::State, http::Method, response::Response};
use emt_api::{error::ApiError, openapi, patterns, record::Row, resources::SITE};
use serde_json::{Value as Json, json};

use super::{
    Rest,
    answer::{self, Refused},
    context::InProject,
    operation::{Answer, At, Holds, Named, Operation, Parameter, ParameterKind},
    request::Parameters,
};
use crate::inventory::{Places, parent};

const AT: At = At::project(&["/locations"], &["/locations"]);
/// Most characters of a name.
const NAME: usize = 50;

static NAMED: Parameter = Parameter {
    name: "name",
    doc: "Part of the name of the places to find.",
    holds: Holds::Text { max: NAME, pattern: patterns::NAME },
    kind: ParameterKind::Required,
};
static SHOW_SITES: Parameter = flag("showSites", "Find sites; this or `showRegions` must be true.");
static SHOW_REGIONS: Parameter = flag("showRegions", "Find regions; this or `showSites` must be true.");

const fn flag(name: &'static str, doc: &'static str) -> Parameter {
    Parameter { name, doc, holds: Holds::Bool, kind: ParameterKind::Upstream }
}

static TREE: Named = Named {
    name: "LocationTree",
    schema: |schemas| {
        let node = schemas.named("LocationNode", |_| {
            let properties = json!({
                "resourceId": {"type": "string", "pattern": "^(region|site)-[0-9a-f]{8}$"},
                "parentId": {"type": "string", "pattern": "^$|^region-[0-9a-f]{8}$"},
                "name": {"type": "string"},
                "type": {"type": "string", "enum": ["RESOURCE_KIND_REGION", "RESOURCE_KIND_SITE"]},
            });
            openapi::object("A place.", openapi::properties(properties))
        });
        let count = |doc: &str| json!({"type": "integer", "minimum": 0, "description": doc});
        let properties = json!({
            "nodes": {"type": "array", "items": node, "description": "Matches, and all regions above them."},
            "totalElements": count("How many places match."),
            "outputElements": count("How many of them are shown."),
        });
        openapi::object("Places that match, and where they are.", openapi::properties(properties))
    },
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(Method::GET, "findLocations", AT.paths(""), find)
            .summary("Finds places by name, and shows all that is above them")
            .parameters([&NAMED, &SHOW_SITES, &SHOW_REGIONS])
            .answer(Answer::Named(&TREE)),
    ]
}

/// `GET …/locations`.
async fn find(State(rest): State<Rest>, at: InProject, parameters: Parameters) -> Result<Response, Refused> {
    let name = parameters.checked(&NAMED)?;
    let places = Places { regions: parameters.truth("showRegions")?, sites: parameters.truth("showSites")? };
    let Some(name) = name.filter(|_| places.regions || places.sites) else {
        let text =
            "GetLocationsParams incorrectly provided: a name and at least one of showSites=true and showRegions=true are needed";
        return Err(ApiError::invalid(text).into());
    };
    let tree = rest.inventory.locations(&at.project, name, places).await?;
    let nodes: Vec<Json> = tree.nodes.iter().map(node).collect();
    Ok(answer::json(json!({"nodes": nodes, "totalElements": tree.total, "outputElements": tree.shown})))
}

fn node(place: &Row) -> Json {
    let kind = if place.spec == &SITE { "RESOURCE_KIND_SITE" } else { "RESOURCE_KIND_REGION" };
    json!({"resourceId": place.meta.id, "parentId": parent(place), "name": place.get("name").text(), "type": kind})
}
