//! How a node gets its credentials, and how it does not.

use std::{fs, os::unix::fs::PermissionsExt};

use crate::world::{World, text};

#[test]
fn a_token_is_good_for_its_own_node_once() {
    let world = World::new();
    let image = world.image("3.0.1", "healthy");
    let node = world.node("shop-1", &image);
    let credentials = node.directory.join("credentials.json");
    assert_eq!(fs::metadata(&credentials).unwrap().permissions().mode() & 0o777, 0o600);

    // A node that is enrolled keeps what it has.
    let again = node.enroll(&world, &world.path("shop-1.token"));
    assert!(!again.status.success() && text(&again).contains("--force"), "{}", text(&again));

    // Another machine with the same token.
    let other = world.node("shop-2", &image);
    fs::remove_file(other.directory.join("credentials.json")).unwrap();
    for (token, said) in [("shop-1.token", "another host"), ("no-such.token", "no-such.token")] {
        let output = other.enroll(&world, &world.path(token));
        assert!(!output.status.success() && text(&output).contains(said), "{}", text(&output));
    }
    fs::write(world.path("made-up.token"), "emt-0000\n").unwrap();
    let output = other.enroll(&world, &world.path("made-up.token"));
    assert!(!output.status.success() && text(&output).contains("not known"), "{}", text(&output));
    assert!(!other.directory.join("credentials.json").exists());
    let token = fs::read_to_string(world.path("shop-1.token")).unwrap();
    assert!(!world.server_log().contains(token.trim()));
}
