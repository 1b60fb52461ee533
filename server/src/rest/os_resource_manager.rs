//! Modes of linking: whether the newest OS is linked to instances by operators, or by itself.

use std::collections::{BTreeMap, BTreeSet};

use axum::{extract::State, http::Method, response::Response};
use emt_api::{
    enums::{OS_MODE, OsMode},
    error::ApiError,
    filter::Expr,
    input::check_text,
    openapi::{bounded_text, object, properties},
    patterns::PATHY,
    record::Record,
    resources::Os,
};
use serde_json::{Map, Value as Json, json};

use super::{
    Rest,
    answer::{self, Refused},
    context::{InProject, Signed},
    operation::{Access, Answer, At, Body, Named, Operation},
    request::JsonBody,
};
use crate::{
    identity::Act,
    inventory::refused,
    os_resources::{Catalogue, ModeChange},
    store::StoreExt as _,
};

const AT: At = At::project(&["/os-resource-manager"], &["/os-resource-manager"]);
const SERVER: At = At::whole(&["/v1/os-resource-manager"]);
/// Project of what is set for the whole server.
const ALL: &str = "";
/// Most profiles that one request names.
const MOST_PROFILES: usize = 100;

fn mode(doc: &str) -> Json {
    let names: Vec<&str> = OS_MODE.variants.iter().map(|(name, _)| *name).collect();
    json!({"type": "string", "enum": names, "description": doc})
}

fn effective(doc: &str) -> Json {
    json!({"type": "string", "enum": [OsMode::Manual.as_str(), OsMode::Automatic.as_str()], "description": doc})
}

const SET: &str = "What is set here; unspecified: what is set above holds.";

static MODES: Named = Named {
    name: "OsResourceManager",
    schema: |_| {
        let os = object(
            "The newest OS of the profile that is offered.",
            properties(json!({"resourceId": {"type": "string"}, "name": {"type": "string"}, "imageId": {"type": "string"}})),
        );
        let profile = object(
            "A profile.",
            properties(json!({
                "profile": {"type": "string", "description": "Its name."},
                "mode": mode(SET),
                "effectiveMode": effective("What holds."),
                "newestOs": {"oneOf": [os, {"type": "null"}]},
            })),
        );
        object(
            "Whether the newest OS is linked to instances by operators (manual) or by itself (automatic).",
            properties(json!({
                "mode": mode(SET),
                "effectiveMode": effective("What holds for profiles for which nothing is set."),
                "serverMode": effective("What holds for projects for which nothing is set."),
                "profiles": {
                    "type": "array", "items": profile,
                    "description": "Profiles of which there is an OS, and those for which something is set, by name.",
                },
            })),
        )
    },
};
static CHANGE: Named = Named {
    name: "OsResourceManagerPatch",
    schema: |_| {
        json!({
            "type": "object",
            "description": "What is to be set; what is not named stays.",
            "properties": {
                "mode": mode("For the project."),
                "profiles": {
                    "type": "object", "maxProperties": MOST_PROFILES, "propertyNames": bounded_text(1, 128, PATHY),
                    "additionalProperties": mode("For the profile of this name."),
                    "description": "For profiles.",
                },
            },
            "additionalProperties": false,
        })
    },
};
static OF_SERVER: Named = Named {
    name: "OsResourceManagerOfServer",
    schema: |_| {
        object(
            "What holds for projects for which nothing is set.",
            properties(json!({
                "mode": mode("What is set at run time; unspecified: the server's settings hold."),
                "effectiveMode": effective("What holds."),
            })),
        )
    },
};
static CHANGE_OF_SERVER: Named = Named {
    name: "OsResourceManagerOfServerPatch",
    schema: |_| {
        json!({
            "type": "object", "description": "What is to be set.", "properties": {"mode": mode("For the whole server.")},
            "additionalProperties": false,
        })
    },
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(Method::GET, "getOsResourceManager", AT.paths(""), show)
            .summary("Tells whether the newest OS is linked to the instances of a project by itself")
            .answer(Answer::Named(&MODES))
            .extension(),
        Operation::new(Method::PATCH, "patchOsResourceManager", AT.paths(""), change)
            .summary("Sets whether it is, for a project or some of its profiles")
            .body(Body::Optional(&CHANGE))
            .answer(Answer::Named(&MODES))
            .extension(),
        Operation::new(Method::GET, "getOsResourceManagerOfServer", SERVER.paths(""), show_server)
            .summary("Tells whether the newest OS is linked to instances by itself where projects set nothing")
            .answer(Answer::Named(&OF_SERVER))
            .extension(),
        Operation::new(Method::PATCH, "patchOsResourceManagerOfServer", SERVER.paths(""), change_server)
            .summary("Sets whether it is, for the whole server")
            .access(Access::AdministerOrgs)
            .body(Body::Optional(&CHANGE_OF_SERVER))
            .answer(Answer::Named(&OF_SERVER))
            .extension(),
    ]
}

