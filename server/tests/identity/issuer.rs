//! Another server issues the tokens: a second one of ours, and keys of other kinds.

use std::{
    os::unix::fs::PermissionsExt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
};

use axum::{
    Json as Body, Router,
    http::{HeaderMap, StatusCode},
    routing::{get, post},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use emt_api::{maintmgr::update_status::StatusType, resources::HOST, value::Json as List};
use emt_server::{
    clock::Clock,
    config::Config,
    identity::{Endpoints, Grant, Granted, Identity, Issuer, KeySource, NotGranted, Provider},
    issuer::{HttpKeys, HttpProvider, IssuerHttp, IssuerSettings},
    store::Query,
};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value as Json, json};

use crate::support::{
    PASSWORD, PROJECT, SATURDAY_MS, Server,
    pair::Pair,
    southbound::{Metadata, report},
};

const URL: &str = "https://keycloak.emt.localhost:8443/realms/master";
const IMAGE: &str = "3.0.20260101.1000";
const UUID: &str = "0a1b2c3d-1111-4222-8333-444455556666";

/// Keys that a test hands out; `None`: the issuer cannot be reached.
#[derive(Default)]
struct Shown {
    keys: Mutex<Option<Json>>,
    asked: AtomicUsize,
}

#[async_trait::async_trait]
impl KeySource for Shown {
    async fn fetch(&self) -> Result<Json, String> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.keys.lock().unwrap().clone().ok_or_else(|| "connection refused".to_owned())
    }

    fn last_known(&self) -> Option<Json> {
        None
    }
}

impl Shown {
    fn of(identity: &Identity) -> Arc<Self> {
        Arc::new(Self { keys: Mutex::new(Some(identity.jwks().unwrap())), asked: AtomicUsize::new(0) })
    }

