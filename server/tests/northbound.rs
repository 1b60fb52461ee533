//! Exchanges recorded from a running Edge Orchestrator, replayed against the server's routes.
//!
//! A scenario runs in a fresh project, its steps in order. What counts as the same is told in [`support::steps`].

#![allow(clippy::unwrap_used, reason = "a failed step fails the test")]

mod support;

use std::fmt::Write as _;

use support::{
    Server,
    steps::{Runner, Step, read},
};

async fn replay(name: &str) {
    let steps: Vec<Step> = read(&format!("recorded/northbound/{name}.json"));
    let mut runner = Runner::new(Server::start().await);
    let mut wrong = String::new();
    for (number, step) in steps.into_iter().enumerate() {
        if let Err(difference) = runner.step(&step).await {
            let _ = writeln!(wrong, "step {number} ({}): {difference}", step.case);
        }
    }
    assert!(wrong.is_empty(), "{name}:\n{wrong}");
}

macro_rules! scenarios {
    ($($name:ident),*) => {$(
        #[tokio::test]
        async fn $name() {
            replay(stringify!($name)).await;
        }
    )*};
}
scenarios!(os, instance, host, location, policy, schedule);
