//! Maintenance windows.

use crate::world::World;

fn update<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["schedule", "update"][..], more].concat()
}

fn world(project: &'static str) -> World {
    let world = World::new(project);
    world.ok(&["region", "create", "bavaria"]);
    world.ok(&["site", "create", "munich", "--region", "bavaria"]);
    for number in 1..=2 {
        world.ok(&[
            "host",
            "register",
            &format!("shop-{number}"),
            "--uuid",
            &world.uuid(number),
            "--site",
            "munich",
            "--token-file",
            "t",
        ]);
    }
    world
}

#[test]
fn planning_listing_and_deleting() {
    let world = world("schedules");
    world
        .transcript()
        .run(&["schedule", "list"])
        .run(&update(&[
            "--host",
            "shop-1",
            "shop-2",
            "--at",
            "2096-12-01T02:00:00Z",
            "--duration",
            "1h",
            "--tz",
            "Europe/Berlin",
        ]))
        .run(&update(&[
            "--site",
            "munich",
            "--at",
            "2096-12-02 02:00",
            "--duration",
            "30m",
            "--tz",
            "Asia/Kathmandu",
            "--name",
            "night",
        ]))
        .run(&update(&["--region", "bavaria", "--in", "1h", "--duration", "5m", "-o", "json"]))
        .run(&update(&["--host", "shop-1", "--in", "2d", "--duration", "1h30m", "-o", "name"]))
        .run(&["schedule", "list", "--host", "shop-2"])
        .run(&["schedule", "list", "--site", "munich"])
        .run(&["schedule", "list", "--region", "bavaria", "-o", "name"])
        .run(&["schedule", "delete", "night", "nothing"])
        .run(&["schedule", "delete", "night", "night"])
        .run(&["schedule", "list", "--tz", "Asia/Kathmandu"])
        .check("schedules");
}

#[test]
fn a_window_for_now_opens_at_once() {
    let world = world("schedules-now");
    let made = world.json(&update(&["--host", "shop-1", "--now", "--duration", "1h"]));
    let seconds = |key: &str| made[0][key].as_i64().unwrap();
    let created: jiff::Timestamp = made[0]["timestamps"]["createdAt"].as_str().unwrap().parse().unwrap();
    assert!((1..=5).contains(&(seconds("startSeconds") - created.as_second())), "{made}");
    assert_eq!(seconds("endSeconds") - seconds("startSeconds"), 3600);
}

#[test]
fn windows_that_cannot_be() {
    let world = world("schedules-refused");
    let berlin = ["--duration", "1h", "--tz", "Europe/Berlin"];
    let at = |time: &'static str| update(&[&["--host", "shop-1", "--at", time][..], &berlin].concat());
    world
        .transcript()
        .run(&at("2024-12-01T02:00:00Z"))
        .run(&at("2024-12-01 02:00"))
        .run(&at("2096-10-28 02:30"))
        .run(&at("2096-03-25 02:30"))
        .run(&at("2096-12-01"))
        .run(&at("soon"))
        .run(&at("2206-01-01 00:00"))
        .run(&update(&["--host", "shop-1", "--now", "--duration", "0s"]))
        .run(&update(&["--host", "shop-1", "--now", "--duration", "59s"]))
        .run(&update(&["--host", "shop-1", "--now", "--duration", "1h", "--tz", "Mars/Olympus"]))
        .run(&update(&["--host", "shop-1", "nothing", "--now", "--duration", "1h"]))
        .run(&update(&["--site", "nothing", "--now", "--duration", "1h"]))
        .run(&update(&["--host", "shop-1", "--now", "--duration", "1h", "--name", "a;b"]))
        .run(&["schedule", "list"])
        .run(&["schedule", "delete", "singlesche-00000000"])
        .check("schedules_refused");
}

#[test]
fn names_that_two_windows_have() {
    let world = world("schedules-names");
    for host in ["shop-1", "shop-2"] {
        world.ok(&update(&["--host", host, "--in", "1h", "--duration", "1h", "--name", "night"]));
    }
    let ran = world.run(&["schedule", "delete", "night"]);
    assert_eq!(ran.code, 4);
    let ids: Vec<String> = world.ok(&["schedule", "list", "-o", "name"]).lines().map(str::to_owned).collect();
    assert_eq!(ids.len(), 2);
    assert!(ids.iter().all(|id| ran.stderr.contains(id)), "{}", ran.stderr);
    world.ok(&["schedule", "delete", &ids[0], &ids[1]]);
    assert_eq!(world.json(&["schedule", "list"]).as_array().unwrap().len(), 0);
}

#[test]
fn repeated_windows_are_listed_and_deleted() {
    let world = world("schedules-repeated");
    let api = world.api();
    let body = serde_json::json!({
        "name": "weekly", "scheduleStatus": "SCHEDULE_STATUS_MAINTENANCE", "durationSeconds": 3600,
        "cronMinutes": "30", "cronHours": "2", "cronDayMonth": "*", "cronMonth": "*", "cronDayWeek": "0,3",
    });
    world.server.runtime.block_on(api.create(&emt_client::kinds::REPEATED_SCHEDULES, &body)).unwrap();
    world
        .transcript()
        .run(&["schedule", "list"])
        .run(&["schedule", "delete", "weekly"])
        .run(&["schedule", "list"])
        .check("schedules_repeated");
}
