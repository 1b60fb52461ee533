//! What happens to the instances that are followed. Knows no clock and no network: it is shown the instances again and again.

use std::collections::HashMap;

use emt_client::{
    Resource, last_outcome,
    models::{Instance, Os, Schedule},
};
use jiff::Timestamp;

/// Where an update is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// For a window, or for the node.
    Waiting,
    Downloading,
    Downloaded,
    Updating,
    /// It runs what it is to run.
    Done,
    Failed,
    /// It was deleted.
    Gone,
}

impl Phase {
    /// One word for scripts.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Downloading => "downloading",
            Self::Downloaded => "downloaded",
            Self::Updating => "updating",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Gone => "gone",
        }
    }

    pub(crate) fn has_ended(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Gone)
    }
}

/// An update that is followed, as it was seen last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) instance: Instance,
    pub(crate) phase: Phase,
}

impl Change {
    /// Version that runs.
    pub(crate) fn runs(&self) -> &str {
        version(self.instance.current())
    }

    /// Version that is to run.
    pub(crate) fn to_run(&self) -> &str {
        version(self.instance.desired_os.as_ref().or(self.instance.current()))
    }
}

fn version(os: Option<&Os>) -> &str {
    os.map_or("?", |os| if os.version.is_empty() { &os.id } else { &os.version })
}

/// The updates that are followed.
pub(crate) struct Follow {
    seen: Vec<Seen>,
}

struct Seen {
    last: Change,
    /// When a failure was told that another attempt will follow; such a one does not count.
    old_failure: Option<i64>,
}

impl Follow {
    /// Begins with these instances. A failure that is on record counts unless a window for another attempt is open or to come.
    pub(crate) fn new(instances: &[&Instance], schedules: &[Resource<Schedule>], now: Timestamp) -> Self {
        let seen = instances.iter().map(|instance| {
            let again = instance.has_failed() && has_another_attempt(instance, schedules, now);
            let old_failure = again.then_some(instance.update_time);
            let phase = phase(instance, old_failure);
            Seen { last: Change { instance: (*instance).clone(), phase }, old_failure }
        });
        Self { seen: seen.collect() }
    }

    /// How each was seen last.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Change> {
        self.seen.iter().map(|seen| &seen.last)
    }

    /// Whether all have ended.
    pub(crate) fn have_all_ended(&self) -> bool {
        self.all().all(|change| change.phase.has_ended())
    }

    /// Looks at all instances again; tells what has changed.
    pub(crate) fn look(&mut self, instances: &[Resource<Instance>]) -> Vec<Change> {
        let now: HashMap<&str, &Instance> =
            instances.iter().map(|instance| (instance.data.id.as_str(), &instance.data)).collect();
        let mut changes = Vec::new();
        for seen in &mut self.seen {
            // What has ended has ended: a node that reports more has not failed after all, or again.
            if seen.last.phase.has_ended() {
                continue;
            }
            let next = match now.get(seen.last.instance.id.as_str()) {
                Some(instance) => Change { phase: phase(instance, seen.old_failure), instance: (*instance).clone() },
                None => Change { phase: Phase::Gone, ..seen.last.clone() },
            };
            let differs = next.phase != seen.last.phase || next.to_run() != seen.last.to_run();
            seen.last = next;
            if differs {
                changes.push(seen.last.clone());
            }
        }
        changes
    }
}

/// Texts are compared by their beginning: servers of both generations add to them.
fn phase(instance: &Instance, old_failure: Option<i64>) -> Phase {
    if instance.is_up_to_date() {
        return Phase::Done;
    }
    if instance.has_failed() {
        let is_old = old_failure == Some(instance.update_time) || is_of_another_target(instance);
        return if is_old { Phase::Waiting } else { Phase::Failed };
    }
    let begins = [("Downloading", Phase::Downloading), ("Download complete", Phase::Downloaded), ("Updating", Phase::Updating)];
    let found = begins.iter().find(|(text, _)| instance.update_status.starts_with(text));
    found.map_or(Phase::Waiting, |(_, phase)| *phase)
}

/// Whether the failure on record is that of a version which the instance is not to run any more.
fn is_of_another_target(instance: &Instance) -> bool {
    let failed = last_outcome(&instance.update_detail).map(|outcome| outcome.version).unwrap_or_default();
    !failed.is_empty() && instance.desired_os.as_ref().is_some_and(|desired| desired.version != failed)
}

/// Whether a single window that began or will begin after the failure is not over yet. Places above the host are not
/// walked: a window for any region or site may hold for it.
fn has_another_attempt(instance: &Instance, schedules: &[Resource<Schedule>], now: Timestamp) -> bool {
    let now = now.as_second();
    let host = instance.host.as_ref().map(|host| host.id.as_str());
    schedules.iter().map(|schedule| &schedule.data).any(|schedule| {
        let is_open = schedule.end == 0 || now <= schedule.end;
        let may_hold = schedule.host.as_ref().is_none_or(|target| target.id.is_empty() || Some(target.id.as_str()) == host);
        !schedule.is_repeated() && schedule.is_for_updates() && is_open && may_hold && schedule.start > instance.update_time
    })
}

