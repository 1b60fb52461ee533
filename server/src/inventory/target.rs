//! What an instance is to run: its policy's or its link's OS, and what is newest in a profile.

use emt_api::{
    enums::{OsType, UpdatePolicy},
    record::Record,
    resources::{Instance, Os, OsUpdatePolicy},
    version,
};

/// What an instance is to run, as far as its policy or link says.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// Nothing is asked for.
    Nothing,
    /// This OS.
    Os(Box<Os>),
    /// A policy names an OS that is no longer there, or none fits.
    Missing,
    /// An addition to the kernel command line, and no image.
    KernelCommand(String),
    /// Packages and sources of a mutable system.
    Packages,
}

impl Target {
    /// What tells one target from another; `None` if nothing is to be done.
    pub fn key(&self) -> Option<String> {
        match self {
            Self::Nothing | Self::Missing => None,
            Self::Os(os) => Some(os.id().to_owned()),
            Self::KernelCommand(command) => Some(format!("kernel command {command}")),
            Self::Packages => Some("packages".to_owned()),
        }
    }
}

/// What an instance is to run. `named` finds an OS resource by its id; `of_profile` lists those of a profile.
pub fn effective_target<'a, I: Iterator<Item = &'a Os>>(
    instance: &Instance,
    policy: Option<&OsUpdatePolicy>,
    profile: &str,
    named: impl Fn(&str) -> Option<&'a Os>,
    of_profile: impl FnOnce() -> I,
) -> Target {
    let found = |id: Option<&str>| match id {
        Some(id) => named(id).map_or(Target::Missing, |os| Target::Os(Box::new(os.clone()))),
        None => Target::Missing,
    };
    match policy {
        Some(policy) if !policy.update_kernel_command.is_empty() => Target::KernelCommand(policy.update_kernel_command.clone()),
        Some(policy) => match policy.update_policy {
            UpdatePolicy::Latest => newest(profile, of_profile()).map_or(Target::Missing, |os| Target::Os(Box::new(os.clone()))),
            UpdatePolicy::Target if !policy.update_packages.is_empty() || !policy.update_sources.0.is_empty() => Target::Packages,
            UpdatePolicy::Target => found(policy.target_os_id.id()),
            UpdatePolicy::Unspecified => Target::Nothing,
        },
        None if instance.desired_os_id.is_set() => found(instance.desired_os_id.id()),
        None => Target::Nothing,
    }
}

/// The newest immutable OS resource of exactly this profile that is still offered. Versions that cannot be read are never newest.
pub fn newest<'a>(profile: &str, candidates: impl Iterator<Item = &'a Os>) -> Option<&'a Os> {
    candidates
        .filter(|os| os.profile_name == profile && os.os_type == OsType::Immutable && os.is_offered())
        .filter(|os| version::compare(&os.image_id, &os.image_id).is_some())
        .reduce(|best, os| if version::is_newer(&os.image_id, &best.image_id) { os } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn os(profile: &str, image: &str, os_type: OsType) -> Os {
        Os { profile_name: profile.to_owned(), image_id: image.to_owned(), os_type, ..Os::default() }
    }

    #[test]
    fn newest_is_by_number_within_the_exact_profile() {
        let catalogue = [
            os("emt-edge", "3.0.20260602.0732", OsType::Immutable),
            os("emt-edge", "3.0.20260602.2200", OsType::Immutable),
            os("emt-edge", "latest-build", OsType::Immutable),
            os("emt-edge", "9.0.0", OsType::Mutable),
            os("emt-edge-rt", "4.0.0", OsType::Immutable),
            os("EMT-edge", "5.0.0", OsType::Immutable),
            Os { withdrawn: "it does not boot".to_owned(), ..os("emt-edge", "6.0.0", OsType::Immutable) },
            Os { blocked: "by ann: too loud".to_owned(), ..os("emt-edge", "7.0.0", OsType::Immutable) },
        ];
        assert_eq!(newest("emt-edge", catalogue.iter()).unwrap().image_id, "3.0.20260602.2200");
        assert_eq!(newest("emt", catalogue.iter()), None);
    }
}
