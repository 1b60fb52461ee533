//! Time and randomness of the running server. Everything else is handed them, so that tests choose both.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicI64, Ordering},
};

use rand::{Rng, SeedableRng};

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

/// Where the server draws random numbers. Tests give a sequence that can be repeated.
#[derive(Clone, Default)]
pub enum Randomness {
    /// The system's cryptographic generator.
    #[default]
    System,
    /// A generator that a test has seeded.
    Seeded(Arc<Mutex<rand::rngs::StdRng>>),
}

impl Randomness {
    /// A sequence that is the same for the same seed.
    pub fn seeded(seed: u64) -> Self {
        Self::Seeded(Arc::new(Mutex::new(rand::rngs::StdRng::seed_from_u64(seed))))
    }

    /// Fills a buffer.
    pub fn fill(&self, bytes: &mut [u8]) {
        match self {
            Self::System => rand::rng().fill_bytes(bytes),
            Self::Seeded(generator) => generator.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(bytes),
        }
    }

    /// A random number.
    pub fn u64(&self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_ne_bytes(bytes)
    }

    /// A random number.
    pub fn u32(&self) -> u32 {
        let mut bytes = [0; 4];
        self.fill(&mut bytes);
        u32::from_ne_bytes(bytes)
    }
}
