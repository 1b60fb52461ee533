//! What windows there are, whom they hold for, when they end, and what operators read meanwhile.

use std::fs;

use emt_api::maintmgr::{UpdateSchedule, update_status::StatusType};
use serde_json::{Value as Json, json};
use tokio::runtime::Runtime;

use crate::{
    reporter::Reporter,
    world::{PROJECT, World, eventually, text},
};

const UUID: &str = "4c4c4544-0035-3010-8052-b4c04f4a4d32";

/// A node of region south, site munich, that runs 3.0.1 and is to run 3.0.2.
struct Till {
    world: World,
    runtime: Runtime,
    reporter: Reporter,
}

impl Till {
    fn new() -> Self {
        let world = World::new();
        world.publish("3.0.1", "healthy");
        world.publish("3.0.2", "healthy");
        world.ok(&["region", "create", "bavaria"]);
        world.ok(&["region", "create", "south", "--parent", "bavaria"]);
        world.ok(&["site", "create", "munich", "--region", "south"]);
        let token = world.path("token");
        let host = ["host", "register", "shop-1", "--uuid", UUID, "--site", "munich", "--token-file"];
        world.ok(&[&host[..], &[token.to_str().unwrap()]].concat());
        let runtime = Runtime::new().unwrap();
        let (authority, token) = (fs::read(world.authority()).unwrap(), fs::read_to_string(token).unwrap());
        let reporter = runtime.block_on(Reporter::enrol(world.port, &authority, &token, UUID));
        let till = Self { world, runtime, reporter };
        till.report(StatusType::UpToDate, "");
        till.world.ok(&["instance", "link", "shop-1", "--os", "3.0.2"]);
        till
    }

    /// The windows that a report is answered with.
    fn report(&self, status: StatusType, detail: &str) -> UpdateSchedule {
        self.runtime.block_on(self.reporter.told(status, "emt-shop", "3.0.1", detail)).update_schedule.unwrap()
    }

    fn told(&self) -> UpdateSchedule {
        self.report(StatusType::UpToDate, "")
    }

    fn ok(&self, arguments: &[&str]) -> Json {
        self.world.json(arguments)
    }

