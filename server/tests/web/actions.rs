//! What pages change: first told, then done, and only by those who may.

#![allow(clippy::unwrap_used, reason = "for tests")]

use emt_api::maintmgr::update_status::StatusType;
use emt_server::maintenance::{Agent, Reporter};
use serde_json::{Value as Json, json};

use crate::{
    browser::Browser,
    support::{SATURDAY_MS, Server, southbound::report},
};

const PLAN: &str = "/ui/p/shops/plan";

/// A fleet of two hosts that report and one that never did.
struct Fleet {
    server: Server,
    hosts: Vec<String>,
    instances: Vec<String>,
    old: String,
    new: String,
}

impl Fleet {
    async fn new() -> Self {
        let server = Server::start_at(SATURDAY_MS).await;
        let mut os = Vec::new();
        for version in ["3.0.1", "3.0.2"] {
            let body = json!({
                "name": format!("Edge {version}"), "profileName": "emt", "imageId": version, "osType": "OS_TYPE_IMMUTABLE",
                "imageUrl": format!("files/{version}.raw.gz"), "sha256": "a".repeat(64),
                "securityFeature": "SECURITY_FEATURE_NONE", "osProvider": "OS_PROVIDER_KIND_INFRA",
            });
            os.push(server.ok("POST", "compute/os", body).await["resourceId"].as_str().unwrap().to_owned());
        }
        let (mut hosts, mut instances) = (Vec::new(), Vec::new());
        for (number, name) in ["edge-a", "edge-b", "edge-c"].into_iter().enumerate() {
            let uuid = format!("4c4c4544-0035-3010-8052-b4c04f0000{number:02x}");
            let body = json!({"name": name, "uuid": uuid});
            let host = server.ok("POST", "compute/hosts/register", body).await["resourceId"].as_str().unwrap().to_owned();
            if number < 2 {
                let adopted = server.ok("PUT", &format!("compute/hosts/{host}/adopt"), json!({"osID": os[0]})).await;
                instances.push(adopted["instance"]["resourceId"].as_str().unwrap().to_owned());
                let who = Reporter { project: server.project.clone(), host_uuid: uuid.clone(), agent: Agent::Careful };
                let told = report(&uuid, StatusType::UpToDate, "emt", "3.0.1");
                server.parts.maintenance.report(&who, &told).await.unwrap();
            }
            hosts.push(host);
        }
        let (new, old) = (os.pop().unwrap(), os.pop().unwrap());
        Self { server, hosts, instances, old, new }
    }

    /// What an instance is to run; "" for nothing.
    async fn desired(&self, number: usize) -> String {
        let instance = self.server.ok("GET", &format!("compute/instances/{}", self.instances[number]), Json::Null).await;
        instance["desiredOs"]["resourceId"].as_str().unwrap_or_default().to_owned()
    }

    async fn windows(&self) -> usize {
        let all = self.server.ok("GET", "schedules/single", Json::Null).await;
        all["singleSchedules"].as_array().map_or(0, Vec::len)
    }
}

