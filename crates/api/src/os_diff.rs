//! What changes from one OS to another: known vulnerabilities, and packages, as the texts of OS resources tell them.
//!
//! The texts come from elsewhere: what cannot be read is left out and said, and nothing is taken from texts that are too long.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value as Json;

/// Most bytes of a text that is read.
const LONGEST: usize = 4 * 1024 * 1024;
/// Most entries of a text.
const MOST: usize = 100_000;
/// Most characters of a name.
const NAME: usize = 200;

/// The texts of an OS resource; each may be empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OsTexts<'a> {
    /// Vulnerabilities that it has: a JSON array of `{cve_id, priority, affected_packages}`.
    pub existing_cves: &'a str,
    /// Vulnerabilities that it heals, likewise.
    pub fixed_cves: &'a str,
    /// Its packages: `{"repo": [{name, version}]}`.
    pub installed_packages: &'a str,
}

/// A known vulnerability.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Cve {
    /// Its id, such as `CVE-2026-1234`.
    #[serde(rename = "cve_id")]
    pub id: String,
    /// How bad it is, in lower case; "" if that is not told.
    pub priority: String,
}

/// A package at one version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// A package at another version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// Its name.
    pub name: String,
    /// Its version before.
    pub from: String,
    /// Its version afterwards.
    pub to: String,
}

/// Vulnerabilities, the worst first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CveDiff {
    /// Those that go.
    pub fixed: Vec<Cve>,
    /// Those that stay.
    pub remaining: Vec<Cve>,
    /// Those that come.
    pub new: Vec<Cve>,
}

/// Packages, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PackageDiff {
    /// Those that come.
    pub added: Vec<Package>,
    /// Those that go.
    pub removed: Vec<Package>,
    /// Those at another version.
    pub changed: Vec<Changed>,
}

/// What changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct OsDiff {
    /// Vulnerabilities.
    pub cves: CveDiff,
    /// Packages; not there unless those of both are known.
    pub packages: Option<PackageDiff>,
    /// What is not known, for people.
    pub unknown: Vec<String>,
}

/// What changes from one OS to another.
///
/// Where the vulnerabilities of one of them are not known, those that the other one says it heals count as fixed, and nothing
/// counts as new.
pub fn diff(from: &OsTexts<'_>, to: &OsTexts<'_>) -> OsDiff {
    let mut unknown = Vec::new();
    let mut noted = |what: &str, texts: [Option<bool>; 2]| {
        for (which, is_there) in ["first", "second"].iter().zip(texts) {
            match is_there {
                None => unknown.push(format!("the {what} of the {which} cannot be read")),
                Some(false) => unknown.push(format!("the {what} of the {which} are not known")),
                Some(true) => {}
            }
        }
    };
    let (old, new) = (Text::of(from.existing_cves, cves), Text::of(to.existing_cves, cves));
    noted("vulnerabilities", [old.state(), new.state()]);
    let healed = Text::of(to.fixed_cves, cves).known().unwrap_or_default();
    let cves = cve_diff(old.known(), new.known(), healed);
    let (old, new) = (Text::of(from.installed_packages, packages), Text::of(to.installed_packages, packages));
    noted("packages", [old.state(), new.state()]);
    let packages = old.known().zip(new.known()).map(|(old, new)| package_diff(&old, &new));
    OsDiff { cves, packages, unknown }
}

/// What was read of a text.
enum Text<T> {
    Absent,
    Unreadable,
    Known(T),
}

impl<T> Text<T> {
    fn of(text: &str, read: impl Fn(&Json) -> Option<T>) -> Self {
        if text.trim().is_empty() {
            return Self::Absent;
        }
        let json = if text.len() > LONGEST { None } else { serde_json::from_str(text).ok() };
        json.and_then(|json| read(&json)).map_or(Self::Unreadable, Self::Known)
    }

    /// Whether it is there; `None` if it is and cannot be read.
    fn state(&self) -> Option<bool> {
        match self {
            Self::Absent => Some(false),
            Self::Unreadable => None,
            Self::Known(_) => Some(true),
        }
    }

    fn known(self) -> Option<T> {
        if let Self::Known(known) = self { Some(known) } else { None }
    }
}

type Cves = BTreeMap<String, String>;

