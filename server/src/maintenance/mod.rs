//! The Maintenance Manager: what a node's report means, and what the node is told.
//!
//! [`report`] and [`answer`] decide, without store and clock; this module reads what they need and writes what they
//! decided before the node hears of it, so that nothing is acknowledged that could still be lost.

mod abandoned;
mod answer;
pub mod decision;
mod details;
mod extras;
mod heard;
mod memory;
mod profiles;
mod report;
mod run;
mod slots;
mod upkeep;
mod versions;
mod why;
mod windows;

use std::sync::Arc;

use emt_api::{
    enums::{HostState, OsMode, UpdateRunState},
    filter::Expr,
    id,
    maintmgr::{self, PlatformUpdateStatusRequest, PlatformUpdateStatusResponse, update_status::StatusType},
    record::{Meta, Record},
    resources::{Host, INSTANCE, Instance, OS_UPDATE_RUN, Os, OsUpdatePolicy, OsUpdateRun, RepeatedSchedule, SingleSchedule},
    value::{Link, Value},
};

pub(crate) use self::answer::path;
pub use self::{
    answer::Agent,
    upkeep::RunRules,
    versions::Versions,
    why::{Supposed, Why},
    windows::Windows,
};
use self::{decision::Facts, run::RunEffect};
use crate::{
    clock::{Clock, Randomness},
    inventory::{is_provisioned, newest, schedules_of_host},
    store::{Batch, Store, StoreError, StoreExt},
};

/// How often a report is taken again because somebody else changed the same records meanwhile.
const ATTEMPTS: usize = 16;

/// Who reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reporter {
    /// UUID of the project that its credentials belong to.
    pub project: String,
    /// UUID of the one host it may speak for.
    pub host_uuid: String,
    /// Its program.
    pub agent: Agent,
}

/// Why a report gets no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The request is not well formed.
    #[error("invalid request: {0}")]
    Invalid(String),
    /// The project has no such host, or it has no instance.
    #[error("no host {uuid} with an instance in this project: register the host and enrol the node")]
    Unknown {
        /// UUID as reported.
        uuid: String,
    },
    /// The credentials belong to another host.
    #[error("the credentials of host {owner} cannot report for host {reported}: enrol each node by itself")]
    Foreign {
        /// UUID of the host that the credentials belong to.
        owner: String,
        /// UUID as reported.
        reported: String,
    },
    /// Trust in the host was withdrawn.
    #[error("host {id} is not trusted: an operator has invalidated it")]
    Untrusted {
        /// Host id.
        id: String,
    },
    /// No OS is known to be installed yet.
    #[error("")]
    Unprovisioned,
    /// The store failed; the report was not taken.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Others kept changing the same records.
    #[error("too many changes at once; report again")]
    Busy,
}

/// The Maintenance Manager of all projects.
#[derive(Clone)]
pub struct MaintenanceManager {
    memory: Arc<memory::Memory>,
    profiles: Arc<profiles::Profiles>,
    heard: Arc<heard::Heard>,
    rules: Arc<RunRules>,
    /// Most bytes a second that the download of a node may take; 0: any number.
    node_bandwidth: u64,
    store: Arc<dyn Store>,
    clock: Clock,
    random: Randomness,
}

/// All that a decision about one node needs.
struct Node {
    /// The host, as this report leaves it.
    host: Host,
    /// The instance before what the report says is applied; on the first report already provisioned.
    instance: Instance,
    /// Both as they are kept; no instance before the first report of an enrolled node.
    kept: (Host, Option<Instance>),
    installed: Option<Os>,
    policy: Option<OsUpdatePolicy>,
    /// OS resources of the installed profile.
    profile: Arc<[Os]>,
    /// The target if it is of another, and what a report may confirm, with its long texts.
    own: Vec<Os>,
}

