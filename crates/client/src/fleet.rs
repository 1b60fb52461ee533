//! Instances with what each is to run, whichever way the orchestrator tells it, and why updates failed.

use std::collections::HashMap;

use emt_api::update_log::{Outcome, last_outcome};

use crate::{
    Error, Orchestrator, Query, Resource,
    kinds::{INSTANCES, OS, POLICIES, RUNS},
    models::{Instance, Os, Policy},
};

impl Orchestrator {
    /// The instances that a query asks for. Where they do not show a desired OS, it is taken from their policies.
    pub async fn instances(&self, query: Query<'_>) -> Result<Vec<Resource<Instance>>, Error> {
        let mut instances = self.list(&INSTANCES, query).await?;
        let unsaid = |instance: &Resource<Instance>| instance.data.policy.is_some() && instance.json.get("desiredOs").is_none();
        if instances.iter().any(unsaid) {
            let policies = self.list(&POLICIES, &[]).await?;
            let policies: HashMap<String, Policy> =
                policies.into_iter().map(|policy| (policy.data.id.clone(), policy.data)).collect();
            let catalogue: Vec<Os> = self.list(&OS, &[]).await?.into_iter().map(|os| os.data).collect();
            for instance in &mut instances {
                let policy = instance.data.policy.as_ref().and_then(|policy| policies.get(&policy.id));
                instance.data.desired_os = policy.and_then(|policy| target(policy, &instance.data, &catalogue));
            }
        }
        Ok(instances)
    }

    /// How the last update of an instance ended, if the node has told it.
    pub async fn last_update(&self, instance: &Instance) -> Result<Option<Outcome>, Error> {
        if let Some(outcome) = last_outcome(&instance.update_detail) {
            return Ok(Some(outcome));
        }
        let filter = format!("instance.resourceId='{}'", instance.id);
        let runs = self.filtered(&RUNS, &filter).await?.into_iter().map(|run| run.data);
        let own = runs.filter(|run| run.instance.as_ref().is_some_and(|of| of.id == instance.id));
        Ok(own.max_by_key(|run| run.start).and_then(|run| last_outcome(&run.details)))
    }
}

/// What a policy wants an instance to run.
fn target(policy: &Policy, instance: &Instance, catalogue: &[Os]) -> Option<Os> {
    match policy.kind.as_str() {
        "UPDATE_POLICY_TARGET" => policy.target.clone(),
        "UPDATE_POLICY_LATEST" if instance.update_available.is_empty() => instance.current().cloned(),
        "UPDATE_POLICY_LATEST" => catalogue.iter().find(|os| os.name == instance.update_available).cloned(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_say_what_is_wanted() {
        let os = |id: &str| Os { id: id.to_owned(), name: format!("name of {id}"), ..Os::default() };
        let instance =
            |available: &str| Instance { os: Some(os("os-1")), update_available: available.to_owned(), ..Instance::default() };
        let policy = |kind: &str| Policy { kind: kind.to_owned(), target: Some(os("os-2")), ..Policy::default() };
        let catalogue = [os("os-1"), os("os-3")];
        for (kind, available, expected) in [
            ("UPDATE_POLICY_TARGET", "", Some("os-2")),
            ("UPDATE_POLICY_LATEST", "", Some("os-1")),
            ("UPDATE_POLICY_LATEST", "name of os-3", Some("os-3")),
            ("UPDATE_POLICY_LATEST", "gone", None),
            ("UPDATE_POLICY_UNSPECIFIED", "", None),
        ] {
            let found = target(&policy(kind), &instance(available), &catalogue);
            assert_eq!(found.map(|os| os.id).as_deref(), expected, "{kind} {available}");
        }
    }
}
