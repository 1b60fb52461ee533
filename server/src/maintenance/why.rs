//! Why a node updates or does not, for operators: the decision on what is kept, read as of one moment.

use emt_api::{
    enums::ScheduleStatus,
    filter::Expr,
    record::Record,
    resources::{Host, INSTANCE, Instance, OS, OS_UPDATE_RUN, Os, OsUpdatePolicy, OsUpdateRun, RepeatedSchedule, SingleSchedule},
    sheet::Entry,
    value::Link,
};

use super::{
    Agent, MaintenanceManager, Versions, Windows,
    decision::{self, Decision, Facts},
};
use crate::{
    inventory::schedules_of_host,
    os_resources::Modes,
    store::{Query, Snapshot, StoreError},
};

/// A decision with what it is about.
#[derive(Debug, Clone)]
pub struct Why {
    /// The host.
    pub host: Host,
    /// What is installed on it.
    pub instance: Option<Instance>,
    /// The OS that runs, if there is a record of it.
    pub current: Option<Os>,
    /// The policy that says what to run.
    pub policy: Option<OsUpdatePolicy>,
    /// The decision.
    pub decision: Decision,
    /// Epoch seconds for which it was made.
    pub at: i64,
}

/// What is supposed to have been changed, to see what would come of it.
#[derive(Debug, Clone, Default)]
pub struct Supposed {
    /// This OS is linked.
    pub os: Option<String>,
    /// There is one more window for OS updates, from and to in epoch seconds.
    pub window: Option<(i64, i64)>,
}

impl MaintenanceManager {
    /// Why a host updates or does not; `None` if there is no such host. `modes` are those of its project.
    pub async fn why(&self, project: &str, host: &str, modes: &Modes) -> Result<Option<Why>, StoreError> {
        self.suppose(project, host, modes, &Supposed::default()).await
    }

    /// The same, if something were changed before.
    pub async fn suppose(
        &self,
        project: &str,
        host: &str,
        modes: &Modes,
        supposed: &Supposed,
    ) -> Result<Option<Why>, StoreError> {
        let mut snapshot = self.store.snapshot().await?;
        let Some(host) = one::<Host>(&mut *snapshot, project, Some(host.to_owned())).await? else { return Ok(None) };
        let instance = snapshot.referrers(&INSTANCE, project, "host_id", &[host.id()]).await?;
        let mut instance: Option<Instance> = instance.get(0).map(Entry::record);
        if let (Some(instance), Some(os)) = (&mut instance, &supposed.os) {
            let installed = instance.os_id.id() == Some(os);
            instance.desired_os_id = if installed { Link::default() } else { Link::to(os.as_str()) };
            (instance.linked_by, instance.os_update_policy_id) = (0, Link::default());
        }
        let link = |of: fn(&Instance) -> Option<&str>| instance.as_ref().and_then(of).map(str::to_owned);
        let installed: Option<Os> = one(&mut *snapshot, project, link(|instance| instance.os_id.id())).await?;
        let policy: Option<OsUpdatePolicy> =
            one(&mut *snapshot, project, link(|instance| instance.os_update_policy_id.id())).await?;
        let running = instance.as_ref().map_or("", |instance| &instance.running_profile);
        let profile = installed.as_ref().map_or(running, |os| &os.profile_name);
        let mut catalogue: Vec<Os> = match profile {
            "" => Vec::new(),
            profile => all(&mut *snapshot, &Query::all(&OS, project).filter(Expr::is("profile_name", profile)).brief()).await?,
        };
        let target = policy.as_ref().and_then(|policy| policy.target_os_id.id()).map(str::to_owned);
        let target = target.or(link(|instance| instance.desired_os_id.id()));
        if catalogue.iter().all(|os| Some(os.id()) != target.as_deref()) {
            catalogue.extend(one::<Os>(&mut *snapshot, project, target).await?);
        }
        let filter = for_updates(schedules_of_host(&mut snapshot, project, &host).await?);
        let mut windows = Windows {
            singles: all(&mut *snapshot, &Query::all(SingleSchedule::SPEC, project).filter(filter.clone())).await?,
            repeated: all(&mut *snapshot, &Query::all(RepeatedSchedule::SPEC, project).filter(filter)).await?,
        };
        if let Some((start, end)) = supposed.window {
            let second = |at| u32::try_from(at).unwrap_or(u32::MAX);
            windows.singles.push(SingleSchedule {
                schedule_status: ScheduleStatus::OsUpdate,
                start_seconds: second(start),
                end_seconds: second(end),
                target_host_id: Link::to(host.id()),
                ..SingleSchedule::default()
            });
        }
        let runs: Vec<OsUpdateRun> = match &instance {
            Some(instance) => all(&mut *snapshot, &last_runs(project, instance.id())).await?,
            None => Vec::new(),
        };
        let at = self.clock.now();
        let facts = Facts {
            host: &host,
            instance: instance.as_ref(),
            installed: installed.as_ref(),
            policy: policy.as_ref(),
            catalogue: Versions::of(&catalogue),
            mode: modes.of(profile),
            windows: &windows,
            runs: &runs,
            last_seen: self.last_seen(&host, instance.as_ref()),
            agent: Agent::of_number(instance.as_ref().map_or(0, |instance| instance.agent)),
            now: at,
        };
        let decision = decision::decide(&facts);
        let current = facts.current().cloned();
        Ok(Some(Why { host, instance, current, policy, decision, at }))
    }

    /// When the node last reported, if it ever did. What is kept tells of changes only, and memory begins with the server: until
    /// a node had the time to report again, it counts as there.
    fn last_seen(&self, host: &Host, instance: Option<&Instance>) -> Option<i64> {
        let changed = instance.map(|instance| instance.update_status_timestamp).filter(|changed| *changed != 0)?;
        Some(self.heard.last(host.uuid_key.as_str()).max(changed).into())
    }
}

/// The last runs of an instance, newest first, as many as a decision needs.
pub(super) fn last_runs(project: &str, instance: &str) -> Query {
    Query {
        // Of those that began together, what is open comes last.
        order: vec![("start_time", true), ("end_time", true)],
        ..Query::all(&OS_UPDATE_RUN, project).filter(Expr::is("instance_id", instance)).limit(decision::RUNS)
    }
}

/// Of schedules that hold, those for OS updates.
pub(super) fn for_updates(holds: Expr) -> Expr {
    Expr::is("schedule_status", ScheduleStatus::OsUpdate as i64).and(holds)
}

async fn all<R: Record>(snapshot: &mut dyn Snapshot, query: &Query) -> Result<Vec<R>, StoreError> {
    Ok(snapshot.find(query).await?.0.iter().map(Entry::record).collect())
}

async fn one<R: Record>(snapshot: &mut dyn Snapshot, project: &str, id: Option<String>) -> Result<Option<R>, StoreError> {
    let Some(id) = id else { return Ok(None) };
    Ok(snapshot.get(R::SPEC, project, &[&id]).await?.get(0).map(Entry::record))
}
