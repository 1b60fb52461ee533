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

fn preview<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["schedule", "preview"][..], more].concat()
}

#[test]
fn rules_are_previewed_without_a_server() {
    let weekly = ["--cron", "0 2 * * 6", "--duration", "2h", "--tz", "Europe/Berlin", "--from", "2096-03-20T00:00:00Z"];
    let with = |more: &[&'static str]| preview(&[&weekly[..], more].concat());
    let nightly = |more: &[&'static str]| {
        let rule = ["--cron", "30 1,2 * * *", "--duration", "1h30m", "--tz", "Europe/Berlin", "--count", "3"];
        preview(&[&rule[..], more].concat())
    };
    World::stranger()
        .transcript()
        .run(&with(&["--count", "3"]))
        .run(&with(&["--count", "2", "-o", "json"]))
        .run(&with(&["--count", "2", "-o", "name"]))
        .run(&with(&["--count", "3", "--except", "2096-03-31", "--except", "2096-04-07 03:00/2096-04-07 03:30"]))
        .run(&with(&["--count", "2", "--finish-by", "03:15"]))
        // Put forward, and put back.
        .run(&nightly(&["--from", "2096-03-25"]))
        .run(&nightly(&["--from", "2096-03-25T00:00:00Z"]))
        .run(&nightly(&["--from", "2096-10-28 00:00"]))
        .run(&preview(&["--cron", "0 2 * * 6", "--duration", "2h", "--from", "2096-06-01T00:00:00Z", "--count", "1"]))
        .run(&preview(&["--cron", "0 0 30 2 *", "--duration", "2h", "--tz", "UTC", "--from", "2096-06-01T00:00:00Z"]))
        .run(&with(&["--ical", "--except", "2096-03-31"]))
        .check("schedules_preview");
}

#[test]
fn rules_that_cannot_be() {
    let rule = |cron: &'static str, duration: &'static str, more: &[&'static str]| {
        preview(&[&["--cron", cron, "--duration", duration, "--tz", "UTC"][..], more].concat())
    };
    World::stranger()
        .transcript()
        .run(&rule("0 2 * *", "2h", &[]))
        .run(&rule("0 25 * * 6", "2h", &[]))
        .run(&rule("0 2 * * 6#7", "2h", &[]))
        .run(&rule("0 2 * * 6", "25h", &[]))
        .run(&rule("0 2 * * 6", "0s", &[]))
        .run(&rule("0 2 * * 6", "soon", &[]))
        .run(&rule("0 2 * * 6", "2h", &["--except", "christmas"]))
        .run(&rule("0 2 * * 6", "2h", &["--except", "2096-12-26/2096-12-24"]))
        .run(&rule("0 2 * * 6", "2h", &["--finish-by", "5"]))
        .run(&rule("0 2 * * 6", "2h", &["--count", "0"]))
        .run(&preview(&["--cron", "0 2 * * 6", "--duration", "2h", "--tz", "Mars/Olympus"]))
        .run(&preview(&["--duration", "2h"]))
        .check("schedules_preview_refused");
}

fn weekly<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let rule = ["--site", "munich", "--cron", "0 2 * * SAT#1", "--duration", "2h", "--tz", "Europe/Berlin", "--name", "weekly"];
    update(&[&rule[..], more].concat())
}

#[test]
fn windows_that_repeat_on_a_clock() {
    let world = world("schedules-zoned");
    let strict = ["--except", "2096-04-07", "--notice", "2d", "--finish-by", "03:30", "-o", "json"];
    world
        .transcript()
        .run(&weekly(&strict))
        .run(&update(&["--host", "shop-1", "--cron", "0 2 * * SAT", "--duration", "1h", "--tz", "UTC", "-o", "json"]))
        .run(&["schedule", "list"])
        .run(&["schedule", "next", "weekly", "--at", "2096-03-01T00:00:00Z", "--count", "2", "-o", "json"])
        .run(&["schedule", "next", "--host", "shop-1", "--at", "2096-03-01T00:00:00Z", "--count", "3", "-o", "name"])
        .run(&["schedule", "explain", "weekly", "--at", "2096-04-06T00:00:00Z"])
        .run(&["schedule", "explain", "weekly", "--at", "2096-05-05T00:30:00Z", "--tz", "Asia/Kathmandu"])
        .run(&["schedule", "explain", "weekly", "--at", "2096-05-05T00:30:00Z", "-o", "json"])
        .run(&["schedule", "get", "weekly", "-o", "name"])
        .run(&["schedule", "get", "nothing"])
        .run(&["schedule", "edit", "weekly", "--except", "2096-05-05", "--no-notice", "--name", "monthly", "-o", "name"])
        .run(&["schedule", "explain", "monthly", "--at", "2096-05-05T00:30:00Z"])
        .run(&[
            "schedule",
            "edit",
            "monthly",
            "--no-except",
            "--no-finish-by",
            "--cron",
            "0 3 * * *",
            "--tz",
            "UTC",
            "--region",
            "bavaria",
        ])
        .run(&["schedule", "edit", "monthly", "--at", "2096-01-01T00:00:00Z"])
        .run(&["schedule", "edit", "monthly"])
        .run(&["schedule", "edit", "monthly", "--cron", "0 25 * * *"])
        .check("schedules_zoned");
    let all = world.json(&["schedule", "list"]);
    let monthly = all.as_array().unwrap().iter().find(|schedule| schedule["name"] == "monthly").unwrap();
    assert_eq!((&monthly["exceptions"], &monthly["cronHours"]), (&serde_json::json!([]), &"3".into()));
    assert_eq!((&monthly["targetSite"], &monthly["timeZone"]), (&serde_json::Value::Null, &"UTC".into()));
}