fn cve_diff(old: Option<Cves>, new: Option<Cves>, healed: Cves) -> CveDiff {
    let sorted = |cves: Cves| {
        let mut all: Vec<Cve> = cves.into_iter().map(|(id, priority)| Cve { id, priority }).collect();
        all.sort_by_key(|cve| severity(&cve.priority));
        all
    };
    let split = |cves: Cves, by: &Cves| -> (Cves, Cves) { cves.into_iter().partition(|(id, _)| by.contains_key(id)) };
    let (fixed, remaining, new) = match (old, new) {
        (Some(old), Some(new)) => {
            let (_, came) = split(new.clone(), &old);
            let (remaining, fixed) = split(old, &new);
            (fixed, remaining, came)
        }
        (Some(old), None) => {
            let (fixed, remaining) = split(old, &healed);
            (fixed, remaining, Cves::new())
        }
        (None, Some(new)) => (split(healed, &new).1, new, Cves::new()),
        (None, None) => (healed, Cves::new(), Cves::new()),
    };
    CveDiff { fixed: sorted(fixed), remaining: sorted(remaining), new: sorted(new) }
}

/// The worst first; what is not known last.
fn severity(priority: &str) -> usize {
    const ORDER: [&str; 5] = ["critical", "high", "important", "medium", "low"];
    ORDER.iter().position(|known| *known == priority).unwrap_or(ORDER.len())
}

fn package_diff(old: &BTreeMap<String, BTreeSet<String>>, new: &BTreeMap<String, BTreeSet<String>>) -> PackageDiff {
    let mut diff = PackageDiff::default();
    let joined = |versions: &BTreeSet<String>| versions.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    for (name, versions) in old {
        let (name, from) = (name.clone(), joined(versions));
        match new.get(&name) {
            None => diff.removed.push(Package { name, version: from }),
            Some(other) if other != versions => diff.changed.push(Changed { to: joined(other), name, from }),
            Some(_) => {}
        }
    }
    let added = new.iter().filter(|(name, _)| !old.contains_key(*name));
    diff.added.extend(added.map(|(name, versions)| Package { name: name.clone(), version: joined(versions) }));
    diff
}

/// Vulnerabilities and how bad they are, by id.
fn cves(json: &Json) -> Option<Cves> {
    let all = json.as_array()?.iter().take(MOST);
    Some(all.filter_map(|cve| Some((name(cve, "cve_id")?, name(cve, "priority").unwrap_or_default().to_lowercase()))).collect())
}

/// Versions of packages by name; several are installed side by side.
fn packages(json: &Json) -> Option<BTreeMap<String, BTreeSet<String>>> {
    let all = json.get("repo")?.as_array()?.iter().take(MOST);
    let mut packages = BTreeMap::<String, BTreeSet<String>>::new();
    for package in all {
        if let Some(named) = name(package, "name") {
            packages.entry(named).or_default().insert(name(package, "version").unwrap_or_default());
        }
    }
    Some(packages)
}

