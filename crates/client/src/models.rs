//! Resources as answers carry them. Only what clients look at is named; the rest stays in the JSON beside.

use std::collections::HashMap;

use emt_api::{os_diff::OsTexts, version};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

/// Null counts as absent, and absent as empty.
fn empty<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(input: D) -> Result<T, D::Error> {
    Option::deserialize(input).map(Option::unwrap_or_default)
}

macro_rules! model {
    ($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident: $ty:ty = $key:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
        #[serde(default)]
        pub struct $name {
            $($(#[$fdoc])* #[serde(rename = $key, deserialize_with = "empty")] pub $field: $ty,)*
        }
    };
}

model! {
    /// An OS resource: a profile at one version.
    Os {
        /// Id.
        id: String = "resourceId",
        /// Name.
        name: String = "name",
        /// Family: updates stay within it.
        profile: String = "profileName",
        /// Version of the image.
        version: String = "imageId",
        /// Digest of the image.
        sha256: String = "sha256",
        /// Processor architecture.
        architecture: String = "architecture",
        /// Whether it is mutable or immutable.
        kind: String = "osType",
        /// Path of the image below the Release Service.
        image_url: String = "imageUrl",
        /// Secure boot and encryption.
        security_feature: String = "securityFeature",
        /// Known vulnerabilities, JSON text.
        existing_cves: String = "existingCves",
        /// Vulnerabilities that it heals, JSON text.
        fixed_cves: String = "fixedCves",
        /// Packages, JSON text.
        packages: String = "installedPackages",
        /// Why its source has withdrawn it, "" if it has not.
        withdrawn: String = "withdrawn",
        /// Who has blocked it and why, "" if nobody has.
        blocked: String = "blocked",
        /// Where its image is, if a source offers it; else "".
        image_state: String = "imageState",
        /// Why it could not be fetched.
        image_detail: String = "imageDetail",
    }
}

impl Os {
    /// Whether packages can be changed, which rules A/B updates out.
    pub fn is_mutable(&self) -> bool {
        self.kind.ends_with("_MUTABLE")
    }

    /// Whether it may be chosen for its version: an image that is neither withdrawn nor blocked.
    pub fn is_offered(&self) -> bool {
        !self.is_mutable() && self.withdrawn.is_empty() && self.blocked.is_empty()
    }

    /// What is compared with other OS resources.
    pub fn texts(&self) -> OsTexts<'_> {
        OsTexts { existing_cves: &self.existing_cves, fixed_cves: &self.fixed_cves, installed_packages: &self.packages }
    }
}

/// The ids of those that are the newest of their profile and offered.
pub fn newest<'a>(all: impl IntoIterator<Item = &'a Os>) -> Vec<&'a str> {
    let mut newest = HashMap::<&str, &Os>::new();
    for os in all.into_iter().filter(|os| os.is_offered() && !os.profile.is_empty() && is_readable(&os.version)) {
        let best = newest.entry(&os.profile).or_insert(os);
        if version::is_newer(&os.version, &best.version) {
            *best = os;
        }
    }
    newest.into_values().map(|os| os.id.as_str()).collect()
}

fn is_readable(version: &str) -> bool {
    version::compare(version, version).is_some()
}

model! {
    /// Whether the newest OS is linked to the instances of a project by itself.
    OsModes {
        /// What is set for the project.
        mode: String = "mode",
        /// What holds for profiles for which nothing is set.
        effective: String = "effectiveMode",
        /// What holds for projects for which nothing is set.
        server: String = "serverMode",
        /// Its profiles.
        profiles: Vec<ProfileMode> = "profiles",
    }
}

model! {
    /// The mode of a profile.
    ProfileMode {
        /// Its name.
        profile: String = "profile",
        /// What is set for it.
        mode: String = "mode",
        /// What holds.
        effective: String = "effectiveMode",
        /// The newest OS that is offered.
        newest: Option<Os> = "newestOs",
    }
}

