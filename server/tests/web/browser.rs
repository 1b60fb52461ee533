//! A browser without a screen: keeps cookies, follows forms.

#![allow(clippy::unwrap_used, reason = "for tests")]

use std::{collections::BTreeMap, sync::Mutex};

use axum::{
    body::Body,
    extract::Request,
    http::{Method, header},
};
use serde_json::Value as Json;

use crate::support::{
    Answer, PASSWORD, Server,
    oidc::{encoded, pairs},
};

/// See the module.
pub(crate) struct Browser<'a> {
    pub(crate) server: &'a Server,
    pub(crate) host: &'static str,
    pub(crate) cookies: Mutex<BTreeMap<String, String>>,
}

impl<'a> Browser<'a> {
    /// A browser that knows nothing yet, and asks under a name.
    pub(crate) fn new(server: &'a Server, host: &'static str) -> Self {
        Self { server, host, cookies: Mutex::default() }
    }

    /// A browser in which a user is signed in.
    pub(crate) async fn signed_in(server: &'a Server, username: &str) -> Self {
        let browser = Self::new(server, "emt.localhost:8443");
        browser.sign_in(username).await;
        browser
    }

    pub(crate) async fn send(&self, method: Method, place: &str, headers: &[(&str, &str)], body: Option<String>) -> Answer {
        let cookies: Vec<String> = self.cookies.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::builder().method(method).uri(place).header(header::HOST, self.host);
        if headers.iter().all(|(name, _)| *name != "accept") {
            request = request.header(header::ACCEPT, "text/html");
        }
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let answer = self.server.call(request.body(body.map_or_else(Body::empty, Body::from)).unwrap()).await;
        for set in answer.headers.get_all(header::SET_COOKIE) {
            let (name, rest) = set.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            let mut cookies = self.cookies.lock().unwrap();
            if rest.contains("Max-Age=0") {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    pub(crate) async fn get(&self, place: &str) -> Answer {
        self.send(Method::GET, place, &[], None).await
    }

    /// A page that must be there.
    pub(crate) async fn page(&self, place: &str) -> String {
        let answer = self.get(place).await;
        assert_eq!(answer.status, 200, "{place}: {} {}", answer.header("location"), answer.text());
        answer.text()
    }

    pub(crate) async fn post(&self, place: &str, fields: &[(&str, &str)]) -> Answer {
        let values: Vec<Json> = fields.iter().map(|(_, value)| (*value).into()).collect();
        let form = encoded(fields.iter().map(|(name, _)| *name).zip(&values), &str::to_owned);
        self.send(Method::POST, place, &[], Some(form)).await
    }

    /// From the first page through the sign-in page back to where it wanted to go.
    pub(crate) async fn sign_in(&self, username: &str) -> String {
        self.sign_in_for("/ui", username).await
    }

    pub(crate) async fn sign_in_for(&self, place: &str, username: &str) -> String {
        let answer = self.get(place).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        let answer = self.get(answer.header("location")).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        let asks = answer.header("location").to_owned();
        assert!(asks.starts_with("/realms/master/protocol/openid-connect/auth?"), "{asks}");
        let page = self.get(&asks).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let ticket = page.text().split("name=\"ticket\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let fields = [("ticket", ticket.as_str()), ("username", username), ("password", PASSWORD)];
        let answer = self.post("/realms/master/login-actions/authenticate", &fields).await;
        assert_eq!(answer.status, 302, "{}", answer.text());
        let back = answer.header("location").to_owned();
        assert!(back.starts_with(&format!("https://{}/ui/callback?", self.host)), "{back}");
        assert!(pairs(&back).iter().any(|(name, _)| name == "code"), "{back}");
        let answer = self.get(back.strip_prefix(&format!("https://{}", self.host)).unwrap()).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        answer.header("location").to_owned()
    }

    /// What forms of this browser carry.
    pub(crate) async fn form_token(&self) -> String {
        let page = self.page("/ui/p/shops").await;
        page.split("name=\"form\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    }
}
