//! The Host Manager: which nodes are connected, and what machines they are.
//!
//! [`heartbeat`] and [`system_info`] decide without store and clock, [`liveness`] remembers in memory who was heard of when;
//! this module reads what they need and writes what they decided before the node hears of it.

mod heartbeat;
mod liveness;
mod system_info;

use std::{sync::Arc, time::Duration};

use emt_api::{
    enums::HostState,
    filter::{Expr, Path, Test},
    hostmgr::{UpdateHostStatusByHostGuidRequest, UpdateHostSystemInfoByGuidRequest, UpdateInstanceStateStatusByHostGuidRequest},
    id,
    record::Record,
    resources::{HOST, Host, Instance},
    status,
    value::Value,
};
use futures::StreamExt;
use prost::Message;

use self::{
    heartbeat::{Sign, Silence},
    liveness::{Liveness, Silent, TIMEOUT},
};
use crate::{
    clock::Clock,
    inventory::is_provisioned,
    maintenance::{Refusal, Reporter, is_untrusted},
    store::{Batch, Query, Store, StoreError, StoreExt},
};

/// How often a decision is taken again because somebody else was faster.
const ATTEMPTS: usize = 16;
/// How long nodes that were connected before the server started have to show themselves, in seconds: they may have to
/// find it again, and pauses between attempts grow.
const GRACE: i64 = 5 * 60;
/// How often the silent ones are looked for.
const LOOK: Duration = Duration::from_secs(1);
/// How many hosts are read at a time at the start.
const PAGE: u64 = 2000;
/// How many losses are written at a time.
const AT_ONCE: usize = 32;

/// The Host Manager of all projects.
#[derive(Clone)]
pub struct HostManager {
    store: Arc<dyn Store>,
    clock: Clock,
    liveness: Arc<Liveness>,
}

impl HostManager {
    /// A manager over a store.
    pub fn new(store: Arc<dyn Store>, clock: Clock) -> Self {
        Self { store, clock, liveness: Arc::default() }
    }

    /// Takes a heartbeat: state and status of what runs on the host.
    pub async fn heartbeat(&self, who: &Reporter, sent: &UpdateInstanceStateStatusByHostGuidRequest) -> Result<(), Refusal> {
        checked(who, &sent.host_guid)?;
        self.sign(who, &Sign::Heartbeat(sent), &sent.encode_to_vec()).await
    }

    /// Takes a status of the host alone.
    pub async fn host_status(&self, who: &Reporter, sent: &UpdateHostStatusByHostGuidRequest) -> Result<(), Refusal> {
        if sent.host_status.is_none() {
            return Err(Refusal::Invalid("host_status is required".to_owned()));
        }
        checked(who, &sent.host_guid)?;
        self.sign(who, &Sign::HostStatus(sent), &sent.encode_to_vec()).await
    }

    /// Takes what the machine is made of.
    pub async fn system_info(&self, who: &Reporter, sent: &UpdateHostSystemInfoByGuidRequest) -> Result<(), Refusal> {
        let Some(info) = &sent.system_info else {
            return Err(Refusal::Invalid("system_info is required".to_owned()));
        };
        checked(who, &sent.host_guid)?;
        self.change(who, |host, _, _| system_info::apply(host, info)).await
    }

    /// Takes up watching after a start: whoever was connected is expected to show itself within a while.
    pub async fn restore(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let seen = Expr::Test(Path { steps: Vec::new(), column: "last_seen" }, Test::Greater(0));
        let query = Query { project: None, ..Query::all(&HOST, "").filter(seen).limit(PAGE) };
        for offset in (0..).step_by(usize::try_from(PAGE).unwrap_or(usize::MAX)) {
            let rows = self.store.find(Query { offset, ..query.clone() }).await?.rows;
            let last = rows.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
            for host in rows.into_iter().map(Host::from_row) {
                if host.host_status != status::NO_CONNECTION.0 {
                    self.liveness.expect(&host.meta.project, host.uuid_key.as_str(), now, now + GRACE);
                }
            }
            if last {
                break;
            }
        }
        Ok(())
    }

