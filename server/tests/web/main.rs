//! The pages, without a browser: who sees what, what is safe, and what they weigh.

#[path = "../support/mod.rs"]
mod support;

mod actions;
mod browser;
mod links;
mod os;
mod pages;
mod schedules;
mod sessions;
