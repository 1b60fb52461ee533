//! Parts of the document that many operations share.

use emt_api::{
    error::{ApiError, Code},
    openapi::{Schemas, bounded_text, id_pattern},
};
use serde_json::{Map, Value as Json, json};

use super::super::operation::{Access, Answer, Body, Holds, Operation, Parameter, ParameterKind};

pub(super) const DESCRIPTION: &str = "The Edge Orchestrator API as emt-server serves it. What is beyond that API is marked with \
    `x-emt-extension`. `x-emt-access` tells what an operation needs, `x-emt-also-at` other paths that lead to the same. In \
    answers every key is always there; more keys may come with later versions.";

/// Where the tokens come from.
pub(super) fn security() -> Json {
    json!({"token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An access token from `/realms/master/protocol/openid-connect/token`. What it may be used for is told by \
                        its roles, such as `<project UUID>_im-rw`.",
    }})
}

/// What an operation needs, in words.
pub(super) fn access(access: Access) -> &'static str {
    match access {
        Access::Open => "nothing",
        Access::OwnSecret => "the secret of what it is about, in the place of a token",
        Access::SignedIn => "any valid token",
        Access::Person => "a valid token of a person, not of a program or a node",
        Access::ReadProject => "a reader of the project: <project UUID>_im-r or _im-rw",
        Access::WriteProject => "a writer of the project: <project UUID>_im-rw",
        Access::FetchImages => "a reader or a node of the project",
        Access::AdministerProjects => "an administrator of projects: <organisation UUID>_project-…-role",
        Access::AdministerOrgs => "an administrator of organisations: org-…-role",
    }
}

/// Parameters that the document names once.
pub(super) fn parameters() -> Json {
    json!({"ActiveProjectID": {
        "name": "ActiveProjectID",
        "in": "header",
        "description": "UUID of the project; wins over the name in the path.",
        "schema": {"type": "string", "format": "uuid"},
    }})
}

pub(super) fn headers() -> Json {
    json!({"X-Request-Id": {
        "description": "Finds the request in the server's log.",
        "schema": {"type": "string", "pattern": "^[0-9a-f]{16}$"},
    }})
}

/// Names of projects and organisations.
const NAME: &str = "^[a-zA-Z0-9]([a-zA-Z0-9._-]*[a-zA-Z0-9])?$";

/// A name in the path. `kind` is what an id must be one of, `below_project` tells that it names the project around it all.
pub(super) fn path_parameter(name: &str, kind: Option<&str>, below_project: bool) -> Json {
    let (doc, schema) = match (name, kind) {
        ("resourceId", Some(kind)) => ("Its id.", json!({"type": "string", "pattern": id_pattern(kind, false)})),
        ("project", _) if below_project => ("Name of the project.", bounded_text(1, 63, NAME)),
        ("project", _) => ("UUID of the project.", json!({"type": "string", "format": "uuid"})),
        ("region", _) => ("Not looked at: anything or nothing.", json!({"type": "string"})),
        ("sha256", _) => ("Digest of the file.", json!({"type": "string", "pattern": "^[0-9a-f]{64}$"})),
        ("org", _) => ("Its name.", bounded_text(1, 63, NAME)),
        _ => ("Its name.", json!({"type": "string", "minLength": 1})),
    };
    json!({"name": name, "in": "path", "required": true, "description": doc, "schema": schema})
}

/// A parameter of the query, or a header. One that is there but empty is refused.
pub(super) fn parameter(parameter: &Parameter, place: &str) -> Json {
    let schema = match parameter.holds {
        Holds::Number { min, max } => json!({"type": "integer", "minimum": min, "maximum": max}),
        Holds::Text { max, pattern } => {
            let mut schema = bounded_text(1, max, pattern);
            schema["minLength"] = 1.into();
            schema
        }
        Holds::Bool => json!({"type": "boolean"}),
        Holds::Id(prefix) => json!({"type": "string", "pattern": id_pattern(prefix, false)}),
    };
    let mut described = json!({"name": parameter.name, "in": place, "description": parameter.doc, "schema": schema});
    match parameter.kind {
        ParameterKind::Upstream => {}
        ParameterKind::Required => described["required"] = true.into(),
        ParameterKind::Older => described["deprecated"] = true.into(),
        ParameterKind::Extension => described["x-emt-extension"] = true.into(),
    }
    described
}

