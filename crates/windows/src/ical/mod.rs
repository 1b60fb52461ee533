//! Rules as calendars (RFC 5545), and calendars as rules.
//!
//! What one format can say of the other is said exactly. What a calendar cannot say for good, such as the windows of a rule
//! without a recurrence of its kind, is told up to a horizon, with a note. What a rule cannot say is refused when it is read.

mod event;
mod export;
mod import;
mod line;
mod recur;
mod value;
mod zones;

pub use self::{
    event::Event,
    export::{Calendar, Telling, export},
    import::{Imported, import},
};

/// Why a calendar is not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("calendar line {line}, {property}: {why}")]
pub struct IcalError {
    /// Number of the line, from 1, as it stands in the text.
    pub line: usize,
    /// The property that is wrong, such as `RRULE`.
    pub property: String,
    /// What is wrong with it, and what is allowed.
    pub why: String,
}
