//! Keeping a download below a number of bytes a second.

use std::time::Duration;

/// What has not been taken is saved up for no longer than this.
const SAVED: Duration = Duration::from_millis(250);

/// A token bucket, kept as the instant at which all that was taken has been paid for. Instants are counted from any fixed one.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    paid_at: Duration,
}

impl Throttle {
    /// How long to wait after so many bytes have come at an instant; `rate` is in bytes a second, 0 for no limit, and may be another
    /// one each time.
    pub(super) fn take(&mut self, bytes: usize, rate: u64, now: Duration) -> Duration {
        let nanoseconds = (bytes as u128 * 1_000_000_000).checked_div(rate.into()).unwrap_or(0);
        let cost = Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX));
        self.paid_at = self.paid_at.max(now.saturating_sub(SAVED)).saturating_add(cost);
        if rate == 0 {
            self.paid_at = now;
        }
        self.paid_at.saturating_sub(now)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_comes_too_fast_is_waited_for() {
        let milliseconds = Duration::from_millis;
        let mut throttle = Throttle::default();
        // Bytes, rate, instant in milliseconds, pause.
        for (bytes, rate, now, pause) in [
            (1000, 1000, 0, 1000),
            (500, 1000, 1000, 500),
            (500, 1000, 1500, 500),
            // Nothing has come for two seconds, of which a quarter is saved.
            (500, 1000, 4000, 250),
            (4000, 2000, 4250, 2000),
            (1 << 30, 0, 5000, 0),
            (1000, 1000, 5000, 1000),
        ] {
            assert_eq!(throttle.take(bytes, rate, milliseconds(now)), milliseconds(pause), "{bytes} at {now}");
        }
    }

    proptest! {
        /// Whoever waits as told never has more than the rate, what was saved up, and the last bytes; and never less than the
        /// rate if it takes whatever it may.
        #[test]
        fn the_rate_is_kept(rate in 1_u64..1_000_000, chunks in proptest::collection::vec((1_usize..100_000, 0_u64..400), 1..60)) {
            let mut throttle = Throttle::default();
            let (mut now, mut came) = (Duration::ZERO, 0_u64);
            let mut idle = Duration::ZERO;
            for (bytes, late) in chunks {
                let late = Duration::from_millis(late);
                now += late;
                idle += late;
                #[allow(clippy::cast_precision_loss, reason = "a few megabytes")]
                let (before, allowed) = (came as f64, rate as f64 * (now + SAVED).as_secs_f64() + 1.0);
                prop_assert!(before <= allowed, "{before} of {allowed}");
                came += bytes as u64;
                now += throttle.take(bytes, rate, now);
            }
            #[allow(clippy::cast_precision_loss, reason = "a few megabytes")]
            let least = rate as f64 * now.saturating_sub(idle).as_secs_f64();
            #[allow(clippy::cast_precision_loss, reason = "a few megabytes")]
            let came = came as f64;
            prop_assert!(came + 1.0 >= least, "{came} of {least}");
        }
    }
}