model! {
    /// The mode that holds where projects set nothing.
    ServerMode {
        /// What is set at run time.
        mode: String = "mode",
        /// What holds.
        effective: String = "effectiveMode",
    }
}

model! {
    /// A region.
    Region {
        /// Id.
        id: String = "resourceId",
        /// Name.
        name: String = "name",
        /// The region above.
        parent: Option<Place> = "parentRegion",
    }
}

model! {
    /// A site.
    Site {
        /// Id.
        id: String = "resourceId",
        /// Name.
        name: String = "name",
        /// Where it lies.
        region: Option<Place> = "region",
    }
}

model! {
    /// A host, site or region that something refers to. One of empty values stands for none.
    Place {
        /// Id.
        id: String = "resourceId",
        /// Name.
        name: String = "name",
    }
}

impl Place {
    /// Its name, or its id if it has none.
    pub fn label(&self) -> &str {
        if self.name.is_empty() { &self.id } else { &self.name }
    }
}

model! {
    /// A machine.
    Host {
        /// Id.
        id: String = "resourceId",
        /// Name.
        name: String = "name",
        /// SMBIOS UUID.
        uuid: String = "uuid",
        /// Serial number.
        serial: String = "serialNumber",
        /// Status.
        status: String = "hostStatus",
        /// How to show it.
        indicator: String = "hostStatusIndicator",
        /// State.
        state: String = "currentState",
        /// State that is asked for.
        desired_state: String = "desiredState",
        /// Onboarding status.
        onboarding: String = "onboardingStatus",
        /// Where it stands.
        site: Option<Place> = "site",
        /// What is installed.
        instance: Option<Box<Instance>> = "instance",
        /// One-time token for the node; only in the answer to a registration that asked for it.
        enrolment_token: String = "enrolmentToken",
    }
}

model! {
    /// An OS on a host.
    Instance {
        /// Id.
        id: String = "resourceId",
        /// Name.
        name: String = "name",
        /// Its host.
        host: Option<Box<Host>> = "host",
        /// Status of OS and agents.
        status: String = "instanceStatus",
        /// How to show it.
        indicator: String = "instanceStatusIndicator",
        /// More about it.
        detail: String = "instanceStatusDetail",
        /// What is installed; in the first generation of the API, what is to be installed.
        os: Option<Os> = "os",
        /// What is installed.
        current_os: Option<Os> = "currentOs",
        /// What is to be installed.
        desired_os: Option<Os> = "desiredOs",
        /// Status of updates.
        update_status: String = "updateStatus",
        /// How to show it.
        update_indicator: String = "updateStatusIndicator",
        /// When it was set, epoch seconds.
        update_time: i64 = "updateStatusTimestamp",
        /// Details of the last update.
        update_detail: String = "updateStatusDetail",
        /// Newest OS of its profile, if it is newer.
        update_available: String = "osUpdateAvailable",
        /// Known vulnerabilities of what is installed, JSON text.
        existing_cves: String = "existingCves",
        /// Policy that decides about updates.
        policy: Option<Policy> = "updatePolicy",
        /// The node's slots, if it tells of them.
        slots: Vec<Slot> = "slots",
    }
}

model! {
    /// A slot of a node and the OS in it.
    Slot {
        /// As the node calls it.
        name: String = "name",
        /// What it is good for.
        state: String = "state",
        /// Profile of the OS that it holds.
        profile: String = "profileName",
        /// Version of that OS.
        version: String = "imageId",
        /// Why it holds nothing that boots, or why the trial failed.
        reason: String = "reason",
    }
}

impl Instance {
    /// What is installed.
    pub fn current(&self) -> Option<&Os> {
        self.current_os.as_ref().or(self.os.as_ref())
    }

    /// Whether it runs what it is to run.
    pub fn is_up_to_date(&self) -> bool {
        self.desired_os.as_ref().is_none_or(|desired| self.current().is_some_and(|os| os.id == desired.id))
    }

