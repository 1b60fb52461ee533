//! A lightweight Edge Orchestrator in one binary.

pub mod clock;
pub mod identity;
pub mod inventory;
pub mod maintenance;
pub mod release;
pub mod store;
pub mod tls;
