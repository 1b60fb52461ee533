//! When an open run is given up although its node has not ended it. Without store and clock.

use emt_api::{
    enums::UpdateRunState,
    maintmgr::update_status::StatusType,
    resources::{Instance, OsUpdateRun},
    status,
};

use super::{details, run};

/// How long a node says that it is up to date before its open run counts as cancelled, in seconds: a node that was started
/// again may need some polls until it finds out how its update ended.
pub(super) const CANCELLED_AFTER: u32 = 600;

/// Why a run is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Its node has nothing to do any more, and runs what it ran before.
    Cancelled,
    /// Its node has been silent since then, epoch seconds.
    Lost(u32),
}

/// Judges an open run. `heard`: last report of its node, or since when it could have been heard; `lost_after`: longest
/// silence, in seconds; 0: any. Epoch seconds.
pub(super) fn verdict(run: &OsUpdateRun, instance: &Instance, heard: u32, lost_after: u32, now: u32) -> Option<Verdict> {
    let at_rest = instance.update_status == status::of_report(StatusType::UpToDate).0;
    let since = instance.update_status_timestamp.max(run.status_timestamp);
    if at_rest && now.saturating_sub(since) >= CANCELLED_AFTER {
        return Some(Verdict::Cancelled);
    }
    let heard = heard.max(run.status_timestamp);
    (lost_after > 0 && now.saturating_sub(heard) >= lost_after).then_some(Verdict::Lost(heard))
}

/// Ends a run, and what its instance tells of it.
pub(super) fn give_up(run: &mut OsUpdateRun, instance: &mut Instance, verdict: Verdict, now: u32) {
    match verdict {
        Verdict::Cancelled => run::close(run, UpdateRunState::Cancelled, status::UPDATE_CANCELLED, None, now),
        Verdict::Lost(heard) => {
            let since = jiff::Timestamp::from_second(i64::from(heard)).unwrap_or_default();
            let log = details::given_up(&format!("the node has not reported since {since}"), now);
            instance.update_status_detail.clone_from(&log);
            status::set(
                &mut instance.update_status,
                &mut instance.update_status_indicator,
                &mut instance.update_status_timestamp,
                status::UPDATE_LOST,
                now,
            );
            run::close(run, UpdateRunState::Lost, status::UPDATE_LOST, Some(log), now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u32 = 86_400;

    #[test]
    fn who_is_given_up_and_when() {
        let run = OsUpdateRun { status_timestamp: 1000, ..OsUpdateRun::default() };
        let instance = |status: &str, since| Instance {
            update_status: status.to_owned(),
            update_status_timestamp: since,
            ..Instance::default()
        };
        for (status, since, heard, now, expected) in [
            ("Updating", 1000, 1000, 1000 + DAY - 1, None),
            ("Updating", 1000, 1000, 1000 + DAY, Some(Verdict::Lost(1000))),
            ("Updating", 1000, 5000, 1000 + DAY, None),
            ("Updating", 1000, 5000, 5000 + DAY, Some(Verdict::Lost(5000))),
            // A download may wait for its window for weeks.
            ("Download complete", 1000, 9 * DAY, 9 * DAY + 60, None),
            ("No new updates available", 2000, 2000, 2599, None),
            ("No new updates available", 2000, 2000, 2600, Some(Verdict::Cancelled)),
            ("No new updates available", 10, 2000, 1599, None),
            ("No new updates available", 10, 2000, 1600, Some(Verdict::Cancelled)),
            // Silent ever since: what it said last counts.
            ("No new updates available", 2000, 2000, 2000 + DAY, Some(Verdict::Cancelled)),
        ] {
            assert_eq!(verdict(&run, &instance(status, since), heard, DAY, now), expected, "{status} {since} {heard} {now}");
        }
        assert_eq!(verdict(&run, &instance("Updating", 1000), 1000, 0, u32::MAX), None, "switched off");
    }

    #[test]
    fn the_end_is_told() {
        let (mut run, mut instance) = (OsUpdateRun::default(), Instance::default());
        give_up(&mut run, &mut instance, Verdict::Lost(0), 90);
        assert_eq!((run.state, run.status.as_str(), run.end_time), (UpdateRunState::Lost, "Update lost", 90));
        assert!(run.status_details.contains("has not reported since 1970-01-01T00:00:00Z"), "{}", run.status_details);
        assert_eq!((instance.update_status.as_str(), &instance.update_status_detail), ("Update lost", &run.status_details));
        let (mut run, mut instance) = (OsUpdateRun::default(), Instance::default());
        give_up(&mut run, &mut instance, Verdict::Cancelled, 90);
        assert_eq!((run.state, run.status.as_str(), run.end_time), (UpdateRunState::Cancelled, "Update cancelled", 90));
        assert_eq!(instance, Instance::default());
    }
}