    /// Whether the last update failed.
    pub fn has_failed(&self) -> bool {
        self.update_indicator == "STATUS_INDICATION_ERROR"
    }

    /// Name of its host, or its own.
    pub fn label(&self) -> &str {
        let host = self.host.as_ref().map(|host| host.name.as_str()).filter(|name| !name.is_empty());
        let own = Some(self.name.as_str()).filter(|name| !name.is_empty());
        host.or(own).unwrap_or(&self.id)
    }
}

model! {
    /// An OS update policy.
    Policy {
        /// Id.
        id: String = "resourceId",
        /// Name.
        name: String = "name",
        /// Kind.
        kind: String = "updatePolicy",
        /// Target.
        target: Option<Os> = "targetOs",
        /// Addition to the kernel command line, which rules a new image out.
        kernel_command: String = "updateKernelCommand",
    }
}

model! {
    /// An OS update that ran or runs.
    Run {
        /// Id.
        id: String = "resourceId",
        /// Name.
        name: String = "name",
        /// Its instance.
        instance: Option<Box<Instance>> = "instance",
        /// Status.
        status: String = "status",
        /// How to show it.
        indicator: String = "statusIndicator",
        /// What the node tells of it.
        details: String = "statusDetails",
        /// Begin, epoch seconds.
        start: i64 = "startTime",
        /// End, epoch seconds; unfinished if it is before the begin.
        end: i64 = "endTime",
        /// Policy that it followed.
        policy: Option<Policy> = "appliedPolicy",
    }
}

impl Run {
    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        self.end >= self.start && self.end != 0
    }

    /// Whether it has ended without success.
    pub fn has_failed(&self) -> bool {
        self.indicator == "STATUS_INDICATION_ERROR"
    }
}

model! {
    /// Where OS images are published.
    Source {
        /// Id.
        id: String = "resourceId",
        /// Name.
        name: String = "name",
        /// Registry, tree or directory.
        kind: String = "kind",
        /// Its address or path.
        url: String = "url",
        /// Where images and texts are, if not there.
        files_url: String = "filesUrl",
        /// Profiles that are looked for; none: all.
        profiles: Vec<String> = "profiles",
        /// Tag of the profiles in a registry.
        revision: String = "profileRevision",
        /// Seconds between two looks; 0: as the server likes.
        interval: u32 = "intervalSeconds",
        /// How the last look ended.
        status: String = "status",
        /// How to show it.
        indicator: String = "statusIndicator",
        /// When it became so, epoch seconds.
        status_time: i64 = "statusTimestamp",
    }
}

model! {
    /// What a source offers: a profile at a tag.
    Offer {
        /// Id.
        id: String = "resourceId",
        /// The profile.
        profile: String = "profileName",
        /// The tag.
        tag: String = "tag",
        /// What became of it.
        state: String = "state",
        /// Why it was not taken.
        message: String = "message",
        /// When it is tried again, epoch seconds; 0 if it need not be.
        retry_at: i64 = "retryAt",
        /// The OS resource that it became.
        os: String = "osID",
        /// The source.
        source: String = "sourceID",
    }
}

model! {
    /// What a look at a source has found.
    Found {
        /// Versions that are offered.
        offered: u64 = "offered",
        /// New OS resources.
        made: u64 = "made",
        /// Offers that are what they were.
        unchanged: u64 = "unchanged",
        /// Offers that could not be taken.
        failed: u64 = "failed",
        /// Offers that contradict what is known.
        conflicts: u64 = "conflicts",
        /// Versions that are not offered any more.
        withdrawn: u64 = "withdrawn",
        /// Why the source could not be read.
        error: String = "error",
    }
}

model! {
    /// How far a source has come.
    Progress {
        /// Whether it is being looked at.
        running: bool = "running",
        /// When it was last looked at, RFC 3339; "" if it was not since the server was started.
        last: String = "last",
        /// When it is looked at next, RFC 3339; "" is at once.
        next: String = "next",
    }
}

