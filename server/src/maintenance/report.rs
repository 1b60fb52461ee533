//! What a report changes: the instance, and the run of the update that is going on.

use emt_api::{
    enums::{InstanceState, OsType, StatusIndication},
    maintmgr::{UpdateStatus, update_status::StatusType},
    record::Record,
    resources::{Host, Instance, Os, OsUpdateRun, UNFINISHED},
    status::{self, Status},
    value::Link,
    version,
};

use super::details;

/// Most characters of a host's name in the name of a run, so that the whole stays within 40.
const RUN_NAME_HOST: usize = 13;

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
    pub(super) catalogue: &'a [Os],
    /// Epoch seconds.
    pub(super) now: u32,
}

/// What the report changes.
pub(super) struct Effect {
    pub(super) instance: Instance,
    pub(super) run: RunEffect,
}

/// What happens to the run.
#[derive(Debug, PartialEq)]
pub(super) enum RunEffect {
    None,
    Create(Box<OsUpdateRun>),
    Update(Box<OsUpdateRun>),
}

/// Applies a report.
pub(super) fn apply(facts: &Facts<'_>, report: &UpdateStatus, open_run: Option<OsUpdateRun>) -> Effect {
    let kind = StatusType::try_from(report.status_type).unwrap_or(StatusType::Unspecified);
    let running = Running::of(report);
    let mut instance = facts.instance.clone();
    let mut installed = facts.installed;
    if running.is_named() {
        running.profile.clone_into(&mut instance.running_profile);
        running.image.clone_into(&mut instance.running_image);
    }
    if kind == StatusType::Updated && is_immutable(installed) {
        match confirmed(facts, &running) {
            Some(os) => {
                if facts.installed.is_none_or(|installed| installed.id() != os.id()) {
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
    if is_immutable(installed) {
        instance.os_update_available = available(installed, facts.newest);
    } else if instance.os_update_available != report.os_update_available {
        instance.os_update_available.clone_from(&report.os_update_available);
    }
    set(
        &mut instance.update_status,
        &mut instance.update_status_indicator,
        &mut instance.update_status_timestamp,
        status,
        facts.now,
    );
    let run = run_effect(facts, kind, status, &report.status_detail, open_run);
    if let RunEffect::Update(run) = &run
        && run.end_time != UNFINISHED
    {
        instance.update_status_detail.clone_from(&run.status_details);
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

/// Name of the newest OS of the profile if it is newer than what is installed, else "".
fn available(installed: Option<&Os>, newest: Option<&Os>) -> String {
    match (installed, newest) {
        (Some(installed), Some(newest)) if version::is_newer(&newest.image_id, &installed.image_id) => newest.name.clone(),
        _ => String::new(),
    }
}

/// Sets a status; its time moves only when it changes.
fn set(text: &mut String, indicator: &mut StatusIndication, timestamp: &mut u32, status: Status, now: u32) {
    if text != status.0 || *indicator != status.1 {
        status.0.clone_into(text);
        *indicator = status.1;
        *timestamp = now;
    }
}

fn run_effect(facts: &Facts<'_>, kind: StatusType, status: Status, detail: &str, open_run: Option<OsUpdateRun>) -> RunEffect {
    let begins = matches!(kind, StatusType::Downloading | StatusType::Started);
    let ends = matches!(kind, StatusType::Updated | StatusType::Failed);
    let Some(mut run) = open_run else {
        return if begins { RunEffect::Create(Box::new(new_run(facts, status, detail))) } else { RunEffect::None };
    };
    if !(begins || ends || kind == StatusType::Downloaded) || run.status == status.0 {
        return RunEffect::None;
    }
    set(&mut run.status, &mut run.status_indicator, &mut run.status_timestamp, status, facts.now);
    if ends {
        run.end_time = facts.now;
        if details::is_update_log(detail) {
            detail.clone_into(&mut run.status_details);
        }
    }
    RunEffect::Update(Box::new(run))
}

fn new_run(facts: &Facts<'_>, status: Status, detail: &str) -> OsUpdateRun {
    let host: String = facts.host.name.chars().take(RUN_NAME_HOST).collect();
    let time = jiff::Timestamp::from_second(i64::from(facts.now)).unwrap_or_default().strftime("%Y%m%d-%H%M%S").to_string();
    let os = facts.installed.map_or("", |os| &os.name);
    OsUpdateRun {
        name: format!("{host} update {time}"),
        description: format!("OS update for {os}").chars().take(200).collect(),
        applied_policy_id: facts.instance.os_update_policy_id.clone(),
        status: status.0.to_owned(),
        status_indicator: status.1,
        status_details: if detail.chars().count() > details::MAX { String::new() } else { detail.to_owned() },
        status_timestamp: facts.now,
        start_time: facts.now,
        end_time: UNFINISHED,
        ..OsUpdateRun::default()
    }
}

/// The first report of an enrolled node: the machine runs, and so does what is installed on it.
pub(super) fn provision(host: &mut Host, instance: &mut Instance, installed: Option<&Os>, now: u32) {
    set(&mut host.host_status, &mut host.host_status_indicator, &mut host.host_status_timestamp, status::RUNNING, now);
    instance.host_id = Link::to(host.id());
    instance.desired_state = InstanceState::Running;
    instance.current_state = InstanceState::Running;
    instance.kind = emt_api::enums::InstanceKind::Metal;
    if let Some(os) = installed {
        instance.os_id = Link::to(os.id());
        instance.security_feature = os.security_feature;
    }
    if instance.trusted_attestation_status.is_empty() {
        status::UNKNOWN.0.clone_into(&mut instance.trusted_attestation_status);
    }
    set(
        &mut instance.provisioning_status,
        &mut instance.provisioning_status_indicator,
        &mut instance.provisioning_status_timestamp,
        status::PROVISIONED,
        now,
    );
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
                catalogue: &self.catalogue,
                now: self.now,
            };
            let effect = apply(&facts, &report(kind, image, detail), self.run.clone().filter(|run| run.end_time == UNFINISHED));
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
        story.run.as_mut().unwrap().end_time = UNFINISHED;
        story.run.as_mut().unwrap().status = "Updating".to_owned();
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
        assert_eq!(story.run.unwrap().status_details, LOG);
    }
}
