//! What a report changes: the instance, and the run of the update that is going on.

use emt_api::{
    enums::{OsType, StatusIndication, UpdateRunState},
    maintmgr::{UpdateStatus, update_status::StatusType},
    record::Record,
    resources::{Host, Instance, Os, OsUpdateRun},
    status::{self, set},
    value::Link,
};

use super::{
    extras,
    run::{self, RunEffect, Said},
    versions::Versions,
};
use crate::os_resources::update_available;

/// What the node says that it runs.
pub(super) struct Running<'a> {
    /// Profile; "" if it does not say.
    pub(super) profile: &'a str,
    /// Image version; "" if it does not say.
    pub(super) image: &'a str,
}

impl<'a> Running<'a> {
    /// As a report carries it.
    pub(super) fn of(status: &'a UpdateStatus) -> Self {
        Self { profile: &status.profile_name, image: &status.os_image_id }
    }

    /// Whether the node says it at all.
    pub(super) fn is_named(&self) -> bool {
        !self.profile.is_empty() && !self.image.is_empty()
    }

    /// Whether it is exactly this OS resource. Parts of names never match.
    pub(super) fn is(&self, os: &Os) -> bool {
        self.is_named() && os.profile_name == self.profile && os.image_id == self.image
    }
}

/// What is known before the report.
pub(super) struct Facts<'a> {
    pub(super) host: &'a Host,
    pub(super) instance: &'a Instance,
    /// The OS that is on record as installed.
    pub(super) installed: Option<&'a Os>,
    /// The newest OS of its profile.
    pub(super) newest: Option<&'a Os>,
    /// OS resources among which a reported image is looked up.
    pub(super) catalogue: Versions<'a>,
    /// Epoch seconds.
    pub(super) now: u32,
}

/// What the report changes.
pub(super) struct Effect {
    pub(super) instance: Instance,
    pub(super) run: RunEffect,
}

/// Applies a report. `last` is the newest run of the instance, open or not.
pub(super) fn apply(facts: &Facts<'_>, report: &UpdateStatus, last: Option<OsUpdateRun>) -> Effect {
    let kind = StatusType::try_from(report.status_type).unwrap_or(StatusType::Unspecified);
    let running = Running::of(report);
    let mut instance = facts.instance.clone();
    let mut installed = facts.installed;
    if running.is_named() {
        running.profile.clone_into(&mut instance.running_profile);
        running.image.clone_into(&mut instance.running_image);
    }
    let is_open = last.as_ref().is_some_and(|run| run.state == UpdateRunState::Open);
    let confirmed = confirmed(facts, &running);
    let is_another = |os: &Os| facts.installed.is_none_or(|installed| installed.id() != os.id());
    // A node that is at rest with another image has installed it, though its report of success was lost.
    let arrived = kind == StatusType::UpToDate && is_open && confirmed.is_some_and(is_another);
    if (kind == StatusType::Updated || arrived) && is_immutable(installed) {
        match confirmed {
            Some(os) => {
                if is_another(os) {
                    instance.os_id = Link::to(os.id());
                    instance.existing_cves.clone_from(&os.existing_cves);
                }
                installed = Some(os);
            }
            // The report is an answer to an update that is not on record: it changes nothing but what runs.
            None => return Effect { instance, run: RunEffect::None },
        }
    }
    let status = status::of_report(kind);
    if instance.update_status_indicator == StatusIndication::Unspecified
        && status.1 == StatusIndication::Idle
        && let Some(os) = installed
    {
        instance.existing_cves.clone_from(&os.existing_cves);
    }
    let available = update_available(installed, facts.newest);
    instance.os_update_available = available.unwrap_or_else(|| report.os_update_available.clone());
    set(
        &mut instance.update_status,
        &mut instance.update_status_indicator,
        &mut instance.update_status_timestamp,
        status,
        facts.now,
    );
    let said = Said {
        kind: if arrived { StatusType::Updated } else { kind },
        detail: &report.status_detail,
        attempt: extras::attempt(report),
    };
    let run = run::effect(facts, &said, last);
    match &run {
        RunEffect::Update(run) if run.state != UpdateRunState::Open => {
            instance.update_status_detail.clone_from(&run.status_details);
        }
        // Without a run the reason is kept with the instance alone.
        RunEffect::None if kind == StatusType::Failed && facts.instance.update_status != status.0 => {
            if let Some(log) = said.log(facts, None) {
                instance.update_status_detail = log;
            }
        }
        _ => {}
    }
    Effect { instance, run }
}