model! {
    /// How the publisher of a source calls the server.
    Webhook {
        /// Address.
        url: String = "url",
        /// What it has to know.
        secret: String = "secret",
    }
}

model! {
    /// A maintenance window, single or repeated.
    Schedule {
        /// Id.
        id: String = "resourceId",
        /// Name.
        name: String = "name",
        /// What it is for.
        status: String = "scheduleStatus",
        /// Opens, epoch seconds; single windows only.
        start: i64 = "startSeconds",
        /// Closes, epoch seconds; 0 stays open.
        end: i64 = "endSeconds",
        /// Length of repeated windows in seconds.
        duration: i64 = "durationSeconds",
        /// Cron fields of repeated windows.
        minutes: String = "cronMinutes",
        /// See `minutes`.
        hours: String = "cronHours",
        /// See `minutes`.
        day_of_month: String = "cronDayMonth",
        /// See `minutes`.
        month: String = "cronMonth",
        /// See `minutes`.
        day_of_week: String = "cronDayWeek",
        /// Host it holds for.
        host: Option<Place> = "targetHost",
        /// Site it holds for.
        site: Option<Place> = "targetSite",
        /// Region it holds for.
        region: Option<Place> = "targetRegion",
        /// Time zone it goes by; "" is UTC.
        zone: String = "timeZone",
        /// All five cron fields in one text, if they are more than lists.
        cron: String = "cron",
        /// When nothing is open.
        exceptions: Vec<String> = "exceptions",
        /// Notice in seconds.
        notice: i64 = "minimumNoticeSeconds",
        /// Since when the notice runs, epoch seconds.
        planned_at: i64 = "plannedAt",
        /// When repeated windows close at the latest.
        finish_by: String = "finishBy",
    }
}

impl Schedule {
    /// All five cron fields in one text.
    pub fn cron_text(&self) -> String {
        let Self { minutes, hours, day_of_month, month, day_of_week, .. } = self;
        if self.cron.is_empty() {
            [minutes, hours, day_of_month, month, day_of_week].map(String::as_str).join(" ")
        } else {
            self.cron.clone()
        }
    }

    /// The time zone it goes by.
    pub fn zone_name(&self) -> &str {
        if self.zone.is_empty() { "UTC" } else { &self.zone }
    }

    /// Whether it opens again and again.
    pub fn is_repeated(&self) -> bool {
        self.duration > 0
    }

    /// Whether updates are installed in it.
    pub fn is_for_updates(&self) -> bool {
        self.status == "SCHEDULE_STATUS_OS_UPDATE"
    }

    /// What it holds for: the kind of place, and the place.
    pub fn target(&self) -> Option<(&'static str, &Place)> {
        let targets = [("host", &self.host), ("site", &self.site), ("region", &self.region)];
        targets
            .into_iter()
            .find_map(|(kind, place)| place.as_ref().filter(|place| !place.id.is_empty()).map(|place| (kind, place)))
    }
}

model! {
    /// A project: a tenant.
    Project {
        /// Name.
        name: String = "name",
        /// What was said about it.
        spec: ProjectSpec = "spec",
        /// How it is.
        status: ProjectStatusOf = "status",
    }
}

model! {
    /// What was said about a project.
    ProjectSpec {
        /// Free text.
        description: String = "description",
    }
}

model! {
    /// How a project is.
    ProjectStatusOf {
        /// The status itself.
        project: ProjectStatus = "projectStatus",
    }
}

model! {
    /// Status of a project.
    ProjectStatus {
        /// Text.
        message: String = "message",
        /// UUID.
        uuid: String = "uID",
    }
}

