//! Work that takes a while and goes on beside the polls: fetching, installing, checking. Each ends in an event.

use std::{path::PathBuf, sync::Arc};

use emt_image::{Expected, ImageError};
use tokio::task::{AbortHandle, JoinError, JoinSet};

use crate::{
    boot::BootLoader,
    crash,
    detail::Reason,
    download::{Downloads, Fetcher},
    health,
    machine::{Event, Failure, Target},
    slots::{Identity, SlotError, SlotId, Slots},
};

/// What the work is done on.
pub(crate) struct Machine {
    pub(crate) slots: Box<dyn Slots>,
    pub(crate) boot: Box<dyn BootLoader>,
    pub(crate) downloads: Downloads,
    /// Slot that runs.
    pub(crate) active: SlotId,
    /// This boot.
    pub(crate) boot_id: String,
    /// What runs.
    pub(crate) running: Identity,
}

/// The work that is going on.
pub(crate) struct Work {
    machine: Arc<Machine>,
    fetcher: Arc<Fetcher>,
    jobs: JoinSet<(u64, Event)>,
    /// Number of the latest job; what an abandoned one finds is dropped.
    latest: u64,
    fetching: Option<(String, AbortHandle)>,
}

impl Work {
    pub(crate) fn new(machine: Arc<Machine>, fetcher: Fetcher) -> Self {
        Self { machine, fetcher: Arc::new(fetcher), jobs: JoinSet::new(), latest: 0, fetching: None }
    }

    /// Fetches an image, unless that is going on.
    pub(crate) fn fetch(&mut self, target: Target) {
        if self.fetching.as_ref().is_some_and(|(sha256, _)| *sha256 == target.sha256) {
            return;
        }
        self.cancel_fetch();
        let fetcher = self.fetcher.clone();
        let sha256 = target.sha256.clone();
        let id = self.next_id();
        let handle = self.jobs.spawn(async move {
            let event = match fetcher.fetch(&target).await {
                Ok(_) => Event::Fetched,
                Err(failure) => Event::FetchFailed(failure),
            };
            (id, event)
        });
        self.fetching = Some((sha256, handle));
    }

    /// Most bytes a second that fetching may take from now on; 0: any number.
    pub(crate) fn limit(&self, bytes_per_second: u64) {
        self.fetcher.limit(bytes_per_second);
    }

    /// Stops fetching; what was fetched so far stays.
    pub(crate) fn cancel_fetch(&mut self) {
        if let Some((_, handle)) = self.fetching.take() {
            handle.abort();
            self.latest += 1;
        }
    }

    /// Writes an image into the slot that does not run.
    pub(crate) fn install(&mut self, target: Target) {
        let machine = self.machine.clone();
        self.blocking(move || match install(&machine, &target) {
            Ok(slot) => Event::Written { slot, boot_id: machine.boot_id.clone() },
            Err(failure) => Event::WriteFailed(failure),
        });
    }

    /// Runs the health checks of the slot on trial.
    pub(crate) fn check(&mut self, slot: SlotId, target: Target) {
        let machine = self.machine.clone();
        self.blocking(move || match health::check(&*machine.slots, slot, &machine.running, &target) {
            Ok(()) => Event::Healthy,
            Err(failure) => Event::Unhealthy(failure),
        });
    }

    /// What some work has ended in; waits for ever if there is none. An error is a defect in the work itself.
    pub(crate) async fn next(&mut self) -> Result<Event, JoinError> {
        loop {
            match self.jobs.join_next().await {
                None => std::future::pending().await,
                Some(Ok((id, event))) if id == self.latest => {
                    self.fetching = None;
                    return Ok(event);
                }
                Some(Ok(_)) => {}
                Some(Err(error)) if error.is_cancelled() => {}
                Some(Err(error)) => return Err(error),
            }
        }
    }

    fn blocking(&mut self, work: impl FnOnce() -> Event + Send + 'static) {
        let id = self.next_id();
        self.jobs.spawn_blocking(move || (id, work()));
    }

    fn next_id(&mut self) -> u64 {
        self.latest += 1;
        self.latest
    }
}

fn install(machine: &Machine, target: &Target) -> Result<SlotId, Failure> {
    let slot = machine.active.other();
    crash::point("before-disarm");
    // From here on the slot is not one that boots.
    machine.boot.disarm().map_err(|error| Failure { reason: Reason::UtBootConfiguration, log: error.to_string() })?;
    let file: PathBuf = machine.downloads.file(&target.sha256);
    let expected = Expected { digest: target.sha256.parse().ok(), bytes: None };
    let written = machine.slots.write(slot, &file, expected).map_err(|error| refused(&error))?;
    // What another OS would be found out after a reboot; there is no need for that.
    let identity = machine.slots.identity(slot).map_err(|error| refused(&error))?;
    if !target.is(&identity) {
        let log = format!(
            "the image holds {} {}, but was announced as {} {}",
            identity.profile, identity.version, target.profile_name, target.image_id
        );
        return Err(Failure { reason: Reason::SignatureCheck, log });
    }
    tracing::info!(%slot, bytes = written.decoded_bytes, encoding = %written.encoding, "the slot is written and read back");
    Ok(slot)
}

fn refused(error: &SlotError) -> Failure {
    let reason = match error {
        SlotError::Image(ImageError::Truncated { .. } | ImageError::Altered { .. }) => Reason::SignatureCheck,
        SlotError::Image(ImageError::TooLarge { .. } | ImageError::DiskFull { .. }) => Reason::InsufficientStorage,
        _ => Reason::UtWrite,
    };
    Failure { reason, log: error.to_string() }
}
