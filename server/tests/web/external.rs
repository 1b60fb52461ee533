//! Pages of a server that takes the tokens of another issuer: who gets in, for how long, and what is refused.

#![allow(clippy::unwrap_used, reason = "for tests")]

use axum::http::Method;
use emt_api::filter::Expr;
use emt_server::{
    identity::records::{Session, User},
    store::{Batch, StoreExt},
};
use futures::future::join_all;
use jsonwebtoken::Algorithm;
use serde_json::{Value as Json, json};
use zeroize::Zeroizing;

use crate::{
    browser::Browser,
    issuer_world::{Forge, URL, World, is_signed_in, status},
    support::{
        oidc::{claims, encoded, pairs},
        pair::Pair,
    },
};

/// Changes an id token.
type Change = Box<dyn Fn(&mut Json) + Send + Sync>;

#[tokio::test]
async fn people_of_the_issuer_read_what_their_roles_allow() {
    let world = World::new().await;
    let browser = world.signed_in().await;
    let page = browser.page("/ui/p/shops/hosts?view=failing").await;
    assert!(page.contains("<span class=\"user\">ann</span>"), "{page}");
    let form = browser.form_token().await;
    assert_eq!(browser.post("/ui/p/shops/schedules/delete", &[("id", "x")]).await.status, 403, "no form of ours");
    let answer = browser.post("/ui/p/shops/schedules/delete", &[("id", "singlesche-00000000"), ("form", &form)]).await;
    assert!(answer.status == 403 && answer.text().contains("You may not do this"), "{}", answer.text());
    assert_eq!(browser.get("/ui/p/bakery").await.status, 403);
    // Tokens are in memory only.
    let granted = world.there.granted.lock().unwrap().clone();
    assert_eq!(granted.len(), 3);
    for entry in std::fs::read_dir(world.server.directory.path()).unwrap().map(Result::unwrap) {
        let kept = std::fs::read(entry.path()).unwrap_or_default();
        for token in &granted {
            assert!(!kept.windows(token.len()).any(|part| part == token.as_bytes()), "{}", entry.path().display());
        }
    }
    let cookie = browser.cookies.lock().unwrap()["__Host-emt"].clone();
    let restarted = World::new().await;
    let after = restarted.browser();
    after.cookies.lock().unwrap().insert("__Host-emt".to_owned(), cookie);
    let answer = after.get("/ui/p/shops").await;
    assert!(answer.status == 303 && answer.header("location").starts_with("/ui/sign-in?"), "after a restart the issuer is asked");
    let (status, text) = world.server.request_as(&granted[0], "POST", "/v1/sign-in-links", None).await;
    assert!(status == 501 && text.contains(URL), "{status} {text}");
    assert_eq!(browser.get("/ui/enter").await.header("location"), "/ui");
}

#[tokio::test]
async fn tokens_are_renewed_once_before_they_end() {
    let world = World::new().await;
    let browser = world.signed_in().await;
    assert_eq!((status(&browser).await, world.renewed()), (200, 0));
    world.pass(3569);
    assert_eq!((status(&browser).await, world.renewed()), (200, 0));
    world.pass(1);
    let all = join_all((0..12).map(|_| status(&browser))).await;
    assert_eq!((all, world.renewed()), (vec![200; 12], 1), "one asks, the others wait");
    // What the issuer says of roles holds from then on.
    let path = "/admin/realms/master/users?username=ann";
    let ann = world.there.issuer.ok("GET", path, Json::Null).await[0]["id"].as_str().unwrap().to_owned();
    world.there.issuer.change::<User>(&ann, |user| user.roles.0.clear()).await;
    world.pass(3600);
    assert_eq!((status(&browser).await, world.renewed()), (403, 2));
    for hours in 3..12 {
        world.pass(3600);
        assert_eq!((status(&browser).await, world.renewed()), (403, hours));
    }
    world.pass(3630);
    assert_eq!(status(&browser).await, 303, "no login outlasts twelve hours");
}

