//! What people do with a browser between the recorded calls.

use axum::{body::Body, extract::Request, http::header};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use crate::{
    AUTH, Login, REDIRECT, Replay, SIGN_IN, VERIFIER,
    support::{
        Answer, PASSWORD,
        oidc::{HOST, TOKEN, address, encoded, pairs},
    },
};

impl Replay {
    pub(crate) async fn post(&self, form: &str) -> Json {
        let request = Request::post(TOKEN)
            .header(header::HOST, HOST)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()))
            .unwrap();
        self.server.call(request).await.json()
    }

    /// Sends a form to a page. The answer's cookies and where it sends the browser are in its headers.
    pub(crate) async fn submit(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Answer {
        let values: Vec<Json> = fields.iter().map(|(_, value)| (*value).into()).collect();
        let form = encoded(fields.iter().map(|(name, _)| *name).zip(&values), &str::to_owned);
        let request = Request::post(path)
            .header(header::HOST, HOST)
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form))
            .unwrap();
        self.server.call(request).await
    }

    /// The sign-in page of the client with PKCE: the ticket in it, and its cookie.
    pub(crate) async fn sign_in_page(&self) -> (String, String) {
        let challenge = challenge();
        let query = format!(
            "client_id=pkce-client&response_type=code&redirect_uri={REDIRECT}&scope=openid profile email groups&state=st4te&\
             nonce=n0nce&code_challenge={challenge}&code_challenge_method=S256"
        );
        let request = Request::get(address(&format!("{AUTH}?{query}"))).header(header::HOST, HOST).body(Body::empty()).unwrap();
        let page = self.server.call(request).await;
        let text = page.text();
        let ticket = text.split("name=\"ticket\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        (ticket, page.header("set-cookie").split(';').next().unwrap().to_owned())
    }

    /// A code for the client with PKCE.
    pub(crate) async fn fresh_code(&self) -> String {
        let (ticket, cookie) = self.sign_in_page().await;
        let fields = [("ticket", ticket.as_str()), ("username", "alice"), ("password", PASSWORD)];
        let answer = self.submit(SIGN_IN, &cookie, &fields).await;
        code_of(&answer)
    }

    /// A device asks for a login.
    pub(crate) async fn start_device(&mut self) {
        let request = Request::post(format!("{AUTH}/device"))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from("client_id=system-client&scope=openid"))
            .unwrap();
        let answer = self.server.call(request).await.json();
        self.device = device_of(&answer);
    }

    pub(crate) async fn answer_device(&self, answer: &str) {
        let fields = [("user_code", self.device.1.as_str()), ("username", "alice"), ("password", PASSWORD), ("answer", answer)];
        let page = self.submit("/realms/master/device", "", &fields).await;
        assert!(page.text().contains(if answer == "deny" { "was refused" } else { "is connected" }), "{}", page.text());
    }

    pub(crate) async fn log_in(&mut self, username: &str) {
        let form = format!(
            "grant_type=password&client_id=system-client&username={username}&password={PASSWORD}&scope=openid+profile+email+groups"
        );
        self.current = Login::of(&self.post(&form).await);
        assert!(!self.current.id.is_empty());
    }
}

pub(crate) fn challenge() -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER))
}

pub(crate) fn device_of(answer: &Json) -> (String, String) {
    let text = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
    (text("device_code"), text("user_code"))
}

pub(crate) fn code_of(answer: &Answer) -> String {
    let pairs = pairs(answer.header("location"));
    pairs.into_iter().find(|(name, _)| name == "code").map(|(_, code)| code).unwrap()
}