impl MaintenanceManager {
    /// A manager over a store.
    pub fn new(store: Arc<dyn Store>, clock: Clock, random: Randomness, rules: RunRules) -> Self {
        let heard = Arc::new(heard::Heard::new(u32::try_from(clock.now()).unwrap_or(u32::MAX)));
        Self {
            memory: Arc::default(),
            profiles: Arc::default(),
            heard,
            rules: Arc::new(rules),
            node_bandwidth: 0,
            store,
            clock,
            random,
        }
    }

    /// With a limit for the download of each node that takes one, bytes a second; 0: none.
    #[must_use]
    pub fn with_node_bandwidth(self, node_bandwidth: u64) -> Self {
        Self { node_bandwidth, ..self }
    }

    /// Takes a report and says what to do. What it changes is durable before this returns.
    pub async fn report(
        &self,
        who: &Reporter,
        request: &PlatformUpdateStatusRequest,
    ) -> Result<PlatformUpdateStatusResponse, Refusal> {
        let uuid = &request.host_guid;
        if !id::is_uuid(uuid) {
            return Err(Refusal::Invalid("host_guid must be a UUID in 8-4-4-4-12 hex form".to_owned()));
        }
        let Some(status) = &request.update_status else {
            return Err(Refusal::Invalid("update_status is required".to_owned()));
        };
        // Before anything is read: what is decided holds for this generation.
        let generation = self.store.generation(&who.project);
        if who.host_uuid.eq_ignore_ascii_case(uuid) {
            self.heard.note(uuid, self.now());
        }
        if let Some(told) = self.memory.recall(who, request, generation, self.clock.now()) {
            return Ok(told);
        }
        let running = report::Running::of(status);
        for _ in 0..ATTEMPTS {
            let mut node = self.node(who, uuid, &running).await?;
            let mut runs = self.runs(&node).await?;
            let last = runs.iter().find(|run| run.state == UpdateRunState::Open).or(runs.first()).cloned();
            let report::Effect { mut instance, mut run } = report::apply(&node.facts(self.now()), status, last);
            let windows = self.windows(&node.host).await?;
            let installed = node.catalogue().iter().find(|os| Some(os.id()) == instance.os_id.id()).cloned();
            node.installed = installed.or(node.installed);
            instance.agent = who.agent.number();
            instance.slots.0 = slots::kept(&request.slots);
            node.instance = instance.clone();
            run.follow(&mut runs);
            let now = self.clock.now();
            let decision = decision::decide(&Facts {
                host: &node.host,
                instance: Some(&node.instance),
                installed: node.installed.as_ref(),
                policy: node.policy.as_ref(),
                catalogue: node.catalogue(),
                mode: OsMode::Unspecified,
                windows: &windows,
                runs: &runs,
                last_seen: Some(now),
                agent: who.agent,
                now,
            });
            let situation = answer::Situation {
                agent: who.agent,
                says_what_runs: running.is_named(),
                policy: node.policy.as_ref(),
                windows: &windows,
                decision: &decision,
                now,
            };
            let mut answer = answer::answer(&situation);
            let mut told_until = situation.told_until();
            if request.takes_extras {
                let ended = runs.iter().find(|run| run.state != UpdateRunState::Open);
                let extras = node.asks(&situation, request, ended, self.node_bandwidth).extras();
                answer.extras = Some(extras.told);
                told_until = told_until.min(extras.until);
            }
            if who.agent == Agent::PlatformUpdateAgent {
                windows::hand_over(&mut instance, &mut answer);
            }
            run.aim(decision.target.key());
            let mut batch = Batch::default();
            if matches!(run, RunEffect::Create(_)) {
                batch.changes = self.too_many(&instance).await?;
            }
            let batch = self.batch(batch, &node, &instance, run);
            if batch.changes.is_empty() {
                self.memory.keep(who, request, generation, now..told_until, &answer);
                return Ok(answer);
            }
            match self.store.commit(batch).await {
                Err(StoreError::Conflict { .. } | StoreError::IdTaken { .. } | StoreError::Duplicate { .. }) => {}
                Err(error) => return Err(error.into()),
                Ok(()) => return Ok(answer),
            }
        }
        Err(Refusal::Busy)
    }

