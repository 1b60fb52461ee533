//! A node that may update now, for tests to change.

use emt_api::{
    enums::{HostState, OsMode, OsType, StatusIndication, UpdatePolicy, UpdateRunState},
    resources::{Host, Instance, Os, OsUpdatePolicy, OsUpdateRun, RepeatedSchedule, SingleSchedule, UNFINISHED},
    status,
    value::Link,
};

use super::super::{Decision, Facts, decide};
use crate::maintenance::{Agent, Windows};

/// 2026-06-06 00:00:00 UTC, a Saturday.
pub(in crate::maintenance) const NOW: i64 = 1_780_704_000;

/// All facts, owned.
#[derive(Debug, Clone)]
pub(in crate::maintenance) struct World {
    pub(in crate::maintenance) host: Host,
    pub(in crate::maintenance) instance: Option<Instance>,
    pub(in crate::maintenance) installed: Option<Os>,
    pub(in crate::maintenance) policy: Option<OsUpdatePolicy>,
    pub(in crate::maintenance) catalogue: Vec<Os>,
    pub(in crate::maintenance) mode: OsMode,
    pub(in crate::maintenance) windows: Windows,
    pub(in crate::maintenance) runs: Vec<OsUpdateRun>,
    pub(in crate::maintenance) last_seen: Option<i64>,
    pub(in crate::maintenance) agent: Agent,
}

/// Epoch seconds as records keep them.
pub(in crate::maintenance) fn at(offset: i64) -> u32 {
    u32::try_from(NOW + offset).unwrap()
}

/// An OS with an image.
pub(in crate::maintenance) fn os(number: u32, profile: &str, image: &str) -> Os {
    let mut os = Os {
        name: format!("{profile} {image}"),
        profile_name: profile.to_owned(),
        image_id: image.to_owned(),
        image_url: format!("files/{image}"),
        sha256: "AB".repeat(32),
        os_type: OsType::Immutable,
        ..Os::default()
    };
    os.meta.id = format!("os-{number:08x}");
    os
}

/// A policy of a kind.
pub(in crate::maintenance) fn policy(kind: UpdatePolicy, target: Option<&str>) -> OsUpdatePolicy {
    let mut policy = OsUpdatePolicy {
        name: "monthly".to_owned(),
        update_policy: kind,
        target_os_id: target.map(Link::to).unwrap_or_default(),
        ..OsUpdatePolicy::default()
    };
    policy.meta.id = "osupdatepolicy-00000001".to_owned();
    policy
}

/// A single window, seconds from now; without an end it stays open.
pub(in crate::maintenance) fn single(start: i64, end: Option<i64>) -> SingleSchedule {
    let mut single = SingleSchedule {
        name: "night".to_owned(),
        start_seconds: at(start),
        end_seconds: end.map_or(0, at),
        ..SingleSchedule::default()
    };
    single.meta.id = "singlesche-00000001".to_owned();
    single
}

/// A window at a minute of the hours listed.
pub(in crate::maintenance) fn repeated(minutes: &str, hours: &str, duration: i32) -> RepeatedSchedule {
    let mut repeated = RepeatedSchedule {
        name: "weekly".to_owned(),
        duration_seconds: duration,
        cron_minutes: minutes.to_owned(),
        cron_hours: hours.to_owned(),
        cron_day_month: "*".to_owned(),
        cron_month: "*".to_owned(),
        cron_day_week: "*".to_owned(),
        ..RepeatedSchedule::default()
    };
    repeated.meta.id = "repeatedsche-00000001".to_owned();
    repeated
}

/// A run at a target that ended so long ago, or goes on.
pub(in crate::maintenance) fn run(target: &str, ended_ago: Option<i64>, failed: bool) -> OsUpdateRun {
    let mut run = OsUpdateRun {
        target: target.to_owned(),
        start_time: at(-ended_ago.unwrap_or(0) - 60),
        end_time: ended_ago.map_or(UNFINISHED, |ago| at(-ago)),
        state: match ended_ago {
            None => UpdateRunState::Open,
            Some(_) if failed => UpdateRunState::Failed,
            Some(_) => UpdateRunState::Succeeded,
        },
        ..OsUpdateRun::default()
    };
    run.meta.id = "osupdaterun-00000001".to_owned();
    run
}

impl World {
    /// One that runs 3.0.1, is linked to 3.0.2, and has an open window.
    pub(in crate::maintenance) fn new() -> Self {
        let mut host = Host {
            name: "store-17".to_owned(),
            desired_state: HostState::Onboarded,
            current_state: HostState::Onboarded,
            ..Host::default()
        };
        host.meta.id = "host-00000001".to_owned();
        let catalogue = vec![os(1, "emt", "3.0.1"), os(2, "emt", "3.0.2")];
        let mut instance = Instance {
            name: "till".to_owned(),
            os_id: Link::to("os-00000001"),
            desired_os_id: Link::to("os-00000002"),
            provisioning_status: status::PROVISIONED.0.to_owned(),
            provisioning_status_indicator: StatusIndication::Idle,
            running_profile: "emt".to_owned(),
            running_image: "3.0.1".to_owned(),
            ..Instance::default()
        };
        instance.meta.id = "inst-00000001".to_owned();
        Self {
            host,
            instance: Some(instance),
            installed: Some(catalogue[0].clone()),
            policy: None,
            catalogue,
            mode: OsMode::Unspecified,
            windows: Windows { singles: vec![single(-100, Some(3600))], repeated: Vec::new() },
            runs: Vec::new(),
            last_seen: Some(NOW),
            agent: Agent::Careful,
        }
    }

    pub(in crate::maintenance) fn instance(&mut self) -> &mut Instance {
        self.instance.as_mut().unwrap()
    }

    /// The policy instead of the link.
    pub(in crate::maintenance) fn with_policy(&mut self, policy: OsUpdatePolicy) {
        self.policy = Some(policy);
        self.instance().desired_os_id = Link::default();
    }

    /// A node with packages instead of images.
    pub(in crate::maintenance) fn make_mutable(&mut self) {
        self.catalogue[0].os_type = OsType::Mutable;
        self.installed = Some(self.catalogue[0].clone());
    }

    /// What is decided at an instant, if the node goes on reporting as it does now.
    pub(in crate::maintenance) fn decide(&self, now: i64) -> Decision {
        let last_seen = self.last_seen.map(|seen| if seen == NOW { now } else { seen });
        decide(&self.facts(last_seen, now))
    }

    pub(in crate::maintenance) fn facts(&self, last_seen: Option<i64>, now: i64) -> Facts<'_> {
        Facts {
            host: &self.host,
            instance: self.instance.as_ref(),
            installed: self.installed.as_ref(),
            policy: self.policy.as_ref(),
            catalogue: crate::maintenance::Versions::of(&self.catalogue),
            mode: self.mode,
            windows: &self.windows,
            runs: &self.runs,
            last_seen,
            agent: self.agent,
            now,
        }
    }
}
