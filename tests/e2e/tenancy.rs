//! Two projects on one server see nothing of each other.

use crate::world::{PASSWORD, World, eventually, text};

#[test]
fn projects_cannot_see_each_other() {
    let world = World::new();
    let old = world.publish("3.0.1", "healthy");
    let mut node = world.node("shop-1", &old);
    node.power_on();
    let instance = eventually("the first report", || world.instance("shop-1"));
    let id = |key: &str| instance[key].as_str().unwrap().to_owned();
    let (instance, host, os) = (id("resourceId"), id("hostID"), id("osID"));

    // Whoever makes a project may use it at once, with the token in hand.
    world.ok(&["project", "create", "wards"]);
    for list in ["os", "host", "instance", "schedule", "region", "site"] {
        let found = world.json(&["--project", "wards", list, "list"]);
        assert_eq!(found.as_array().unwrap().len(), 0, "{list}: {found}");
    }
    for (arguments, code) in [
        (vec!["os", "get", &os], 4),
        (vec!["host", "get", &host], 4),
        (vec!["instance", "get", &instance], 4),
        (vec!["instance", "link", &instance, "--os", &os], 4),
        (vec!["schedule", "update", "--host", &host, "--in", "1h", "--duration", "1h"], 4),
        (vec!["watch", "shop-1"], 4),
        (vec!["host", "list"], 0),
    ] {
        let output = world.ctl(&[&["--project", "wards"], arguments.as_slice()].concat());
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", text(&output));
    }
    // What the API itself says, whatever a client does.
    for path in [format!("compute/os/{os}"), format!("compute/hosts/{host}"), format!("compute/instances/{instance}")] {
        assert_eq!(world.curl("GET", "wards", &path, None).0, 404, "{path}");
        assert_eq!(world.curl("DELETE", "wards", &path, None).0, 404, "{path}");
    }
    let body = format!("{{\"osID\": \"{os}\"}}");
    assert_eq!(world.curl("PATCH", "wards", &format!("compute/instances/{instance}"), Some(&body)).0, 404);
    // The same name and the same version are free in another project, and its node updates by itself.
    let output =
        world.ctl(&["--project", "wards", "os", "publish", old.to_str().unwrap(), "--profile", "emt-shop", "--version", "3.0.1"]);
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(world.json(&["os", "list"]).as_array().unwrap().len(), 1);
    assert_eq!(world.instance("shop-1").unwrap()["resourceId"], instance.as_str());
    assert!(!world.server_log().contains(PASSWORD));
    node.stop();
}
