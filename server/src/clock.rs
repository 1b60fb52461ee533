//! Time and randomness of the running server. Everything else is handed them, so that tests choose both.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// Where the server reads the time.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The system's clock.
    #[default]
    System,
    /// A clock that stands where a test puts it; milliseconds since 1970.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// Milliseconds since 1970.
    #[allow(clippy::disallowed_methods, reason = "the one place where the system's clock is read")]
    pub fn now_ms(&self) -> i64 {
        match self {
            Self::System => jiff::Timestamp::now().as_millisecond(),
            Self::Fixed(time) => time.load(Ordering::SeqCst),
        }
    }

    /// Seconds since 1970.
    pub fn now(&self) -> i64 {
        self.now_ms().div_euclid(1000)
    }
}
