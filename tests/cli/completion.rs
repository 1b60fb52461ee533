//! Completion scripts: what is in the repository is what the program makes.

use std::fs;

use crate::world::World;

#[test]
fn the_scripts_in_the_repository_are_fresh() {
    let world = World::stranger();
    for (shell, file) in [("bash", "emtctl.bash"), ("zsh", "_emtctl"), ("fish", "emtctl.fish")] {
        let made = world.ok(&["completion", shell]);
        let kept = fs::read_to_string(format!("{}/completions/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap_or_default();
        assert!(made == kept, "completions/{file} is stale: run `cargo run -- completion {shell} > completions/{file}`");
    }
}
