//! The decision: each gate alone, and what holds for all decisions.

mod agreement;
mod properties;
mod table;
pub(in crate::maintenance) mod world;
