//! Random choices that are the same for the same seed.

use rand::{RngExt as _, SeedableRng, rngs::StdRng};

/// A source of choices.
pub(crate) struct Random(StdRng);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: i64) -> i64 {
        self.0.random_range(0..end.max(1))
    }

    /// Whether something happens that happens so often in a hundred.
    pub(crate) fn percent(&mut self, often: i64) -> bool {
        self.below(100) < often
    }

    /// One of these.
    pub(crate) fn of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        let at = usize::try_from(self.below(i64::try_from(choices.len()).unwrap())).unwrap();
        &choices[at]
    }
}
