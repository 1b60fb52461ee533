//! The contract between the three programs: what the Edge Orchestrator API says, without I/O.

pub mod maintmgr;
