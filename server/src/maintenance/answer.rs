//! What a node is told: target and windows, in the form that is safe for every agent.
//!
//! A node with nothing to install gets empty messages and no window, because an agent that sees a window starts an
//! update in it, whatever the target (southbound contract, compatibility).

use emt_api::{
    enums::OsType,
    maintmgr::{
        self, OsProfileUpdateSource, PlatformUpdateStatusResponse, UpdateSchedule, UpdateSource,
        platform_update_status_response::OsType as WireOsType,
    },
    patterns::{CRON_DAY_MONTH, CRON_DAY_WEEK, CRON_HOURS, CRON_MINUTES, CRON_MONTH},
    record::Record,
    resources::{Os, RepeatedSchedule, SingleSchedule},
};

use crate::inventory::Target;

/// Length given to a window without an end: old agents never run one that has none.
const OPEN_ENDED_SECONDS: u64 = 3650 * 86_400;

/// The OS-update windows that hold for a node.
#[derive(Debug, Clone, Default)]
pub struct Windows {
    /// Windows that open once.
    pub singles: Vec<SingleSchedule>,
    /// Windows that open again and again.
    pub repeated: Vec<RepeatedSchedule>,
}

/// The answer for a node that runs `installed`, of profile `profile`.
pub(super) fn answer(
    installed: Option<&Os>,
    profile: &str,
    target: &Target,
    windows: &Windows,
    now: i64,
) -> PlatformUpdateStatusResponse {
    let mut answer = PlatformUpdateStatusResponse {
        update_source: Some(UpdateSource::default()),
        update_schedule: Some(UpdateSchedule::default()),
        os_profile_update_source: Some(OsProfileUpdateSource::default()),
        ..PlatformUpdateStatusResponse::default()
    };
    let os_type = match installed.map(|os| os.os_type) {
        Some(OsType::Mutable) => WireOsType::Mutable,
        _ => WireOsType::Immutable,
    };
    answer.set_os_type(os_type);
    if let Some(os) = to_install(installed, profile, target) {
        answer.os_profile_update_source = Some(OsProfileUpdateSource {
            os_image_url: os.image_url.clone(),
            os_image_id: os.image_id.clone(),
            os_image_sha: os.sha256.to_ascii_lowercase(),
            profile_name: os.profile_name.clone(),
            profile_version: os.profile_version.clone(),
        });
        answer.update_schedule = Some(schedule(windows, now));
    }
    answer
}

/// The OS to install now, if the target is one that this node may install.
fn to_install<'a>(installed: Option<&Os>, profile: &str, target: &'a Target) -> Option<&'a Os> {
    let Target::Os(os) = target else { return None };
    let same = installed.is_some_and(|installed| installed.id() == os.id() || installed.sha256 == os.sha256);
    let fits = os.os_type == OsType::Immutable && os.profile_name == profile && !os.image_url.is_empty() && !os.sha256.is_empty();
    (fits && !same).then_some(os)
}

fn schedule(windows: &Windows, now: i64) -> UpdateSchedule {
    let repeated: Vec<maintmgr::RepeatedSchedule> = windows.repeated.iter().filter_map(repeated).collect();
    #[allow(deprecated, reason = "old agents read the first one here")]
    UpdateSchedule {
        single_schedule: single(&windows.singles, now),
        repeated_schedule: repeated.first().cloned(),
        repeated_schedules: repeated,
    }
}

/// The window that is open (the one that stays open longest), else the one that opens next.
fn single(singles: &[SingleSchedule], now: i64) -> Option<maintmgr::SingleSchedule> {
    let now = u64::try_from(now).ok()?;
    let windows = singles.iter().map(|schedule| {
        let start = u64::from(schedule.start_seconds);
        let end = if schedule.end_seconds == 0 { start + OPEN_ENDED_SECONDS } else { u64::from(schedule.end_seconds) };
        maintmgr::SingleSchedule { start_seconds: start, end_seconds: end }
    });
    let (open, coming): (Vec<_>, Vec<_>) =
        windows.filter(|window| window.end_seconds > now).partition(|window| window.start_seconds <= now);
    open.into_iter()
        .max_by_key(|window| window.end_seconds)
        .or_else(|| coming.into_iter().min_by_key(|window| window.start_seconds))
}