    /// Why a node's credentials have ended: its host is gone, or it is not trusted any more. `None` for a host that is
    /// neither.
    pub async fn refusal(&self, project: &str, uuid: &str) -> Result<Option<Refusal>, StoreError> {
        let host: Option<Host> = self.store.first(project, Expr::is("uuid_key", Value::Text(uuid.to_ascii_lowercase()))).await?;
        Ok(match host.filter(|host| host.desired_state != HostState::Deleted) {
            Some(host) => is_untrusted(&host).then(|| Refusal::Untrusted { id: host.meta.id.clone() }),
            None => Some(Refusal::Unknown { uuid: uuid.to_owned() }),
        })
    }

    async fn node(&self, who: &Reporter, uuid: &str, running: &report::Running<'_>) -> Result<Node, Refusal> {
        let project = who.project.as_str();
        let unknown = || Refusal::Unknown { uuid: uuid.to_owned() };
        let host: Host =
            self.store.first(project, Expr::is("uuid_key", Value::Text(uuid.to_ascii_lowercase()))).await?.ok_or_else(unknown)?;
        if !who.host_uuid.eq_ignore_ascii_case(uuid) {
            return Err(Refusal::Foreign { owner: who.host_uuid.clone(), reported: uuid.to_owned() });
        }
        if is_untrusted(&host) {
            return Err(Refusal::Untrusted { id: host.meta.id });
        }
        let enrolled = host.current_state == HostState::Onboarded;
        let instance: Option<Instance> = self.store.first(project, Expr::is("host_id", host.id())).await?;
        if instance.is_none() && !enrolled {
            return Err(unknown());
        }
        let kept = (host.clone(), instance.clone());
        let (mut host, mut instance) = (host, instance.unwrap_or_default());
        let mut installed: Option<Os> = match instance.os_id.id() {
            Some(id) => self.store.load(project, id).await?,
            None => None,
        };
        let named = if running.profile.is_empty() { &instance.running_profile } else { running.profile };
        let profile = installed.as_ref().map_or(named, |os| &os.profile_name);
        let mut catalogue: Arc<[Os]> = Arc::default();
        if !profile.is_empty() {
            catalogue = self.profiles.of(&*self.store, project, profile).await?;
        }
        let provisioned = is_provisioned(&instance);
        if !provisioned && !enrolled {
            return Err(Refusal::Unprovisioned);
        }
        if !provisioned || installed.is_none() {
            // The first report of an enrolled node is the truth about what it runs, whatever was planned for it.
            let profile_changed =
                installed.as_ref().is_some_and(|os| !running.profile.is_empty() && os.profile_name != running.profile);
            if profile_changed {
                catalogue = self.profiles.of(&*self.store, project, running.profile).await?;
            }
            if let Some(os) = catalogue.iter().find(|os| running.is(os)) {
                installed = self.store.load(project, os.id()).await?.or(installed);
            }
            report::provision(&mut host, &mut instance, installed.as_ref(), self.now());
        }
        let policy: Option<OsUpdatePolicy> = match instance.os_update_policy_id.id() {
            Some(id) => self.store.load(project, id).await?,
            None => None,
        };
        let target = policy.as_ref().and_then(|policy| policy.target_os_id.id()).or(instance.desired_os_id.id());
        let mut own = Vec::new();
        if let Some(target) = target.filter(|id| catalogue.iter().all(|os| os.id() != *id)) {
            own.extend(self.store.load::<Os>(project, target).await?);
        }
        // What a report may confirm is needed with its long texts.
        for os in catalogue.iter().filter(|os| running.is(os)) {
            match &installed {
                Some(installed) if installed.id() == os.id() => own.push(installed.clone()),
                _ => own.extend(self.store.load::<Os>(project, os.id()).await?),
            }
        }
        Ok(Node { host, instance, kept, installed, policy, profile: catalogue, own })
    }