/// The OS that an UPDATED report names: in the catalogue, of the profile on record. A repeated report names the OS
/// that is already on record, which confirms it.
fn confirmed<'a>(facts: &Facts<'a>, running: &Running<'_>) -> Option<&'a Os> {
    let same_profile = facts.installed.is_none_or(|installed| installed.profile_name == running.profile);
    facts.catalogue.iter().find(|os| same_profile && running.is(os))
}

fn is_immutable(os: Option<&Os>) -> bool {
    os.is_none_or(|os| os.os_type != OsType::Mutable)
}

/// The first report of an enrolled node: the machine runs, and so does what is installed on it.
pub(super) fn provision(host: &mut Host, instance: &mut Instance, installed: Option<&Os>, now: u32) {
    set(&mut host.host_status, &mut host.host_status_indicator, &mut host.host_status_timestamp, status::RUNNING, now);
    crate::inventory::provision(instance, host.id(), installed, now);
    set(
        &mut instance.instance_status,
        &mut instance.instance_status_indicator,
        &mut instance.instance_status_timestamp,
        status::RUNNING,
        now,
    );
    if instance.update_status.is_empty() {
        status::NO_CURRENT_UPDATE.0.clone_into(&mut instance.update_status);
    }
}

#[cfg(test)]
mod tests {
    use emt_api::resources::UNFINISHED;

    use super::*;

    const NOW: u32 = 1_780_000_000;

    fn os(id: &str, image: &str) -> Os {
        let mut os = Os {
            name: format!("EMT {image}"),
            profile_name: "emt".to_owned(),
            image_id: image.to_owned(),
            os_type: OsType::Immutable,
            existing_cves: format!("cves of {image}"),
            ..Os::default()
        };
        os.meta.id = id.to_owned();
        os
    }

    fn report(kind: StatusType, image: &str, detail: &str) -> UpdateStatus {
        UpdateStatus {
            status_type: kind.into(),
            status_detail: detail.to_owned(),
            profile_name: "emt".to_owned(),
            os_image_id: image.to_owned(),
            ..UpdateStatus::default()
        }
    }

    struct Story {
        host: Host,
        instance: Instance,
        catalogue: Vec<Os>,
        run: Option<OsUpdateRun>,
        now: u32,
    }

    impl Story {
        fn new() -> Self {
            let mut host = Host { name: "a-host-with-a-long-name".to_owned(), ..Host::default() };
            host.meta.id = "host-00000001".to_owned();
            let catalogue = vec![os("os-00000001", "3.0.1"), os("os-00000002", "3.0.2")];
            let mut instance = Instance::default();
            provision(&mut host, &mut instance, Some(&catalogue[0]), NOW);
            Self { host, instance, catalogue, run: None, now: NOW }
        }

        fn tell(&mut self, kind: StatusType, image: &str, detail: &str) {
            self.now += 1;
            let installed = self.catalogue.iter().find(|os| Some(os.id()) == self.instance.os_id.id());
            let facts = Facts {
                host: &self.host,
                instance: &self.instance,
                installed,
                newest: self.catalogue.last(),
                catalogue: Versions::of(&self.catalogue),
                now: self.now,
            };
            let effect = apply(&facts, &report(kind, image, detail), self.run.clone());
            self.instance = effect.instance;
            match effect.run {
                RunEffect::None => {}
                RunEffect::Create(run) | RunEffect::Update(run) => self.run = Some(*run),
            }
        }
    }