#[tokio::test]
async fn what_will_happen_is_told_before_it_is_done() {
    let fleet = Fleet::new().await;
    let browser = Browser::signed_in(&fleet.server, "admin").await;
    let form = browser.form_token().await;
    let [a, b, c] = fleet.hosts.as_slice() else { panic!("three hosts") };
    let mut fields = vec![("form", form.as_str()), ("os", "newest"), ("when", "now"), ("minutes", "60")];
    fields.extend([("host", a.as_str()), ("host", b), ("host", c)]);
    let page = browser.post(PLAN, &fields).await.text();
    assert!(page.contains("updates in the window") && page.contains("emt 3.0.2"), "{page}");
    assert!(page.contains("left out: nothing is installed") && page.contains("Do this for 2 hosts"), "{page}");
    assert!(page.contains("emtctl schedule update --host edge-a edge-b --now --duration 60m"), "{page}");
    assert_eq!((fleet.desired(0).await.as_str(), fleet.windows().await), ("", 0), "nothing is done yet");

    fields.push(("sure", "yes"));
    let page = browser.post(PLAN, &fields).await.text();
    assert!(page.contains("linked to emt 3.0.2") && page.contains("Not everything was done"), "{page}");
    assert_eq!((fleet.desired(0).await, fleet.desired(1).await), (fleet.new.clone(), fleet.new.clone()));
    assert_eq!(fleet.windows().await, 2);
    let hosts = browser.page("/ui/p/shops/hosts").await;
    assert!(hosts.contains("to run 3.0.2") && hosts.contains("update available"), "{hosts}");
    let host = browser.page(&format!("/ui/p/shops/hosts/{a}")).await;
    assert!(host.contains("emt 3.0.1") && host.contains("emt 3.0.2") && host.contains("Why it does not update now"), "{host}");
    fleet.server.pass(10);
    let host = browser.page(&format!("/ui/p/shops/hosts/{a}")).await;
    assert!(host.contains("It may update now") && host.contains("open now"), "{host}");
    // Back to what runs: nothing is left to install.
    let fields = [("form", form.as_str()), ("host", a), ("os", &fleet.old), ("when", "")];
    let page = browser.post(PLAN, &fields).await.text();
    assert!(page.contains("Do this for 1 host"), "{page}");
}

#[tokio::test]
async fn what_cannot_be_meant_changes_nothing() {
    let fleet = Fleet::new().await;
    let browser = Browser::signed_in(&fleet.server, "admin").await;
    let form = browser.form_token().await;
    let host = fleet.hosts[0].as_str();
    for (fields, status, told) in [
        (vec![("os", "newest")], 400, "No host is chosen"),
        (vec![("host", host)], 400, "Nothing was asked for"),
        (vec![("host", host), ("when", "now"), ("minutes", "0")], 400, "no length"),
        (vec![("host", host), ("when", "at"), ("at", "soon"), ("minutes", "5")], 400, "not understood"),
        (vec![("host", host), ("when", "at"), ("at", "2026-06-07T01:00"), ("zone", "Mars"), ("minutes", "5")], 400, "Mars"),
        (vec![("host", host), ("when", "at"), ("at", "2026-06-05T01:00"), ("minutes", "5")], 400, "cannot be in the past"),
        (vec![("host", host), ("os", "os-00000000")], 200, "left out"),
        (vec![("host", "host-00000000"), ("os", "newest")], 200, "What will happen"),
    ] {
        let fields = [vec![("form", form.as_str())], fields].concat();
        let answer = browser.post(PLAN, &fields).await;
        assert!(answer.status == status && answer.text().contains(told), "{fields:?}: {} {}", answer.status, answer.text());
        assert_eq!((fleet.desired(0).await.as_str(), fleet.windows().await), ("", 0), "{fields:?}");
    }
}

