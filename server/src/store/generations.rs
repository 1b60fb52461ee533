//! Counts of changes, one a project, for what is remembered of a store's content.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use super::{Batch, Change};

/// Numbers that grow with the changes of each project.
#[derive(Debug, Default)]
pub struct Generations {
    of: RwLock<HashMap<String, u64>>,
    /// The same of one kind's coming and going.
    members: RwLock<HashMap<(String, &'static str), u64>>,
}

impl Generations {
    /// The number of a project as it is now.
    pub fn current(&self, project: &str) -> u64 {
        self.of.read().unwrap_or_else(PoisonError::into_inner).get(project).copied().unwrap_or(0)
    }

    /// A number that grows when records of a kind come or go in a project.
    pub fn members(&self, project: &str, kind: &'static str) -> u64 {
        let members = self.members.read().unwrap_or_else(PoisonError::into_inner);
        members.get(&(project.to_owned(), kind)).copied().unwrap_or(0)
    }

    /// Counts a batch that has become durable. To be called before anybody is told.
    pub fn count(&self, batch: &Batch) {
        let mut of = self.of.write().unwrap_or_else(PoisonError::into_inner);
        for project in batch.changes.iter().filter_map(changed) {
            match of.get_mut(project) {
                Some(number) => *number += 1,
                None => drop(of.insert(project.to_owned(), 1)),
            }
        }
        let mut members = self.members.write().unwrap_or_else(PoisonError::into_inner);
        for (project, kind) in batch.changes.iter().filter_map(came_or_went) {
            *members.entry((project.to_owned(), kind)).or_default() += 1;
        }
    }
}

/// Project of what a change changes; conditions change nothing.
fn changed(change: &Change) -> Option<&str> {
    match change {
        Change::Insert(row) | Change::Update(row) => Some(&row.meta.project),
        Change::Delete { project, .. } | Change::DeleteWhere { project, .. } | Change::Unlink { project, .. } => Some(project),
        Change::RequireExists { .. } | Change::RequireNone { .. } => None,
    }
}

/// Project and kind of a change after which there may be more or fewer records.
fn came_or_went(change: &Change) -> Option<(&str, &'static str)> {
    match change {
        Change::Insert(row) => Some((&row.meta.project, row.spec.prefix)),
        Change::Delete { project, spec, .. } | Change::DeleteWhere { project, spec, .. } => Some((project, spec.prefix)),
        Change::Update(_) | Change::Unlink { .. } | Change::RequireExists { .. } | Change::RequireNone { .. } => None,
    }
}