fn name(json: &Json, key: &str) -> Option<String> {
    let text: String = json.get(key)?.as_str()?.trim().chars().filter(|c| !c.is_control()).take(NAME).collect();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn list(cves: &[(&str, &str)]) -> String {
        cves.iter()
            .map(|(id, priority)| json!({"cve_id": id, "priority": priority, "affected_packages": ["x"]}))
            .collect::<Json>()
            .to_string()
    }

    fn repo(packages: &[(&str, &str)]) -> String {
        let all: Json = packages.iter().map(|(name, version)| json!({"name": name, "version": version})).collect();
        json!({"repo": all}).to_string()
    }

    fn ids(cves: &[Cve]) -> Vec<&str> {
        cves.iter().map(|cve| cve.id.as_str()).collect()
    }

    #[test]
    fn vulnerabilities_go_stay_and_come() {
        let old = list(&[("CVE-1", "low"), ("CVE-2", "Critical"), ("CVE-3", "high"), ("CVE-4", "")]);
        let (new, healed) = (list(&[("CVE-3", "high"), ("CVE-9", "medium")]), list(&[("CVE-1", "low"), ("CVE-8", "high")]));
        for (old, new, healed, fixed, remaining, came, unknown) in [
            (&*old, &*new, "", vec!["CVE-2", "CVE-1", "CVE-4"], vec!["CVE-3"], vec!["CVE-9"], 0),
            (&old, "[]", "", vec!["CVE-2", "CVE-3", "CVE-1", "CVE-4"], vec![], vec![], 0),
            (&old, "", &*healed, vec!["CVE-1"], vec!["CVE-2", "CVE-3", "CVE-4"], vec![], 1),
            (&old, "{", &healed, vec!["CVE-1"], vec!["CVE-2", "CVE-3", "CVE-4"], vec![], 1),
            ("", &new, &healed, vec!["CVE-8", "CVE-1"], vec!["CVE-3", "CVE-9"], vec![], 1),
            ("", "", &healed, vec!["CVE-8", "CVE-1"], vec![], vec![], 2),
            (&old, &old, "", vec![], vec!["CVE-2", "CVE-3", "CVE-1", "CVE-4"], vec![], 0),
        ] {
            let texts = |existing_cves, fixed_cves| OsTexts { existing_cves, fixed_cves, installed_packages: r#"{"repo":[]}"# };
            let diff = diff(&texts(old, ""), &texts(new, healed));
            let found = (ids(&diff.cves.fixed), ids(&diff.cves.remaining), ids(&diff.cves.new));
            assert_eq!(found, (fixed, remaining, came), "{old} {new} {healed}");
            assert_eq!(diff.unknown.len(), unknown, "{:?}", diff.unknown);
        }
    }

    #[test]
    fn packages_go_come_and_change() {
        let old = repo(&[("bash", "5.2"), ("curl", "8.1"), ("kernel", "6.6"), ("kernel", "6.7"), ("vim", "9")]);
        let new = repo(&[("bash", "5.2"), ("curl", "8.2"), ("kernel", "6.7"), ("zstd", "1")]);
        let texts = |installed_packages| OsTexts { existing_cves: "[]", fixed_cves: "", installed_packages };
        let diff = diff(&texts(&old), &texts(&new));
        let shown = serde_json::to_value(diff.packages.as_ref().unwrap()).unwrap();
        let expected = json!({
            "added": [{"name": "zstd", "version": "1"}],
            "removed": [{"name": "vim", "version": "9"}],
            "changed": [{"name": "curl", "from": "8.1", "to": "8.2"}, {"name": "kernel", "from": "6.6, 6.7", "to": "6.7"}],
        });
        assert_eq!((shown, diff.unknown.len()), (expected, 0));
    }

    #[test]
    fn broken_texts_are_said_and_broken_entries_left_out() {
        let cves = r#"[{"cve_id":"CVE-1"},{"priority":"high"},7,{"cve_id":""},{"cve_id":"CVE-\u001b[2J2","priority":3}]"#;
        let old = OsTexts { existing_cves: cves, fixed_cves: "", installed_packages: "[]" };
        let long = " ".repeat(LONGEST) + "[]";
        let new =
            OsTexts { existing_cves: "[]", fixed_cves: &long, installed_packages: r#"{"repo":[{"name":"a"},{"version":"1"}]}"# };
        let diff = diff(&old, &new);
        assert_eq!(ids(&diff.cves.fixed), ["CVE-1", "CVE-[2J2"]);
        assert_eq!(diff.unknown, ["the packages of the first cannot be read"]);
        assert_eq!(diff.packages, None);
    }

    proptest! {
        #[test]
        fn any_texts_are_compared(a in ".{0,60}", b in ".{0,60}", ids_a in prop::collection::btree_set("CVE-[0-9]", 0..8), ids_b in prop::collection::btree_set("CVE-[0-9]", 0..8)) {
            let texts = OsTexts { existing_cves: &a, fixed_cves: &b, installed_packages: &a };
            diff(&texts, &OsTexts { existing_cves: &b, ..texts });
            let text = |ids: &BTreeSet<String>| list(&ids.iter().map(|id| (id.as_str(), "high")).collect::<Vec<_>>());
            let (old, new) = (text(&ids_a), text(&ids_b));
            let texts = |existing_cves| OsTexts { existing_cves, ..OsTexts::default() };
            let CveDiff { fixed, remaining, new } = diff(&texts(&old), &texts(&new)).cves;
            prop_assert_eq!(fixed.len() + remaining.len(), ids_a.len());
            prop_assert_eq!(new.len() + remaining.len(), ids_b.len());
            prop_assert!(fixed.iter().all(|cve| !ids_b.contains(&cve.id)) && new.iter().all(|cve| !ids_a.contains(&cve.id)));
        }
    }
}
