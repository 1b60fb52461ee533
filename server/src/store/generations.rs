//! Counts of changes, a project and a kind, for what is remembered of a store's content.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use super::{Batch, Change};

/// Numbers that grow with the changes of each project.
#[derive(Debug, Default)]
pub struct Generations {
    projects: RwLock<HashMap<String, Project>>,
}

#[derive(Debug, Default)]
struct Project {
    changes: u64,
    kinds: HashMap<&'static str, Kind>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Kind {
    changes: u64,
    /// Those after which there may be more or fewer records.
    members: u64,
}

impl Generations {
    /// The number of a project as it is now.
    pub fn current(&self, project: &str) -> u64 {
        self.read(project, |project| project.changes)
    }

    /// A number that grows when records of a kind change, come or go in a project.
    pub fn of_kind(&self, project: &str, kind: &'static str) -> u64 {
        self.kind(project, kind).changes
    }

    /// A number that grows when records of a kind come or go in a project.
    pub fn members(&self, project: &str, kind: &'static str) -> u64 {
        self.kind(project, kind).members
    }

    /// Counts a batch that has become durable. To be called before anybody is told.
    pub fn count(&self, batch: &Batch) {
        let mut projects = self.projects.write().unwrap_or_else(PoisonError::into_inner);
        for (name, kind, member) in batch.changes.iter().filter_map(changed) {
            if !projects.contains_key(name) {
                projects.insert(name.to_owned(), Project::default());
            }
            let Some(project) = projects.get_mut(name) else { continue };
            project.changes += 1;
            let kind = project.kinds.entry(kind).or_default();
            kind.changes += 1;
            kind.members += u64::from(member);
        }
    }

    fn kind(&self, project: &str, kind: &'static str) -> Kind {
        self.read(project, |project| project.kinds.get(kind).copied().unwrap_or_default())
    }

    fn read<T: Default>(&self, project: &str, of: impl FnOnce(&Project) -> T) -> T {
        self.projects.read().unwrap_or_else(PoisonError::into_inner).get(project).map(of).unwrap_or_default()
    }
}

/// Project and kind of what a change changes, and whether there may be more or fewer of them; conditions change nothing.
fn changed(change: &Change) -> Option<(&str, &'static str, bool)> {
    match change {
        Change::Insert(row) => Some((&row.meta.project, row.spec.prefix, true)),
        Change::Update(row) => Some((&row.meta.project, row.spec.prefix, false)),
        Change::Delete { project, spec, .. } | Change::DeleteWhere { project, spec, .. } => Some((project, spec.prefix, true)),
        Change::Unlink { project, spec, .. } => Some((project, spec.prefix, false)),
        Change::RequireExists { .. } | Change::RequireNone { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use emt_api::{
        filter::Expr,
        record::Row,
        resources::{HOST, OS, SITE},
        spec::Spec,
    };

    use super::*;

    #[test]
    fn each_change_counts_for_its_project_and_its_kind() {
        let row = |spec| {
            let mut row = Row::empty(spec);
            "p".clone_into(&mut row.meta.project);
            row
        };
        let (p, id) = (|| "p".to_owned(), || "x".to_owned());
        let cases: [(Change, &'static Spec, u64, u64); 7] = [
            (Change::Insert(row(&OS)), &OS, 1, 1),
            (Change::Update(row(&OS)), &OS, 1, 0),
            (Change::Delete { spec: &OS, project: p(), id: id(), revision: None }, &OS, 1, 1),
            (Change::DeleteWhere { spec: &OS, project: p(), filter: Expr::everything() }, &OS, 1, 1),
            (Change::Unlink { spec: &HOST, project: p(), column: "site_id", id: id() }, &HOST, 1, 0),
            (Change::RequireExists { spec: &OS, project: p(), id: id() }, &OS, 0, 0),
            (Change::RequireNone { spec: &OS, project: p(), filter: Expr::everything() }, &OS, 0, 0),
        ];
        let generations = Generations::default();
        let numbers = |project: &str, spec: &'static Spec| {
            (generations.current(project), generations.of_kind(project, spec.prefix), generations.members(project, spec.prefix))
        };
        for (change, spec, changes, members) in cases {
            let (before, other) = (numbers("p", spec), numbers("p", &SITE));
            generations.count(&Batch::default().with(change.clone()));
            assert_eq!(numbers("p", spec), (before.0 + changes, before.1 + changes, before.2 + members), "{change:?}");
            assert_eq!(numbers("p", &SITE), (other.0 + changes, 0, 0), "{change:?}");
        }
        assert_eq!(numbers("q", &OS), (0, 0, 0));
    }
}
