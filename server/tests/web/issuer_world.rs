//! A server that takes the tokens of another issuer, which a second server plays.

#![allow(clippy::unwrap_used, reason = "for tests")]

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering},
};

use axum::{body::Body, extract::Request, http::header};
use emt_server::{
    clock::Clock,
    config::Config,
    identity::{Endpoints, Grant, Granted, Issuer, KeySource, NotGranted, Provider},
};
use jsonwebtoken::Algorithm;
use serde_json::{Value as Json, json};
use zeroize::Zeroizing;

use crate::{
    browser::Browser,
    support::{Answer, PASSWORD, SATURDAY_MS, Server, oidc::encoded, pair::Pair},
};

pub(crate) const URL: &str = "https://keycloak.emt.localhost:8443/realms/master";
const HOST: &str = "emt.localhost:8443";
const PROTOCOL: &str = "/realms/master/protocol/openid-connect";

/// Changes what is granted.
pub(crate) type Forge = Box<dyn Fn(&mut Granted) + Send + Sync>;

/// The way to the issuer.
pub(crate) struct There {
    pub(crate) issuer: Server,
    is_down: AtomicBool,
    /// How often tokens were renewed.
    renewed: AtomicUsize,
    pub(crate) forge: Mutex<Option<Forge>>,
    /// A key of the test's own, which the issuer shows beside its own.
    pub(crate) pair: Pair,
    /// All tokens that were granted.
    pub(crate) granted: Mutex<Vec<String>>,
}

#[async_trait::async_trait]
impl Provider for There {
    fn client_id(&self) -> &'static str {
        "webui-client"
    }

    async fn discover(&self) -> Result<Endpoints, String> {
        if self.is_down.load(Ordering::SeqCst) {
            return Err("connection refused".to_owned());
        }
        let at = |place: &str| format!("{URL}/protocol/openid-connect/{place}");
        let (authorization, token, end_session) = (at("auth"), at("token"), Some(at("logout")));
        Ok(Endpoints { authorization, token, end_session, tells_issuer: true, takes_basic: true })
    }

    async fn grant(&self, _: &Endpoints, grant: Grant<'_>) -> Result<Granted, NotGranted> {
        if self.is_down.load(Ordering::SeqCst) {
            return Err(NotGranted::Unavailable("connection refused".to_owned()));
        }
        let form = match grant {
            Grant::Code { code, redirect_uri, verifier } => json!({
                "grant_type": "authorization_code", "client_id": "webui-client", "code": code, "redirect_uri": redirect_uri,
                "code_verifier": verifier,
            }),
            Grant::Refresh(token) => {
                self.renewed.fetch_add(1, Ordering::SeqCst);
                json!({"grant_type": "refresh_token", "client_id": "webui-client", "refresh_token": token})
            }
        };
        let form = encoded(form.as_object().unwrap().iter().map(|(name, value)| (name.as_str(), value)), &str::to_owned);
        let request = Request::post(format!("{PROTOCOL}/token"))
            .header(header::HOST, "keycloak.emt.localhost:8443")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form))
            .unwrap();
        let answer = self.issuer.call(request).await;
        let json = answer.json();
        if answer.status != 200 {
            return Err(NotGranted::Refused(json["error_description"].as_str().unwrap().to_owned()));
        }
        let token = |key: &str| json[key].as_str().map(|token| Zeroizing::new(token.to_owned()));
        let mut granted =
            Granted { access: token("access_token").unwrap(), refresh: token("refresh_token"), id: token("id_token") };
        let tokens = [Some(&granted.access), granted.refresh.as_ref(), granted.id.as_ref()];
        self.granted.lock().unwrap().extend(tokens.into_iter().flatten().map(|token| token.to_string()));
        if let Some(forge) = &*self.forge.lock().unwrap() {
            forge(&mut granted);
        }
        Ok(granted)
    }
}

#[async_trait::async_trait]
impl KeySource for There {
    async fn fetch(&self) -> Result<Json, String> {
        let mut keys = self.issuer.identity.jwks().unwrap();
        keys["keys"].as_array_mut().unwrap().push(self.pair.shown.clone());
        Ok(keys)
    }

    fn last_known(&self) -> Option<Json> {
        None
    }
}

pub(crate) struct World {
    pub(crate) there: Arc<There>,
    pub(crate) server: Server,
}

impl World {
    pub(crate) async fn new() -> Self {
        let there = Arc::new(There {
            issuer: Server::start_at(SATURDAY_MS).await,
            is_down: AtomicBool::default(),
            renewed: AtomicUsize::default(),
            forge: Mutex::default(),
            pair: Pair::new(Algorithm::ES256, "own"),
            granted: Mutex::default(),
        });
        let clock = Clock::Fixed(Arc::new(AtomicI64::new(SATURDAY_MS)));
        let issuer = Issuer { url: URL.to_owned(), skew: 30, source: there.clone(), provider: there.clone() };
        let server = Server::trusting(clock, &Config::default(), Some(issuer)).await;
        // Both began with the same project; its UUID is in the names of roles.
        there.issuer.user("ann", |user| user.roles.0.push(format!("{}_im-r", server.project))).await;
        Self { there, server }
    }

    pub(crate) fn browser(&self) -> Browser<'_> {
        Browser::new(&self.server, HOST)
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.server.pass(seconds);
        self.there.issuer.pass(seconds);
    }

    pub(crate) fn is_down(&self, down: bool) {
        self.there.is_down.store(down, Ordering::SeqCst);
    }

    pub(crate) fn renewed(&self) -> usize {
        self.there.renewed.load(Ordering::SeqCst)
    }

    /// From a page of ours to the issuer, through its sign-in page; where it sends the browser back to.
    pub(crate) async fn there(&self, browser: &Browser<'_>, place: &str) -> String {
        let answer = browser.get(place).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        let answer = browser.get(answer.header("location")).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        let asks = answer.header("location").strip_prefix("https://keycloak.emt.localhost:8443").unwrap().to_owned();
        let elsewhere = Browser::new(&self.there.issuer, "keycloak.emt.localhost:8443");
        let page = elsewhere.page(&asks).await;
        let ticket = page.split("name=\"ticket\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let fields = [("ticket", ticket), ("username", "ann"), ("password", PASSWORD)];
        let answer = elsewhere.post("/realms/master/login-actions/authenticate", &fields).await;
        assert_eq!(answer.status, 302, "{}", answer.text());
        answer.header("location").strip_prefix(&format!("https://{HOST}")).unwrap().to_owned()
    }

    pub(crate) async fn come_back(&self, browser: &Browser<'_>) -> Answer {
        let back = self.there(browser, "/ui/p/shops/hosts?view=failing").await;
        browser.get(&back).await
    }

    pub(crate) async fn signed_in(&self) -> Browser<'_> {
        let browser = self.browser();
        let answer = self.come_back(&browser).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/ui/p/shops/hosts?view=failing"), "{}", answer.text());
        browser
    }
}

pub(crate) async fn status(browser: &Browser<'_>) -> u16 {
    browser.get("/ui/p/shops").await.status
}

pub(crate) fn is_signed_in(browser: &Browser<'_>) -> bool {
    browser.cookies.lock().unwrap().contains_key("__Host-emt")
}