    /// The last runs, newest first; the one that is open is among them.
    async fn runs(&self, node: &Node) -> Result<Vec<OsUpdateRun>, Refusal> {
        if node.kept.1.is_none() {
            return Ok(Vec::new());
        }
        let query = why::last_runs(&node.host.meta.project, node.instance.id());
        Ok(self.store.find(query).await?.rows.into_iter().map(OsUpdateRun::from_row).collect())
    }

    /// Adds what must be written: nothing if nothing differs.
    fn batch(&self, mut batch: Batch, node: &Node, instance: &Instance, run: RunEffect) -> Batch {
        let project = &node.host.meta.project;
        let now_ms = self.clock.now_ms();
        if node.host != node.kept.0 {
            let mut host = node.host.clone();
            host.meta.updated_ms = now_ms;
            batch = batch.update(host);
        }
        let mut instance = instance.clone();
        match &node.kept.1 {
            None => {
                instance.meta = self.new_meta(project, INSTANCE.prefix, now_ms);
                batch = batch.insert(instance.clone());
            }
            Some(kept) if *kept != instance => {
                instance.meta.updated_ms = now_ms;
                batch = batch.update(instance.clone());
            }
            Some(_) => {}
        }
        match run {
            RunEffect::None => batch,
            RunEffect::Create(mut run) => {
                run.meta = self.new_meta(project, OS_UPDATE_RUN.prefix, now_ms);
                run.instance_id = Link::to(instance.id());
                batch.insert(*run)
            }
            RunEffect::Update(mut run) => {
                run.meta.updated_ms = now_ms;
                batch.update(*run)
            }
        }
    }

    fn now(&self) -> u32 {
        u32::try_from(self.clock.now()).unwrap_or(u32::MAX)
    }

    fn new_meta(&self, project: &str, prefix: &str, now_ms: i64) -> Meta {
        Meta {
            project: project.to_owned(),
            id: id::make(prefix, self.random.u32()),
            revision: 1,
            created_ms: now_ms,
            updated_ms: now_ms,
        }
    }

    /// The OS-update windows that hold for a host: its own, its site's, and those of all regions above.
    async fn windows(&self, host: &Host) -> Result<Windows, StoreError> {
        let project = host.meta.project.as_str();
        let holds = schedules_of_host(&mut &*self.store, project, host).await?;
        let filter = why::for_updates(holds);
        let singles = self.store.load_all::<SingleSchedule>(project, filter.clone()).await?;
        let repeated = self.store.load_all::<RepeatedSchedule>(project, filter).await?;
        Ok(Windows { singles, repeated })
    }
}

/// Whether trust in a host was withdrawn.
pub fn is_untrusted(host: &Host) -> bool {
    host.current_state == HostState::Untrusted || host.desired_state == HostState::Untrusted
}

impl Node {
    /// What the extras of its answer depend on. `ended` is the run that ended last.
    fn asks<'a>(
        &'a self,
        situation: &'a answer::Situation<'a>,
        request: &'a PlatformUpdateStatusRequest,
        ended: Option<&'a OsUpdateRun>,
        bandwidth: u64,
    ) -> extras::Asks<'a> {
        extras::Asks {
            situation,
            uuid: &request.host_guid,
            status: request.update_status.as_ref().map_or(StatusType::Unspecified, maintmgr::UpdateStatus::status_type),
            instance: &self.instance,
            ended: ended.map_or("", Record::id),
            bandwidth,
        }
    }

    fn catalogue(&self) -> Versions<'_> {
        Versions::before(&self.own, &self.profile)
    }

    fn running_profile(&self) -> String {
        self.installed.as_ref().map_or(&self.instance.running_profile, |os| &os.profile_name).clone()
    }

    fn facts(&self, now: u32) -> report::Facts<'_> {
        report::Facts {
            host: &self.host,
            instance: &self.instance,
            installed: self.installed.as_ref(),
            newest: newest(&self.running_profile(), self.catalogue().iter()),
            catalogue: self.catalogue(),
            now,
        }
    }
}
