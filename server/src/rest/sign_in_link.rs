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
use serde_json::{Value as Json, json};

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
/// Addresses of pages as browsers send them: all but printable ASCII is percent-encoded.
const PATTERN: &str = r"^/ui([/?#][!-\[\]-~]*)?$";

static REQUEST: Named = Named {
    name: "SignInLinkRequest",
    schema: |_| {
        let page = "The page that it leads to, such as /ui/p/shops/hosts; absent: the first one.";
        json!({
            "type": "object",
            "properties": {"page": {"type": "string", "maxLength": PAGE, "pattern": PATTERN, "description": page}},
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

/// The page that is asked for.
fn page(body: &Json) -> Result<&str, ApiError> {
    let wrong = |what: &str| ApiError::schema(format!("request body has an error{what}"));
    let body = body.as_object().ok_or_else(|| wrong(": a JSON object is needed"))?;
    if let Some(key) = body.keys().find(|key| *key != "page") {
        return Err(wrong(&format!(": property \"{key}\" is unsupported")));
    }
    let Some(page) = body.get("page") else { return Ok(web::ROOT) };
    let is_page =
        |page: &&str| page.len() <= PAGE && page.bytes().all(|byte| byte.is_ascii_graphic()) && web::is_own_address(page);
    page.as_str()
        .filter(is_page)
        .ok_or_else(|| wrong(&format!(" at \"/page\": the address of a page of this server is needed, such as {}", web::ROOT)))
}

/// `POST /v1/sign-in-links`.
async fn create(State(rest): State<Rest>, Signed(caller): Signed, JsonBody(body): JsonBody) -> Result<Response, Refused> {
    let page = page(&body)?;
    let link = rest.identity.make_link(&caller, page).await?;
    tracing::info!(user = caller.username(), "a link is made that signs a browser in");
    let ends = jiff::Timestamp::from_second(link.ends).map(|time| time.to_string()).unwrap_or_default();
    let url = format!("{}{}#{}", rest.origin, web::ENTER, link.code);
    let mut response = answer::json(json!({"url": url, "code": link.code, "expiresAt": ends}));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
