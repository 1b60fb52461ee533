//! A node without disks and network: journal, boot record and slots as values, and a driver that may be cut off after
//! any of its steps. Every rule that must hold is checked as the node acts.

use super::{super::*, failure, identity, target};
use crate::{
    boot::sandbox::Record,
    slots::{Identity, SlotId},
};

/// Pause before a retry, in seconds.
const RETRY: i64 = 100;

/// What is in a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// Nothing, or half an image.
    Torn,
    /// This version.
    Version(&'static str),
}

/// Version on new nodes.
pub(super) const OLD: &str = "1";
/// Versions that are fine.
pub(super) const GOOD: [&str; 2] = ["2", "3"];
/// It boots, and is not well.
pub(super) const UNWELL: &str = "4";
/// It does not boot.
pub(super) const BROKEN: &str = "5";

/// Work that goes on beside the polls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Job {
    Fetch(Target),
    Install(Target),
    Check,
}

/// A node.
pub(super) struct World {
    // What survives a power cut.
    pub(super) state: State,
    pub(super) record: Record,
    pub(super) slots: [Content; 2],
    pub(super) fetched: Vec<String>,
    // What does not.
    pub(super) running: Identity,
    job: Option<Job>,
    known: Option<Offer>,
    // The world outside.
    pub(super) now: i64,
    wanted: Offer,
    /// The power is cut once, after so many more steps.
    pub(super) cut_in: Option<u32>,
    boots: u32,
    healthy: bool,
}

/// The power is cut or the node reboots: the rest of what was to be done is not.
struct Dark;

impl World {
    pub(super) fn new() -> Self {
        let mut world = Self {
            state: State::UpToDate { confirmed: None },
            record: Record::new(SlotId::A),
            slots: [Content::Version(OLD), Content::Torn],
            fetched: Vec::new(),
            running: identity(OLD),
            job: None,
            known: None,
            now: 0,
            wanted: Offer { target: None, opening: Opening::Closed, download_due: false, attempt_id: String::new() },
            cut_in: None,
            boots: 0,
            healthy: false,
        };
        world.power_on();
        world
    }

    pub(super) fn booted(&self) -> Boot {
        self.record.boot().unwrap()
    }

    /// The power was cut, or the node reboots.
    pub(super) fn power_on(&mut self) {
        loop {
            self.boots += 1;
            let slots = self.slots;
            let bootable = move |slot| match slots[slot as usize] {
                Content::Version(version) if version != BROKEN => Ok(()),
                _ => Err("it does not boot".to_owned()),
            };
            let record = self.record.clone().power_on(&self.boots.to_string(), bootable);
            self.record = record.expect("a slot boots after every power cut");
            if self.start().is_ok() {
                return;
            }
        }
    }

    /// The agent ends and starts in the same boot.
    pub(super) fn restart(&mut self) {
        if self.start().is_err() {
            self.power_on();
        }
    }

    fn start(&mut self) -> Result<(), Dark> {
        (self.job, self.known, self.healthy) = (None, None, false);
        let boot = self.booted();
        let Content::Version(version) = self.slots[boot.slot as usize] else { panic!("a torn slot has booted") };
        self.running = identity(version);
        self.take(Event::Booted(boot))
    }

    fn happen(&mut self, event: Event) {
        if self.take(event).is_err() {
            self.power_on();
        }
    }

    /// A report is answered.
    pub(super) fn poll(&mut self) {
        self.known = Some(self.wanted.clone());
        self.happen(Event::Answered(self.state.status()));
    }

    /// Time passes; what is known of the windows opens and closes with it.
    pub(super) fn wake(&mut self, seconds: i64) {
        self.now += seconds;
        if let Some(known) = &mut self.known {
            (known.opening, known.download_due) = (self.wanted.opening, self.wanted.download_due);
        }
        self.happen(Event::Woken);
    }

    /// The job that is going on ends.
    pub(super) fn finish(&mut self, well: bool) {
        let event = match self.job.take() {
            None => return,
            Some(Job::Fetch(target)) if well => {
                self.fetched.push(target.sha256);
                Event::Fetched
            }
            Some(Job::Fetch(_)) => Event::FetchFailed(failure(Reason::Download)),
            Some(Job::Install(target)) => match self.install(&target, well) {
                Ok(event) => event,
                Err(Dark) => return self.power_on(),
            },
            Some(Job::Check) if self.running.version != UNWELL && well => {
                self.healthy = true;
                Event::Healthy
            }
            Some(Job::Check) => Event::Unhealthy(failure(Reason::CriticalServices)),
        };
        self.happen(event);
    }

