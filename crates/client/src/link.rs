//! Linking an OS to instances: everything is checked before anything is changed.
//!
//! Where the orchestrator keeps a desired OS for each instance, that is set. Where it knows update policies only, a policy
//! whose target is the OS is found or made, and the instances are put under it.

use serde_json::json;

use crate::{
    Error, Orchestrator, Resource,
    kinds::{INSTANCES, POLICIES},
    models::{Instance, Os, Policy},
};

/// What says that an instance has a desired OS of its own.
const DESIRED_OS: [&str; 2] = ["emt", "desired-os"];
/// Most characters of a policy's name.
const POLICY_NAME: usize = 50;

/// What linking will do.
pub struct LinkPlan<'a> {
    /// The OS.
    pub os: &'a Os,
    /// Instances whose link changes.
    pub changes: Vec<&'a Resource<Instance>>,
    /// Instances that are linked to it already.
    pub unchanged: Vec<&'a Resource<Instance>>,
    /// How.
    pub way: Way,
}

/// How an OS is linked.
#[derive(Debug, PartialEq, Eq)]
pub enum Way {
    /// As the instance's desired OS.
    DesiredOs,
    /// By a policy that is there.
    Policy(String),
    /// By a policy that is to be made.
    NewPolicy,
}

impl Orchestrator {
    /// Checks that the OS may be linked to each of these instances, and finds out how. Changes nothing.
    pub async fn plan_link<'a>(&self, os: &'a Os, instances: &'a [Resource<Instance>]) -> Result<LinkPlan<'a>, Error> {
        if os.is_mutable() {
            return Err(Error::Mutable { os: label(os) });
        }
        for instance in instances {
            check_profile(os, &instance.data)?;
        }
        let (unchanged, mut changes): (Vec<_>, Vec<_>) = instances.iter().partition(|instance| is_linked(os, &instance.data));
        // What runs on them only the server knows; if it refuses one, nothing has been changed yet.
        changes.sort_by_key(|instance| instance.data.current().is_some());
        let way = if changes.is_empty() || self.has_desired_os(instances).await? {
            Way::DesiredOs
        } else {
            self.policy_for(os).await?.map_or(Way::NewPolicy, Way::Policy)
        };
        Ok(LinkPlan { os, changes, unchanged, way })
    }

    /// Does what was planned. `done` is told each instance whose link has changed.
    pub async fn link(&self, plan: &LinkPlan<'_>, mut done: impl FnMut(Resource<Instance>)) -> Result<(), Error> {
        let body = match &plan.way {
            Way::DesiredOs => json!({"osID": plan.os.id}),
            Way::Policy(id) => json!({"osUpdatePolicyID": id}),
            Way::NewPolicy if plan.changes.is_empty() => return Ok(()),
            Way::NewPolicy => json!({"osUpdatePolicyID": self.make_policy(plan.os).await?}),
        };
        for instance in &plan.changes {
            done(self.patch(&INSTANCES, &instance.data.id, &body).await?);
        }
        Ok(())
    }

    /// The first generation of the API had desired OS resources and no policies, and no list of features either.
    async fn has_desired_os(&self, instances: &[Resource<Instance>]) -> Result<bool, Error> {
        let knows_policies = instances.iter().any(|instance| instance.json.get("updatePolicy").is_some());
        Ok(!knows_policies || self.features().await?.has(&DESIRED_OS))
    }

    async fn policy_for(&self, os: &Os) -> Result<Option<String>, Error> {
        let policies = self.list(&POLICIES, &[]).await?;
        Ok(policies.into_iter().map(|policy| policy.data).find(|policy| aims_at(policy, os)).map(|policy| policy.id))
    }

    async fn make_policy(&self, os: &Os) -> Result<String, Error> {
        let plain = |c: char| if c.is_ascii_alphanumeric() || "-_./: ".contains(c) { c } else { '-' };
        let name: String = format!("{} {}", os.profile, os.version).chars().map(plain).take(POLICY_NAME).collect();
        let body = json!({"name": name, "updatePolicy": "UPDATE_POLICY_TARGET", "targetOsId": os.id});
        self.create(&POLICIES, &body).await.map(|policy| policy.data.id)
    }
}

fn aims_at(policy: &Policy, os: &Os) -> bool {
    policy.kind == "UPDATE_POLICY_TARGET"
        && policy.kernel_command.is_empty()
        && policy.target.as_ref().is_some_and(|target| target.id == os.id)
}

/// Whether nothing would change: it is the desired OS, or it is installed and nothing else is desired.
fn is_linked(os: &Os, instance: &Instance) -> bool {
    match &instance.desired_os {
        Some(desired) => desired.id == os.id,
        None => instance.policy.is_none() && instance.current().is_some_and(|current| current.id == os.id),
    }
}

fn check_profile(os: &Os, instance: &Instance) -> Result<(), Error> {
    match instance.current() {
        Some(current) if current.profile != os.profile => Err(Error::OtherProfile {
            os: label(os),
            has: os.profile.clone(),
            instance: format!("{} ({})", instance.label(), instance.id),
            runs: current.profile.clone(),
        }),
        _ => Ok(()),
    }
}

fn label(os: &Os) -> String {
    if os.name.is_empty() { os.id.clone() } else { format!("{} ({})", os.name, os.id) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn os(id: &str, profile: &str) -> Os {
        Os { id: id.to_owned(), profile: profile.to_owned(), ..Os::default() }
    }

    #[test]
    fn links_that_change_nothing_are_known() {
        let instance = |current: Option<&str>, desired: Option<&str>, policy: bool| Instance {
            os: current.map(|id| os(id, "p")),
            desired_os: desired.map(|id| os(id, "p")),
            policy: policy.then(Policy::default),
            ..Instance::default()
        };
        for (current, desired, policy, linked) in [
            (Some("os-1"), None, false, true),
            (Some("os-1"), None, true, false),
            (Some("os-2"), None, false, false),
            (Some("os-2"), Some("os-1"), false, true),
            (Some("os-1"), Some("os-2"), false, false),
            (None, None, false, false),
        ] {
            assert_eq!(
                is_linked(&os("os-1", "p"), &instance(current, desired, policy)),
                linked,
                "{current:?} {desired:?} {policy}"
            );
        }
    }

    #[test]
    fn updates_stay_within_a_profile() {
        let instance = |profile: &str| Instance { os: Some(os("os-9", profile)), ..Instance::default() };
        assert!(check_profile(&os("os-1", "a"), &instance("a")).is_ok());
        assert!(check_profile(&os("os-1", "a"), &instance("A")).is_err());
        assert!(check_profile(&os("os-1", "a"), &Instance::default()).is_ok(), "the server knows what runs there");
    }

    #[test]
    fn only_plain_policies_are_used_again() {
        let policy = |kind: &str, target: &str, kernel: &str| Policy {
            kind: kind.to_owned(),
            target: Some(os(target, "p")),
            kernel_command: kernel.to_owned(),
            ..Policy::default()
        };
        for (policy, expected) in [
            (policy("UPDATE_POLICY_TARGET", "os-1", ""), true),
            (policy("UPDATE_POLICY_TARGET", "os-2", ""), false),
            (policy("UPDATE_POLICY_TARGET", "os-1", "quiet"), false),
            (policy("UPDATE_POLICY_LATEST", "os-1", ""), false),
            (Policy::default(), false),
        ] {
            assert_eq!(aims_at(&policy, &os("os-1", "p")), expected, "{policy:?}");
        }
    }
}
