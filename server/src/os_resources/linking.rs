//! What automatic mode links: the newest OS that an instance can take, once there is one that is newer than what it runs.

use emt_api::{
    enums::{OsMode, OsType, SecurityFeature, StatusIndication},
    record::Record,
    resources::{Instance, Os},
    version,
};

use super::{Catalogue, Modes};
use crate::{inventory::is_provisioned, maintenance::path};

/// What becomes of the link of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing.
    Stay,
    /// It leads to this OS from now on.
    Link(String),
    /// What automatic mode has linked is to be installed no more, and there is nothing else.
    TakeBack,
}

/// Why automatic mode does not link an OS to an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// It is of another profile.
    Profile,
    /// Packages, not images, change it or what runs.
    Mutable,
    /// Its source has withdrawn it.
    Withdrawn,
    /// An operator has blocked it.
    Blocked,
    /// It is not newer than what runs, or that cannot be told.
    NotNewer,
    /// It gives up security features that what runs has.
    WeakerSecurity,
    /// It is for other processors.
    Architecture,
    /// Its image has no address or no digest.
    NoImage,
}

/// Whether automatic mode may link an OS to an instance on which `installed` is; `None` if it may.
pub fn unfit(os: &Os, instance: &Instance, installed: &Os) -> Option<Unfit> {
    let running = !instance.running_image.is_empty();
    let other_profile = os.profile_name != installed.profile_name || (running && os.profile_name != instance.running_profile);
    // What is on record may be older than what the node says that it runs.
    let newer = version::is_newer(&os.image_id, &installed.image_id)
        && (!running || version::is_newer(&os.image_id, &instance.running_image));
    let other_processors =
        !os.architecture.is_empty() && !installed.architecture.is_empty() && os.architecture != installed.architecture;
    [
        (other_profile, Unfit::Profile),
        (os.os_type != OsType::Immutable || installed.os_type == OsType::Mutable, Unfit::Mutable),
        (!os.withdrawn.is_empty(), Unfit::Withdrawn),
        (!os.blocked.is_empty(), Unfit::Blocked),
        (!newer, Unfit::NotNewer),
        (strength(os.security_feature) < strength(installed.security_feature), Unfit::WeakerSecurity),
        (other_processors, Unfit::Architecture),
        (path(&os.image_url).is_empty() || os.sha256.is_empty(), Unfit::NoImage),
    ]
    .into_iter()
    .find_map(|(holds, unfit)| holds.then_some(unfit))
}

fn runs(os: &Os, instance: &Instance) -> bool {
    os.profile_name == instance.running_profile && os.image_id == instance.running_image
}

fn strength(feature: SecurityFeature) -> u8 {
    match feature {
        SecurityFeature::Unspecified | SecurityFeature::None => 0,
        SecurityFeature::SecureBootAndFullDiskEncryption => 1,
    }
}

/// What becomes of the link of an instance on which `installed` is. A policy and what a person has linked stay; so does what
/// automatic mode has linked when the mode is manual now, unless it is there no more, withdrawn or blocked.
pub fn linked(instance: &Instance, installed: Option<&Os>, catalogue: &Catalogue, modes: &Modes) -> Verdict {
    if !is_provisioned(instance) || instance.os_update_policy_id.is_set() || instance.is_linked_by_a_person() {
        return Verdict::Stay;
    }
    // What is carried out is no link any more.
    let pending =
        instance.desired_os_id.id().filter(|_| instance.is_linked_automatically() && instance.desired_os_id != instance.os_id);
    let desired = pending.and_then(|id| catalogue.get(id));
    let none = if pending.is_some() { Verdict::TakeBack } else { Verdict::Stay };
    let Some(installed) = installed else { return none };
    if modes.of(&installed.profile_name) == OsMode::Manual {
        return if desired.is_some_and(Os::is_offered) { Verdict::Stay } else { none };
    }
    let in_progress = instance.update_status_indicator == StatusIndication::InProgress;
    // On trial a node says that it runs what it is to run; on record it is only when that has proved healthy.
    let on_trial = |os: &&Os| in_progress && os.is_offered() && runs(os, instance);
    let desired = desired.filter(|os| on_trial(os) || unfit(os, instance, installed).is_none());
    // A node is not told another target in the middle of an update.
    if desired.is_some() && in_progress {
        return Verdict::Stay;
    }
    let best = catalogue.of_profile(&installed.profile_name).iter().find(|os| unfit(os, instance, installed).is_none());
    match best {
        Some(best) if desired.is_none_or(|desired| version::is_newer(&best.image_id, &desired.image_id)) => {
            Verdict::Link(best.id().to_owned())
        }
        Some(_) => Verdict::Stay,
        None => none,
    }
}

#[cfg(test)]
#[path = "linking_tests.rs"]
mod tests;
