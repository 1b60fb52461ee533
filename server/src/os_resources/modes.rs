//! Modes of linking: what is set for the server, a project and its profiles, and what of it holds.

use std::{collections::BTreeMap, sync::Arc};

use emt_api::{
    enums::OsMode,
    error::{ApiError, Code},
    filter::Expr,
    record::{Meta, Record},
    resources::{OF_ALL, OF_PROFILE, OS_MODE_RECORD, OsModeRecord},
};

use crate::{
    clock::Clock,
    inventory::refused,
    store::{Batch, Change, Store, StoreError, StoreExt},
};

/// The project of what belongs to the whole server.
pub(super) const SERVER: &str = "";
/// How often a change is tried again because somebody else was faster.
const ATTEMPTS: usize = 8;

/// What is set, for one project. Unspecified: what is above holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Modes {
    /// For the whole server; without it, the settings' value.
    pub server: OsMode,
    /// For the project.
    pub project: OsMode,
    /// For profiles of the project, those only for which something is set.
    pub profiles: BTreeMap<String, OsMode>,
}

impl Modes {
    /// What holds for a profile: manual or automatic.
    pub fn of(&self, profile: &str) -> OsMode {
        first([self.profiles.get(profile).copied().unwrap_or_default(), self.project, self.server])
    }

    /// What holds for profiles for which nothing is set.
    pub fn of_project(&self) -> OsMode {
        first([self.project, self.server])
    }

    /// What holds for projects for which nothing is set.
    pub fn of_server(&self) -> OsMode {
        first([self.server])
    }
}

/// The first that says something; manual if none does.
fn first(modes: impl IntoIterator<Item = OsMode>) -> OsMode {
    modes.into_iter().find(|mode| *mode != OsMode::Unspecified).unwrap_or(OsMode::Manual)
}

/// What is to be set; what is not named stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModeChange {
    /// For all of a project, or for the whole server.
    pub all: Option<OsMode>,
    /// For profiles.
    pub profiles: BTreeMap<String, OsMode>,
}

/// The modes that are kept.
#[derive(Clone)]
pub struct OsModes {
    store: Arc<dyn Store>,
    clock: Clock,
    /// The settings' value for the whole server.
    start: OsMode,
}

impl OsModes {
    /// Over a store; `start` holds for the whole server while nothing is set at run time.
    pub fn new(store: Arc<dyn Store>, clock: Clock, start: OsMode) -> Self {
        Self { store, clock, start }
    }

    /// What is set for a project and above it; of the whole server if `project` is "".
    pub async fn read(&self, project: &str) -> Result<Modes, StoreError> {
        let mut modes = Modes { server: self.start, ..Modes::default() };
        if let Some(set) = self.store.load::<OsModeRecord>(SERVER, OF_ALL).await?.filter(|set| set.mode != OsMode::Unspecified) {
            modes.server = set.mode;
        }
        if project == SERVER {
            return Ok(modes);
        }
        for set in self.store.load_all::<OsModeRecord>(project, Expr::everything()).await? {
            match set.profile() {
                None => modes.project = set.mode,
                Some(profile) => drop(modes.profiles.insert(profile.to_owned(), set.mode)),
            }
        }
        Ok(modes)
    }

    /// What is set at run time for the whole server.
    pub async fn set_for_server(&self) -> Result<OsMode, StoreError> {
        Ok(self.store.load::<OsModeRecord>(SERVER, OF_ALL).await?.map_or(OsMode::Unspecified, |set| set.mode))
    }

    /// Sets modes of a project, or of the whole server if `project` is "": all or nothing.
    pub async fn change(&self, project: &str, change: &ModeChange) -> Result<(), ApiError> {
        let of_profiles = change.profiles.iter().map(|(profile, mode)| (format!("{OF_PROFILE}{profile}"), *mode));
        let wanted: Vec<(String, OsMode)> = change.all.iter().map(|mode| (OF_ALL.to_owned(), *mode)).chain(of_profiles).collect();
        for _ in 0..ATTEMPTS {
            let mut batch = Batch::default();
            for (id, mode) in &wanted {
                let kept: Option<OsModeRecord> = self.store.load(project, id).await.map_err(refused)?;
                batch.changes.extend(self.becomes(project, id, kept, *mode));
            }
            if batch.changes.is_empty() {
                return Ok(());
            }
            match self.store.commit(batch).await {
                Err(StoreError::Conflict { .. } | StoreError::IdTaken { .. }) => {}
                outcome => return outcome.map_err(refused),
            }
        }
        Err(ApiError::new(Code::Aborted, "too many changes of the mode at once; try again"))
    }

    fn becomes(&self, project: &str, id: &str, kept: Option<OsModeRecord>, mode: OsMode) -> Option<Change> {
        let now_ms = self.clock.now_ms();
        match kept {
            Some(kept) if kept.mode == mode => None,
            Some(kept) if mode == OsMode::Unspecified => Some(Change::Delete {
                spec: &OS_MODE_RECORD,
                project: project.to_owned(),
                id: id.to_owned(),
                revision: Some(kept.meta.revision),
            }),
            Some(kept) => {
                let meta = Meta { updated_ms: now_ms, ..kept.meta };
                Some(Change::Update(OsModeRecord { meta, mode }.into_row()))
            }
            None if mode == OsMode::Unspecified => None,
            None => {
                let (project, id) = (project.to_owned(), id.to_owned());
                let meta = Meta { project, id, revision: 1, created_ms: now_ms, updated_ms: now_ms };
                Some(Change::Insert(OsModeRecord { meta, mode }.into_row()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_mode_holds() {
        use OsMode::{Automatic, Manual, Unspecified};
        for (server, project, profile, expected) in [
            (Unspecified, Unspecified, Unspecified, Manual),
            (Automatic, Unspecified, Unspecified, Automatic),
            (Automatic, Manual, Unspecified, Manual),
            (Manual, Unspecified, Automatic, Automatic),
            (Automatic, Automatic, Manual, Manual),
            (Unspecified, Automatic, Unspecified, Automatic),
        ] {
            let modes = Modes { server, project, profiles: [("emt".to_owned(), profile)].into() };
            assert_eq!(modes.of("emt"), expected, "{modes:?}");
            assert_eq!(modes.of("other"), modes.of_project(), "{modes:?}");
        }
    }
}
