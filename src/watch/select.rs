//! Which instances are followed.

use emt_client::{Error as ClientError, Resource, models::Instance, models::Os, pick};

/// The instances that are named, by themselves, by their hosts or by the OS that they are to run; without a name those that do
/// not run what they are to run. `catalogue` is only looked into for names of no instance.
pub(crate) fn select<'a>(
    instances: &'a [Resource<Instance>],
    catalogue: &[Resource<Os>],
    wanted: &[String],
) -> Result<Vec<&'a Instance>, ClientError> {
    if wanted.is_empty() {
        return Ok(sorted(
            instances.iter().map(|instance| &instance.data).filter(|instance| !instance.is_up_to_date()).collect(),
        ));
    }
    let mut found: Vec<&Instance> = Vec::new();
    for wanted in wanted {
        let named = match pick("instance", instances, wanted) {
            Ok(instance) => vec![&instance.data],
            Err(ClientError::NotFound { .. }) => {
                let os = pick("host, instance or OS resource", catalogue, wanted)?;
                instances.iter().map(|instance| &instance.data).filter(|instance| is_to_run(instance, &os.data)).collect()
            }
            Err(error) => return Err(error),
        };
        for instance in named {
            if !found.iter().any(|known| known.id == instance.id) {
                found.push(instance);
            }
        }
    }
    Ok(sorted(found))
}

/// By host.
fn sorted(mut instances: Vec<&Instance>) -> Vec<&Instance> {
    instances.sort_by(|a, b| a.label().cmp(b.label()));
    instances
}

fn is_to_run(instance: &Instance, os: &Os) -> bool {
    instance.desired_os.as_ref().is_some_and(|desired| desired.id == os.id)
}

#[cfg(test)]
mod tests {
    use emt_client::models::Host;
    use serde_json::Value as Json;

    use super::*;

    fn os(id: &str, version: &str) -> Os {
        Os { id: id.to_owned(), version: version.to_owned(), ..Os::default() }
    }

    fn instance(id: &str, host: &str, runs: &Os, to_run: Option<&Os>) -> Resource<Instance> {
        let host = Host { name: host.to_owned(), ..Host::default() };
        let data = Instance {
            id: id.to_owned(),
            host: Some(Box::new(host)),
            os: Some(runs.clone()),
            desired_os: to_run.cloned(),
            ..Instance::default()
        };
        Resource { json: Json::Null, data }
    }

    #[test]
    fn by_name_by_target_and_without_names() {
        let (old, new) = (os("os-00000001", "1"), os("os-00000002", "2"));
        let instances = [
            instance("inst-00000001", "a", &old, Some(&new)),
            instance("inst-00000002", "b", &new, Some(&new)),
            instance("inst-00000003", "c", &old, None),
        ];
        let catalogue = [old, new].map(|data| Resource { json: Json::Null, data });
        for (wanted, expected) in [
            (vec![], Ok("inst-00000001")),
            (vec!["c"], Ok("inst-00000003")),
            (vec!["c", "inst-00000003", "a"], Ok("inst-00000001 inst-00000003")),
            (vec!["2"], Ok("inst-00000001 inst-00000002")),
            (vec!["os-00000002", "a"], Ok("inst-00000001 inst-00000002")),
            (vec!["1"], Ok("")),
            (vec!["z"], Err("no host, instance or OS resource has the id or name z")),
        ] {
            let wanted: Vec<String> = wanted.into_iter().map(str::to_owned).collect();
            let found = select(&instances, &catalogue, &wanted)
                .map(|found| found.iter().map(|instance| instance.id.as_str()).collect::<Vec<_>>().join(" "))
                .map_err(|error| error.to_string());
            assert_eq!(found, expected.map(str::to_owned).map_err(str::to_owned), "{wanted:?}");
        }
    }
}