    fn install(&mut self, wanted: &Target, well: bool) -> Result<Event, Dark> {
        let slot = self.booted().slot.other();
        self.record.disarm();
        self.cut()?;
        assert!(self.record.default != slot && self.record.trial.is_none(), "a slot that may boot next is never written");
        self.slots[slot as usize] = Content::Torn;
        self.cut()?;
        if !well || !self.fetched.contains(&wanted.sha256) {
            return Ok(Event::WriteFailed(failure(Reason::UtWrite)));
        }
        let known = [OLD, GOOD[0], GOOD[1], UNWELL, BROKEN].into_iter().find(|version| *version == wanted.image_id);
        self.slots[slot as usize] = Content::Version(known.unwrap());
        self.cut()?;
        Ok(Event::Written { slot, boot_id: self.boots.to_string() })
    }

    /// Takes an event as the driver does: the new state is kept first, then acted on, which may end in another event.
    fn take(&mut self, event: Event) -> Result<(), Dark> {
        let mut event = Some(event);
        while let Some(next) = event.take() {
            let healthy = next == Event::Healthy;
            let context = Context { now: self.now, running: &self.running, offer: self.known.as_ref(), retry_seconds: RETRY };
            let Ok((state, actions)) = step(self.state.clone(), next, &context) else { return Ok(()) };
            self.check_change(&state);
            if state != self.state {
                let kept = serde_json::to_string(&state).unwrap();
                self.state = serde_json::from_str(&kept).unwrap();
                assert_eq!(self.state, state, "a state is kept as it is");
                self.cut()?;
            }
            for action in actions {
                event = self.act(action, healthy)?.or(event);
                self.cut()?;
            }
        }
        Ok(())
    }

    fn act(&mut self, action: Action, healthy: bool) -> Result<Option<Event>, Dark> {
        let booted = self.booted();
        match action {
            Action::Fetch(target) => self.job = Some(Job::Fetch(target)),
            Action::CancelFetch => self.job = None,
            Action::Install(target) => {
                assert!(self.is_open(), "nothing is installed outside an open window");
                self.job = Some(Job::Install(target));
            }
            Action::Check => self.job = Some(Job::Check),
            Action::Arm(slot) => {
                assert!(self.is_open(), "nothing is armed outside an open window");
                assert_ne!(slot, booted.slot, "the active slot is never armed");
                let (content, attempt) = (self.slots[slot as usize], self.state.attempt().unwrap());
                let whole = matches!(content, Content::Version(version) if version == attempt.target.image_id);
                assert!(whole, "only what is to be installed is armed, not {content:?}");
                self.record.arm(slot);
            }
            Action::Disarm => self.record.disarm(),
            Action::Commit(slot) => {
                assert!(healthy && self.healthy, "a trial is committed only after it was found healthy");
                assert!(booted.trial && booted.slot == slot, "only the slot on trial is committed");
                self.record.commit(slot).unwrap();
                return Ok(Some(Event::Committed));
            }
            Action::Reject(slot) => {
                assert!(booted.trial && booted.slot == slot, "only the slot on trial is given up");
                self.record.reject(slot, "unwell");
            }
            Action::Discard => self.fetched.clear(),
            Action::Reboot => {
                let back = booted.trial && matches!(self.state, State::Failed { .. });
                assert!(back || self.is_open(), "no reboot outside an open window but to go back");
                return Err(Dark);
            }
        }
        Ok(None)
    }

    fn check_change(&self, next: &State) {
        if let (State::Failed { attempt: failed, retry_at, reported, .. }, State::Downloading { attempt }) = (&self.state, next) {
            assert!(*reported, "a failure is told before anything new begins");
            assert!(attempt.target != failed.target || *retry_at <= self.now, "a failed image is not tried again too early");
        }
        match next {
            State::Updated { attempt, .. } => assert!(attempt.target.is(&self.running), "success is told of what runs"),
            State::Failed { attempt, rolled_back: true, .. } if !self.booted().trial && *next != self.state => {
                assert!(!attempt.target.is(&self.running), "a way back leads to another version");
            }
            _ => {}
        }
    }

    fn is_open(&self) -> bool {
        self.known.as_ref().is_some_and(|known| known.opening == Opening::Open)
    }

    fn cut(&mut self) -> Result<(), Dark> {
        match self.cut_in {
            Some(0) => {
                self.cut_in = None;
                Err(Dark)
            }
            Some(steps) => {
                self.cut_in = Some(steps - 1);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// The server wants a version from now on.
    pub(super) fn want(&mut self, version: Option<&str>, opening: Opening) {
        self.wanted =
            Offer { target: version.map(target), opening, download_due: opening != Opening::Closed, attempt_id: String::new() };
    }
}
