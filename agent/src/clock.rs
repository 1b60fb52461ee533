//! The one place where the system's clock is read; everything else is handed the time.

use std::time::Duration;

/// Unix seconds.
pub fn now() -> i64 {
    timestamp().as_second()
}

/// Time left until a second begins; none if it has begun.
pub fn until(second: i64) -> Duration {
    let milliseconds = second.saturating_mul(1000).saturating_sub(timestamp().as_millisecond());
    Duration::from_millis(u64::try_from(milliseconds).unwrap_or(0))
}

#[allow(clippy::disallowed_methods, reason = "the clock itself")]
fn timestamp() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