/// Statuses beside 200 that an operation may answer with.
pub(super) fn statuses(operation: &Operation) -> Vec<&'static str> {
    let open = operation.access == Access::Open;
    let file = matches!(operation.answer, Answer::File);
    let takes_file = matches!(operation.body, Body::File | Body::PartOfFile);
    [
        ("206", file),
        ("304", file || operation.path() == "/openapi.json"),
        ("400", true),
        ("401", !open || operation.extension),
        ("403", !open),
        ("404", !open || operation.path().contains('{')),
        ("409", !operation.method.is_safe()),
        ("413", !matches!(operation.body, Body::None)),
        ("416", file),
        ("423", matches!(operation.body, Body::PartOfFile)),
        ("429", true),
        ("500", true),
        (
            "501",
            ["enrol", "createSignInLink"].contains(&operation.id.as_ref())
                || operation.parameters.iter().any(|parameter| parameter.name == "enrolment"),
        ),
        ("503", true),
        ("507", takes_file || !operation.method.is_safe()),
    ]
    .into_iter()
    .filter_map(|(status, there)| there.then_some(status))
    .collect()
}

/// A status, what it means, and named examples.
type Refusal<'a> = (&'a str, &'a str, &'a [(&'a str, ApiError)]);

/// What refusals look like.
pub(super) fn responses(schemas: &mut Schemas) -> Json {
    let error = schemas.named("Error", |_| {
        let codes: Vec<_> = Code::ALL.iter().map(ToString::to_string).collect();
        json!({
            "type": "object",
            "description": "Why a request was refused.",
            "properties": {
                "code": {
                    "type": "string", "enum": codes,
                    "description": "Kind of the refusal. Checks of the request itself, of its path and of its token send none.",
                },
                "message": {"type": "string", "description": "What failed, on which resource, and why."},
            },
            "required": ["message"],
        })
    });
    let schema = |text: &str| ApiError::schema(format!("request body has an error: {text}"));
    let refusals: [Refusal; 13] = [
        (
            "400",
            "The request does not fit its schema, or not the state of what it is about.",
            &[
                ("schema", schema("property \"name\" is missing")),
                ("argument", ApiError::invalid("unknown column `nope`")),
                ("precondition", ApiError::precondition("site-77aa88bb still has hosts: move or delete them first")),
            ],
        ),
        ("401", "No token, or one that is not valid.", &[("token", ApiError::plain(401, "Unauthorized"))]),
        (
            "403",
            "The caller's roles do not suffice, or the project is not the caller's.",
            &[("roles", ApiError::plain(403, "Forbidden"))],
        ),
        (
            "404",
            "There is no such resource, path or method.",
            &[
                ("resource", ApiError::not_found("host_resource not found")),
                ("path", ApiError::plain(404, "no matching operation was found")),
                ("method", ApiError::plain(404, "method not allowed")),
            ],
        ),
        (
            "409",
            "It is there already, or others were faster too often.",
            &[("taken", ApiError::new(Code::AlreadyExists, "this member is there already"))],
        ),
        ("413", "The body is too long.", &[("long", ApiError::plain(413, "Request Entity Too Large"))]),
        ("416", "No such part of the file.", &[("part", ApiError::plain(416, "the image has 4096 bytes"))]),
        (
            "423",
            "Another request sends the same image.",
            &[(
                "busy",
                ApiError::plain(423, "another request is sending this image: wait for its end, and ask then what is missing"),
            )],
        ),
        ("429", "Too many requests from this address.", &[("many", ApiError::plain(429, "Too Many Requests"))]),
        (
            "500",
            "The server failed; its log tells more under the request's id.",
            &[("failed", ApiError::new(Code::Internal, "the server could not read or write its database; its log tells more"))],
        ),
        (
            "501",
            "The tokens that this server takes are made by another issuer.",
            &[("elsewhere", ApiError::plain(501, "this server makes no credentials"))],
        ),
        (
            "503",
            "It took too long, or the server cannot serve now.",
            &[("late", ApiError::plain(503, "the request took longer than 15s"))],
        ),
        (
            "507",
            "The disk under the database or the images is full; nothing was changed.",
            &[("full", ApiError::plain(507, "no space is left on the disk"))],
        ),
    ];
    let mut responses = Map::new();
    for (status, doc, examples) in refusals {
        let shown: Map<String, Json> = examples.iter().map(|(name, error)| ((*name).to_owned(), example(error))).collect();
        let mut content = json!({"application/json": {"schema": error, "examples": shown}});
        if status == "403" {
            content["text/plain"] = json!({"schema": {"type": "string"}, "example": "Access denied or project not found"});
        }
        if status == "503" {
            // `/readyz` speaks plain text.
            content["text/plain"] = json!({"schema": {"type": "string"}});
        }
        let id = json!({"X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"}});
        responses.insert(status.to_owned(), json!({"description": doc, "headers": id, "content": content}));
    }
    responses.insert(
        "206".to_owned(),
        json!({
            "description": "A part of the file.",
            "content": {"application/octet-stream": {"schema": {}}},
        }),
    );
    responses.insert("304".to_owned(), json!({"description": "The caller has it already."}));
    Json::Object(responses)
}

fn example(error: &ApiError) -> Json {
    json!({"value": serde_json::from_str::<Json>(&error.body()).unwrap_or_default()})
}
