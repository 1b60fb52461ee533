//! Links that sign one browser in to the pages, once, for whoever calls.

use axum::{
    extract::State,
    http::{HeaderValue, Method, header},
    response::Response,
};
use emt_api::{
    error::ApiError,
    openapi::{object, properties},
};
use serde::Deserialize;
use serde_json::json;

use super::{
    Rest,
    answer::{self, Refused},
    context::Signed,
    operation::{Access, Answer, At, Body, Named, Operation},
    request::JsonBody,
};
use crate::web;

const AT: At = At::whole(&["/v1/sign-in-links"]);
/// Most characters of the address of a page.
const PAGE: usize = 1000;

static REQUEST: Named = Named {
    name: "SignInLinkRequest",
    schema: |_| {
        let page = "The page that it leads to, such as /ui/p/shops/hosts; absent: the first one.";
        json!({
            "type": "object",
            "properties": {"page": {"type": "string", "maxLength": PAGE, "pattern": "^/ui([/?].*)?$", "description": page}},
            "additionalProperties": false,
        })
    },
};
static LINK: Named = Named {
    name: "SignInLink",
    schema: |_| {
        object(
            "A link that signs one browser in, once, as whoever made it.",
            properties(json!({
                "url": {"type": "string", "format": "uri", "description": "The link. Behind # is the code, which browsers send to nobody."},
                "code": {"type": "string", "description": "The code, for typing it where the link leads."},
                "expiresAt": {"type": "string", "format": "date-time", "description": "Until when it can be used."},
            })),
        )
    },
};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(Method::POST, "createSignInLink", AT.paths(""), create)
            .summary("Makes a link that signs one browser in to the pages, once, within ten minutes")
            .access(Access::Person)
            .body(Body::Optional(&REQUEST))
            .answer(Answer::Named(&LINK))
            .extension(),
    ]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    #[serde(default)]
    page: Option<String>,
}

/// `POST /v1/sign-in-links`.
async fn create(State(rest): State<Rest>, Signed(caller): Signed, JsonBody(body): JsonBody) -> Result<Response, Refused> {
    let request: Request =
        serde_json::from_value(body).map_err(|error| ApiError::schema(format!("request body has an error: {error}")))?;
    let page = request.page.as_deref().unwrap_or(web::ROOT);
    if page.chars().count() > PAGE || !web::is_own_address(page) {
        let text = format!(
            "request body has an error at \"/page\": the address of a page of this server is needed, such as {}",
            web::ROOT
        );
        return Err(ApiError::schema(text).into());
    }
    let link = rest.identity.make_link(&caller, page).await?;
    tracing::info!(user = caller.username(), "a link is made that signs a browser in");
    let ends = jiff::Timestamp::from_second(link.ends).map(|time| time.to_string()).unwrap_or_default();
    let url = format!("{}{}#{}", rest.origin, web::ENTER, link.code);
    let mut response = answer::json(json!({"url": url, "code": link.code, "expiresAt": ends}));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
