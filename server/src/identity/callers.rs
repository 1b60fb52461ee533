//! Callers that are remembered by their tokens, and projects by their names, for as long as nothing changes that could end or
//! change them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use sha2::{Digest, Sha256};

use super::{Caller, Identity, IdentityError, Project, SERVER};

/// Callers that are remembered; beyond that memory begins anew. As many as there are nodes whose answers are remembered.
const CALLERS: usize = 131_072;

/// Projects that are remembered; beyond that memory begins anew.
const PROJECTS: usize = 4_096;

/// Digest of a token.
pub(super) type Fingerprint = [u8; 32];

/// Callers by token.
#[derive(Default)]
pub(super) struct Callers {
    known: Mutex<HashMap<Fingerprint, Kept>>,
    projects: Mutex<HashMap<String, (u64, Project)>>,
}

struct Kept {
    generation: u64,
    /// Epoch seconds from which on the token is expired or its session over.
    until: i64,
    caller: Arc<Caller>,
}

/// What a token is remembered by.
pub(super) fn fingerprint(token: &str) -> Fingerprint {
    Sha256::digest(token).into()
}

impl Callers {
    /// The caller of a token, if what the server keeps has not changed since.
    pub(super) fn recall(&self, token: &Fingerprint, generation: u64, now: i64) -> Option<Arc<Caller>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = known.get(token)?;
        (kept.generation == generation && now < kept.until).then(|| Arc::clone(&kept.caller))
    }

    /// Remembers nobody any more.
    pub(super) fn forget(&self) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Remembers a caller. `generation` was current before anything was read.
    pub(super) fn keep(&self, token: Fingerprint, generation: u64, until: i64, caller: &Arc<Caller>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= CALLERS {
            known.clear();
        }
        known.insert(token, Kept { generation, until, caller: Arc::clone(caller) });
    }
}

impl Identity {
    /// The project with a name, without a look into the store while nothing has changed.
    pub async fn project_recalled(&self, name: &str) -> Result<Option<Project>, IdentityError> {
        let generation = self.store().generation(SERVER);
        let projects = || self.shared.callers.projects.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, project)) = projects().get(name).filter(|(known, _)| *known == generation) {
            return Ok(Some(project.clone()));
        }
        let found = self.project_named(name).await?;
        if let Some(project) = &found {
            let mut projects = projects();
            if projects.len() >= PROJECTS {
                projects.clear();
            }
            projects.insert(name.to_owned(), (generation, project.clone()));
        }
        Ok(found)
    }
}
