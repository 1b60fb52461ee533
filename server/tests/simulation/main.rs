//! A month of random fleets: hosts in places, windows, policies, operators who change their minds, nodes that fail, vanish and
//! come back. What must hold is known from the contract alone ([`oracle`]), not from the code that decides:
//!
//! - no update begins outside of a window for OS updates, and none to another target than the one that is wished;
//! - a node that may not update has exactly one first blocker, and what is said of its end is right to the second;
//! - every run ends.

#![allow(clippy::unwrap_used, clippy::panic, clippy::cast_sign_loss, reason = "for tests")]

mod node;
mod oracle;
mod random;
#[path = "../support/mod.rs"]
mod support;
mod world;

use emt_server::maintenance::decision::GateState;

use self::world::World;

/// Projects, and nodes of each.
const PROJECTS: usize = 3;
const NODES: usize = 20;
/// So long things happen, in days; after that, time only passes.
const DAYS: i64 = 30;

#[tokio::test]
async fn a_month_of_random_fleets() {
    // `cargo xtask simulate` names another size.
    let text = std::env::var("EMT_SIMULATION").unwrap_or_default();
    let mut numbers = text.split(',').filter_map(|number| number.parse::<u64>().ok());
    let random = numbers.next().unwrap_or(1);
    let projects = numbers.next().map_or(PROJECTS, |projects| usize::try_from(projects).unwrap());
    let mut world = World::new(random, projects, NODES).await;
    world.live(DAYS).await;
    world.rest().await;
    let seen = &world.seen;
    println!(
        "{} nodes: {} reports, {} updates begun ({} by old agents), {} done, {} failed, {} vanished; {} decisions and {} instants \
         looked at; first blockers: {:?}; runs: {:?}",
        projects * NODES,
        seen.reports,
        seen.begun,
        seen.begun_by_old,
        seen.done,
        seen.failed,
        seen.vanished,
        seen.decisions,
        seen.instants,
        seen.blockers,
        seen.runs,
    );
    // A month in which nothing happens would show nothing.
    assert!(seen.begun > projects * NODES / 2 && seen.begun_by_old > 0 && seen.done > 0 && seen.failed > 0 && seen.vanished > 0);
    assert!(seen.blockers.len() >= 8, "{:?}", seen.blockers);
    assert!(seen.instants > seen.decisions / 10);
}

/// Gates that hold, then at most one that does not, then those that nobody has looked at.
fn has_one_first_blocker(states: &[GateState]) -> bool {
    let holds = states.iter().take_while(|state| **state == GateState::Pass).count();
    match states.get(holds..) {
        None | Some([]) => true,
        Some([first, behind @ ..]) => *first == GateState::Fail && behind.iter().all(|state| *state == GateState::NotReached),
    }
}