    fn show(&self, keys: Option<Json>) {
        *self.keys.lock().unwrap() = keys;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// Nobody signs in to pages here.
struct Nobody;

#[async_trait::async_trait]
impl Provider for Nobody {
    fn client_id(&self) -> &'static str {
        "webui-client"
    }

    async fn discover(&self) -> Result<Endpoints, String> {
        Err("there is nothing".to_owned())
    }

    async fn grant(&self, _: &Endpoints, _: Grant<'_>) -> Result<Granted, NotGranted> {
        Err(NotGranted::Unavailable("there is nothing".to_owned()))
    }
}

/// A server that takes the tokens of an issuer, with a clock that stands.
async fn taking(source: Arc<dyn KeySource>) -> Server {
    let clock = Clock::Fixed(Arc::new(AtomicI64::new(SATURDAY_MS)));
    let issuer = Issuer { url: URL.to_owned(), skew: 30, source, provider: Arc::new(Nobody) };
    Server::trusting(clock, &Config::default(), Some(issuer)).await
}

async fn status(server: &Server, token: &str) -> u16 {
    server.request_as(token, "GET", "compute/hosts", None).await.0
}

#[tokio::test]
async fn people_and_nodes_of_another_server_are_let_in() {
    let issuer = Server::start_at(SATURDAY_MS).await;
    let shown = Shown::of(&issuer.identity);
    let server = taking(shown.clone()).await;
    // Both began with the same project; its UUID is in the names of roles.
    for (name, group) in [("manager", "Host-Manager-Group"), ("operator", "Edge-Operator-Group")] {
        issuer.user(name, |user| user.member_of = List(vec![format!("{}_{group}", issuer.project)])).await;
    }
    issuer.user("stranger", |user| user.roles = List(vec!["99999999-0000-4000-8000-000000000000_im-rw".to_owned()])).await;
    let manager = issuer.login("manager", PASSWORD).await;
    let host = json!({"name": "till", "uuid": UUID}).to_string();
    let (code, text) = server.request_as(&manager, "POST", "compute/hosts/register", Some(host)).await;
    assert_eq!(code, 200, "{text}");
    let operator = issuer.login("operator", PASSWORD).await;
    assert_eq!(status(&server, &operator).await, 200);
    assert_eq!(server.request_as(&operator, "POST", "regions", Some("{\"name\":\"r\"}".to_owned())).await.0, 403);
    assert_eq!(status(&server, &issuer.login("stranger", PASSWORD).await).await, 403);
    assert_eq!(shown.asked(), 1);

    let node = {
        let host = issuer.ok("POST", "compute/hosts/register", json!({"name": "till", "uuid": UUID})).await;
        issuer.node_token(&issuer.project, host["resourceId"].as_str().unwrap(), UUID).await
    };
    let below = async |path: &str, body: Json| {
        let (code, text) = server.request_as(&manager, "POST", path, Some(body.to_string())).await;
        assert_eq!(code, 200, "{text}");
        serde_json::from_str::<Json>(&text).unwrap()["resourceId"].clone()
    };
    let os = json!({
        "name": "emt 1", "profileName": "emt", "imageId": IMAGE, "imageUrl": "files/1", "sha256": "a".repeat(64),
        "osType": "OS_TYPE_IMMUTABLE", "osProvider": "OS_PROVIDER_KIND_INFRA",
    });
    let os = below("compute/os", os).await;
    let host = server.store.find(Query::all(&HOST, &server.project)).await.unwrap().rows.remove(0).meta.id;
    below("compute/instances", json!({"name": "i", "kind": "INSTANCE_KIND_METAL", "hostID": host, "osID": os})).await;
    let told = || report(UUID, StatusType::UpToDate, "emt", IMAGE);
    // The node is known; upstream's manager as well tells those that were never provisioned nothing.
    assert_eq!(server.report(told(), &Metadata::token(&node)).await.unwrap_err().code(), tonic::Code::FailedPrecondition);
    server.report(told(), &Metadata::token(&manager)).await.unwrap_err();

    // The issuer is away: what it has signed is as good as before.
    shown.show(None);
    assert_eq!(status(&server, &manager).await, 200);
    server.pass(3600);
    assert_eq!(status(&server, &manager).await, 200, "its clock may be a little behind");
    server.pass(31);
    assert_eq!(status(&server, &manager).await, 401, "expired");
}

#[tokio::test]
async fn new_keys_are_asked_for_but_not_too_often() {
    let issuer = Server::start_at(SATURDAY_MS).await;
    let shown = Shown::of(&issuer.identity);
    let server = taking(shown.clone()).await;
    let old = issuer.token.clone();
    assert_eq!((status(&server, &old).await, shown.asked()), (200, 1));
    issuer.identity.rotate_keys().await.unwrap();
    let new = issuer.login("admin", PASSWORD).await;
    for _ in 0..3 {
        assert_eq!((status(&server, &new).await, shown.asked()), (401, 1), "it was asked just now");
    }
    server.pass(10);
    assert_eq!((status(&server, &new).await, shown.asked()), (401, 2), "the issuer does not show it yet");
    shown.show(Some(issuer.identity.jwks().unwrap()));
    server.pass(10);
    assert_eq!((status(&server, &new).await, status(&server, &old).await, shown.asked()), (200, 200, 3));
    let newest = issuer.identity.jwks().unwrap()["keys"][0].clone();
    shown.show(Some(json!({"keys": [newest]})));
    server.identity.refresh_issuer().await.unwrap();
    assert_eq!((status(&server, &new).await, status(&server, &old).await), (200, 401), "a key that is withdrawn is worthless");
}

#[tokio::test]
async fn without_keys_nothing_can_be_checked() {
    let issuer = Server::start_at(SATURDAY_MS).await;
    let shown = Arc::new(Shown::default());
    let server = taking(shown.clone()).await;
    assert_eq!(status(&server, &issuer.token).await, 503);
    shown.show(Some(issuer.identity.jwks().unwrap()));
    server.pass(10);
    assert_eq!(status(&server, &issuer.token).await, 200);
}

#[tokio::test]
async fn what_is_served_elsewhere_says_where() {
    let issuer = Server::start_at(SATURDAY_MS).await;
    let server = taking(Shown::of(&issuer.identity)).await;
    for (method, path) in [
        ("POST", "/realms/master/protocol/openid-connect/token"),
        ("GET", "/realms/master/.well-known/openid-configuration"),
        ("GET", "/.well-known/oauth-authorization-server/realms/master"),
        ("GET", "/admin/realms/master/users"),
    ] {
        let (code, text) = server.request_as(&issuer.token, method, path, None).await;
        assert!(code == 404 && text.contains(URL), "{method} {path}: {code} {text}");
    }
    let register = json!({"name": "till", "uuid": UUID}).to_string();
    let (code, text) = server.request_as(&issuer.token, "POST", "compute/hosts/register?enrolment=true", Some(register)).await;
    assert!(code == 501 && text.contains(URL), "{code} {text}");
    assert_eq!(server.request_as(&issuer.token, "GET", "compute/hosts", None).await.1.matches("host-").count(), 0);
    // Projects are kept here.
    let (code, text) = server.request_as(&issuer.token, "PUT", "/v1/projects/new", Some("{}".to_owned())).await;
    assert_eq!(code, 200, "{text}");
}

#[tokio::test]
async fn only_what_the_issuer_has_signed_is_taken() {
    let algorithms = [Algorithm::RS256, Algorithm::PS512, Algorithm::ES256, Algorithm::ES384];
    let pairs: Vec<Pair> = algorithms.iter().enumerate().map(|(at, one)| Pair::new(*one, &format!("key-{at}"))).collect();
    let unknown = Pair::new(Algorithm::ES256, "key-2");
    let shown = Arc::new(Shown::default());
    let mut keys: Vec<Json> = pairs.iter().map(|pair| pair.shown.clone()).collect();
    let mut encrypts = Pair::new(Algorithm::RS256, "key-enc");
    encrypts.shown["use"] = "enc".into();
    keys.push(encrypts.shown.clone());
    let secret = json!({"kty": "oct", "kid": "key-secret", "alg": "HS256", "k": URL_SAFE_NO_PAD.encode("secret")});
    keys.push(secret);
    shown.show(Some(json!({"keys": keys})));
    let server = taking(shown).await;
    let now = server.now();
    let good = json!({
        "iss": URL, "sub": "someone", "typ": "Bearer", "azp": "cli", "iat": now, "exp": now + 300,
        "realm_access": {"roles": [format!("{}_im-r", server.project)]},
    });
    let with = |key: &str, value: Json| {
        let mut claims = good.clone();
        claims[key] = value;
        claims
    };
    for pair in &pairs {
        assert_eq!(status(&server, &pair.token(pair.algorithm, &good)).await, 200, "{:?}", pair.algorithm);
    }
    let rsa = &pairs[0];
    let token = |claims: &Json| rsa.token(Algorithm::RS256, claims);
    let by_secret = |id: &str, secret: &[u8], algorithm| {
        let mut header = Header::new(algorithm);
        header.kid = Some(id.to_owned());
        jsonwebtoken::encode(&header, &good, &EncodingKey::from_secret(secret)).unwrap()
    };
    let body = URL_SAFE_NO_PAD.encode(good.to_string());
    let head = |header: Json| URL_SAFE_NO_PAD.encode(header.to_string());
    let modulus = URL_SAFE_NO_PAD.decode(rsa.shown["n"].as_str().unwrap()).unwrap();
    for (fault, token) in [
        ("issuer", token(&with("iss", json!("https://evil.example/realms/master")))),
        ("issuer with a slash", token(&with("iss", json!(format!("{URL}/"))))),
        ("kind", token(&with("typ", json!("ID")))),
        ("no kind", token(&with("typ", json!("")))),
        ("expired", token(&with("exp", json!(now - 31)))),
        ("not yet", token(&with("nbf", json!(now + 31)))),
        ("from the future", token(&with("iat", json!(now + 31)))),
        ("no expiry", token(&with("exp", Json::Null))),
        ("another algorithm of the key", rsa.token(Algorithm::PS256, &good)),
        ("key of encryption", encrypts.token(Algorithm::RS256, &good)),
        ("another key of the same name", unknown.token(Algorithm::ES256, &good)),
        ("a shared secret", by_secret("key-secret", b"secret", Algorithm::HS256)),
        ("the public key as a secret", by_secret("key-0", &modulus, Algorithm::HS256)),
        ("no signature", format!("{}.{body}.", head(json!({"alg": "none", "kid": "key-0"})))),
        ("no key named", format!("{}.{body}.{}", head(json!({"alg": "RS256"})), token(&good).split('.').nth(2).unwrap())),
        ("our own", {
            let own = Server::start_at(SATURDAY_MS).await;
            own.token.clone()
        }),
    ] {
        assert_eq!(status(&server, &token).await, 401, "{fault}");
    }
    assert_eq!(status(&server, &token(&with("exp", json!(now - 29)))).await, 200, "clocks differ a little");
    let mine = format!("/v1/projects/{PROJECT}");
    assert_eq!(server.request_as(&token(&good), "GET", &mine, None).await.0, 200);
}

#[tokio::test]
async fn keys_are_found_over_http_and_kept() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/realms/master", listener.local_addr().unwrap());
    let keys = json!({"keys": [Pair::new(Algorithm::ES256, "key-1").shown]});
    let (document, wrong) =
        (json!({"issuer": url, "jwks_uri": format!("{url}/certs")}), json!({"issuer": "https://evil.example"}));
    let shown = keys.clone();
    let routes = Router::new()
        .route("/realms/master/.well-known/openid-configuration", get(async || Body(document)))
        .route("/realms/other/.well-known/openid-configuration", get(async || Body(wrong)))
        .route("/realms/master/certs", get(async || Body(shown)));
    let serving = tokio::spawn(async move { axum::serve(listener, routes).await });
    let directory = tempfile::tempdir().unwrap();
    let kept = directory.path().join("issuer-keys.json");
    let source = |url: &str| {
        let settings = IssuerSettings::new(url);
        HttpKeys::new(&settings, IssuerHttp::new(&settings).unwrap(), &kept).unwrap()
    };
    let (place, source_of) = (url.clone(), source);
    let source = source_of(&url);
    assert_eq!(source.last_known(), None);
    assert_eq!(source.fetch().await.unwrap(), keys);
    let other = source_of(&url.replace("master", "other"));
    assert!(other.fetch().await.unwrap_err().contains("is about the issuer"));
    assert_eq!(other.last_known(), None, "keys of another issuer");
    serving.abort();
    let _ = serving.await;
    let again = source_of(&place);
    assert!(again.fetch().await.is_err(), "the issuer is away");
    assert_eq!(again.last_known(), Some(keys), "what it showed is known after a restart");
}

