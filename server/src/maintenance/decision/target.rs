//! Gates of the target: whether there is one, and whether this node can take it.

use std::cmp::Ordering;

use emt_api::{
    enums::{ImageState, OsMode, OsType, UpdatePolicy},
    record::Record,
    resources::{Os, OsUpdatePolicy},
    version,
};

use super::{Facts, Verdict, label, os_label};
use crate::{inventory::Target, maintenance::path, os_resources::Unfit};

/// What links another OS.
fn link_another(facts: &Facts<'_>) -> String {
    let profile = Some(facts.profile()).filter(|profile| !profile.is_empty());
    let of_profile = profile.map(|profile| format!(" of profile {profile}")).unwrap_or_default();
    format!("link an OS{of_profile}: emtctl os list, then emtctl instance link {} --os OS", facts.host.id())
}

fn policy_label(policy: &OsUpdatePolicy) -> String {
    label(&policy.name, policy.id())
}

pub(super) fn linked(facts: &Facts<'_>) -> Verdict {
    if let Some(policy) = facts.policy {
        return Verdict::pass(format!("OS update policy {} says what to run", policy_label(policy)));
    }
    if facts.is_mutable() {
        return Verdict::pass("a mutable OS upgrades its packages in every window, with or without a policy");
    }
    match facts.instance.and_then(|instance| instance.desired_os_id.id()) {
        Some(os) if facts.is_linked_automatically() => Verdict::pass(format!("automatic mode has linked OS {os}")),
        Some(os) => Verdict::pass(format!("OS {os} is linked")),
        None => nothing_linked(facts),
    }
}

fn nothing_linked(facts: &Facts<'_>) -> Verdict {
    let nothing = "neither an OS nor an OS update policy is linked, so nothing is to be installed";
    match facts.mode {
        OsMode::Unspecified => Verdict::fail(nothing, link_another(facts)),
        OsMode::Manual => {
            let profile = facts.profile();
            let automatic = match profile {
                "" => String::new(),
                profile => format!("; or let the newest be linked by itself: emtctl os mode automatic --profile {profile}"),
            };
            Verdict::fail(
                "neither an OS nor an OS update policy is linked, and in manual mode nothing is linked by itself",
                format!("{}{automatic}", link_another(facts)),
            )
        }
        OsMode::Automatic => {
            let why = facts.not_linked().map_or_else(
                || "there is nothing newer of its profile".to_owned(),
                |(os, unfit)| format!("{} is newer, but {}", os_label(os), reason(unfit)),
            );
            Verdict::fail(format!("automatic mode has linked nothing: {why}"), link_another(facts))
        }
    }
}

fn reason(unfit: Unfit) -> &'static str {
    match unfit {
        Unfit::Profile => "the node says that it runs another profile",
        Unfit::Mutable => "is no image that replaces what runs",
        Unfit::Withdrawn => "its source has withdrawn it",
        Unfit::Blocked => "it is blocked",
        Unfit::NotNewer => "not newer than what the node says that it runs",
        Unfit::WeakerSecurity => "it has weaker security features than what is installed",
        Unfit::Architecture => "it is for other processors",
        Unfit::NoImage => "its image has no address or no digest",
    }
}

pub(super) fn found(facts: &Facts<'_>, target: &Target) -> Verdict {
    match (target, facts.policy) {
        (Target::Os(os), _) if !os.blocked.is_empty() && !runs(facts, os) => Verdict::fail(
            format!("{} is blocked {}", os_label(os), os.blocked),
            format!("{}; or, if it is to be installed after all: emtctl os unblock {}", link_another(facts), os.id()),
        ),
        (Target::Os(os), None) if !os.withdrawn.is_empty() && facts.is_linked_automatically() && !runs(facts, os) => {
            Verdict::fail(
                format!("{} is withdrawn ({}), and only automatic mode has linked it", os_label(os), os.withdrawn),
                link_another(facts),
            )
        }
        (Target::Os(os), _) if !os.withdrawn.is_empty() => {
            Verdict::pass(format!("the target is {}; it is withdrawn ({}), but named explicitly", os_label(os), os.withdrawn))
        }
        (Target::Os(os), Some(policy)) if policy.update_policy == UpdatePolicy::Latest => {
            Verdict::pass(format!("the newest OS of profile {} is {}", facts.profile(), os_label(os)))
        }
        (Target::Os(os), _) => Verdict::pass(format!("the target is {}", os_label(os))),
        (Target::KernelCommand(command), _) => Verdict::pass(format!("the target is the kernel command line {command:?}")),
        (Target::Packages, _) => Verdict::pass("the target is packages"),
        (Target::Nothing | Target::Missing, Some(policy)) => {
            let label = policy_label(policy);
            let reason = match policy.update_policy {
                UpdatePolicy::Latest if facts.profile().is_empty() => {
                    format!(
                        "OS update policy {label} wants the newest OS, but it is not known of which profile: what runs is not known"
                    )
                }
                UpdatePolicy::Latest => {
                    format!("OS update policy {label} wants the newest OS of profile {}, and there is none", facts.profile())
                }
                UpdatePolicy::Target => format!("the OS that OS update policy {label} names was deleted"),
                UpdatePolicy::Unspecified => format!("OS update policy {label} names nothing"),
            };
            Verdict::fail(reason, link_another(facts))
        }
        (Target::Nothing | Target::Missing, None) => Verdict::fail("the OS that is linked was deleted", link_another(facts)),
    }
}