model! {
    /// Whether a host may update now, and if not, why not.
    Why {
        /// For when it was decided.
        at: Option<Timestamp> = "at",
        /// Whether an update may begin now.
        may_update: bool = "mayUpdate",
        /// When that changes by itself, as far as it does.
        changes_at: Option<Timestamp> = "changesAt",
        /// What the node is to run.
        target: Option<UpdateTarget> = "target",
        /// The window that is open.
        window: Option<UpdateWindow> = "window",
        /// The windows that open next.
        next_windows: Vec<UpdateWindow> = "nextWindows",
        /// What must hold, in order.
        gates: Vec<Gate> = "gates",
    }
}

model! {
    /// What a node is to run.
    UpdateTarget {
        /// An image, a kernel command line, or packages.
        kind: String = "kind",
        /// Id of the OS.
        os: String = "osID",
        /// Its profile.
        profile: String = "profileName",
        /// Its version.
        version: String = "imageId",
        /// Addition to the kernel's command line.
        kernel_command: String = "kernelCommand",
    }
}

model! {
    /// A window for OS updates.
    UpdateWindow {
        /// Opens.
        start: Option<Timestamp> = "start",
        /// Closes, if an end is in sight.
        end: Option<Timestamp> = "end",
    }
}

model! {
    /// A condition that must hold before a node may update.
    Gate {
        /// Which: `UPDATE_GATE_…`.
        gate: String = "gate",
        /// Whether it holds: `GATE_STATE_…`.
        state: String = "state",
        /// Why.
        reason: String = "reason",
        /// When that changes by itself.
        changes_at: Option<Timestamp> = "changesAt",
        /// What can be done.
        hint: String = "hint",
    }
}

model! {
    /// A link that signs one browser in, once.
    SignInLink {
        /// Where it leads, with the code behind `#`.
        url: String = "url",
        /// The code by itself.
        code: String = "code",
        /// Until when it can be used.
        expires_at: Option<Timestamp> = "expiresAt",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_null_and_empty_are_alike() {
        let full =
            r#"{"resourceId":"inst-1","os":null,"desiredOs":{"resourceId":"os-2"},"updateStatusTimestamp":null,"unknown":[1]}"#;
        let instance: Instance = serde_json::from_str(full).unwrap();
        assert_eq!((instance.id.as_str(), instance.os.is_none(), instance.update_time), ("inst-1", true, 0));
        assert!(!instance.is_up_to_date(), "nothing is known to be installed");
        assert!(Instance::default().is_up_to_date(), "nothing is wanted");
        let both = r#"{"os":{"resourceId":"os-2"},"desiredOs":{"resourceId":"os-2"}}"#;
        assert!(serde_json::from_str::<Instance>(both).is_ok_and(|instance| instance.is_up_to_date()));
        let first = r#"{"os":{"resourceId":"os-2"},"currentOs":{"resourceId":"os-1"},"desiredOs":{"resourceId":"os-2"}}"#;
        assert!(serde_json::from_str::<Instance>(first).is_ok_and(|instance| !instance.is_up_to_date()));
    }

    #[test]
    fn kinds_of_both_generations_are_understood() {
        let kind = |kind: &str| Os { kind: kind.to_owned(), ..Os::default() }.is_mutable();
        assert!(kind("OS_TYPE_MUTABLE") && kind("OPERATING_SYSTEM_TYPE_MUTABLE"));
        assert!(!kind("OS_TYPE_IMMUTABLE") && !kind("OPERATING_SYSTEM_TYPE_IMMUTABLE") && !kind(""));
    }

    #[test]
    fn a_place_of_empty_values_is_no_target() {
        let empty =
            r#"{"targetHost":null,"targetRegion":{"resourceId":"","name":""},"targetSite":{"resourceId":"site-1","name":"x"}}"#;
        let schedule: Schedule = serde_json::from_str(empty).unwrap();
        assert_eq!(schedule.target().map(|(kind, place)| (kind, place.label())), Some(("site", "x")));
        assert_eq!(Schedule::default().target(), None);
    }
}
