//! The nodes' side of the server: what nodes may do and are told, what they show, how their updates end.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step fails the test")]

mod adoption;
mod answers;
mod conformance;
mod extras;
mod hosts;
mod modes;
mod node;
mod old_agent;
mod runs;
#[path = "../support/mod.rs"]
mod support;
mod traps;
mod zoned;