/// `GET …/os-resource-manager`.
async fn show(State(rest): State<Rest>, at: InProject) -> Result<Response, Refused> {
    shown(&rest, &at.project).await
}

/// `PATCH …/os-resource-manager`.
async fn change(State(rest): State<Rest>, at: InProject, JsonBody(body): JsonBody) -> Result<Response, Refused> {
    let change = wanted(&body, &["mode", "profiles"])?;
    rest.modes.change(&at.project, &change).await?;
    shown(&rest, &at.project).await
}

/// `GET /v1/os-resource-manager`.
async fn show_server(State(rest): State<Rest>, _: Signed) -> Result<Response, Refused> {
    shown_server(&rest).await
}

/// `PATCH /v1/os-resource-manager`.
async fn change_server(State(rest): State<Rest>, Signed(caller): Signed, JsonBody(body): JsonBody) -> Result<Response, Refused> {
    if !caller.may_with_orgs(Act::Update) {
        return Err(answer::forbidden());
    }
    let change = wanted(&body, &["mode"])?;
    rest.modes.change(ALL, &change).await?;
    if let Some(mode) = change.all {
        tracing::info!(user = caller.username(), mode = mode.as_str(), "the mode of linking is set for the whole server");
    }
    shown_server(&rest).await
}

async fn shown(rest: &Rest, project: &str) -> Result<Response, Refused> {
    let modes = rest.modes.read(project).await.map_err(refused)?;
    let all: Vec<Os> = rest.inventory.store.load_brief(project, Expr::everything()).await.map_err(refused)?;
    let catalogue: Catalogue = all.into_iter().collect();
    let names: BTreeSet<&str> =
        catalogue.profiles().chain(modes.profiles.keys().map(String::as_str)).filter(|name| !name.is_empty()).collect();
    let profile = |name: &str| {
        let newest = catalogue.newest(name).map(|os| json!({"resourceId": os.id(), "name": os.name, "imageId": os.image_id}));
        let set = modes.profiles.get(name).copied().unwrap_or_default();
        json!({"profile": name, "mode": set.as_str(), "effectiveMode": modes.of(name).as_str(), "newestOs": newest})
    };
    Ok(answer::json(json!({
        "mode": modes.project.as_str(),
        "effectiveMode": modes.of_project().as_str(),
        "serverMode": modes.of_server().as_str(),
        "profiles": names.into_iter().map(profile).collect::<Vec<_>>(),
    })))
}

async fn shown_server(rest: &Rest) -> Result<Response, Refused> {
    let set = rest.modes.set_for_server().await.map_err(refused)?;
    let modes = rest.modes.read(ALL).await.map_err(refused)?;
    Ok(answer::json(json!({"mode": set.as_str(), "effectiveMode": modes.of_server().as_str()})))
}

fn wrong(at: &str, what: &str) -> ApiError {
    ApiError::schema(format!("request body has an error{at}: {what}"))
}

/// What a body sets.
fn wanted(body: &Json, keys: &[&str]) -> Result<ModeChange, ApiError> {
    let body = body.as_object().ok_or_else(|| wrong("", "a JSON object is needed"))?;
    if let Some(key) = body.keys().find(|key| !keys.contains(&key.as_str())) {
        return Err(wrong("", &format!("property \"{key}\" is unsupported")));
    }
    let all = body.get("mode").map(|mode| read("/mode", mode)).transpose()?;
    let profiles = body.get("profiles").map(of_profiles).transpose()?.unwrap_or_default();
    Ok(ModeChange { all, profiles })
}

fn of_profiles(json: &Json) -> Result<BTreeMap<String, OsMode>, ApiError> {
    let profiles: &Map<String, Json> = json.as_object().ok_or_else(|| wrong(" at \"/profiles\"", "a JSON object is needed"))?;
    if profiles.len() > MOST_PROFILES {
        return Err(wrong(" at \"/profiles\"", &format!("at most {MOST_PROFILES} profiles can be named at once")));
    }
    let one = |(profile, mode): (&String, &Json)| {
        check_text(profile, 1, 128, PATHY).map_err(|what| wrong(" at \"/profiles\"", &what))?;
        Ok((profile.clone(), read(&format!("/profiles/{profile}"), mode)?))
    };
    profiles.iter().map(one).collect()
}

fn read(at: &str, json: &Json) -> Result<OsMode, ApiError> {
    let modes = [OsMode::Unspecified, OsMode::Manual, OsMode::Automatic];
    let mode = modes.into_iter().find(|mode| json.as_str() == Some(mode.as_str()));
    mode.ok_or_else(|| wrong(&format!(" at \"{at}\""), &format!("one of {} is needed", modes.map(OsMode::as_str).join(", "))))
}
