//! What has happened before a step, and what it leaves behind.

use emt_api::record::Record;
use emt_server::{
    identity::records::{Client, Session, User},
    store::{Batch, Change, StoreExt},
};
use sha2::{Digest, Sha256};

use crate::{
    EDGE_NODE, Login, Replay,
    browser::{code_of, device_of},
    support::{
        Answer,
        oidc::{TOKEN, claims},
    },
};

impl Replay {
    /// What has to happen before a step, and which login it works on.
    pub(crate) async fn before(&mut self, section: &str, case: &str) -> Login {
        let fresh = match (section, case) {
            ("refresh_token grant", "user put into a group since login") => Some("nobody"),
            (
                "refresh_token grant",
                "refresh token past its exp" | "session ended by the administrator" | "user disabled since",
            )
            | (
                "logout and revocation",
                "logout: refresh_token and client_id"
                | "logout: refresh_token, client_id missing"
                | "logout: GET with id_token_hint"
                | "logout: POST with id_token_hint"
                | "revoke: refresh token"
                | "revoke: with hint refresh_token"
                | "revoke: access token"
                | "revoke: client missing"
                | "revoke: hint unknown"
                | "revoke: id token",
            ) => Some("alice"),
            _ => None,
        };
        if let Some(username) = fresh.or((section == "introspection" && case == "access token of a user").then_some("alice")) {
            self.log_in(username).await;
        }
        match (section, case) {
            ("device authorization grant", "poll after the interval") => self.server.pass(5),
            ("device authorization grant", "poll after the user has agreed") => self.answer_device("approve").await,
            ("device authorization grant", "poll after the user has refused") => {
                self.start_device().await;
                self.answer_device("deny").await;
            }
            ("device authorization grant", "poll after expiry") => {
                self.start_device().await;
                self.server.pass(601);
            }
            ("device authorization grant", "other client's code") => self.start_device().await,
            (
                "authorization code with PKCE",
                "verifier wrong" | "verifier missing" | "redirect_uri other" | "redirect_uri missing" | "other client",
            ) => self.code = self.fresh_code().await,
            ("admin REST", "admin token whose session has ended") => {
                self.log_in("admin").await;
                self.submit(
                    &TOKEN.replace("token", "logout"),
                    "",
                    &[("client_id", "system-client"), ("refresh_token", &self.current.refresh)],
                )
                .await;
            }
            _ => {}
        }
        let store = &self.server.store;
        match case {
            "refresh token past its exp" => self.server.pass(5401),
            "expired access token" => self.server.pass(3601),
            "session ended by the administrator" => {
                let id = claims(&self.current.refresh)["sid"].as_str().unwrap().to_owned();
                let change = Change::Delete { spec: Session::SPEC, project: String::new(), id, revision: None };
                store.commit(Batch::default().with(change)).await.unwrap();
            }
            "user disabled since" => self.server.change::<User>(&self.recorded.users["alice"], |user| user.enabled = false).await,
            "user put into a group since login" => {
                let group = format!("{}_Edge-Operator-Group", self.server.project);
                self.server.change::<User>(&self.recorded.users["nobody"], |user| user.member_of.0.push(group)).await;
            }
            "client disabled" => {
                let client: Client = store.load("", EDGE_NODE).await.unwrap().unwrap();
                store.commit(Batch::default().delete(&client)).await.unwrap();
            }
            _ => {}
        }
        match (section, case) {
            ("refresh_token grant", "orch-cli's (no scope at login)" | "scope not granted at login") => self.orch_cli.clone(),
            ("refresh_token grant", "rotated one") => self.rotated.clone(),
            ("refresh_token grant", "offline token") => self.offline.clone(),
            ("refresh_token grant", _) if fresh.is_none() && !case.starts_with("userinfo") => self.seed.clone(),
            ("userinfo", "token of the seed login") => self.seed.clone(),
            ("userinfo", "edge node token (no openid scope)")
            | ("introspection", "service account token" | "client in the form") => self.edge.clone(),
            ("admin REST" | "brute force guard", case) => Login { access: self.administrator(case), ..Login::default() },
            ("userinfo", _) => self.orch_cli.clone(),
            (_, "logout with an offline token" | "refresh of that offline token") => self.offline.clone(),
            _ => self.current.clone(),
        }
    }

    /// Whose token a call of the admin REST API carries.
    pub(crate) fn administrator(&self, case: &str) -> String {
        match case {
            "garbage token" => "garbage".to_owned(),
            "admin token whose session has ended" => self.current.access.clone(),
            case if case.starts_with("token of a user without") || case.starts_with("the same, ") => self.orch_cli.access.clone(),
            case if case.starts_with("service account") || case.contains("edge node client") => self.service.clone(),
            _ => self.server.token.clone(),
        }
    }

    /// What a step leaves behind.
    pub(crate) async fn after(&mut self, section: &str, case: &str, whole: &Answer) {
        let answer = &whole.json();
        match (section, case) {
            ("device authorization grant", "start") => self.device = device_of(answer),
            ("device authorization grant", "poll after expiry") => self.server.pass(-601),
            ("authorization code with PKCE", "redirect back after the login") => self.code = code_of(whole),
            ("authorization code with PKCE", "exchange") => self.current = Login::of(answer),
            ("password grant", "seed: scope openid profile email groups") => self.seed = Login::of(answer),
            ("password grant", "orch-cli: form field claims, no scope") => self.orch_cli = Login::of(answer),
            ("password grant", "scope offline_access") => self.offline = Login::of(answer),
            ("refresh_token grant", "first use (seed login)") => {
                self.rotated = Login::of(answer);
                let (old, new) = (claims(&self.seed.refresh), claims(&self.rotated.refresh));
                assert_ne!(old["jti"], new["jti"]);
                assert_eq!(old["sid"], new["sid"]);
            }
            ("client_credentials grant", "edge node: secret in the form") => self.edge = Login::of(answer),
            (_, "refresh token past its exp") => self.server.pass(-5401),
            (_, "expired access token") => self.server.pass(-3601),
            (_, "userinfo, user disabled since") => {
                self.server.change::<User>(&self.recorded.users["alice"], |user| user.enabled = true).await;
            }
            (_, "client disabled") => {
                let mut client = Client {
                    secret_sha256: hex::encode(Sha256::digest("edge-node-secret")),
                    service_account: claims(&self.edge.access)["sub"].as_str().unwrap().to_owned(),
                    node_project: self.server.project.clone(),
                    ..Client::default()
                };
                EDGE_NODE.clone_into(&mut client.meta.id);
                client.meta.revision = 1;
                self.server.store.commit(Batch::default().insert(client)).await.unwrap();
            }
            _ => {}
        }
    }
}
