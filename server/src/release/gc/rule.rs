//! Which images go. Without store, disk and clock.

/// Milliseconds of an hour.
const HOUR_MS: i64 = 3_600_000;

/// How long images are kept that nothing needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Hours that an image stays which no OS resource names any more; 0: it stays for ever.
    pub keep_unused_hours: u32,
    /// Days that the image of an OS resource stays which nobody uses and which can be fetched again; 0: it stays for ever.
    pub keep_cached_days: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self { keep_unused_hours: 24, keep_cached_days: 30 }
    }
}

/// What is known of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facts {
    /// An OS resource names it.
    pub named: bool,
    /// Every OS resource that names it can be fetched again from its source.
    pub refetchable: bool,
    /// An instance has it or is to have it, a policy asks for it, or an update is under way with it.
    pub in_use: bool,
}

/// Why an image may go once it has been so for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Idle {
    /// No OS resource names it.
    Unnamed,
    /// It is a copy that nobody uses of what a source has.
    Cached,
}

impl Idle {
    /// Of an image; `None` if it has to stay.
    pub fn of(facts: Facts) -> Option<Self> {
        match facts {
            Facts { in_use: true, .. } | Facts { named: true, refetchable: false, .. } => None,
            Facts { named: false, .. } => Some(Self::Unnamed),
            Facts { named: true, refetchable: true, .. } => Some(Self::Cached),
        }
    }

    /// Whether an image that has been so since then goes now. Milliseconds since 1970.
    pub fn is_over(self, since_ms: i64, rules: &Rules, now_ms: i64) -> bool {
        let kept_ms = match self {
            Self::Unnamed => i64::from(rules.keep_unused_hours) * HOUR_MS,
            Self::Cached => i64::from(rules.keep_cached_days) * 24 * HOUR_MS,
        };
        kept_ms > 0 && now_ms.saturating_sub(since_ms) >= kept_ms
    }

    /// As it is noted.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Unnamed => "unnamed",
            Self::Cached => "cached",
        }
    }

    /// As it was noted.
    pub(super) fn read(word: &str) -> Option<Self> {
        [Self::Unnamed, Self::Cached].into_iter().find(|idle| idle.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_stays_and_how_long() {
        const DAY_MS: i64 = 24 * HOUR_MS;
        let rules = Rules::default();
        let never = Rules { keep_unused_hours: 0, keep_cached_days: 0 };
        // Named, can be fetched again, in use; and how long it stays.
        for (named, refetchable, in_use, expected) in [
            (false, false, false, Some((Idle::Unnamed, DAY_MS))),
            (false, true, false, Some((Idle::Unnamed, DAY_MS))),
            (false, false, true, None),
            (true, false, false, None),
            (true, false, true, None),
            (true, true, true, None),
            (true, true, false, Some((Idle::Cached, 30 * DAY_MS))),
        ] {
            let idle = Idle::of(Facts { named, refetchable, in_use });
            assert_eq!(idle, expected.map(|(idle, _)| idle), "{named} {refetchable} {in_use}");
            let Some((idle, kept_ms)) = expected else { continue };
            assert!(!idle.is_over(5, &rules, 4 + kept_ms) && idle.is_over(5, &rules, 5 + kept_ms), "{idle:?}");
            assert!(!idle.is_over(5, &never, i64::MAX), "{idle:?}");
            assert!(!idle.is_over(5, &rules, -DAY_MS), "a clock that was put back");
            assert_eq!(Idle::read(idle.word()), Some(idle));
        }
    }

    proptest! {
        #[test]
        fn what_is_referred_to_never_goes(
            (named, refetchable, in_use) in any::<(bool, bool, bool)>(),
            (since_ms, now_ms) in any::<(i64, i64)>(),
            (keep_unused_hours, keep_cached_days) in any::<(u32, u32)>(),
        ) {
            let rules = Rules { keep_unused_hours, keep_cached_days };
            let goes = Idle::of(Facts { named, refetchable, in_use }).is_some_and(|idle| idle.is_over(since_ms, &rules, now_ms));
            prop_assert!(!(goes && in_use), "it is in use");
            prop_assert!(!(goes && named && !refetchable), "it is named, and there is no other copy");
            prop_assert!(!(goes && now_ms < since_ms), "it goes before its time");
        }
    }
}
