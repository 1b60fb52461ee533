//! How many vulnerabilities a version heals. The lists are long, so what was counted is remembered until the OS resource changes.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use emt_api::{
    os_diff::{OsTexts, diff},
    record::Record,
    resources::{OS, Os},
    sheet::Entry,
};

use super::super::words::many;
use crate::store::{Snapshot, StoreError};

/// Most versions that are remembered.
const MOST: usize = 4096;
/// Lists that are read at once.
const AT_ONCE: usize = 8;

/// What was counted: by id, with the revision at which it was.
#[derive(Default)]
pub(in super::super) struct Fixes {
    known: Mutex<HashMap<String, (i64, String)>>,
}

impl Fixes {
    /// In words, for each of these versions, told with their revisions; "" where nothing is known.
    pub(super) async fn of(
        &self,
        snapshot: &mut dyn Snapshot,
        project: &str,
        wanted: &[(&str, i64)],
    ) -> Result<HashMap<String, String>, StoreError> {
        let is_known = |id: &str, revision| self.known().get(id).is_some_and(|known| known.0 == revision);
        let missing: Vec<&str> = wanted.iter().filter(|(id, revision)| !is_known(id, *revision)).map(|(id, _)| *id).collect();
        let mut found = HashMap::with_capacity(wanted.len());
        for ids in missing.chunks(AT_ONCE) {
            for os in snapshot.get(&OS, project, ids).await?.iter() {
                let (revision, os) = (os.revision(), Entry::record::<Os>(os));
                let counted = counted(&os);
                found.insert(os.id().to_owned(), counted.clone());
                let mut known = self.known();
                if known.len() >= MOST {
                    known.clear();
                }
                known.insert(os.meta.id, (revision, counted));
            }
        }
        let known = self.known();
        for (id, _) in wanted {
            if let Some((_, counted)) = known.get(*id) {
                found.entry((*id).to_owned()).or_insert_with(|| counted.clone());
            }
        }
        Ok(found)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<String, (i64, String)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What it heals by its own account.
fn counted(os: &Os) -> String {
    let fixed = diff(&OsTexts::default(), &OsTexts { fixed_cves: &os.fixed_cves, ..OsTexts::default() }).cves.fixed;
    if fixed.is_empty() {
        return String::new();
    }
    let critical = fixed.iter().filter(|cve| cve.priority == "critical").count();
    let all = many(fixed.len() as u64, "fix", "fixes");
    if critical == 0 { all } else { format!("{all}, {critical} critical") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixes_are_counted_in_words() {
        for (list, expected) in [
            ("", ""),
            ("[]", ""),
            ("not a list", ""),
            (r#"[{"cve_id":"CVE-2026-1","priority":"low"}]"#, "1 fix"),
            (
                r#"[{"cve_id":"CVE-2026-1","priority":"low"},{"cve_id":"CVE-2026-2","priority":"Critical"}]"#,
                "2 fixes, 1 critical",
            ),
        ] {
            assert_eq!(counted(&Os { fixed_cves: list.to_owned(), ..Os::default() }), expected, "{list}");
        }
    }
}