/// Whether the node runs it.
fn runs(facts: &Facts<'_>, os: &Os) -> bool {
    match facts.running() {
        Some(running) => running.is(os),
        None => facts.installed.is_some_and(|installed| installed.id() == os.id()),
    }
}

pub(super) fn differs(facts: &Facts<'_>, target: &Target) -> Verdict {
    let os = match target {
        Target::Os(os) => os,
        Target::Packages => return Verdict::pass("whether packages are newer is found by the node"),
        _ => return Verdict::pass("whether the kernel command line is in use is found by the node"),
    };
    if runs(facts, os) {
        let hint = match facts.policy.map(|policy| policy.update_policy) {
            Some(UpdatePolicy::Latest) => {
                "nothing needs to be done; a newer OS of this profile becomes the target when it is published"
            }
            _ => "nothing needs to be done; emtctl instance link names another OS",
        };
        return Verdict::fail(format!("the node runs its target already: {}", os_label(os)), hint);
    }
    let version = facts.version();
    Verdict::pass(if version.is_empty() { "what runs is not known".to_owned() } else { format!("the node runs {version}") })
}

pub(super) fn os_type_fits(facts: &Facts<'_>, target: &Target) -> Verdict {
    match target {
        Target::Os(os) if os.os_type != OsType::Immutable => {
            Verdict::fail(format!("{} is a mutable OS, and this node installs whole images", os_label(os)), link_another(facts))
        }
        Target::Packages if !facts.is_mutable() => {
            let policy = facts.policy.map(policy_label).unwrap_or_default();
            let reason = format!("OS update policy {policy} names packages, and this node installs whole images");
            Verdict::fail(reason, link_another(facts))
        }
        Target::Packages => Verdict::pass("a mutable OS takes packages"),
        _ => Verdict::pass("an immutable OS takes it"),
    }
}

pub(super) fn same_profile(facts: &Facts<'_>, target: &Target) -> Verdict {
    match target {
        Target::Os(os) if os.profile_name != facts.profile() => Verdict::fail(
            format!("{} has profile {}, and this node runs profile {:?}", os_label(os), os.profile_name, facts.profile()),
            link_another(facts),
        ),
        Target::Os(os) => Verdict::pass(format!("both are of profile {}", os.profile_name)),
        _ => Verdict::pass("it is no image"),
    }
}

/// Whether the target goes back without that anybody has named it. Versions that cannot be compared are not held against it.
pub(super) fn not_downgrade(facts: &Facts<'_>, target: &Target) -> Verdict {
    let Target::Os(os) = target else { return Verdict::pass("it is no image") };
    let version = facts.version();
    match version::compare(&os.image_id, version) {
        Some(Ordering::Less) => {}
        Some(_) => return Verdict::pass(format!("{} is not older than {version}", os.image_id)),
        None => return Verdict::pass(format!("{:?} and {version:?} cannot be compared", os.image_id)),
    }
    match facts.policy {
        Some(policy) if policy.update_policy == UpdatePolicy::Latest => Verdict::fail(
            format!(
                "the newest OS of the profile, {}, is older than {version}, which runs, and OS update policy {} never goes back",
                os_label(os),
                policy_label(policy)
            ),
            format!("publish a newer OS, or name the older one: emtctl instance link {} --os {}", facts.host.id(), os.id()),
        ),
        None if facts.is_linked_automatically() => Verdict::fail(
            format!("{} is older than {version}, which runs, and automatic mode never goes back", os_label(os)),
            format!("publish a newer OS, or name the older one: emtctl instance link {} --os {}", facts.host.id(), os.id()),
        ),
        _ => Verdict::pass(format!("{} is older than {version}, and is named explicitly", os.image_id)),
    }
}

pub(super) fn image_complete(_: &Facts<'_>, target: &Target) -> Verdict {
    let Target::Os(os) = target else { return Verdict::pass("there is no image to download") };
    let waits = match os.image_state {
        ImageState::Unspecified | ImageState::Here => None,
        ImageState::AtSource | ImageState::Fetching => Some((
            format!("the image of {} is still on its way from its source to the Release Service", os_label(os)),
            format!("wait; emtctl os get {} tells when it is here", os.id()),
        )),
        ImageState::Failed => Some((
            format!("the image of {} could not be fetched: {}", os_label(os), os.image_detail),
            "it is tried again by itself; emtctl os source list tells what is wrong with sources".to_owned(),
        )),
    };
    if let Some((reason, hint)) = waits {
        return Verdict::fail(reason, hint);
    }
    let missing = match (path(&os.image_url).is_empty(), os.sha256.is_empty()) {
        (false, false) => return Verdict::pass(format!("the image of {} has an address and a digest", os_label(os))),
        (true, false) => "no address, so that no node could download it",
        (false, true) => "no digest, so that no node could check it",
        (true, true) => "neither an address nor a digest",
    };
    Verdict::fail(
        format!("the image of {} has {missing}", os_label(os)),
        "publish the image anew, with emtctl os publish, and link that OS",
    )
}
