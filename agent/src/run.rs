//! The driver: takes events to the machine, keeps every new state before it acts on it, and does what the machine says.

use std::{collections::VecDeque, io, path::PathBuf, sync::Arc, time::Duration};

use tokio::{task::JoinError, time::Instant};

use crate::{
    boot::{BootError, BootLoader},
    clock, crash,
    credentials::{Credentials, CredentialsError},
    detail::Reason,
    download::{Downloads, Fetcher},
    firmware,
    heartbeat::Heartbeats,
    journal::{Journal, JournalError},
    machine::{self, Action, Boot, Context, Event, Failure, State},
    manager::Manager,
    net::{self, NetError},
    node::{Node, NodeError, Role},
    pace::Polls,
    reports::{Heard, Reports},
    signals::Signals,
    slots::{SlotError, Slots},
    token::Tokens,
    wants::Wants,
    work::{Machine, Work},
};

/// How long an update waits for the report of its status to be answered. A server that is out of reach holds it up no
/// longer than this.
const HOLD: Duration = Duration::from_secs(10);
/// How long another agent of the node may take to end.
const PATIENCE: Duration = Duration::from_secs(1);
/// Longest time without a look at the clock, which may be set meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_mins(1);

/// How an agent is to run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Directory of the node.
    pub directory: PathBuf,
    /// How often the Maintenance Manager is asked.
    pub polls: Polls,
    /// Pause before a failed update is tried again, in seconds.
    pub retry_seconds: i64,
    /// Whether a firmware started this process; it ends with it.
    pub tethered: bool,
}

/// How an agent ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// A signal asked for it.
    Stopped,
    /// The node is to be rebooted.
    Reboot,
}