#[tokio::test]
async fn a_login_that_ends_at_the_issuer_ends_here() {
    let world = World::new().await;
    let browser = world.signed_in().await;
    let store = &world.there.issuer.store;
    for session in store.load_all::<Session>("", Expr::everything()).await.unwrap() {
        store.commit(Batch::default().delete(&session)).await.unwrap();
    }
    assert_eq!(status(&browser).await, 200, "its token is good until it ends");
    world.pass(3600);
    assert_eq!((status(&browser).await, world.renewed()), (303, 1));
    assert_eq!((status(&browser).await, world.renewed()), (303, 1), "it is forgotten");
}

#[tokio::test]
async fn while_the_issuer_is_away_a_login_lasts_as_long_as_its_token_and_comes_back() {
    let world = World::new().await;
    let browser = world.signed_in().await;
    let form = browser.form_token().await;
    world.is_down(true);
    world.pass(3600 - 1);
    assert_eq!((status(&browser).await, status(&browser).await), (200, 200));
    world.pass(31);
    for _ in 0..3 {
        let answer = browser.get("/ui/p/shops").await;
        assert_eq!((answer.status, answer.header("cache-control")), (503, "no-store"));
        assert!(answer.text().contains(URL) && answer.text().contains("load the page again"), "{}", answer.text());
    }
    let text = browser.get("/ui/p/shops").await.text();
    let style = text.split("rel=\"stylesheet\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(browser.get(style).await.status, 200, "the page is shown as it should be");
    let stranger = world.browser();
    let begins = stranger.get("/ui/sign-in").await;
    assert_eq!(begins.status, 303, "where the issuer is, is known");
    world.is_down(false);
    world.pass(10);
    assert_eq!(status(&browser).await, 200, "nobody has to sign in again");

    // Whoever wants to go can go.
    world.is_down(true);
    world.pass(3700);
    assert_eq!(status(&browser).await, 503);
    let answer = browser.post("/ui/sign-out", &[("form", &form)]).await;
    assert!(answer.status == 200 && !is_signed_in(&browser), "{}", answer.text());
    let unknown = World::new().await;
    unknown.is_down(true);
    let answer = unknown.browser().get("/ui/sign-in").await;
    assert!(answer.status == 503 && answer.text().contains("connection refused"), "{}", answer.text());
    unknown.is_down(false);
    assert_eq!(unknown.browser().get("/ui/sign-in").await.status, 503, "it was asked just now");
    unknown.pass(10);
    assert_eq!(unknown.browser().get("/ui/sign-in").await.status, 303);
}

#[tokio::test]
async fn only_what_was_begun_here_and_comes_from_the_issuer_is_taken() {
    let world = World::new().await;
    let browser = world.browser();
    let back = world.there(&browser, "/ui").await;
    let with = |name: &str, value: Option<&str>| {
        let pairs =
            pairs(&back).into_iter().filter(|(key, _)| key != name).chain(value.map(|value| (name.to_owned(), value.to_owned())));
        let (names, values): (Vec<String>, Vec<Json>) = pairs.map(|(key, value)| (key, Json::from(value))).unzip();
        format!("/ui/callback?{}", encoded(names.iter().map(String::as_str).zip(&values), &str::to_owned))
    };
    for (place, told) in [
        (with("state", Some("x")), "another window"),
        (with("state", None), "another window"),
        (with("iss", Some("https://evil.example/realms/master")), "another issuer"),
        (with("iss", None), "does not say which issuer"),
        (with("code", None), "code"),
        (with("code", Some("guess")), "Code not valid"),
    ] {
        let answer = browser.get(&place).await;
        assert!(answer.status == 400 && answer.text().contains(told), "{place}: {} {}", answer.status, answer.text());
        assert!(!is_signed_in(&browser), "{place}");
    }
    // Another browser cannot bring what this one was given.
    assert_eq!(world.browser().get(&back).await.status, 400);
    assert_eq!(browser.get(&back).await.status, 303);
    assert_eq!(browser.get(&back).await.status, 400, "once");
}

#[tokio::test]
async fn an_id_token_must_be_of_this_login() {
    let world = World::new().await;
    let now = world.server.now();
    let stranger = Pair::new(Algorithm::ES256, "stranger");
    let with = |key: &'static str, value: Json| move |id: &mut Json| id[key] = value.clone();
    let changes: Vec<(&str, Change, &str)> = vec![
        ("nothing", Box::new(|_| {}), ""),
        ("nonce", Box::new(with("nonce", json!("another"))), "another login"),
        ("no nonce", Box::new(with("nonce", json!(""))), "another login"),
        ("audience", Box::new(with("aud", json!("system-client"))), "for another client"),
        ("party", Box::new(with("azp", json!("system-client"))), "given to another client"),
        ("issuer", Box::new(with("iss", json!("https://evil.example"))), "another issuer"),
        ("expired", Box::new(with("exp", json!(now - 31))), "expired"),
        ("subject", Box::new(with("sub", json!("somebody"))), "different people"),
    ];
    for (name, change, told) in changes {
        let there = world.there.clone();
        *world.there.forge.lock().unwrap() = Some(Box::new(move |granted| {
            let mut id = claims(granted.id.as_ref().unwrap());
            change(&mut id);
            granted.id = Some(Zeroizing::new(there.pair.token(Algorithm::ES256, &id)));
        }));
        let browser = world.browser();
        let answer = world.come_back(&browser).await;
        if told.is_empty() {
            assert_eq!(answer.status, 303, "{name}: {}", answer.text());
            continue;
        }
        assert!(answer.status == 400 && answer.text().contains(told), "{name}: {} {}", answer.status, answer.text());
        assert!(!is_signed_in(&browser), "{name}");
    }
    let forged: Vec<(&str, Forge, &str)> = vec![
        ("no id token", Box::new(|granted| granted.id = None), "does not say who"),
        (
            "a key that is not the issuer's",
            Box::new(move |granted| {
                let id = claims(granted.id.as_ref().unwrap());
                granted.id = Some(Zeroizing::new(stranger.token(Algorithm::ES256, &id)));
            }),
            "id token is not taken",
        ),
        (
            "an id token as access token",
            Box::new(|granted| granted.access = granted.id.clone().unwrap()),
            "access token is not taken",
        ),
        ("an endless token", Box::new(|granted| granted.refresh = Some(Zeroizing::new("x".repeat(40_000)))), "longer than"),
    ];
    for (name, forge, told) in forged {
        *world.there.forge.lock().unwrap() = Some(forge);
        let browser = world.browser();
        let answer = world.come_back(&browser).await;
        assert!(answer.status == 400 && answer.text().contains(told), "{name}: {} {}", answer.status, answer.text());
        assert!(!is_signed_in(&browser), "{name}");
    }
}

#[tokio::test]
async fn renewed_tokens_must_be_of_the_same_person() {
    let world = World::new().await;
    let browser = world.signed_in().await;
    let other = world.there.issuer.token.clone();
    *world.there.forge.lock().unwrap() = Some(Box::new(move |granted| granted.access = Zeroizing::new(other.clone())));
    world.pass(3570);
    assert_eq!(status(&browser).await, 303);
}

#[tokio::test]
async fn whoever_signs_out_is_signed_out_at_the_issuer_too() {
    let world = World::new().await;
    let browser = world.signed_in().await;
    assert_eq!(browser.post("/ui/sign-out", &[]).await.status, 403, "without what its own pages carry");
    let (form, kept) = (browser.form_token().await, browser.cookies.lock().unwrap().clone());
    let answer = browser.post("/ui/sign-out", &[("form", &form)]).await;
    let id = world.there.granted.lock().unwrap()[2].clone();
    assert!(
        answer.status == 200 && answer.text().contains("Sign out there") && !answer.text().contains(&id),
        "{}",
        answer.text()
    );
    assert!(!is_signed_in(&browser));
    let place = answer.header("refresh").strip_prefix("0;url=https://keycloak.emt.localhost:8443").unwrap().to_owned();
    assert!(place.contains(&id), "{place}");
    let elsewhere = Browser::new(&world.there.issuer, "keycloak.emt.localhost:8443");
    let left = elsewhere.send(Method::GET, &place, &[], None).await;
    assert_eq!((left.status, left.header("location")), (302, "https://emt.localhost:8443/ui/"), "{}", left.text());
    *browser.cookies.lock().unwrap() = kept;
    assert_eq!(status(&browser).await, 303, "what was kept elsewhere is of no use any more");
}
