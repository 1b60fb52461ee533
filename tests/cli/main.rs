//! `emtctl` as people call it: the real binary against a real server on loopback. What it prints and its exit codes are kept
//! as snapshots.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, unreachable_pub, reason = "for tests")]

#[path = "../../crates/client/tests/support/mod.rs"]
mod fake;

mod completion;
mod failures;
mod help;
mod host;
mod instance;
mod login;
mod mirror;
mod node;
mod os;
mod place;
mod policy;
mod proxy;
#[path = "../support/reporter.rs"]
mod reporter;
mod schedule;
mod session;
mod source;
mod upload;
mod watch;
mod web;
mod why;
mod world;