    #[test]
    fn an_update_from_first_report_to_last() {
        const LOG: &str = r#"{"update_log":[{"status":"installed"}]}"#;
        let mut story = Story::new();
        story.tell(StatusType::UpToDate, "3.0.1", "");
        assert_eq!(story.instance.update_status, "No new updates available");
        assert_eq!(story.instance.os_update_available, "EMT 3.0.2");
        assert_eq!(story.instance.existing_cves, "cves of 3.0.1");
        assert_eq!(story.run, None);

        story.tell(StatusType::Downloading, "3.0.1", "left over");
        let run = story.run.clone().unwrap();
        assert_eq!(run.name, "a-host-with-a update 20260528-202642");
        assert_eq!(run.description, "OS update for EMT 3.0.1");
        assert_eq!((run.status_details.as_str(), run.end_time), ("left over", UNFINISHED));

        story.tell(StatusType::Started, "3.0.1", "");
        assert_eq!(story.instance.update_status_indicator, StatusIndication::InProgress);
        story.tell(StatusType::Updated, "3.0.2", LOG);
        assert_eq!(story.instance.os_id.id(), Some("os-00000002"));
        assert_eq!(story.instance.existing_cves, "cves of 3.0.2");
        assert_eq!(story.instance.os_update_available, "");
        assert_eq!(story.instance.update_status_detail, LOG);
        let run = story.run.clone().unwrap();
        assert_eq!((run.status.as_str(), run.end_time), ("Update completed", story.now));

        let before = story.instance.clone();
        story.tell(StatusType::Updated, "3.0.2", LOG);
        assert_eq!(story.instance, before, "a repeated report confirms and changes nothing");
        story.tell(StatusType::UpToDate, "3.0.2", LOG);
        assert_eq!(story.instance.update_status, "No new updates available");
    }

    #[test]
    fn a_lost_report_of_success_is_made_good_by_its_repetition() {
        let mut story = Story::new();
        story.tell(StatusType::Started, "3.0.1", "");
        story.tell(StatusType::Updated, "3.0.2", "");
        // The run is still open on record although the OS has moved: the repetition closes it.
        let run = story.run.as_mut().unwrap();
        (run.end_time, run.state, run.status) = (UNFINISHED, UpdateRunState::Open, "Updating".to_owned());
        story.tell(StatusType::Updated, "3.0.2", "");
        assert_ne!(story.run.unwrap().end_time, UNFINISHED);
    }

    #[test]
    fn what_is_not_in_the_catalogue_moves_nothing() {
        for (image, why) in [("3.0", "part of a version"), ("9.9.9", "unknown"), ("", "unnamed")] {
            let mut story = Story::new();
            story.tell(StatusType::Started, "3.0.1", "");
            story.tell(StatusType::Updated, image, "");
            assert_eq!(story.instance.os_id.id(), Some("os-00000001"), "{why}");
            assert_eq!(story.run.unwrap().end_time, UNFINISHED, "{why}");
        }
    }

    #[test]
    fn failure_closes_the_run_with_its_reason() {
        const LOG: &str = r#"{"update_log":[{"status":"rolledback","failure_reason":"bootloader"}]}"#;
        let mut story = Story::new();
        story.tell(StatusType::Failed, "3.0.1", LOG);
        assert_eq!(story.run, None, "no run without a start");
        story.tell(StatusType::Started, "3.0.1", "");
        story.tell(StatusType::Failed, "3.0.1", LOG);
        assert_eq!(story.instance.update_status, "Update failed");
        assert_eq!(story.instance.update_status_detail, LOG);
        let run = story.run.unwrap();
        assert_eq!((run.status_details.as_str(), run.state), (LOG, UpdateRunState::RolledBack));
    }

    #[test]
    fn a_failure_without_a_run_tells_its_reason_at_the_instance() {
        let mut story = Story::new();
        story.tell(StatusType::Failed, "3.0.1", "curl: (6) could not resolve host");
        assert!(
            story.instance.update_status_detail.contains("could not resolve host"),
            "{}",
            story.instance.update_status_detail
        );
    }

    #[test]
    fn a_node_at_rest_with_another_image_has_installed_it() {
        let mut story = Story::new();
        story.tell(StatusType::UpToDate, "3.0.2", "");
        assert_eq!(story.instance.os_id.id(), Some("os-00000001"), "nothing was under way");
        story.tell(StatusType::Started, "3.0.1", "");
        story.tell(StatusType::UpToDate, "3.0.1", "");
        assert_eq!(story.run.as_ref().unwrap().state, UpdateRunState::Open);
        story.tell(StatusType::UpToDate, "3.0.2", "");
        assert_eq!(story.instance.os_id.id(), Some("os-00000002"));
        assert_eq!(story.instance.update_status, "No new updates available");
        let run = story.run.unwrap();
        assert_eq!((run.state, run.status.as_str()), (UpdateRunState::Succeeded, "Update completed"));
    }
}
