//! Hosts.

use std::{fs, os::unix::fs::PermissionsExt};

use crate::{node::Node, world::World};

#[test]
fn lists_are_chosen_and_sorted_by_the_server() {
    let world = World::new("hosts-chosen");
    for (number, name) in (1..).zip(["b-1", "a-1", "c-2"]) {
        world.ok(&["host", "register", name, "--uuid", &world.uuid(number)]);
    }
    world
        .transcript()
        .run(&["host", "list", "--filter", "name='-1' AND NOT has(site)"])
        .run(&["host", "list", "--order-by", "name desc"])
        .run(&["host", "list", "--filter", "name='z'"])
        .run(&["host", "list", "--filter", "nmae='a'"])
        .run(&["host", "list", "--order-by", "colour"])
        .check("hosts_chosen");
}

#[test]
fn registering_and_listing() {
    let world = World::new("hosts");
    let (first, second) = (&world.uuid(1), &world.uuid(2));
    world.ok(&["site", "create", "munich"]);
    world
        .transcript()
        .run(&["host", "list"])
        .run(&["host", "register", "shop-1", "--uuid", first])
        .run(&[
            "host",
            "register",
            "shop-2",
            "--uuid",
            second,
            "--serial",
            "ABC12345",
            "--site",
            "munich",
            "--token-file",
            "token",
        ])
        .run(&["host", "list"])
        .run(&["host", "get", "ABC12345"])
        .run(&["host", "get", first, "-o", "name"])
        .check("hosts");
    assert_eq!(fs::metadata(world.path("token")).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(fs::read_to_string(world.path("token")).unwrap().starts_with("emt-"));
    let json = world.json(&["host", "register", "shop-3", "--uuid", &world.uuid(3)]);
    assert!(json["enrolmentToken"].as_str().unwrap().starts_with("emt-"), "{json}");
    let json = world.json(&["host", "register", "shop-4", "--uuid", &world.uuid(4), "--token-file", "other"]);
    assert!(json.get("enrolmentToken").is_none(), "it is in the file only: {json}");
}

#[test]
fn what_cannot_be_registered() {
    let world = World::new("hosts-refused");
    let (first, second) = (&world.uuid(1), &world.uuid(2));
    world.ok(&["host", "register", "shop-1", "--uuid", first]);
    let long = "a-name-of-more-than-20-characters";
    world
        .transcript()
        .run(&["host", "register", "again", "--uuid", first])
        .run(&["host", "register", "shop-2", "--uuid", second, "--site", "nowhere"])
        .run(&["host", "register", "shop-2", "--uuid", second, "--token-file", "absent/token"])
        .run(&["host", "register", "shop-2", "--uuid", second, "-o", "name"])
        .run(&["host", "register", long, "--uuid", second])
        .run(&["host", "register", "shop-2", "--uuid", second, "--serial", "x"])
        .run(&["host", "list"])
        .check("hosts_refused");
}

#[test]
fn deleting() {
    let world = World::new("hosts-delete");
    world.publish("edge", "1");
    let _node = Node::running(&world, "shop-1", 1, "edge", "1");
    world.ok(&["host", "register", "shop-2", "--uuid", &world.uuid(2)]);
    world
        .transcript()
        .run(&["host", "delete", "shop-1", "nothing"])
        .run(&["host", "delete", "shop-1", "shop-2"])
        .run(&["host", "list"])
        .run(&["instance", "list"])
        .run(&["os", "delete", "edge 1"])
        .check("hosts_delete");
}

#[test]
fn names_that_two_hosts_have() {
    let world = World::new("hosts-names");
    let (first, second) = (&world.uuid(1), &world.uuid(2));
    world.ok(&["host", "register", "shop", "--uuid", first]);
    world.ok(&["host", "register", "shop", "--uuid", second]);
    let ran = world.run(&["host", "get", "shop"]);
    assert_eq!(ran.code, 4);
    let ids: Vec<String> = world.ok(&["host", "list", "-o", "name"]).lines().map(str::to_owned).collect();
    assert!(ids.iter().all(|id| ran.stderr.contains(id)), "{}", ran.stderr);
    assert!(ran.stderr.contains("2 hosts have the name shop"), "{}", ran.stderr);
}

#[test]
fn adopting() {
    let world = World::new("hosts-adopt");
    world.publish("edge", "1");
    for number in 1..=3 {
        world.ok(&["host", "register", &format!("shop-{number}"), "--uuid", &world.uuid(number)]);
    }
    world
        .transcript()
        .run(&["host", "adopt", "shop-1"])
        .run(&["host", "adopt", "shop-1", "nothing", "--os", "1"])
        .run(&["host", "adopt", "shop-1", "--os", "nothing"])
        .run(&["host", "adopt", "shop-1", "shop-2", "--os", "1"])
        .run(&["host", "adopt", "shop-1", "--credentials", "-o", "name"])
        .run(&["host", "adopt", "shop-1", "shop-3", "--credentials-dir", "orphans"])
        .run(&["host", "adopt", "shop-3", "--os", "1", "--credentials-dir", "orphans", "-o", "name"])
        .run(&["instance", "list", "-o", "name", "--filter", "host.name='shop-3'"])
        .run(&["host", "get", "shop-3"])
        .check("hosts_adopted");
    for number in [1, 3] {
        let directory = world.path("orphans").join(world.uuid(number));
        assert_eq!(fs::metadata(&directory).unwrap().permissions().mode() & 0o777, 0o700);
        let read = |name: &str| {
            assert_eq!(fs::metadata(directory.join(name)).unwrap().permissions().mode() & 0o777, 0o600);
            fs::read_to_string(directory.join(name)).unwrap()
        };
        assert_eq!(read("client_id"), format!("edgenode-{}", world.uuid(number)));
        assert_eq!(read("client_secret").len(), 32);
        assert!(read("token_url").ends_with("/realms/master/protocol/openid-connect/token"));
    }
    let secrets = |text: &str| text.split_whitespace().filter(|word| word.len() == 32).count();
    let ran = world.run(&["host", "adopt", "shop-1", "shop-2", "--credentials"]);
    assert_eq!((ran.code, secrets(&ran.stdout), secrets(&ran.stderr)), (0, 2, 0), "{}{}", ran.stdout, ran.stderr);
    let json = world.json(&["host", "adopt", "shop-1", "--credentials"]);
    assert_eq!(json[0]["credentials"]["clientSecret"].as_str().unwrap().len(), 32);
    let json = world.json(&["host", "adopt", "shop-1", "--credentials-dir", "orphans"]);
    assert!(json[0].get("credentials").is_none(), "it is in the files only: {json}");
}
