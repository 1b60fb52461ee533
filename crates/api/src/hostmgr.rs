//! Southbound messages of the Host Manager and, with feature `grpc`, the service stubs.
#![allow(missing_docs, unreachable_pub, clippy::pedantic, clippy::unwrap_used)]

include!(concat!(env!("OUT_DIR"), "/hostmgr_southbound_proto.rs"));
