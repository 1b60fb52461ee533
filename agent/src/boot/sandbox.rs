//! The boot record of a sandbox node: one file, replaced whole. The agent changes it as it would a boot loader's
//! variables; the [firmware](crate::firmware) obeys it at power-on.

use std::{fs, path::PathBuf};

use serde::{Deserialize, Serialize};

use super::{BootError, BootLoader};
use crate::{
    durable::{self, Readers},
    machine::{Boot, FailedTrial},
    slots::SlotId,
};

/// Boots that a trial may take to be committed; a power cut in the first one does not decide.
pub const TRIAL_BOOTS: u32 = 2;

/// What the firmware goes by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Slot that boots unless another one is tried.
    pub default: SlotId,
    /// Slot to be tried.
    pub trial: Option<Trial>,
    /// Trial that failed since a slot was last written.
    pub failed_trial: Option<Failed>,
    /// What has booted; none before the first power-on.
    pub booted: Option<Booted>,
}

/// A trial that is to come or going on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trial {
    /// The slot.
    pub slot: SlotId,
    /// Boots left.
    pub boots_left: u32,
}

/// A trial that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failed {
    /// The slot.
    pub slot: SlotId,
    /// What people read.
    pub why: String,
}

/// What has booted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Booted {
    /// The slot.
    pub slot: SlotId,
    /// Another one with every boot.
    pub boot_id: String,
    /// Whether it is a trial.
    pub trial: bool,
}

impl Record {
    /// Of a new node that boots this slot.
    pub fn new(default: SlotId) -> Self {
        Self { default, trial: None, failed_trial: None, booted: None }
    }

    /// Takes one boot: the slot on trial if there is one with boots left that is bootable, else the default, else
    /// whatever boots. None if nothing does.
    #[must_use]
    pub fn power_on(mut self, boot_id: &str, bootable: impl Fn(SlotId) -> Result<(), String>) -> Option<Self> {
        let booted = |slot, trial| Some(Booted { slot, boot_id: boot_id.to_owned(), trial });
        if let Some(trial) = self.trial.take() {
            let tried = match bootable(trial.slot) {
                Ok(()) if trial.boots_left > 0 => Ok(()),
                Ok(()) => Err(format!("slot {} was booted {TRIAL_BOOTS} times and not committed", trial.slot)),
                Err(why) => Err(why),
            };
            match tried {
                Ok(()) => {
                    self.booted = booted(trial.slot, true);
                    self.trial = Some(Trial { boots_left: trial.boots_left - 1, ..trial });
                    return Some(self);
                }
                Err(why) => self.failed_trial = Some(Failed { slot: trial.slot, why }),
            }
        }
        let slot = [self.default, self.default.other()].into_iter().find(|slot| bootable(*slot).is_ok())?;
        self.booted = booted(slot, false);
        Some(self)
    }
}

impl Record {
    /// What has booted. A trial is one only until it is committed.
    pub fn boot(&self) -> Option<Boot> {
        let booted = self.booted.clone()?;
        let failed_trial = self.failed_trial.clone().map(|failed| FailedTrial { slot: failed.slot, why: failed.why });
        let trial = booted.trial && self.default != booted.slot;
        Some(Boot { slot: booted.slot, boot_id: booted.boot_id, trial, failed_trial })
    }

    /// See [`BootLoader::arm`].
    pub fn arm(&mut self, slot: SlotId) {
        self.trial = Some(Trial { slot, boots_left: TRIAL_BOOTS });
        self.failed_trial = None;
    }

    /// See [`BootLoader::disarm`].
    pub fn disarm(&mut self) {
        self.trial = None;
        self.failed_trial = None;
    }

    /// See [`BootLoader::commit`].
    pub fn commit(&mut self, slot: SlotId) -> Result<(), BootError> {
        let on_trial = self.booted.as_ref().is_some_and(|booted| booted.slot == slot && booted.trial);
        if !on_trial && self.default != slot {
            return Err(BootError::NotOnTrial { slot });
        }
        self.default = slot;
        self.disarm();
        Ok(())
    }

    /// See [`BootLoader::reject`].
    pub fn reject(&mut self, slot: SlotId, why: &str) {
        self.trial = None;
        self.failed_trial = Some(Failed { slot, why: why.to_owned() });
    }
}

/// The record's file.
#[derive(Debug, Clone)]
pub struct SandboxBoot {
    path: PathBuf,
}

impl SandboxBoot {
    /// The record in this file.
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Reads it.
    pub fn read(&self) -> Result<Record, BootError> {
        let text = fs::read(&self.path).map_err(|error| self.io(error))?;
        serde_json::from_slice(&text).map_err(|error| BootError::Damaged { path: self.name(), reason: error.to_string() })
    }