#[tokio::test]
async fn only_who_may_write_changes_something_and_only_from_its_own_pages() {
    let fleet = Fleet::new().await;
    let server = &fleet.server;
    let project = server.project.clone();
    server.user("reader", |user| user.roles.0.push(format!("{project}_im-r"))).await;
    let (reader, writer) = (Browser::signed_in(server, "reader").await, Browser::signed_in(server, "admin").await);
    let (of_reader, of_writer) = (reader.form_token().await, writer.form_token().await);
    let host = fleet.hosts[0].as_str();
    let body = json!({
        "name": "w", "scheduleStatus": "SCHEDULE_STATUS_OS_UPDATE", "targetHostId": host, "startSeconds": server.now() + 60,
        "endSeconds": server.now() + 3600,
    });
    let schedule = server.ok("POST", "schedules/single", body).await["resourceId"].as_str().unwrap().to_owned();
    for (place, fields) in [
        (PLAN, vec![("host", host), ("os", "newest"), ("sure", "yes")]),
        ("/ui/p/shops/os/mode", vec![("profile", "emt"), ("mode", "automatic")]),
        ("/ui/p/shops/schedules/delete", vec![("id", schedule.as_str()), ("sure", "yes")]),
    ] {
        for (browser, form, who) in
            [(&reader, of_reader.as_str(), "a reader"), (&writer, "", "no form of ours"), (&writer, &of_reader, "another's form")]
        {
            let answer = browser.post(place, &[vec![("form", form)], fields.clone()].concat()).await;
            assert_eq!(answer.status, 403, "{place}: {who}: {}", answer.text());
        }
        let stranger = Browser::new(server, "emt.localhost:8443");
        let answer = stranger.post(place, &[vec![("form", of_writer.as_str())], fields.clone()].concat()).await;
        assert_eq!(answer.status, 401, "{place}: nobody");
    }
    assert_eq!((fleet.desired(0).await.as_str(), fleet.windows().await), ("", 1));
    let mode = server.ok("GET", "os-resource-manager", Json::Null).await;
    assert_eq!(mode["profiles"][0]["effectiveMode"], "OS_MODE_MANUAL");
    for place in ["/ui/p/shops/hosts", &format!("/ui/p/shops/hosts/{host}"), "/ui/p/shops/os", "/ui/p/shops/schedules"] {
        let page = reader.page(place).await;
        assert_eq!(page.matches("<form method=\"post\"").count(), 1, "{place}: a reader is offered nothing but to sign out");
        assert!(writer.page(place).await.matches("<form method=\"post\"").count() > 1, "{place}");
    }
}

#[tokio::test]
async fn modes_are_switched_and_schedules_end() {
    let fleet = Fleet::new().await;
    let server = &fleet.server;
    let browser = Browser::signed_in(server, "admin").await;
    let form = browser.form_token().await;
    let os = browser.page("/ui/p/shops/os").await;
    assert!(os.contains("3.0.2") && os.contains("newest") && os.contains("Make it automatic"), "{os}");
    let mode = |mode| [("form", form.as_str()), ("profile", "emt"), ("mode", mode)];
    let answer = browser.post("/ui/p/shops/os/mode", &mode("automatic")).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/ui/p/shops/os"));
    assert!(browser.page("/ui/p/shops/os").await.contains("Make it manual"));
    for (profile, mode) in [("emt", "sometimes"), ("other", "manual")] {
        let answer = browser.post("/ui/p/shops/os/mode", &[("form", &form), ("profile", profile), ("mode", mode)]).await;
        assert_eq!(answer.status, 400, "{profile} {mode}");
    }

    let empty = browser.page("/ui/p/shops/schedules").await;
    assert!(empty.contains("No window is planned"), "{empty}");
    let nightly = json!({
        "name": "nightly", "scheduleStatus": "SCHEDULE_STATUS_OS_UPDATE", "targetHostId": fleet.hosts[0], "durationSeconds": 3600,
        "cronMinutes": "0", "cronHours": "2", "cronDayMonth": "*", "cronMonth": "*", "cronDayWeek": "*",
    });
    let id = server.ok("POST", "schedules/repeated", nightly).await["resourceId"].as_str().unwrap().to_owned();
    let list = browser.page("/ui/p/shops/schedules").await;
    assert!(list.contains("host edge-a") && list.contains("every day at 02:00, for 1 h"), "{list}");
    assert!(list.contains("2026-06-06 02:00 UTC"), "{list}");
    assert!(browser.page("/ui/p/shops").await.contains("7 windows in seven days"));
    let asked = browser.post("/ui/p/shops/schedules/delete", &[("form", &form), ("id", &id)]).await.text();
    assert!(asked.contains("Delete nightly?") && browser.page("/ui/p/shops/schedules").await.contains("nightly"), "{asked}");
    let answer = browser.post("/ui/p/shops/schedules/delete", &[("form", &form), ("id", &id), ("sure", "yes")]).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/ui/p/shops/schedules"));
    assert!(browser.page("/ui/p/shops/schedules").await.contains("No window is planned"));
    let answer = browser.post("/ui/p/shops/schedules/delete", &[("form", &form), ("id", &id), ("sure", "yes")]).await;
    assert_eq!(answer.status, 404, "it is gone already");
}
