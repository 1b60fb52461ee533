//! The pages, without a browser: who sees what, what is safe, and what they weigh.

#[path = "../support/mod.rs"]
mod support;

mod actions;
mod browser;
mod external;
mod issuer_world;
mod links;
mod os;
mod pages;
mod schedules;
mod sessions;
mod two_servers;