    /// Watches until it is dropped.
    pub async fn watch(&self) {
        loop {
            if let Err(error) = self.look().await {
                tracing::warn!(%error, "a lost connection was not recorded; the node is looked at again");
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Judges all whose silence is due, and records the connections that are lost.
    pub async fn look(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let due = std::iter::from_fn(|| self.liveness.next_silent(now));
        let mut work = futures::stream::iter(due).map(|silent| self.judge(silent, now)).buffer_unordered(AT_ONCE);
        let mut outcome = Ok(());
        while let Some(done) = work.next().await {
            outcome = outcome.and(done);
        }
        outcome
    }

    async fn judge(&self, silent: Silent, now: i64) -> Result<(), StoreError> {
        let outcome = self.judged(&silent, now).await;
        if outcome.is_err() {
            self.liveness.expect(&silent.project, &silent.uuid, silent.heard, now + TIMEOUT);
        }
        outcome
    }

    async fn judged(&self, silent: &Silent, now: i64) -> Result<(), StoreError> {
        for _ in 0..ATTEMPTS {
            let Some((mut host, instance)) = self.node(&silent.project, &silent.uuid).await? else {
                self.liveness.forget(silent);
                return Ok(());
            };
            match heartbeat::silence(&host, instance.as_ref(), silent.heard, now) {
                Silence::Known => {
                    self.liveness.forget(silent);
                    return Ok(());
                }
                Silence::Expected(until) => {
                    self.liveness.expect(&silent.project, &silent.uuid, silent.heard, until);
                    return Ok(());
                }
                // It was heard of while it was looked at.
                Silence::Lost if self.liveness.heard(&silent.uuid).is_some_and(|heard| heard > silent.heard) => return Ok(()),
                Silence::Lost => {}
            }
            heartbeat::lose(&mut host, silent.heard, u32::try_from(now).unwrap_or(u32::MAX));
            host.meta.updated_ms = self.clock.now_ms();
            tracing::info!(host = host.id(), "the connection is lost");
            match self.store.commit(Batch::default().update(host)).await {
                Err(StoreError::Conflict { .. }) => {}
                outcome => return outcome,
            }
        }
        Ok(())
    }

    async fn sign(&self, who: &Reporter, sign: &Sign<'_>, message: &[u8]) -> Result<(), Refusal> {
        let uuid = who.host_uuid.to_ascii_lowercase();
        // Before anything is read: what is decided holds for this generation.
        let generation = self.store.generation(&who.project);
        if self.liveness.hear(&who.project, &uuid, message, generation, self.clock.now()) {
            return Ok(());
        }
        self.change(who, |host, instance, now| heartbeat::apply(host, instance, sign, now)).await?;
        // A change has moved the generation, so that this is of use only after the next message.
        self.liveness.keep(&uuid, message, generation);
        Ok(())
    }

    /// Changes host and instance of a node, durably, if anything differs.
    async fn change(&self, who: &Reporter, rule: impl Fn(&mut Host, &mut Instance, u32)) -> Result<(), Refusal> {
        for _ in 0..ATTEMPTS {
            let unknown = || Refusal::Unknown { uuid: who.host_uuid.clone() };
            let (host, instance) = self.node(&who.project, &who.host_uuid).await?.ok_or_else(unknown)?;
            if is_untrusted(&host) {
                return Err(Refusal::Untrusted { id: host.meta.id });
            }
            let instance = instance.filter(is_provisioned).ok_or(Refusal::Unprovisioned)?;
            let (mut new_host, mut new_instance) = (host.clone(), instance.clone());
            rule(&mut new_host, &mut new_instance, u32::try_from(self.clock.now()).unwrap_or(u32::MAX));
            let mut batch = Batch::default();
            if new_host != host {
                new_host.meta.updated_ms = self.clock.now_ms();
                batch = batch.update(new_host);
            }
            if new_instance != instance {
                new_instance.meta.updated_ms = self.clock.now_ms();
                batch = batch.update(new_instance);
            }
            if batch.changes.is_empty() {
                return Ok(());
            }
            match self.store.commit(batch).await {
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
                Ok(()) => return Ok(()),
            }
        }
        Err(Refusal::Busy)
    }

    /// Host and instance of a node; none once the host is gone.
    async fn node(&self, project: &str, uuid: &str) -> Result<Option<(Host, Option<Instance>)>, StoreError> {
        let host = Expr::is("uuid_key", Value::Text(uuid.to_ascii_lowercase()));
        let Some(host) = self.store.first::<Host>(project, host).await? else { return Ok(None) };
        let instance = self.store.first::<Instance>(project, Expr::is("host_id", host.id())).await?;
        Ok(Some((host, instance)).filter(|(host, _)| host.current_state != HostState::Deleted))
    }
}

/// Refuses a message that is not well formed, or about another host.
fn checked(who: &Reporter, guid: &str) -> Result<(), Refusal> {
    if !id::is_uuid(guid) {
        return Err(Refusal::Invalid("host_guid must be a UUID in 8-4-4-4-12 hex form".to_owned()));
    }
    if !who.host_uuid.eq_ignore_ascii_case(guid) {
        return Err(Refusal::Foreign { owner: who.host_uuid.clone(), reported: guid.to_owned() });
    }
    Ok(())
}
