//! The contract between the three programs: what the Edge Orchestrator API says, without I/O.

pub mod enums;
pub mod error;
pub mod filter;
pub mod hostmgr;
pub mod id;
pub mod input;
pub mod json;
pub mod loopback;
pub mod maintmgr;
pub mod openapi;
pub mod order;
pub mod os_diff;
pub mod page;
pub mod patterns;
pub mod record;
pub mod resources;
pub mod sheet;
pub mod spec;
pub mod status;
pub mod timestamp;
pub mod update_log;
pub mod value;
pub mod version;
