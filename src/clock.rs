//! The one place where time is read.

use jiff::Timestamp;

/// Now.
#[allow(clippy::disallowed_methods, reason = "the one place")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}
