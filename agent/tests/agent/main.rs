//! The agent over real sockets and as real processes, against a server that a test scripts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod broken_updates;
mod crashes;
mod download;
mod enrol;
mod heartbeat;
mod power;
mod support;
mod updates;
