//! Southbound messages of the Maintenance Manager and, with feature `grpc`, the service stubs.
#![allow(missing_docs, unreachable_pub, deprecated, clippy::pedantic, clippy::unwrap_used)]

include!(concat!(env!("OUT_DIR"), "/maintmgr.v1.rs"));