#[tokio::test]
async fn logins_are_asked_for_over_http_within_bounds() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let document = |issuer: &str, more: Json| {
        let mut document = json!({
            "issuer": format!("{url}{issuer}"), "authorization_endpoint": "https://id.example/auth?realm=a",
            "token_endpoint": format!("{url}{issuer}/token"),
        });
        document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        document
    };
    let documents = [
        ("/plain", document("/plain", json!({}))),
        (
            "/post",
            document(
                "/post",
                json!({
                    "token_endpoint_auth_methods_supported": ["client_secret_post"], "end_session_endpoint": "https://id.example/out",
                    "authorization_response_iss_parameter_supported": true,
                }),
            ),
        ),
        ("/other", document("/plain", json!({}))),
        ("/clear", document("/clear", json!({"token_endpoint": "http://id.example/token"}))),
        ("/long", document("/long", json!({"filling": "x".repeat(600 * 1024)}))),
    ];
    let asked = Arc::new(Mutex::new(Vec::new()));
    let mut routes = Router::new();
    for (issuer, document) in documents {
        let asked = asked.clone();
        let token = async move |headers: HeaderMap, form: String| {
            let basic = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
            let fails = form.contains("refresh_token=down");
            asked.lock().unwrap().push((basic, form));
            let tokens = json!({"access_token": "a", "refresh_token": "r", "id_token": "i", "token_type": "Bearer"});
            if fails { (StatusCode::BAD_GATEWAY, Body(json!({}))) } else { (StatusCode::OK, Body(tokens)) }
        };
        routes = routes
            .route(&format!("{issuer}/.well-known/openid-configuration"), get(async || Body(document)))
            .route(&format!("{issuer}/token"), post(token));
    }
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let directory = tempfile::tempdir().unwrap();
    let secret = directory.path().join("secret");
    std::fs::write(&secret, "s e:c\n").unwrap();
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).unwrap();
    let provider = |issuer: &str, secret: Option<&std::path::Path>| {
        let mut settings = IssuerSettings::new(&format!("{url}{issuer}"));
        settings.web_client_secret_file = secret.map(std::path::Path::to_owned);
        HttpProvider::new(&settings, IssuerHttp::new(&settings).unwrap()).unwrap()
    };
    for (issuer, fault) in
        [("/other", "is about the issuer"), ("/clear", "token_endpoint"), ("/long", "longer than"), ("/none", "status 404")]
    {
        let error = provider(issuer, None).discover().await.unwrap_err();
        assert!(error.contains(fault), "{issuer}: {error}");
    }
    let plain = provider("/plain", None).discover().await.unwrap();
    assert_eq!((plain.tells_issuer, plain.takes_basic, plain.end_session.clone()), (false, true, None));
    let form = provider("/post", None).discover().await.unwrap();
    assert_eq!((form.tells_issuer, form.takes_basic, form.end_session.as_deref()), (true, false, Some("https://id.example/out")));
    let code = || Grant::Code { code: "c&d", redirect_uri: "https://x/ui/callback", verifier: "v" };
    for (provider, endpoints) in [
        (provider("/plain", None), &plain),
        (provider("/plain", Some(&secret)), &plain),
        (provider("/post", Some(&secret)), &form),
    ] {
        let granted = provider.grant(endpoints, code()).await.ok().unwrap();
        assert_eq!((granted.access.as_str(), granted.refresh.unwrap().as_str(), granted.id.unwrap().as_str()), ("a", "r", "i"));
    }
    let grant = "grant_type=authorization_code&code=c%26d&redirect_uri=https%3A%2F%2Fx%2Fui%2Fcallback&code_verifier=v";
    let basic = format!("Basic {}", STANDARD.encode("webui-client:s+e%3Ac"));
    assert_eq!(
        *asked.lock().unwrap(),
        [
            (String::new(), format!("{grant}&client_id=webui-client")),
            (basic, grant.to_owned()),
            (String::new(), format!("{grant}&client_id=webui-client&client_secret=s+e%3Ac")),
        ]
    );
    let down = provider("/plain", None).grant(&plain, Grant::Refresh("down")).await.err().unwrap();
    assert!(matches!(down, NotGranted::Unavailable(ref why) if why.contains("502")), "{down:?}");
}