    /// Replaces it.
    pub fn replace(&self, record: &Record) -> Result<(), BootError> {
        let text = serde_json::to_vec_pretty(record).map_err(|error| self.io(error.into()))?;
        durable::replace(&self.path, &text, Readers::All).map_err(|error| self.io(error))
    }

    fn change(&self, change: impl FnOnce(&mut Record) -> Result<(), BootError>) -> Result<(), BootError> {
        let before = self.read()?;
        let mut after = before.clone();
        change(&mut after)?;
        if after == before { Ok(()) } else { self.replace(&after) }
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn io(&self, error: std::io::Error) -> BootError {
        BootError::Io { path: self.name(), error }
    }
}

impl BootLoader for SandboxBoot {
    fn boot(&self) -> Result<Boot, BootError> {
        self.read()?.boot().ok_or_else(|| BootError::NotBooted { path: self.name() })
    }

    fn arm(&self, slot: SlotId) -> Result<(), BootError> {
        self.change(|record| {
            record.arm(slot);
            Ok(())
        })
    }

    fn disarm(&self) -> Result<(), BootError> {
        self.change(|record| {
            record.disarm();
            Ok(())
        })
    }

    fn commit(&self, slot: SlotId) -> Result<(), BootError> {
        self.change(|record| record.commit(slot))
    }

    fn reject(&self, slot: SlotId, why: &str) -> Result<(), BootError> {
        self.change(|record| {
            record.reject(slot, why);
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: SlotId = SlotId::A;
    const B: SlotId = SlotId::B;

    fn loader() -> (tempfile::TempDir, SandboxBoot) {
        let directory = tempfile::tempdir().unwrap();
        let boot = SandboxBoot::new(directory.path().join("boot.json"));
        boot.replace(&Record::new(A)).unwrap();
        (directory, boot)
    }

    /// Boots; gives the slot and whether it is on trial.
    fn power_on(boot: &SandboxBoot, broken: &[SlotId]) -> Option<(SlotId, bool)> {
        let bootable = |slot| if broken.contains(&slot) { Err(format!("slot {slot} is broken")) } else { Ok(()) };
        boot.replace(&boot.read().unwrap().power_on("id", bootable)?).unwrap();
        let boot = boot.boot().unwrap();
        Some((boot.slot, boot.trial))
    }

    #[test]
    fn a_trial_that_is_committed_stays() {
        let (_directory, boot) = loader();
        assert!(matches!(boot.boot(), Err(BootError::NotBooted { .. })));
        assert_eq!(power_on(&boot, &[]), Some((A, false)));
        assert!(matches!(boot.commit(B), Err(BootError::NotOnTrial { slot: B })));
        boot.arm(B).unwrap();
        assert_eq!(power_on(&boot, &[]), Some((B, true)));
        boot.commit(B).unwrap();
        boot.commit(B).unwrap();
        assert!(!boot.boot().unwrap().trial);
        for _ in 0..4 {
            assert_eq!(power_on(&boot, &[]), Some((B, false)));
        }
    }

    #[test]
    fn a_trial_that_is_not_committed_ends() {
        let (_directory, boot) = loader();
        boot.arm(B).unwrap();
        for expected in [(B, true), (B, true), (A, false), (A, false)] {
            assert_eq!(power_on(&boot, &[]), Some(expected));
        }
        assert_eq!(boot.boot().unwrap().failed_trial.unwrap().why, "slot B was booted 2 times and not committed");
        boot.disarm().unwrap();
        assert_eq!(boot.boot().unwrap().failed_trial, None);
    }

    #[test]
    fn what_does_not_boot_or_is_rejected_falls_back() {
        let (_directory, boot) = loader();
        boot.arm(B).unwrap();
        assert_eq!(power_on(&boot, &[B]), Some((A, false)));
        assert_eq!(boot.boot().unwrap().failed_trial.unwrap().why, "slot B is broken");
        boot.arm(B).unwrap();
        assert_eq!(power_on(&boot, &[]), Some((B, true)));
        boot.reject(B, "unwell").unwrap();
        assert_eq!(power_on(&boot, &[]), Some((A, false)));
        assert_eq!(power_on(&boot, &[A]), Some((B, false)));
        assert_eq!(power_on(&boot, &[A, B]), None);
    }

    #[test]
    fn a_damaged_record_is_told() {
        let (directory, boot) = loader();
        fs::write(directory.path().join("boot.json"), "{").unwrap();
        assert!(matches!(boot.boot(), Err(BootError::Damaged { .. })));
    }
}
