//! Who may do what, and until when: the whole server, called by everybody it knows and some it does not.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step fails the test")]

mod admin;
mod admin_matrix;
mod browser;
mod deletion;
mod issuer;
mod keys;
mod matrix;
#[path = "../support/mod.rs"]
mod support;
