//! End to end: the real programs as processes of their own, over real sockets on the loopback interface.
//!
//! Each test has a server, a CLI and nodes of its own in a temporary directory; nothing is shared and nothing is left.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "what goes wrong fails the test")]

mod crash;
mod demo;
mod enrolment;
mod os_resources;
mod os_sources;
mod publisher;
#[path = "../support/reporter.rs"]
mod reporter;
mod seed;
mod tenancy;
mod update;
mod web;
mod windows;
mod world;
