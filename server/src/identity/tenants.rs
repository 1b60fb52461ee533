//! Organisations and projects as callers see them.

use super::records::{Org, ProjectRecord};

/// A project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// UUID: names of roles are built from it.
    pub uuid: String,
    /// Name in addresses.
    pub name: String,
    /// Free text.
    pub description: String,
    /// UUID of the organisation that owns it.
    pub org: String,
    /// Since when it is being deleted, epoch seconds.
    pub deleting: Option<i64>,
    created_ms: i64,
}

impl Project {
    /// When it was made, epoch seconds.
    pub fn created_seconds(&self) -> i64 {
        self.created_ms.div_euclid(1000)
    }
}

impl From<ProjectRecord> for Project {
    fn from(record: ProjectRecord) -> Self {
        Self {
            uuid: record.meta.id,
            name: record.name,
            description: record.description,
            org: record.org,
            deleting: (record.deleting != 0).then_some(record.deleting),
            created_ms: record.meta.created_ms,
        }
    }
}

/// An organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// UUID: names of roles are built from it.
    pub uuid: String,
    /// Name in addresses.
    pub name: String,
    /// Free text.
    pub description: String,
    created_ms: i64,
}

impl Organisation {
    /// When it was made, epoch seconds.
    pub fn created_seconds(&self) -> i64 {
        self.created_ms.div_euclid(1000)
    }
}

impl From<Org> for Organisation {
    fn from(record: Org) -> Self {
        Self { uuid: record.meta.id, name: record.name, description: record.description, created_ms: record.meta.created_ms }
    }
}
