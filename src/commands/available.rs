//! What an update that is available would change for an instance.

use emt_api::os_diff::{OsTexts, diff};
use emt_client::{
    Orchestrator, kinds,
    models::{Instance, Os, newest},
};

use crate::output::Cell;

/// Most vulnerabilities that are named.
const NAMED: usize = 10;

/// Names and values that tell it; nothing if no update is available, or if it cannot be found out.
pub(crate) async fn details(api: &Orchestrator, instance: &Instance) -> Vec<(&'static str, Cell)> {
    let Some(installed) = instance.current().filter(|os| !os.is_mutable() && !instance.update_available.is_empty()) else {
        return Vec::new();
    };
    // What else is shown does not depend on it.
    let Ok(all) = api.list(&kinds::OS, &[]).await else { return Vec::new() };
    let of_profile: Vec<&Os> = all.iter().map(|os| &os.data).filter(|os| os.profile == installed.profile).collect();
    let newest = newest(of_profile.iter().copied());
    let Some(newest) = of_profile.into_iter().find(|os| newest.contains(&os.id.as_str())) else { return Vec::new() };
    vec![
        ("would install", format!("{} {} ({})", newest.profile, newest.version, newest.id).into()),
        ("would fix", fixes(instance, installed, newest).into()),
    ]
}

fn fixes(instance: &Instance, installed: &Os, newest: &Os) -> String {
    // What is kept with the instance is what its node was installed with.
    let existing_cves = if instance.existing_cves.is_empty() { &installed.existing_cves } else { &instance.existing_cves };
    let fixed = diff(&OsTexts { existing_cves, ..installed.texts() }, &newest.texts()).cves.fixed;
    let named = fixed.iter().take(NAMED).map(|cve| match cve.priority.as_str() {
        "" => cve.id.clone(),
        priority => format!("{} ({priority})", cve.id),
    });
    let named: Vec<String> = named.collect();
    let more = match fixed.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more: emtctl os diff {} {}", installed.id, newest.id),
    };
    named.join(", ") + &more
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_are_named_and_the_rest_counted() {
        let list = |count: usize| {
            let all = (1..=count).map(|n| serde_json::json!({"cve_id": format!("CVE-{n:02}"), "priority": "high"}));
            all.collect::<serde_json::Value>().to_string()
        };
        let os = |id: &str, existing_cves: String| Os { id: id.to_owned(), existing_cves, ..Os::default() };
        let (old, new) = (os("os-1", list(13)), os("os-2", "[]".to_owned()));
        let all = fixes(&Instance::default(), &old, &new);
        assert!(
            all.starts_with("CVE-01 (high), CVE-02 (high)")
                && all.ends_with("CVE-10 (high) and 3 more: emtctl os diff os-1 os-2"),
            "{all}"
        );
        let instance = Instance { existing_cves: r#"[{"cve_id":"CVE-7"}]"#.to_owned(), ..Instance::default() };
        assert_eq!(fixes(&instance, &old, &new), "CVE-7");
        assert_eq!(fixes(&Instance::default(), &os("os-1", String::new()), &new), "");
    }
}
