//! What a sign of life changes, and what silence does. Without store and clock.

use emt_api::{
    enums::InstanceState,
    hostmgr::{
        InstanceState as SentState, InstanceStatus, UpdateHostStatusByHostGuidRequest,
        UpdateInstanceStateStatusByHostGuidRequest as Heartbeat, host_status::HostStatus,
    },
    resources::{Host, Instance},
    status::{self, Status, set},
};

/// How long a node that installs an update may be silent, in seconds: it reboots, checks itself and perhaps goes back,
/// which takes two boots.
const REBOOT: i64 = 15 * 60;
/// How soon a silent node that may still be rebooting is looked at again, in seconds.
const AGAIN: i64 = 30;
/// Longest text about an instance's components, in characters.
const DETAIL: usize = 1024;

/// Statuses of a host that can be lost.
const CONNECTED: [Status; 3] = [status::RUNNING, status::BOOTING, status::ERROR];

/// A message of a node that shows that it is alive.
pub(super) enum Sign<'a> {
    /// State and status of what runs on the host.
    Heartbeat(&'a Heartbeat),
    /// Status of the host alone.
    HostStatus(&'a UpdateHostStatusByHostGuidRequest),
}

impl Sign<'_> {
    fn host_status(&self) -> Status {
        match self {
            Self::Heartbeat(sent) => match sent.instance_status() {
                InstanceStatus::Running | InstanceStatus::Initializing => status::RUNNING,
                InstanceStatus::Error => status::ERROR,
                _ => status::UNKNOWN,
            },
            Self::HostStatus(sent) => match sent.host_status.as_ref().map(emt_api::hostmgr::HostStatus::host_status) {
                Some(HostStatus::Running) => status::RUNNING,
                Some(HostStatus::Booting) => status::BOOTING,
                Some(HostStatus::Error) => status::ERROR,
                _ => status::UNKNOWN,
            },
        }
    }
}

/// Applies a sign of life. While an update is installed the host's status stays as it is, unless the node counted as lost.
pub(super) fn apply(host: &mut Host, instance: &mut Instance, sign: &Sign<'_>, now: u32) {
    let lost = is(&host.host_status, status::NO_CONNECTION);
    if lost || host.last_seen == 0 {
        host.last_seen = now;
    }
    if lost || !is_updating(instance) {
        set_host(host, sign.host_status(), now);
    }
    let Sign::Heartbeat(sent) = sign else { return };
    let instance_status = match sent.instance_status() {
        InstanceStatus::Running => status::RUNNING,
        InstanceStatus::Error => status::ERROR,
        InstanceStatus::Initializing => status::INITIALIZING,
        _ => status::UNKNOWN,
    };
    set(
        &mut instance.instance_status,
        &mut instance.instance_status_indicator,
        &mut instance.instance_status_timestamp,
        instance_status,
        now,
    );
    instance.instance_status_detail = sent.provider_status_detail.chars().take(DETAIL).collect();
    if sent.instance_state() == SentState::Running {
        instance.current_state = InstanceState::Running;
    }
}

/// What is to be made of a node's silence.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Silence {
    /// Nothing: it does not count as connected.
    Known,
    /// It is expected; look again at this time, epoch seconds.
    Expected(i64),
    /// The connection is lost.
    Lost,
}

/// Judges silence that began at `heard` and has lasted longer than a node may be silent; epoch seconds. The reboot of an
/// update is no outage.
pub(super) fn silence(host: &Host, instance: Option<&Instance>, heard: i64, now: i64) -> Silence {
    if !CONNECTED.iter().any(|status| is(&host.host_status, *status)) {
        return Silence::Known;
    }
    let until = heard + REBOOT;
    if instance.is_some_and(is_updating) && now < until {
        return Silence::Expected(until.min(now + AGAIN));
    }
    Silence::Lost
}

/// Records that a connection is lost.
pub(super) fn lose(host: &mut Host, heard: i64, now: u32) {
    host.last_seen = u32::try_from(heard).unwrap_or(now);
    set_host(host, status::NO_CONNECTION, now);
}

fn set_host(host: &mut Host, status: Status, now: u32) {
    set(&mut host.host_status, &mut host.host_status_indicator, &mut host.host_status_timestamp, status, now);
}

fn is(text: &str, status: Status) -> bool {
    text == status.0
}

/// Whether an update is being installed (southbound contract: text and indicator, exactly).
fn is_updating(instance: &Instance) -> bool {
    is(&instance.update_status, status::UPDATING) && instance.update_status_indicator == status::UPDATING.1
}