    /// Names of the schedules that hold for the host at an instant.
    fn at(&self, second: i64) -> Vec<String> {
        let host = self.world.instance("shop-1").unwrap()["hostID"].as_str().unwrap().to_owned();
        let path = format!("compute/schedules?hostId={host}&unixEpoch={second}");
        let (status, answer) = self.world.curl("GET", PROJECT, &path, None);
        assert_eq!(status, 200, "{answer}");
        let schedules = ["singleSchedules", "repeatedSchedules"].into_iter().flat_map(|list| answer[list].as_array().unwrap());
        schedules.map(|schedule| schedule["name"].as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn a_single_window_opens_once_and_closes() {
    let till = Till::new();
    assert_eq!(till.told(), UpdateSchedule::default());
    let made = till.ok(&["schedule", "update", "--host", "shop-1", "--in", "1h", "--duration", "2h", "--name", "night"]);
    let seconds = |key: &str| made[0][key].as_i64().unwrap();
    let (start, end) = (seconds("startSeconds"), seconds("endSeconds"));
    let told = till.told().single_schedule.unwrap();
    assert_eq!((told.start_seconds, told.end_seconds), (start.unsigned_abs(), end.unsigned_abs()));
    for (second, open) in [(start - 1, false), (start, true), (end, true), (end + 1, false)] {
        assert_eq!(till.at(second) == ["night"], open, "{second}");
    }
}

#[test]
fn a_repeated_window_opens_again_and_again() {
    let till = Till::new();
    till.ok(&[
        "schedule",
        "update",
        "--host",
        "shop-1",
        "--cron",
        "30 2 * * SAT",
        "--duration",
        "1h",
        "--tz",
        "UTC",
        "--name",
        "weekly",
    ]);
    let told = till.told();
    assert_eq!((told.single_schedule, told.repeated_schedules.len()), (None, 1));
    let weekly = &told.repeated_schedules[0];
    assert_eq!((weekly.cron_hours.as_str(), weekly.cron_day_week.as_str(), weekly.duration_seconds), ("2", "6", 3600));
    // 2096-06-02 02:30 UTC is a Saturday.
    for weeks in 0..3 {
        let start = 3_989_442_600 + weeks * 7 * 86_400;
        for (second, open) in [(start - 1, false), (start + 1, true), (start + 3600, true), (start + 3601, false)] {
            assert_eq!(till.at(second) == ["weekly"], open, "{second}");
        }
    }
}

#[test]
fn a_window_on_a_clock_of_another_zone_updates_a_node() {
    let world = World::new();
    let old = world.publish("3.0.1", "healthy");
    let mut node = world.node("shop-1", &old);
    node.power_on();
    eventually("the first report", || world.instance("shop-1"));
    world.publish("3.0.2", "healthy");
    world.ok(&["instance", "link", "shop-1", "--os", "3.0.2"]);
    let rule = ["--cron", "* * * * *", "--duration", "1h", "--tz", "Europe/Berlin", "--except", "2027-01-01"];
    world.ok(&[&["schedule", "update", "--host", "shop-1", "--name", "always"][..], &rule].concat());
    let watch = world.ctl(&["watch", "shop-1", "--timeout", "80s"]);
    assert!(watch.status.success(), "{}\n{}", text(&watch), node.log());
    assert_eq!(node.version(), "3.0.2");
    node.stop();
}

#[test]
fn maintenance_with_an_open_end_lasts_until_it_is_deleted() {
    let till = Till::new();
    let made = till.ok(&["schedule", "maintenance", "--host", "shop-1", "--in", "1m", "--name", "repair"]);
    let start = made[0]["startSeconds"].as_i64().unwrap();
    for (second, open) in [(start - 1, false), (start, true), (start + 20 * 365 * 86_400, true)] {
        assert_eq!(till.at(second) == ["repair"], open, "{second}");
    }
    assert_eq!(till.told(), UpdateSchedule::default(), "nothing is installed during maintenance");
    till.world.ok(&["schedule", "delete", "repair"]);
    assert!(till.at(start).is_empty() && till.at(start + 20 * 365 * 86_400).is_empty());
}

#[test]
fn windows_are_inherited_from_the_site_and_all_regions_above() {
    let till = Till::new();
    let plan = |target: [&str; 2], name: &str, hours: &str| {
        let times = ["--in", hours, "--duration", "30m", "--name", name];
        till.ok(&[&["schedule", "update"][..], &target, &times].concat())[0]["startSeconds"].as_u64().unwrap()
    };
    till.world.ok(&["region", "create", "north"]);
    let elsewhere = plan(["--region", "north"], "of another region", "1h");
    assert_eq!((till.told(), till.at(elsewhere.cast_signed())), (UpdateSchedule::default(), Vec::new()));
    for (target, name, hours) in [
        (["--region", "bavaria"], "of the region above", "5h"),
        (["--region", "south"], "of the region", "4h"),
        (["--site", "munich"], "of the site", "3h"),
        (["--host", "shop-1"], "of the host", "2h"),
    ] {
        let start = plan(target, name, hours);
        assert_eq!(till.told().single_schedule.unwrap().start_seconds, start, "the next one is {name}");
        assert_eq!(till.at(start.cast_signed()), [name]);
    }
}

#[test]
fn deleting_a_schedule_ends_its_window() {
    let till = Till::new();
    let made = till.ok(&["schedule", "update", "--site", "munich", "--in", "2s", "--duration", "1h", "--name", "now"]);
    let start = made[0]["startSeconds"].as_i64().unwrap();
    eventually("the window is open", || {
        let explained = till.ok(&["schedule", "explain", "now"]);
        (explained[0]["state"] == "open").then_some(())
    });
    assert!(till.told().single_schedule.is_some() && till.at(start) == ["now"]);
    till.world.ok(&["schedule", "delete", "now"]);
    assert_eq!((till.told(), till.at(start)), (UpdateSchedule::default(), Vec::new()));
    let why = till.ok(&["why", "shop-1"]);
    assert_eq!(why["blocker"], "UPDATE_GATE_WINDOW_EXISTS", "{why}");
}

#[test]
fn the_eight_status_texts() {
    let till = Till::new();
    let status = || till.world.instance("shop-1").unwrap()["updateStatus"].as_str().unwrap().to_owned();
    for (report, text) in [
        (StatusType::UpToDate, "No new updates available"),
        (StatusType::Downloading, "Downloading artifacts"),
        (StatusType::Downloaded, "Download complete"),
        (StatusType::Started, "Updating"),
        (StatusType::Failed, "Update failed"),
        (StatusType::Updated, "Update completed"),
        (StatusType::Unspecified, "Unknown"),
    ] {
        till.report(report, "");
        assert_eq!(status(), text, "{report:?}");
    }
    // One that has never reported.
    let (_, os) = till.world.curl("GET", PROJECT, "compute/os", None);
    let next = json!({"name": "shop-2", "uuid": UUID.replace("4c4c", "5c5c")}).to_string();
    let (_, host) = till.world.curl("POST", PROJECT, "compute/hosts/register", Some(&next));
    let body = json!({"kind": "INSTANCE_KIND_METAL", "hostID": host["resourceId"], "osID": os["OperatingSystemResources"][0]["resourceId"]});
    let (created, instance) = till.world.curl("POST", PROJECT, "compute/instances", Some(&body.to_string()));
    assert_eq!((created, &instance["updateStatus"]), (200, &"No Current Update".into()), "{instance}");
}
