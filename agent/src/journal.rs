//! What must survive a power cut: the state, kept before it is acted on.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    crash,
    durable::{self, Readers},
    machine::State,
};

/// Version of the format.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Document {
    version: u32,
    state: State,
}

/// A journal that cannot be kept.
#[derive(Debug, thiserror::Error)]
#[error("the journal {path} cannot be kept: {error}")]
pub struct JournalError {
    /// Where it is.
    pub path: String,
    /// What failed.
    #[source]
    pub error: io::Error,
}

/// The journal's file.
#[derive(Debug, Clone)]
pub struct Journal {
    path: PathBuf,
}

impl Journal {
    /// The journal in this file.
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// The state that was kept. Without a journal, and with one that is damaged, it is the one in which nothing is going
    /// on: what has booted decides the rest. A damaged journal is put aside for people to look at.
    pub fn read(&self) -> Result<State, JournalError> {
        let start = State::UpToDate { confirmed: None };
        let reason = match self.look()? {
            None => return Ok(start),
            Some(Ok(state)) => return Ok(state),
            Some(Err(reason)) => reason,
        };
        let aside = aside(&self.path);
        tracing::warn!(journal = %self.path.display(), aside = %aside.display(), %reason, "the journal is damaged and put aside");
        fs::rename(&self.path, &aside).map_err(|error| self.error(error))?;
        Ok(start)
    }

    /// The state that was kept, if there is a journal; or what is wrong with it. Changes nothing.
    pub fn look(&self) -> Result<Option<Result<State, String>>, JournalError> {
        let text = match fs::read(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.error(error)),
        };
        Ok(Some(match serde_json::from_slice::<Document>(&text) {
            Ok(Document { version: VERSION, state }) => Ok(state),
            Ok(Document { version, .. }) => Err(format!("its version is {version}, not {VERSION}")),
            Err(error) => Err(error.to_string()),
        }))
    }

    /// Keeps a state; on return it is on the disk.
    pub fn write(&self, state: &State) -> Result<(), JournalError> {
        let text =
            serde_json::to_vec(&Document { version: VERSION, state: state.clone() }).map_err(|error| self.error(error.into()))?;
        durable::replace(&self.path, &text, Readers::All).map_err(|error| self.error(error))?;
        crash::point(&format!("journal-{}", state.name()));
        Ok(())
    }

    fn error(&self, error: io::Error) -> JournalError {
        JournalError { path: self.path.display().to_string(), error }
    }
}

fn aside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".damaged");
    name.into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        detail::Reason,
        machine::{Attempt, Failure, Target},
        slots::SlotId,
    };

    fn states() -> Vec<State> {
        let target = Target {
            url: "files/x".to_owned(),
            image_id: "3.1".to_owned(),
            sha256: "ab".repeat(32),
            profile_name: "emt".to_owned(),
        };
        let attempt = Attempt { target, number: 2, id: "a1".to_owned() };
        let failure = Failure { reason: Reason::BootLoader, log: "no".to_owned() };
        vec![
            State::UpToDate { confirmed: None },
            State::UpToDate { confirmed: Some("ab".to_owned()) },
            State::Downloading { attempt: attempt.clone() },
            State::Downloaded { attempt: attempt.clone() },
            State::Installing { attempt: attempt.clone() },
            State::Rebooting { attempt: attempt.clone(), slot: SlotId::B, boot_id: "id".to_owned() },
            State::Verifying { attempt: attempt.clone(), slot: SlotId::A },
            State::Updated { attempt: attempt.clone(), at: 5, reports: 1 },
            State::Failed { attempt, failure, rolled_back: true, at: 5, retry_at: 9, reported: false },
        ]
    }

    #[test]
    fn every_state_is_kept() {
        let directory = tempfile::tempdir().unwrap();
        let journal = Journal::new(directory.path().join("journal.json"));
        assert_eq!(journal.read().unwrap(), State::UpToDate { confirmed: None });
        for state in states() {
            journal.write(&state).unwrap();
            assert_eq!(journal.read().unwrap(), state);
        }
    }

    #[test]
    fn a_journal_from_before_attempts_had_names_is_read() {
        let directory = tempfile::tempdir().unwrap();
        let journal = Journal::new(directory.path().join("journal.json"));
        let text = r#"{"version":1,"state":{"name":"downloaded","attempt":{"target":{"url":"files/x","imageId":"3.1","sha256":"ab","profileName":"emt"},"number":2}}}"#;
        fs::write(&journal.path, text).unwrap();
        let state = journal.read().unwrap();
        assert_eq!(state.attempt().map(|attempt| (attempt.number, attempt.id.as_str())), Some((2, "")));
        journal.write(&state).unwrap();
        assert_eq!(fs::read_to_string(&journal.path).unwrap(), text, "and an older agent reads what is kept without a name");
    }

    proptest! {
        #[test]
        fn a_damaged_journal_is_a_safe_start(
            state in prop::sample::select(states()), at in any::<prop::sample::Index>(), bytes in proptest::collection::vec(any::<u8>(), 0..40),
        ) {
            let directory = tempfile::tempdir().unwrap();
            let journal = Journal::new(directory.path().join("journal.json"));
            journal.write(&state).unwrap();
            let mut text = fs::read(&journal.path).unwrap();
            let at = at.index(text.len());
            text.truncate(at);
            text.extend(bytes);
            fs::write(&journal.path, &text).unwrap();
            let read = journal.read().unwrap();
            if serde_json::from_slice::<Document>(&text).is_err() {
                prop_assert_eq!(read, State::UpToDate { confirmed: None });
                prop_assert_eq!(fs::read(aside(&journal.path)).unwrap(), text);
            }
        }
    }

    #[test]
    fn a_journal_of_the_future_is_put_aside() {
        let directory = tempfile::tempdir().unwrap();
        let journal = Journal::new(directory.path().join("journal.json"));
        fs::write(&journal.path, r#"{"version":2,"state":{"name":"up-to-date","confirmed":null}}"#).unwrap();
        assert_eq!(journal.read().unwrap(), State::UpToDate { confirmed: None });
        assert!(aside(&journal.path).exists());
    }
}
