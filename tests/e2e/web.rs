//! The pages in a real Chromium: what a person does there, from signing in to signing out.

mod browser;
mod issuer;
mod schedules;

use serde_json::{Value as Json, json};

use crate::{
    web::browser::{AUDIT, Driver, ENTER, Keyboard, Mouse, SPACE},
    world::{Node, PASSWORD, World, eventually},
};

/// A world with a node that runs 3.0.1, and 3.0.2 published.
fn fleet() -> (World, Node) {
    let world = World::new();
    let old = world.publish("3.0.1", "healthy");
    let mut node = world.node("shop-1", &old);
    node.power_on();
    eventually("the node's first report", || world.instance("shop-1"));
    world.publish("3.0.2", "healthy");
    (world, node)
}

#[tokio::test(flavor = "multi_thread")]
async fn by_mouse_a_node_is_updated_and_the_reason_of_a_failure_read() {
    let (world, mut node) = tokio::task::spawn_blocking(fleet).await.unwrap();
    let driver = Driver::start();
    let browser = driver.browser((1280, 900), false).await;
    let mouse = Mouse(&browser);
    // Nothing has to be typed: the link comes from a terminal, where somebody clicks on it.
    let said = world.ok(&["web"]);
    let link = said.split_whitespace().find(|word| word.contains("/ui/enter#")).expect("the link is told");
    browser.open(link).await;
    browser.sees("What happens next").await;
    assert_eq!(browser.run("return location.hash + location.search").await, "", "the secret is not left in the address");
    mouse.clicks(".counts a[href$='view=available']").await;
    browser.sees("update available").await;
    mouse.clicks("tbody th a").await;
    browser.sees("Why it does not update now").await;
    browser.sees("update available").await;
    browser.sees("runs, and boots the next time").await;
    browser.sees("holds nothing that boots").await;

    mouse.chooses("#act-os", "newest").await;
    mouse.chooses("#act-when", "now").await;
    mouse.clicks(".act button").await;
    browser.sees("updates in the window").await;
    browser.looks_right("plan").await;
    mouse.clicks("button[name=sure]").await;
    browser.sees("Done").await;
    browser.looks_right("done").await;
    mouse.clicks("tbody th a").await;
    // The page is not loaded anew from here on.
    browser.run("window.kept = true").await;
    browser.sees("Update completed").await;
    browser.sees("nothing newer").await;
    browser.sees("ready to boot, should the other fail").await;
    let shown = browser.run("return [window.kept, document.querySelector('h1 .badge') === null]").await;
    assert_eq!(shown, json!([true, true]));
    browser.sees("3.0.2").await;
    browser.looks_right("host-updated").await;

    // A version that does not start, linked while the window is still open.
    world.publish("3.0.3", "unhealthy");
    browser.sees("update available").await;
    mouse.chooses("#act-os", &world.os_id("3.0.2")).await;
    let broken = world.os_id("3.0.3");
    world.ok(&["instance", "link", "shop-1", "--os", &broken]);
    browser.sees("Update failed").await;
    browser.sees("the new version was not healthy").await;
    assert_eq!(browser.run("return window.kept").await, json!(true));
    assert_eq!(browser.run("return document.querySelector('#act-os').selectedIndex > 1").await, true, "what was chosen stays");
    browser.sees("was tried and did not prove healthy").await;
    browser.looks_right("host-failed").await;

    mouse.clicks("form[action='/ui/sign-out'] button").await;
    browser.sees("Signed out").await;
    browser.open(&format!("https://{}/ui/p/shops", world.cluster_fqdn())).await;
    browser.sees("Password").await;
    browser.has_no_errors().await.unwrap();
    browser.0.close().await.unwrap();
    node.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn by_keyboard_a_node_is_updated() {
    let (world, mut node) = tokio::task::spawn_blocking(fleet).await.unwrap();
    let driver = Driver::start();
    let browser = driver.browser((1280, 900), false).await;
    let keyboard = Keyboard(&browser);
    browser.open(&format!("https://{}/", world.cluster_fqdn())).await;
    keyboard.goes_to("input[name=username]").await;
    keyboard.types("admin").await;
    keyboard.goes_to("input[name=password]").await;
    keyboard.types(PASSWORD).await;
    keyboard.press(ENTER).await;
    browser.sees("What happens next").await;
    keyboard.follows(".tabs a[href$='/hosts']").await;
    browser.sees("update available").await;
    keyboard.goes_to("input[name=host]").await;
    keyboard.press(SPACE).await;
    keyboard.chooses("#act-os", 1).await;
    keyboard.chooses("#act-when", 1).await;
    keyboard.follows(".act button").await;
    browser.sees("updates in the window").await;
    keyboard.follows("button[name=sure]").await;
    browser.sees("Done").await;
    keyboard.follows("tbody th a").await;
    browser.sees("Update completed").await;
    browser.sees("nothing newer").await;
    browser.sees("3.0.2").await;
    assert_eq!(browser.run("return document.querySelector('h1 .badge')").await, json!(null), "the notice is gone");
    browser.has_no_errors().await.unwrap();
    node.stop();
    world.ok(&["host", "delete", "shop-1"]);
    browser.sees("It is not there").await;
    keyboard.follows("form[action='/ui/sign-out'] button").await;
    browser.sees("Signed out").await;
    browser.0.close().await.unwrap();
}

/// Shops in two cities: one node is updated, one could not be, one waits for the night, and two were never switched on.
fn two_cities() -> (World, Vec<Node>) {
    let world = World::new();
    let old = world.publish("3.0.1", "healthy");
    world.ok(&["region", "create", "Europe"]);
    for city in ["Berlin", "Lyon"] {
        world.ok(&["site", "create", city, "--region", "Europe"]);
    }
    let nodes = ["berlin-till-1", "berlin-till-2", "lyon-till-1"].map(|name| {
        let mut node = world.node(name, &old);
        node.power_on();
        node
    });
    for node in &nodes {
        eventually("the node's first report", || world.instance(&node.name));
    }
    for (name, uuid) in [("lyon-till-2", 2), ("lyon-till-3", 3)] {
        world.ok(&["host", "register", name, "--uuid", &format!("4c4c4544-0035-3010-8052-b4c04f00000{uuid}")]);
    }
    let sites = world.json(&["site", "list"]);
    for host in world.json(&["host", "list"]).as_array().unwrap() {
        let is_here = |site: &&Json| host["name"].as_str().unwrap().starts_with(&site["name"].as_str().unwrap().to_lowercase());
        let site = &sites.as_array().unwrap().iter().find(is_here).unwrap()["resourceId"];
        let path = format!("compute/hosts/{}", host["resourceId"].as_str().unwrap());
        let (status, answer) = world.curl("PATCH", "shops", &path, Some(&json!({"siteId": site}).to_string()));
        assert_eq!(status, 200, "{answer}");
    }
    world.publish("3.0.2", "healthy");
    world.publish("3.0.3", "unhealthy");
    let status = |host: &str| Some(world.instance(host)?["updateStatus"].as_str()?.to_owned());
    for (host, version, ends) in [("berlin-till-2", "3.0.2", "Update completed"), ("lyon-till-1", "3.0.3", "Update failed")] {
        world.ok(&["instance", "link", host, "--os", &world.os_id(version)]);
        world.ok(&["schedule", "update", "--host", host, "--now", "--duration", "1h"]);
        eventually(ends, || status(host).filter(|status| status == ends));
    }
    world.ok(&["os", "block", "3.0.3", "--reason", "the first till that took it did not come up"]);
    world.ok(&["instance", "link", "berlin-till-1", "--os", &world.os_id("3.0.2")]);
    let nightly = ["--cron", "30 2 * * MON-FRI", "--duration", "2h", "--tz", "Europe/Berlin"];
    world.ok(&[&["schedule", "update", "--site", "Berlin", "--name", "Berlin at night"], nightly.as_slice()].concat());
    world.ok(&[&["schedule", "update", "--site", "Lyon", "--name", "Lyon at night"], nightly.as_slice()].concat());
    (world, nodes.into())
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_can_be_read_by_everybody_at_every_size() {
    let (world, mut nodes) = tokio::task::spawn_blocking(two_cities).await.unwrap();
    let hosts = world.json(&["host", "list", "--filter", "name='lyon-till-1'"]);
    let id = hosts[0]["resourceId"].as_str().unwrap().to_owned();
    let schedule = format!("/schedules/{}", world.json(&["schedule", "list"])[0]["resourceId"].as_str().unwrap());
    let edit = format!("{schedule}/edit");
    let driver = Driver::start();
    for (name, size, is_dark) in [
        ("light", (1280, 900), false),
        ("dark", (1280, 900), true),
        ("phone-light", (420, 900), false),
        ("phone-dark", (420, 900), true),
    ] {
        let browser = driver.browser(size, is_dark).await;
        browser.open(&format!("https://{}/", world.cluster_fqdn())).await;
        browser.looks_right(&format!("sign-in-{name}")).await;
        browser.sign_in(&world).await;
        let (host, version) = (format!("/hosts/{id}"), format!("/os/{}", world.os_id("3.0.2")));
        for (page, path) in [
            ("overview", ""),
            ("hosts", "/hosts"),
            ("host", host.as_str()),
            ("os", "/os"),
            ("version", version.as_str()),
            ("schedules", "/schedules"),
            ("schedule", schedule.as_str()),
            ("schedule-edit", edit.as_str()),
            ("schedule-new", "/schedules/new?kind=site&target=Berlin"),
            ("calendar", "/schedules/calendar?zone=Europe/Berlin"),
            ("day", "/schedules/calendar?day=2026-12-24"),
        ] {
            browser.open(&format!("https://{}/ui/p/shops{path}", world.cluster_fqdn())).await;
            browser.looks_right(&format!("{page}-{name}")).await;
            let first = "const e = document.activeElement; return [e.className, e.getAttribute('href')]";
            browser.write("body", "\u{e004}").await;
            assert_eq!(browser.run(first).await, json!(["skip", "#main"]), "{page}: the keyboard comes to the skip link first");
            browser.write(".skip", "\u{e007}").await;
            assert_eq!(browser.run("return document.activeElement.id").await, "main", "{page}");
        }
        browser.has_no_errors().await.unwrap();
        // What is wrong is found.
        let spoil = "document.querySelector('main').insertAdjacentHTML('beforeend', '<h4 id=main>a</h4><input><p class=faint>b</p>');\
                     document.querySelector('.faint').style.color = 'color-mix(in srgb, gray 30%, transparent)'";
        browser.run(spoil).await;
        assert_eq!(browser.run(AUDIT).await.as_array().map(Vec::len), Some(4), "{}", browser.run(AUDIT).await);
        browser.0.close().await.unwrap();
    }
    for node in &mut nodes {
        node.stop();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_signs_a_browser_in_and_leaves_no_code_in_the_address() {
    let world = tokio::task::spawn_blocking(World::new).await.unwrap();
    let link = || world.ok(&["web"]).trim_end().to_owned();
    let driver = Driver::start();
    let browser = driver.browser((1280, 900), false).await;
    let first = link();
    browser.open(&first).await;
    browser.sees("What happens next").await;
    assert_eq!(browser.run("return location.pathname + location.hash").await, json!("/ui/p/shops"));
    // Whoever is signed in is asked first; also where the form is open already.
    browser.open(&format!("https://{}/ui/enter", world.cluster_fqdn())).await;
    browser.sees("This browser is signed in as admin").await;
    browser.looks_right("enter-light").await;
    browser.open(&link()).await;
    let shown = "return [location.hash, document.querySelector('#code').value.length]";
    let shown = browser.run(shown).await;
    assert_eq!((&shown[0], &shown[1]), (&json!(""), &json!(43)));
    browser.click("main button").await;
    browser.sees("What happens next").await;
    browser.open(&first).await;
    browser.click("main button").await;
    browser.sees("The link signs nobody in").await;
    browser.looks_right("enter-refused-light").await;
    browser.0.close().await.unwrap();
}