#[cfg(test)]
mod tests {
    use emt_client::models::{Host, Place};
    use serde_json::Value as Json;

    use super::*;

    fn instance(runs: &str, status: &str, time: i64) -> Instance {
        let os = |version: &str| Os { id: format!("os-{version}"), version: version.to_owned(), ..Os::default() };
        let error = status == "Update failed";
        Instance {
            id: "inst-1".to_owned(),
            host: Some(Box::new(Host { id: "host-1".to_owned(), ..Host::default() })),
            os: Some(os(runs)),
            desired_os: Some(os("2")),
            update_status: status.to_owned(),
            update_indicator: if error { "STATUS_INDICATION_ERROR".to_owned() } else { String::new() },
            update_time: time,
            ..Instance::default()
        }
    }

    fn shown(instance: Instance) -> [Resource<Instance>; 1] {
        [Resource { json: Json::Null, data: instance }]
    }

    #[test]
    fn an_update_is_followed_to_its_end() {
        let mut follow = Follow::new(&[&instance("1", "No new updates available", 1)], &[], Timestamp::UNIX_EPOCH);
        assert_eq!(follow.all().next().unwrap().phase, Phase::Waiting);
        for (runs, status, expected) in [
            ("1", "No new updates available", None),
            ("1", "Downloading artifacts", Some(Phase::Downloading)),
            ("1", "Downloading artifacts", None),
            ("1", "Download complete", Some(Phase::Downloaded)),
            ("1", "Updating", Some(Phase::Updating)),
            ("2", "Update completed", Some(Phase::Done)),
            ("1", "Update failed", None),
        ] {
            let changes: Vec<Phase> = follow.look(&shown(instance(runs, status, 1))).iter().map(|change| change.phase).collect();
            assert_eq!(changes.first().copied(), expected, "{runs} {status}");
        }
        assert!(follow.have_all_ended());
    }

    #[test]
    fn what_is_deleted_or_linked_anew_is_told() {
        let mut follow = Follow::new(&[&instance("1", "", 1)], &[], Timestamp::UNIX_EPOCH);
        let mut other = instance("1", "", 1);
        other.desired_os = Some(Os { id: "os-3".to_owned(), version: "3".to_owned(), ..Os::default() });
        let changes = follow.look(&shown(other));
        assert_eq!((changes[0].phase, changes[0].to_run()), (Phase::Waiting, "3"));
        assert_eq!(follow.look(&[])[0].phase, Phase::Gone);
        assert!(follow.have_all_ended());
    }

    #[test]
    fn the_failure_of_another_version_does_not_count() {
        for (failed, expected) in [("2", Phase::Failed), ("1.5", Phase::Waiting), ("", Phase::Failed)] {
            let mut instance = instance("1", "Update failed", 950);
            instance.update_detail = format!(r#"{{"update_log":[{{"status":"failed","version":"{failed}"}}]}}"#);
            let follow = Follow::new(&[&instance], &[], Timestamp::UNIX_EPOCH);
            assert_eq!(follow.all().next().unwrap().phase, expected, "{failed}");
        }
    }

    #[test]
    fn an_old_failure_counts_unless_another_attempt_follows() {
        let window = |start, end, host: &str| {
            let place = |id: &str| Place { id: id.to_owned(), name: String::new() };
            let host = (!host.is_empty()).then(|| place(host));
            let status = "SCHEDULE_STATUS_OS_UPDATE".to_owned();
            Resource { json: Json::Null, data: Schedule { start, end, host, status, ..Schedule::default() } }
        };
        let now = Timestamp::from_second(1000).unwrap();
        for (windows, expected) in [
            (vec![], Phase::Failed),
            (vec![window(1010, 2000, "host-1")], Phase::Waiting),
            (vec![window(990, 2000, "host-1")], Phase::Waiting),
            (vec![window(990, 2000, "")], Phase::Waiting),
            (vec![window(990, 0, "host-1")], Phase::Waiting),
            (vec![window(900, 2000, "host-1")], Phase::Failed),
            (vec![window(990, 999, "host-1")], Phase::Failed),
            (vec![window(990, 2000, "host-2")], Phase::Failed),
        ] {
            let follow = Follow::new(&[&instance("1", "Update failed", 950)], &windows, now);
            assert_eq!(follow.all().next().unwrap().phase, expected, "{windows:?}");
        }
        let mut follow = Follow::new(&[&instance("1", "Update failed", 950)], &[window(1010, 2000, "host-1")], now);
        assert!(follow.look(&shown(instance("1", "Update failed", 950))).is_empty());
        assert_eq!(follow.look(&shown(instance("1", "Downloading artifacts", 1011)))[0].phase, Phase::Downloading);
        assert_eq!(follow.look(&shown(instance("1", "Update failed", 1020)))[0].phase, Phase::Failed);
    }
}
