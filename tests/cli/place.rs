//! Regions and sites.

use crate::world::World;

#[test]
fn regions_and_sites() {
    let world = World::new("places");
    world
        .transcript()
        .run(&["region", "list"])
        .run(&["site", "list"])
        .run(&["region", "create", "germany"])
        .run(&["region", "create", "bavaria", "--parent", "germany"])
        .run(&["site", "create", "munich", "--region", "bavaria"])
        .run(&["site", "create", "somewhere", "-o", "name"])
        .run(&["site", "create", "berlin", "--region", "prussia"])
        .run(&["region", "create", "a;b"])
        .run(&["region", "list"])
        .run(&["site", "list"])
        .check("places");
}