/// A schedule that breaks the cron grammar is not sent: a window that cannot be read never opens.
fn repeated(schedule: &RepeatedSchedule) -> Option<maintmgr::RepeatedSchedule> {
    let duration = u32::try_from(schedule.duration_seconds).ok().filter(|seconds| (1..=86_400).contains(seconds))?;
    let fields = [
        (CRON_MINUTES, &schedule.cron_minutes),
        (CRON_HOURS, &schedule.cron_hours),
        (CRON_DAY_MONTH, &schedule.cron_day_month),
        (CRON_MONTH, &schedule.cron_month),
        (CRON_DAY_WEEK, &schedule.cron_day_week),
    ];
    let readable = fields.into_iter().all(|(pattern, field)| emt_api::input::matches(pattern, field));
    readable.then(|| maintmgr::RepeatedSchedule {
        duration_seconds: duration,
        cron_minutes: schedule.cron_minutes.clone(),
        cron_hours: schedule.cron_hours.clone(),
        cron_day_month: schedule.cron_day_month.clone(),
        cron_month: schedule.cron_month.clone(),
        cron_day_week: schedule.cron_day_week.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn os(id: &str, profile: &str, os_type: OsType) -> Os {
        let mut os = Os {
            profile_name: profile.to_owned(),
            image_id: id.to_owned(),
            image_url: format!("files/{id}"),
            sha256: format!("ABC{id}"),
            os_type,
            ..Os::default()
        };
        os.meta.id = id.to_owned();
        os
    }

    fn single_at(start: u32, end: u32) -> SingleSchedule {
        SingleSchedule { start_seconds: start, end_seconds: end, ..SingleSchedule::default() }
    }

    #[test]
    fn every_message_is_there_and_windows_come_only_with_a_target() {
        let installed = os("os-1", "emt", OsType::Immutable);
        let windows = Windows { singles: vec![single_at(100, 200)], repeated: Vec::new() };
        let other = |os: Os| Target::Os(Box::new(os));
        for (target, sent) in [
            (Target::Nothing, false),
            (Target::Missing, false),
            (Target::KernelCommand("quiet".to_owned()), false),
            (other(installed.clone()), false),
            (other(os("os-2", "emt-rt", OsType::Immutable)), false),
            (other(os("os-2", "emt", OsType::Mutable)), false),
            (other(os("os-2", "emt", OsType::Immutable)), true),
        ] {
            let answer = answer(Some(&installed), "emt", &target, &windows, 50);
            assert!(answer.update_source.is_some());
            assert_eq!(answer.os_type(), WireOsType::Immutable);
            let source = answer.os_profile_update_source.unwrap();
            assert_eq!(!source.os_image_sha.is_empty(), sent, "{target:?}");
            assert_eq!(source.os_image_sha, source.os_image_sha.to_ascii_lowercase());
            assert_eq!(answer.update_schedule.unwrap().single_schedule.is_some(), sent, "{target:?}");
        }
    }

    #[test]
    fn the_open_window_goes_before_the_next_one() {
        for (windows, now, expected) in [
            (vec![], 50, None),
            (vec![single_at(10, 20)], 50, None),
            (vec![single_at(10, 20), single_at(100, 200)], 50, Some((100, 200))),
            (vec![single_at(300, 400), single_at(100, 200)], 50, Some((100, 200))),
            (vec![single_at(40, 60), single_at(51, 200)], 50, Some((40, 60))),
            (vec![single_at(40, 60), single_at(30, 70)], 50, Some((30, 70))),
            (vec![single_at(40, 50)], 50, None),
            (vec![single_at(10, 0)], 50, Some((10, 10 + OPEN_ENDED_SECONDS))),
        ] {
            let sent = single(&windows, now).map(|window| (window.start_seconds, window.end_seconds));
            assert_eq!(sent, expected, "{windows:?}");
        }
    }

    #[test]
    fn unreadable_repeated_windows_stay_closed() {
        let good = RepeatedSchedule {
            duration_seconds: 60,
            cron_minutes: "0".to_owned(),
            cron_hours: "2".to_owned(),
            cron_day_month: "*".to_owned(),
            cron_month: "*".to_owned(),
            cron_day_week: "6".to_owned(),
            ..RepeatedSchedule::default()
        };
        assert!(repeated(&good).is_some());
        assert!(repeated(&RepeatedSchedule { duration_seconds: 0, ..good.clone() }).is_none());
        assert!(repeated(&RepeatedSchedule { cron_hours: String::new(), ..good.clone() }).is_none());
        assert!(repeated(&RepeatedSchedule { cron_minutes: "*/5".to_owned(), ..good }).is_none());
    }
}
