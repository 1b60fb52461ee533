//! How long to wait.

use std::time::Duration;

/// Part of the interval by which polls are spread to either side.
const JITTER: f64 = 0.1;

/// Longest pause between polls while the Maintenance Manager cannot be reached.
pub const LONGEST_POLL_PAUSE: Duration = Duration::from_mins(5);

/// How often the Maintenance Manager is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Polls {
    /// Whatever the server suggests.
    pub fixed: Option<Duration>,
    /// What the server suggests is not followed below this.
    pub least: Duration,
    /// Nor above this.
    pub most: Duration,
}

impl Polls {
    /// Where neither the node's settings nor the server say anything.
    pub const DEFAULT: Duration = Duration::from_secs(20);

    /// The interval, when the server suggests so many seconds; 0 is no suggestion.
    pub fn interval(&self, suggested: u32) -> Duration {
        match (self.fixed, suggested) {
            (Some(fixed), _) => fixed,
            (None, 0) => Self::DEFAULT,
            (None, seconds) => Duration::from_secs(seconds.into()).max(self.least).min(self.most),
        }
    }
}

/// Until the next poll: the interval, doubled with every failure in a row, spread by a random number from 0 to 1.
pub fn poll(interval: Duration, failures: u32, random: f64) -> Duration {
    let longest = LONGEST_POLL_PAUSE.max(interval);
    spread(interval.saturating_mul(1 << failures.min(16)).min(longest), random)
}

/// Until a broken download is taken up again: a first pause, doubled with every further failure in a row up to a minute.
pub fn download(first: Duration, failures: u32, random: f64) -> Duration {
    spread(first.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(Duration::from_mins(1)), random)
}

/// Until a process that ended is started again: 100 ms after a life of ten seconds or more; doubled, up to ten
/// seconds, with every shorter life in a row.
pub fn restart(short_lives: u32) -> Duration {
    Duration::from_millis(100).saturating_mul(1 << short_lives.min(16)).min(Duration::from_secs(10))
}

/// Seconds until a failed update is tried again: doubled with every attempt, a day at most.
pub fn retry(base_seconds: i64, attempts: u32) -> i64 {
    const DAY: i64 = 86_400;
    base_seconds.saturating_mul(1 << attempts.saturating_sub(1).min(16)).clamp(0, DAY.max(base_seconds))
}

fn spread(pause: Duration, random: f64) -> Duration {
    pause.mul_f64(1.0 - JITTER + 2.0 * JITTER * random.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suggestion_is_followed_within_bounds() {
        let seconds = Duration::from_secs;
        let polls = |fixed| Polls { fixed, least: seconds(5), most: seconds(300) };
        for (fixed, suggested, expected) in
            [(None, 0, 20), (None, 60, 60), (None, 1, 5), (None, u32::MAX, 300), (Some(2), 60, 2), (Some(900), 0, 900)]
        {
            assert_eq!(polls(fixed.map(seconds)).interval(suggested), seconds(expected), "{fixed:?} {suggested}");
        }
    }

    #[test]
    fn pauses() {
        let seconds = Duration::from_secs;
        for (failures, random, expected) in [
            (0, 0.5, seconds(30)),
            (0, 0.0, seconds(27)),
            (0, 1.0, seconds(33)),
            (1, 0.5, seconds(60)),
            (3, 0.5, seconds(240)),
            (4, 0.5, seconds(300)),
            (99, 0.5, seconds(300)),
        ] {
            assert_eq!(poll(seconds(30), failures, random), expected, "{failures} {random}");
        }
        assert_eq!(poll(seconds(1000), 9, 0.5), seconds(1000));
        let downloads = [1, 4, 60].map(|failures| download(seconds(1), failures, 0.5));
        assert_eq!(downloads, [seconds(1), seconds(8), seconds(60)]);
        assert_eq!([0, 1, 60].map(restart), [Duration::from_millis(100), Duration::from_millis(200), seconds(10)]);
        assert_eq!([retry(600, 1), retry(600, 2), retry(600, 60), retry(0, 5)], [600, 1200, 86_400, 0]);
    }
}
