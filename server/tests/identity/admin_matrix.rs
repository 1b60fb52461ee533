//! Every call of the admin API with every kind of token: who has none of its rights is refused, and changes nothing.

use std::{collections::BTreeSet, fmt::Write as _};

use axum::http::Method;
use emt_api::value::Json as List;
use emt_server::{
    identity::records::Client,
    oidc::{AdminCall, admin_calls},
    store::Batch,
};
use sha2::{Digest, Sha256};

use super::matrix::{World, post, world};

/// A service's token for each right.
async fn services(world: &World, rights: impl IntoIterator<Item = &'static str>) -> Vec<(&'static str, String)> {
    let mut services = Vec::new();
    for right in rights {
        let mut client = Client {
            secret_sha256: hex::encode(Sha256::digest(right)),
            service_account: uuid::Uuid::new_v4().to_string(),
            admin_roles: List(vec![right.to_owned()]),
            ..Client::default()
        };
        right.clone_into(&mut client.meta.id);
        client.meta.revision = 1;
        world.server.store.commit(Batch::default().insert(client)).await.unwrap();
        let form = format!("grant_type=client_credentials&client_id={right}&client_secret={right}");
        let token = post(&world.server, "token", &form).await.json()["access_token"].as_str().unwrap().to_owned();
        services.push((right, token));
    }
    services
}

/// Its address, for records that are not there.
fn address(call: &AdminCall) -> String {
    let filled = call.path.split('/').skip(1).map(|segment| match segment {
        parameter if parameter.starts_with('{') => "00000000-0000-4000-8000-000000000000",
        literal => literal,
    });
    filled.fold("/admin/realms/master".to_owned(), |path, segment| format!("{path}/{segment}"))
}

#[tokio::test]
async fn every_call_of_the_admin_api_by_everybody() {
    let world = world().await;
    let server = &world.server;
    let calls = admin_calls();
    let rights: BTreeSet<&str> = calls.iter().flat_map(|call| call.rights.iter().copied()).collect();
    let services = services(&world, rights).await;
    let administrator = world.callers.iter().find(|who| who.name == "administrator").map(|who| &who.token);
    let mut wrong = String::new();
    for call in &calls {
        let (method, path) = (call.method.as_str(), address(call));
        let body = if path.contains("role-mappings") { "[]" } else { "{}" };
        let body = (call.method != Method::GET).then(|| body.to_owned());
        let before = world.generations();
        for (fault, token) in &world.worthless {
            let status = server.request_as(token.as_deref().unwrap_or(""), method, &path, body.clone()).await.0;
            if status != 401 {
                let _ = writeln!(wrong, "{method} {path} with a token that is {fault}: {status}");
            }
        }
        let without = world.callers.iter().filter(|who| who.name != "administrator").map(|who| (who.name, &who.token));
        let others = services.iter().filter(|(has, _)| !call.rights.contains(has)).map(|(has, token)| (*has, token));
        for (name, token) in without.chain(others) {
            let (status, text) = server.request_as(token, method, &path, body.clone()).await;
            if status != 403 || text != "{\"error\":\"HTTP 403 Forbidden\"}" {
                let _ = writeln!(wrong, "{method} {path} by {name}: {status} {text}");
            }
        }
        if world.generations() != before {
            let _ = writeln!(wrong, "{method} {path}: somebody who may not changed something");
        }
        let allowed = services.iter().filter(|(has, _)| call.rights.contains(has)).map(|(_, token)| token);
        for token in allowed.chain(administrator) {
            let status = server.request_as(token, method, &path, body.clone()).await.0;
            if [401, 403, 405, 500, 503].contains(&status) {
                let _ = writeln!(wrong, "{method} {path} by somebody who may: {status}");
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// What holds for the rights themselves, whatever is served: to look is not to change, and secrets are not for lookers.
#[test]
fn who_may_look_changes_nothing_and_sees_no_secrets() {
    for AdminCall { method, path, rights, .. } in admin_calls() {
        assert!(!rights.is_empty(), "{method} {path} is for nobody");
        let looks = method == Method::GET && !path.ends_with("secret");
        assert_eq!(rights.iter().any(|right| right.starts_with("view-")), looks, "{method} {path}: {rights:?}");
        let manages = rights.iter().any(|right| right.starts_with("manage-"));
        assert!(manages, "{method} {path}: whoever manages what it is about may call it: {rights:?}");
    }
}
