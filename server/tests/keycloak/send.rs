//! A recorded call with its placeholders filled.

use axum::{
    body::Body,
    extract::Request,
    http::{Method, header},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value as Json;

use crate::{
    EDGE_NODE, Login, Replay, SERVICE, SIGN_IN, VERIFIER,
    browser::challenge,
    support::{
        Answer,
        oidc::{HOST, address, encoded},
    },
};

impl Replay {
    pub(crate) async fn send(&self, step: &Json, login: &Login) -> Answer {
        let case = step["case"].as_str().unwrap();
        let altered = |token: &str| {
            let at = token.len() - 20;
            format!("{}{}{}", &token[..at], if &token[at..=at] == "A" { "B" } else { "A" }, &token[at + 1..])
        };
        let page = if step["path"] == "{form action of the login page}" { Some(self.sign_in_page().await) } else { None };
        let changed = case == "signature changed";
        let filled = |text: &str| {
            let refresh = if changed { altered(&login.refresh) } else { login.refresh.clone() };
            let bearer = match case {
                "refresh token" => login.refresh.clone(),
                "id token" | "logout: GET with id_token_hint" => login.id.clone(),
                "signature changed" => altered(&login.access),
                _ => login.access.clone(),
            };
            self.recorded
                .filled(text)
                .replace("{form action of the login page}", SIGN_IN)
                .replace("{challenge}", &challenge())
                .replace("{verifier}", VERIFIER)
                .replace("{code}", &self.code)
                .replace("{device_code}", &self.device.0)
                .replace("{token of another}", &login.access)
                .replace("{jwt Refresh}", &refresh)
                .replace("{jwt Offline}", &login.refresh)
                .replace("{jwt Bearer}", &login.access)
                .replace("{jwt ID}", &login.id)
                .replace("{jwt}", &bearer)
        };
        let method = Method::from_bytes(step["method"].as_str().unwrap().as_bytes()).unwrap();
        let mut request = Request::builder().method(method).uri(address(&filled(step["path"].as_str().unwrap())));
        request = request.header(header::HOST, HOST);
        let is_admin = step["path"].as_str().unwrap().starts_with("/admin/") && case != "no token";
        if is_admin && step["headers"]["Authorization"].is_null() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", login.access));
        }
        if let Some((_, cookie)) = &page {
            request = request.header(header::COOKIE, cookie);
        }
        for (name, value) in step["headers"].as_object().into_iter().flatten() {
            let value = match value.as_str().unwrap() {
                basic if basic.starts_with("Basic ") => format!("Basic {}", STANDARD.encode(basic_credentials(step))),
                other => filled(other),
            };
            request = request.header(name, value);
        }
        let (kind, body) = match (&step["form"], &step["body"], &step["rawBody"]) {
            (_, _, Json::String(raw)) => (None, raw.clone()),
            (Json::Object(form), ..) => {
                let mut form = form.clone();
                form.extend(page.iter().map(|(ticket, _)| ("ticket".to_owned(), ticket.as_str().into())));
                (Some("form"), encoded(form.iter().map(|(key, value)| (key.as_str(), value)), &filled))
            }
            (Json::Array(form), ..) => {
                (Some("form"), encoded(form.iter().map(|pair| (pair[0].as_str().unwrap(), &pair[1])), &filled))
            }
            (_, Json::Null, _) => (None, String::new()),
            (_, body, _) => (Some("json"), filled(&body.to_string())),
        };
        request = match kind {
            Some("form") => request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded"),
            Some(_) => request.header(header::CONTENT_TYPE, "application/json"),
            None => request,
        };
        let from = emt_server::http::Peer(std::net::Ipv4Addr::LOCALHOST.into());
        self.server.call(request.extension(from).body(Body::from(body)).unwrap()).await
    }
}

fn basic_credentials(step: &Json) -> String {
    match (step["section"].as_str().unwrap(), step["case"].as_str().unwrap()) {
        ("introspection", "secret wrong") => format!("{SERVICE}:wrong"),
        (section, case) if section == "introspection" || case.starts_with("introspection") => {
            format!("{SERVICE}:host-manager-secret")
        }
        (_, "client id by Basic with empty password, public client") => "system-client:".to_owned(),
        (_, "edge node: Basic") => format!("{EDGE_NODE}:edge-node-secret"),
        (_, "revoke: confidential client, secret wrong") => "plain-conf:wrong".to_owned(),
        _ => format!("{EDGE_NODE}:wrong"),
    }
}
