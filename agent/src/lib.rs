//! The Platform Update Agent for immutable A/B edge nodes.
//!
//! [`machine`] decides, without I/O; [`journal`] keeps what it decided; [`run`] does what it says on the node's
//! [`slots`] and [`boot`] loader, with the Maintenance Manager and the Release Service at the other end. [`firmware`]
//! plays the part of a machine's firmware for sandbox nodes.

pub mod boot;
pub mod cli;
pub mod clock;
pub mod crash;
pub mod credentials;
pub mod detail;
pub mod download;
pub mod durable;
pub mod enrol;
pub mod firmware;
pub mod health;
mod heartbeat;
pub mod journal;
pub mod machine;
pub mod manager;
pub mod net;
pub mod node;
pub mod pace;
mod reports;
pub mod run;
pub mod sandbox;
pub mod schedule;
mod signals;
pub mod slots;
pub mod token;
mod wants;
mod work;