/// Why an agent cannot run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Its node.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// Boot record.
    #[error(transparent)]
    Boot(#[from] BootError),
    /// The slot that runs.
    #[error(transparent)]
    Slot(#[from] SlotError),
    /// Credentials.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// Address or certificate authority of the server.
    #[error(transparent)]
    Net(#[from] NetError),
    /// Journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Signals.
    #[error("signals cannot be received: {0}")]
    Signals(#[source] io::Error),
    /// A defect of the agent.
    #[error("work broke off: {0}")]
    Work(#[from] JoinError),
}

/// Runs the agent of a node. An agent on trial that cannot do its work gives the trial up, which brings the old version
/// back.
pub async fn run(settings: &Settings) -> Result<End, RunError> {
    let node = Node::open(&settings.directory)?;
    if settings.tethered {
        firmware::die_with_firmware(&settings.directory);
    }
    let mut signals = Signals::new().map_err(RunError::Signals)?;
    let _lock = node.lock(Role::Agent, PATIENCE)?;
    crash::arm(&settings.directory);
    let boot = node.boot().boot()?;
    let outcome = match driver(&node, &boot, settings) {
        Ok(mut driver) => driver.go(boot, &mut signals).await,
        Err(error) => Err(error),
    };
    let Err(error) = outcome else { return outcome };
    match node.boot().boot() {
        Ok(boot) if boot.trial => {
            tracing::error!(%error, slot = %boot.slot, "the slot on trial is given up");
            node.boot().reject(boot.slot, &error.to_string())?;
            Ok(End::Reboot)
        }
        _ => Err(error),
    }
}

fn driver(node: &Node, boot: &Boot, settings: &Settings) -> Result<Driver, RunError> {
    let slots = node.slots(Some(boot.slot));
    let running = slots.identity(boot.slot)?;
    let credentials = Credentials::read(node.directory())?;
    let http = net::https(credentials.ca.as_deref())?;
    let tokens = Arc::new(Tokens::new(http.clone(), &credentials));
    let channel = net::grpc(&credentials.server, credentials.ca.as_deref())?;
    let manager = Manager::new(&credentials.server, &credentials.uuid, channel.clone(), tokens.clone());
    let channel = match &credentials.host_manager {
        Some(server) => net::grpc(server, credentials.ca.as_deref())?,
        None => channel,
    };
    let heartbeats = Heartbeats::new(&credentials.uuid, channel, tokens.clone());
    let downloads = Downloads::new(node.downloads());
    let fetcher = Fetcher::new(http, tokens, &credentials.server, downloads.clone());
    let journal = node.journal();
    let state = journal.read()?;
    tracing::info!(
        host = %credentials.uuid, server = %credentials.server, slot = %boot.slot, trial = boot.trial,
        profile = %running.profile, version = %running.version, state = state.name(), "the agent starts"
    );
    let machine = Machine {
        slots: Box::new(slots),
        boot: Box::new(node.boot()),
        downloads,
        active: boot.slot,
        boot_id: boot.boot_id.clone(),
        running,
    };
    let machine = Arc::new(machine);
    Ok(Driver {
        work: Work::new(machine.clone(), fetcher),
        machine,
        journal,
        state,
        events: VecDeque::new(),
        held: None,
        wants: None,
        reports: Reports::new(manager, settings.polls),
        heartbeats,
        retry_seconds: settings.retry_seconds,
    })
}

struct Driver {
    machine: Arc<Machine>,
    work: Work,
    reports: Reports,
    heartbeats: Heartbeats,
    journal: Journal,
    state: State,
    /// What has happened and was not taken yet.
    events: VecDeque<Event>,
    /// The end of some work that is taken only once the server knows of the work, or after a while.
    held: Option<(Event, Instant)>,
    /// From the latest answer; none before the first answer of this process.
    wants: Option<Wants>,
    retry_seconds: i64,
}

impl Driver {
    async fn go(&mut self, boot: Boot, signals: &mut Signals) -> Result<End, RunError> {
        self.events.push_back(Event::Booted(boot));
        loop {
            while let Some(event) = self.events.pop_front() {
                if let Some(end) = self.take(event)? {
                    return Ok(end);
                }
            }
            self.release();
            if !self.events.is_empty() {
                continue;
            }
            self.reports.send_if_due(&self.state, &self.machine);
            let wake = self.wake();
            tokio::select! {
                () = signals.next() => {
                    tracing::info!(state = self.state.name(), "the agent stops");
                    return Ok(End::Stopped);
                }
                heard = self.reports.next() => self.hear(&heard?),
                event = self.work.next() => self.held = Some((event?, Instant::now() + HOLD)),
                () = tokio::time::sleep_until(wake) => self.events.push_back(Event::Woken),
            }
        }
    }

    /// Takes one event: the new state is kept, then acted on.
    fn take(&mut self, event: Event) -> Result<Option<End>, RunError> {
        let now = clock::now();
        let offer = self.wants.as_mut().map(|wants| wants.offer(now, rand::random));
        let context = Context { now, running: &self.machine.running, offer: offer.as_ref(), retry_seconds: self.retry_seconds };
        let name = event.name();
        let (state, actions) = match machine::step(self.state.clone(), event, &context) {
            Ok(next) => next,
            Err(refused) => {
                tracing::debug!(%refused, "left alone");
                return Ok(None);
            }
        };
        if state != self.state {
            self.journal.write(&state)?;
            self.log_change(&state, name);
            self.state = state;
        }
        Ok(self.act(actions))
    }

    fn log_change(&self, state: &State, event: &'static str) {
        if state.name() == self.state.name() {
            return;
        }
        let (from, to) = (self.state.name(), state.name());
        match state {
            State::Failed { failure, .. } => {
                tracing::warn!(from, to, event, reason = ?failure.reason, log = %failure.log, "the update failed");
            }
            state => {
                let image = state.attempt().map_or("", |attempt| &attempt.target.image_id);
                tracing::info!(from, to, event, image, "the state changes");
            }
        }
    }

    fn act(&mut self, actions: Vec<Action>) -> Option<End> {
        let boot = &self.machine.boot;
        for action in actions {
            match action {
                // What was fetched and is held back is there.
                Action::Fetch(_) if self.held.is_some() => {}
                Action::Fetch(target) => self.work.fetch(target),
                Action::CancelFetch => {
                    self.work.cancel_fetch();
                    self.held = None;
                }
                Action::Install(target) => self.work.install(target),
                Action::Check => {
                    if let State::Verifying { attempt, slot } = &self.state {
                        self.work.check(*slot, attempt.target.clone());
                    }
                }
                Action::Arm(slot) => {
                    crash::point("before-arm");
                    if let Err(error) = boot.arm(slot) {
                        // Nothing that follows makes sense without it.
                        let log = error.to_string();
                        self.events.push_back(Event::ArmFailed(Failure { reason: Reason::UtBootConfiguration, log }));
                        return None;
                    }
                    crash::point("after-arm");
                }
                Action::Disarm => {
                    if let Err(error) = boot.disarm() {
                        tracing::warn!(%error, "the boot target is still changed; installing tries again to undo that");
                    }
                }
                Action::Commit(slot) => {
                    crash::point("before-commit");
                    self.events.push_back(match boot.commit(slot) {
                        Ok(()) => Event::Committed,
                        Err(error) => Event::CommitFailed(Failure { reason: Reason::OsCommit, log: error.to_string() }),
                    });
                    crash::point("after-commit");
                }
                Action::Reject(slot) => {
                    let why = match &self.state {
                        State::Failed { failure, .. } => failure.log.as_str(),
                        _ => "given up",
                    };
                    if let Err(error) = boot.reject(slot, why) {
                        tracing::warn!(%error, "the trial ends only when its boots are used up");
                    }
                }
                Action::Discard => {
                    if let Err(error) = self.machine.downloads.discard() {
                        tracing::warn!(%error, "fetched images cannot be removed");
                    }
                }
                Action::Reboot => {
                    tracing::info!("the node reboots");
                    return Some(End::Reboot);
                }
            }
        }
        None
    }

    fn hear(&mut self, heard: &Heard) {
        let Some(answer) = &heard.answer else { return };
        // Before its first report a node is not known.
        self.heartbeats.show(&self.state);
        let status = heard.state.status();
        if status == emt_api::maintmgr::update_status::StatusType::Updated {
            crash::point("after-updated-report");
        }
        self.work.limit(answer.extras.as_ref().map_or(0, |extras| extras.download_bytes_per_second));
        self.wants.get_or_insert_default().hear(answer);
        // The answer to what holds no longer confirms nothing.
        let event = if heard.state == self.state { Event::Answered(status) } else { Event::Woken };
        self.events.push_back(event);
    }

    /// Lets the end of some work go on its way once the server knows of the work. What health, commit and the way back
    /// hang on never waits.
    fn release(&mut self) {
        let waits = matches!(self.state, State::Downloading { .. } | State::Installing { .. });
        if let Some((event, until)) = self.held.take() {
            if waits && !self.reports.has_told(&self.state) && Instant::now() < until {
                self.reports.hurry();
                self.held = Some((event, until));
            } else {
                self.events.push_back(event);
            }
        }
    }

    /// When to look again.
    fn wake(&self) -> Instant {
        let now = clock::now();
        let retry = match self.state {
            State::Failed { retry_at, .. } if retry_at > now => Some(retry_at),
            _ => None,
        };
        let change = self.wants.as_ref().and_then(|wants| wants.changes_at(now));
        let clocked = retry.into_iter().chain(change).min().map_or(LONGEST_SLEEP, clock::until).min(LONGEST_SLEEP);
        let held = self.held.as_ref().map(|(_, until)| *until);
        [Some(Instant::now() + clocked), self.reports.due(), held].into_iter().flatten().min().unwrap_or_else(Instant::now)
    }
}
