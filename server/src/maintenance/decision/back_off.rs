//! How long a node waits after failures.

use emt_api::{enums::UpdateRunState, record::Record, resources::OsUpdateRun};

/// Wait after the first failure, seconds.
const FIRST: i64 = 600;
/// Longest wait, seconds.
const LONGEST: i64 = 86_400;
/// More runs than this are not looked at: by then the wait is at its longest.
pub const RUNS: u64 = 10;

/// Failures in succession at one target, and the wait after them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BackOff {
    /// How many failures.
    pub(super) failures: u32,
    /// Id of the run that failed last.
    pub(super) run: String,
    /// When it failed, epoch seconds.
    pub(super) from: i64,
    /// When the wait is over, epoch seconds.
    pub(super) until: i64,
}

impl BackOff {
    /// What the last runs of an instance, newest first, mean for a target. A run that goes on is left out; one of another
    /// target, or one that did not fail, ends the succession.
    pub(super) fn of(runs: &[OsUpdateRun], target: &str) -> Option<Self> {
        let ended = || runs.iter().filter(|run| run.state != UpdateRunState::Open);
        let has_failed = |run: &OsUpdateRun| matches!(run.state, UpdateRunState::Failed | UpdateRunState::RolledBack);
        let failed = |run: &&OsUpdateRun| has_failed(run) && run.target == target;
        let last = ended().next().filter(failed)?;
        let failures = u32::try_from(ended().take_while(failed).count()).unwrap_or(u32::MAX);
        let from = i64::from(last.end_time);
        Some(Self { failures, run: last.id().to_owned(), from, until: from + wait(failures) })
    }
}

/// Seconds to wait after so many failures in succession: 10 minutes, doubled with every further one, a day at most.
fn wait(failures: u32) -> i64 {
    FIRST.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_a_day() {
        let minutes = [1, 2, 3, 7, 8, 9, 100].map(|failures| wait(failures) / 60);
        assert_eq!(minutes, [10, 20, 40, 640, 1280, 1440, 1440]);
        assert_eq!(wait(u32::try_from(RUNS).unwrap() - 1), LONGEST, "more runs than are read would make no difference");
    }

    #[test]
    fn only_failures_in_succession_at_the_target_count() {
        use UpdateRunState::{Cancelled, Failed, Lost, Open, RolledBack, Succeeded};
        let run = |target: &str, state, end: u32| OsUpdateRun {
            target: target.to_owned(),
            state,
            end_time: end,
            ..OsUpdateRun::default()
        };
        let open = run("a", Open, 0);
        let (a, b, done) = (run("a", Failed, 1000), run("b", RolledBack, 900), run("a", Succeeded, 800));
        let (back, lost, given_up) = (run("a", RolledBack, 1000), run("a", Lost, 900), run("a", Cancelled, 900));
        for (runs, expected) in [
            (vec![], None),
            (vec![&open], None),
            (vec![&a], Some((1, 1600))),
            (vec![&open, &a], Some((1, 1600))),
            (vec![&a, &a], Some((2, 2200))),
            (vec![&a, &b, &a], Some((1, 1600))),
            (vec![&a, &done, &a], Some((1, 1600))),
            (vec![&back, &a], Some((2, 2200))),
            (vec![&lost, &a], None),
            (vec![&a, &given_up, &a], Some((1, 1600))),
            (vec![&b, &a], None),
            (vec![&done, &a], None),
        ] {
            let runs: Vec<OsUpdateRun> = runs.into_iter().cloned().collect();
            let found = BackOff::of(&runs, "a").map(|back_off| (back_off.failures, back_off.until));
            assert_eq!(found, expected, "{runs:?}");
        }
    }
}