#[test]
fn one_schedule_with_all_that_is_known_of_it() {
    let world = world("schedules-get");
    world.ok(&weekly(&["--except", "2096-04-07", "--except", "2096-12-24/2096-12-26", "--notice", "2d", "--finish-by", "03:30"]));
    let shown = world.ok(&["schedule", "get", "weekly"]);
    for line in [
        "target     site munich",
        "opens      0 2 * * SAT#1 (Europe/Berlin)",
        "length     2h",
        "closed     2096-04-07, 2096-12-24/2096-12-26",
        "notice     2d",
        "finish by  03:30",
        "now        is closed; it opens in ",
    ] {
        assert!(shown.contains(line), "{shown}");
    }
    assert_eq!(shown.matches("\nnext ").count(), 5, "{shown}");
    let next = world.ok(&["schedule", "next", "--count", "3"]);
    assert!(next.lines().count() == 4 && next.contains("Europe/Berlin") && next.contains("OS update"), "{next}");
}

#[test]
fn maintenance_lasts_until_it_is_deleted() {
    let world = world("schedules-maintenance");
    let begin = ["schedule", "maintenance", "--host", "shop-1", "--now", "--name", "repair"];
    let made = world.json(&begin);
    assert_eq!((&made[0]["scheduleStatus"], &made[0]["endSeconds"]), (&"SCHEDULE_STATUS_MAINTENANCE".into(), &0.into()));
    let start = made[0]["startSeconds"].as_i64().unwrap();
    let later = jiff::Timestamp::from_second(start + 86_400).unwrap().to_string();
    let explained = world.ok(&["schedule", "explain", "repair", "--at", &later]);
    assert!(explained.contains("for host shop-1 is open since") && explained.contains("until it is deleted"), "{explained}");
    world.ok(&["schedule", "delete", "repair"]);
    assert_eq!(world.json(&["schedule", "explain"]).as_array().unwrap().len(), 0);
    let limited = ["--in", "1h", "--duration", "4h", "--except", "2096-12-24", "--tz", "Europe/Berlin"];
    let made = world.json(&[&["schedule", "maintenance", "--region", "bavaria"][..], &limited].concat());
    assert_eq!((&made[0]["timeZone"], &made[0]["exceptions"][0]), (&"Europe/Berlin".into(), &"2096-12-24".into()));
}

#[test]
fn updates_may_have_an_open_end() {
    let world = world("schedules-open-end");
    let made = world.json(&update(&["--host", "shop-1", "--at", "2096-12-01T02:00:00Z", "--open-end", "--name", "until done"]));
    assert_eq!((&made[0]["scheduleStatus"], &made[0]["endSeconds"]), (&"SCHEDULE_STATUS_OS_UPDATE".into(), &0.into()));
    for more in [&["--duration", "1h", "--at", "2096-12-01T02:00:00Z"][..], &["--cron", "0 2 * * *"], &[]] {
        let ran = world.run(&update(&[&["--host", "shop-1", "--open-end"], more].concat()));
        assert_eq!(ran.code, 2, "{more:?}");
    }
    let ran = world.run(&update(&["--host", "shop-1", "--now"]));
    assert_eq!(ran.code, 2, "without a length an open end has to be meant");
}

#[test]
fn schedules_are_told_to_calendars() {
    let world = world("schedules-export");
    world.ok(&weekly(&[]));
    world.ok(&update(&["--host", "shop-1", "--at", "2096-12-01T02:00:00Z", "--duration", "1h", "--name", "once"]));
    let calendars = world.ok(&["schedule", "export"]);
    assert_eq!(calendars.matches("BEGIN:VCALENDAR").count(), 2);
    for line in
        ["RRULE:FREQ=MONTHLY;BYDAY=1SA", "TZID:Europe/Berlin", "SUMMARY:OS update weekly site munich", "DTSTART:20961201T020000Z"]
    {
        assert!(calendars.contains(line), "{line}: {calendars}");
    }
    let one = world.ok(&["schedule", "export", "once"]);
    assert_eq!((one.matches("BEGIN:VCALENDAR").count(), one.contains("DTSTART:20961201T020000Z")), (1, true), "{one}");
}

#[test]
fn plans_that_cannot_be() {
    let world = world("schedules-no-plan");
    let cron = |more: &[&'static str]| update(&[&["--host", "shop-1", "--cron", "0 2 * * *", "--tz", "UTC"][..], more].concat());
    world
        .transcript()
        .run(&cron(&["--duration", "25h"]))
        .run(&cron(&["--duration", "1h", "--except", "christmas"]))
        .run(&cron(&["--duration", "1h", "--finish-by", "5"]))
        .run(&["schedule", "maintenance", "--host", "shop-1", "--cron", "0 2 * * *", "--tz", "UTC"])
        .run(&update(&["--host", "shop-1", "--in", "1h", "--duration", "1h", "--finish-by", "05:00"]))
        .run(&update(&["--host", "shop-1", "--in", "1h", "--duration", "1h", "--except", "soon"]))
        .run(&["schedule", "next", "night", "--host", "shop-1"])
        .run(&["schedule", "list"])
        .check("schedules_no_plan");
}
