//! The form of schedules: its preview follows what is typed, and the command that it tells does the same.

use std::process::Command;

use serde_json::{Value as Json, json};

use super::browser::{Browser, Driver};
use crate::world::World;

/// Two sites in a region, and a host without a node.
fn places() -> World {
    let world = World::new();
    world.ok(&["region", "create", "Europe"]);
    for city in ["Berlin", "Lyon"] {
        world.ok(&["site", "create", city, "--region", "Europe"]);
    }
    world.ok(&["host", "register", "till 1", "--uuid", "4c4c4544-0035-3010-8052-b4c04f000001"]);
    world
}

/// The words of a command as a shell takes them, without the program.
fn words(command: &str) -> Vec<String> {
    let rest = command.strip_prefix("emtctl ").unwrap();
    let output = Command::new("sh").args(["-c", &format!("printf '%s\\n' {rest}")]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// A schedule with what it says, and nothing of when and as what it was made.
fn said(world: &World, id: &str) -> Json {
    let all = world.json(&["schedule", "list"]);
    let mut schedule = all.as_array().unwrap().iter().find(|schedule| schedule["resourceId"] == id).unwrap().clone();
    for key in ["resourceId", "singleScheduleID", "repeatedScheduleID", "timestamps", "plannedAt"] {
        schedule.as_object_mut().unwrap().remove(key);
    }
    schedule
}

fn ids(world: &World) -> Vec<String> {
    let all = world.json(&["schedule", "list"]);
    all.as_array().unwrap().iter().map(|schedule| schedule["resourceId"].as_str().unwrap().to_owned()).collect()
}

/// Fills fields, all at once; boxes and choices are named by their value.
async fn fill(browser: &Browser, fields: &[(&str, &str)]) {
    let set = format!(
        "for (const [name, value] of {}) {{
             const all = [...document.querySelectorAll(`[name=${{name}}]`)];
             const box = all.find((one) => ['radio', 'checkbox'].includes(one.type) && one.value === value);
             if (box) box.checked = !box.checked; else all[0].value = value;
         }}
         document.querySelector('#name').dispatchEvent(new Event('input', {{bubbles: true}}));",
        json!(fields)
    );
    browser.run(&set).await;
}

/// The command of the preview, once that shows a text; then what was typed is written.
async fn written(browser: &Browser, shows: &str) -> String {
    browser.sees(shows).await;
    let command = browser.run("return document.querySelector('#preview .same code').textContent").await;
    browser.click("#preview button[value=save]").await;
    browser.sees("What it says").await;
    command.as_str().unwrap().to_owned()
}

fn ctl(world: &World, command: &str) {
    let words = words(command);
    tokio::task::block_in_place(|| world.ok(&words.iter().map(String::as_str).collect::<Vec<_>>()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_of_a_preview_does_what_the_form_does() {
    let world = tokio::task::spawn_blocking(places).await.unwrap();
    let driver = Driver::start();
    let browser = driver.browser((1280, 900), false).await;
    browser.sign_in(&world).await;
    let pages = format!("https://{}/ui/p/shops/schedules", world.cluster_fqdn());
    for (fields, shows) in [
        (
            vec![("target", "till 1"), ("at", "2030-12-01T02:00"), ("zone", "UTC"), ("name", "-once")],
            "Sun 1 Dec 2030 02:00 – 04:00",
        ),
        (
            vec![
                ("kind", "site"),
                ("target", "berlin"),
                ("at", "2030-12-01T02:00"),
                ("zone", "Europe/Berlin"),
                ("endless", "yes"),
                ("status", "SCHEDULE_STATUS_MAINTENANCE"),
                ("except", "2030-12-24"),
            ],
            "Sun 1 Dec 2030 02:00 – Tue 24 Dec 2030 00:00",
        ),
        (
            vec![("target", "till 1"), ("at", "2030-12-01T02:00"), ("zone", "UTC"), ("endless", "yes"), ("name", "open")],
            "Sun 1 Dec 2030 02:00",
        ),
        (
            vec![
                ("kind", "region"),
                ("target", "Europe"),
                ("opens", "weekly"),
                ("weekday", "6"),
                ("zone", "UTC"),
                ("length", "45m"),
            ],
            "02:00 – 02:45",
        ),
        (
            vec![
                ("kind", "site"),
                ("target", "Lyon"),
                ("opens", "monthly"),
                ("day", "1"),
                ("day", "L"),
                ("zone", "Europe/Paris"),
                ("time", "23:30"),
                ("except", "2030-12-24\n2031-01-01/2031-01-06"),
                ("notice", "2d"),
                ("finish", "01:00"),
            ],
            "has to be over by 01:00",
        ),
        (
            vec![
                ("target", "till 1"),
                ("opens", "cron"),
                ("cron", "30 1 * JAN,JUL SAT#2"),
                ("zone", "America/New_York"),
                ("length", "1d"),
            ],
            "24 h",
        ),
    ] {
        browser.open(&format!("{pages}/new")).await;
        fill(&browser, &fields).await;
        let before = ids(&world);
        let command = written(&browser, shows).await;
        let made = ids(&world).into_iter().find(|id| !before.contains(id)).unwrap();
        let by_form = said(&world, &made);
        // The page that shows it would look for what is gone.
        browser.open("about:blank").await;
        ctl(&world, &format!("emtctl schedule delete {made}"));
        ctl(&world, &command);
        let made = ids(&world).into_iter().find(|id| !before.contains(id)).unwrap();
        assert_eq!(said(&world, &made), by_form, "{command}");
    }

    let weekly = [
        "schedule",
        "update",
        "--site",
        "Lyon",
        "--cron",
        "0 2 * * 6",
        "--duration",
        "1h",
        "--tz",
        "UTC",
        "--except",
        "2030-12-24",
    ];
    for (fields, shows) in [
        (vec![("name", "renamed"), ("length", "90m")], "1 h 30 min"),
        (vec![("weekday", "0"), ("time", "03:15"), ("zone", "Europe/Paris"), ("finish", "04:00")], "03:15 – 04:00"),
        (vec![("opens", "cron"), ("cron", "0 2 * * 6L"), ("kind", "host"), ("target", "till 1")], "host till 1"),
        (vec![("except", "2030-12-31"), ("notice", "1d12h")], "--notice 1d12h"),
        (vec![("except", "")], "--no-except"),
    ] {
        let before = ids(&world);
        for name in ["one", "other"] {
            world.ok(&[&weekly[..], &["--name", name]].concat());
        }
        let made: Vec<String> = ids(&world).into_iter().filter(|id| !before.contains(id)).collect();
        let [one, other] = made.as_slice() else { panic!("two schedules") };
        browser.open(&format!("{pages}/{one}/edit")).await;
        fill(&browser, &fields).await;
        let command = written(&browser, shows).await;
        ctl(&world, &command.replace(one.as_str(), other));
        let [mut by_form, mut by_command] = [one, other].map(|id| said(&world, id));
        if !fields.contains(&("name", "renamed")) {
            (by_form["name"], by_command["name"]) = (json!(""), json!(""));
        }
        assert_eq!(by_command, by_form, "{command}");
        ctl(&world, &format!("emtctl schedule delete {one} {other}"));
    }
    browser.has_no_errors().await.unwrap();
    browser.0.close().await.unwrap();
}
