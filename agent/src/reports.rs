//! When the Maintenance Manager is told, and what it was told last.

use std::{sync::Arc, time::Duration};

use emt_api::maintmgr::{PlatformUpdateStatusResponse, Slot};
use tokio::{task::JoinSet, time::Instant};

use crate::{
    machine::State,
    manager::{Manager, ReportError},
    pace::{self, Polls},
    slots,
    work::Machine,
};

/// Pause before a report is tried again that an update waits for.
const URGENT: Duration = Duration::from_secs(1);

/// A report that has ended.
pub(crate) struct Heard {
    /// What was reported.
    pub(crate) state: State,
    /// The answer; none if there was no usable one.
    pub(crate) answer: Option<PlatformUpdateStatusResponse>,
}

type Ended = (Manager, State, Result<PlatformUpdateStatusResponse, ReportError>);

/// The reports of one process, one at a time.
pub(crate) struct Reports {
    /// Away while a report is on its way.
    manager: Option<Manager>,
    under_way: JoinSet<Ended>,
    polls: Polls,
    /// Seconds between polls that the latest answer suggests; 0: none.
    suggested: u32,
    next: Instant,
    failures: u32,
    sent: Option<State>,
    answered: Option<State>,
    trouble: Option<String>,
}

impl Reports {
    pub(crate) fn new(manager: Manager, polls: Polls) -> Self {
        Self {
            manager: Some(manager),
            under_way: JoinSet::new(),
            polls,
            suggested: 0,
            next: Instant::now(),
            failures: 0,
            sent: None,
            answered: None,
            trouble: None,
        }
    }

    /// When the next report is due; none while one is on its way.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.manager.as_ref().map(|_| self.next)
    }

    /// Reports if it is time to, or if the state is news.
    pub(crate) fn send_if_due(&mut self, state: &State, machine: &Arc<Machine>) {
        let news = self.sent.as_ref().is_none_or(|sent| !same_report(sent, state));
        if !news && Instant::now() < self.next {
            return;
        }
        let Some(mut manager) = self.manager.take() else { return };
        self.sent = Some(state.clone());
        let (state, machine) = (state.clone(), Arc::clone(machine));
        self.under_way.spawn(async move {
            let slots = slots_of(&machine).await;
            let answer = manager.report(&state, &machine.running, slots).await;
            (manager, state, answer)
        });
    }

    /// Whether the status of a state was reported and answered.
    pub(crate) fn has_told(&self, state: &State) -> bool {
        self.answered.as_ref().is_some_and(|answered| same_report(answered, state))
    }

    /// The next report is due soon, because an update waits for it.
    pub(crate) fn hurry(&mut self) {
        self.next = self.next.min(Instant::now() + URGENT);
    }

    /// The end of the report that is on its way; waits for ever if there is none.
    pub(crate) async fn next(&mut self) -> Result<Heard, tokio::task::JoinError> {
        match self.under_way.join_next().await {
            None => std::future::pending().await,
            Some(ended) => ended.map(|ended| self.ended(ended)),
        }
    }

    fn ended(&mut self, (manager, state, answer): Ended) -> Heard {
        self.manager = Some(manager);
        let answer = match answer {
            Ok(answer) => {
                if self.trouble.take().is_some() {
                    tracing::info!("the Maintenance Manager answers again");
                }
                self.failures = 0;
                self.suggested = answer.extras.as_ref().map_or(0, |extras| extras.poll_seconds);
                self.answered = Some(state.clone());
                Some(answer)
            }
            Err(error) => {
                let text = error.to_string();
                if self.trouble.as_ref() != Some(&text) {
                    tracing::warn!(error = %text, "the report was not taken and is repeated");
                    self.trouble = Some(text);
                }
                self.failures = self.failures.saturating_add(1);
                None
            }
        };
        self.next = Instant::now() + pace::poll(self.polls.interval(self.suggested), self.failures, rand::random());
        Heard { state, answer }
    }
}

/// What the slots hold now. A report that cannot tell of them is a report all the same.
async fn slots_of(machine: &Arc<Machine>) -> Vec<Slot> {
    let machine = Arc::clone(machine);
    let read = tokio::task::spawn_blocking(move || {
        let boot = machine.boot.boot().ok();
        slots::told(&*machine.slots, machine.active, boot.as_ref())
    });
    read.await.unwrap_or_default()
}

/// Whether two states are told alike: same status of the same attempt.
fn same_report(a: &State, b: &State) -> bool {
    a.status() == b.status() && a.attempt() == b.attempt()
}