#[cfg(test)]
mod tests {
    use emt_api::enums::StatusIndication;

    use super::*;

    const NOW: u32 = 1_000_000;

    fn beat(status: InstanceStatus) -> Heartbeat {
        Heartbeat {
            instance_status: status.into(),
            instance_state: SentState::Running.into(),
            provider_status_detail: "9 of 9 components running".to_owned(),
            ..Heartbeat::default()
        }
    }

    fn updating() -> Instance {
        Instance {
            update_status: "Updating".to_owned(),
            update_status_indicator: StatusIndication::InProgress,
            ..Instance::default()
        }
    }

    #[test]
    fn heartbeats_become_statuses() {
        use InstanceStatus::{
            BootFailed, Booting, Error, Initializing, Provisioned, Running, Unspecified, UpdateFailed, Updating,
        };
        for (sent, host_text, instance_text) in [
            (Running, "Running", "Running"),
            (Initializing, "Running", "Initializing"),
            (Error, "Error", "Error"),
            (Unspecified, "Unknown", "Unknown"),
            (Booting, "Unknown", "Unknown"),
            (BootFailed, "Unknown", "Unknown"),
            (Provisioned, "Unknown", "Unknown"),
            (Updating, "Unknown", "Unknown"),
            (UpdateFailed, "Unknown", "Unknown"),
        ] {
            let (mut host, mut instance) = (Host::default(), Instance::default());
            apply(&mut host, &mut instance, &Sign::Heartbeat(&beat(sent)), NOW);
            assert_eq!((host.host_status.as_str(), instance.instance_status.as_str()), (host_text, instance_text), "{sent:?}");
            assert_eq!(instance.instance_status_detail, "9 of 9 components running");
            assert_eq!((instance.current_state, host.last_seen), (InstanceState::Running, NOW));
            let before = (host.clone(), instance.clone());
            apply(&mut host, &mut instance, &Sign::Heartbeat(&beat(sent)), NOW + 10);
            assert_eq!((host, instance), before, "what is known changes nothing");
        }
    }

    #[test]
    fn the_host_s_own_status_leaves_the_instance_alone() {
        for (sent, text) in [
            (HostStatus::Running, "Running"),
            (HostStatus::Booting, "Booting"),
            (HostStatus::Error, "Error"),
            (HostStatus::Updating, "Unknown"),
        ] {
            let (mut host, mut instance) = (Host::default(), Instance::default());
            let status = emt_api::hostmgr::HostStatus { host_status: sent.into(), ..Default::default() };
            let sent = UpdateHostStatusByHostGuidRequest { host_status: Some(status), ..Default::default() };
            apply(&mut host, &mut instance, &Sign::HostStatus(&sent), NOW);
            assert_eq!((host.host_status.as_str(), instance), (text, Instance::default()));
        }
    }

    #[test]
    fn an_update_freezes_the_host_s_status_and_nothing_else() {
        let mut host = Host { host_status: "Running".to_owned(), ..Host::default() };
        let mut instance = updating();
        apply(&mut host, &mut instance, &Sign::Heartbeat(&beat(InstanceStatus::Error)), NOW);
        assert_eq!((host.host_status.as_str(), instance.instance_status.as_str()), ("Running", "Error"));
        lose(&mut host, 5, NOW);
        apply(&mut host, &mut instance, &Sign::Heartbeat(&beat(InstanceStatus::Running)), NOW);
        assert_eq!(host.host_status, "Running", "who is heard again is connected");
    }

    #[test]
    fn silence_is_judged() {
        let heard = 1000;
        for (text, instance, now, expected) in [
            ("Running", None, heard + 31, Silence::Lost),
            ("Booting", None, heard + 31, Silence::Lost),
            ("Error", None, heard + 31, Silence::Lost),
            ("No Connection", None, heard + 31, Silence::Known),
            ("Not Connected", None, heard + 31, Silence::Known),
            ("Running", Some(Instance::default()), heard + 31, Silence::Lost),
            ("Running", Some(updating()), heard + 31, Silence::Expected(heard + 61)),
            ("Running", Some(updating()), heard + 899, Silence::Expected(heard + 900)),
            ("Running", Some(updating()), heard + 900, Silence::Lost),
        ] {
            let host = Host { host_status: text.to_owned(), ..Host::default() };
            assert_eq!(silence(&host, instance.as_ref(), heard, now), expected, "{text} {now}");
        }
    }
}
