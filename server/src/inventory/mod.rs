//! Hosts, instances, OS resources, places and schedules, and the rules between them.
//!
//! What all kinds share is here; what is special about one kind is in its own file as a [`Resource`].

mod adopt;
mod custom_config;
mod holds;
mod host;
mod host_summary;
mod instance;
mod local_account;
mod location;
mod os;
mod os_offer;
mod os_source;
mod os_update_policy;
mod os_update_run;
mod provider;
mod region;
mod repeated_schedule;
mod single_schedule;
mod site;
mod tally;
mod target;
mod telemetry_group;
mod telemetry_profile;
mod trial;
mod view;
mod window_rule;
mod workload;
mod workload_member;

use std::sync::Arc;

use async_trait::async_trait;
use emt_api::{
    error::{ApiError, Code},
    filter::Expr,
    id,
    input::{Input, Purpose},
    json::{Plan, SHALLOW},
    order::{Order, order},
    page::{Choice, Paging},
    record::{Meta, Record, Row},
    sheet::Sheet,
    spec::{Field, Spec},
    value::Value,
};

pub use self::{
    custom_config::CUSTOM_CONFIGS,
    holds::{Owner, profiles_of, schedules_of, schedules_of_host},
    host::{HOSTS, HostRegister},
    host_summary::{HostSummary, failed_hosts},
    instance::{INSTANCES, is_provisioned, provision},
    local_account::LOCAL_ACCOUNTS,
    location::{Places, Tree, parent},
    os::{BLOCK_REASON, OS_RESOURCES, blocked_by},
    os_offer::OS_OFFERS,
    os_source::{NOT_READABLE, OS_SOURCES, is_readable, reader_of},
    os_update_policy::OS_UPDATE_POLICIES,
    os_update_run::OS_UPDATE_RUNS,
    provider::PROVIDERS,
    region::REGIONS,
    repeated_schedule::REPEATED_SCHEDULES,
    single_schedule::SINGLE_SCHEDULES,
    site::SITES,
    tally::{Counts, Group, Runs, Tallies},
    target::{Target, effective_target, newest},
    telemetry_group::{TELEMETRY_LOGS_GROUPS, TELEMETRY_METRICS_GROUPS},
    telemetry_profile::{TELEMETRY_LOGS_PROFILES, TELEMETRY_METRICS_PROFILES},
    view::View,
    window_rule::{NoRule, repeated_rule, single_rule},
    workload::WORKLOADS,
    workload_member::WORKLOAD_MEMBERS,
};
use crate::{
    clock::{Clock, Randomness},
    store::{Batch, Change, Query, Store, StoreError},
};

/// How often a decision is taken again because somebody else was faster.
const ATTEMPTS: usize = 16;

/// What is special about one kind of resource.
#[async_trait]
pub trait Resource: Send + Sync {
    /// Its declaration.
    fn spec(&self) -> &'static Spec;
    /// How deep one is shown.
    fn one(&self) -> &'static Plan {
        &SHALLOW
    }
    /// How deep lists show it.
    fn listed(&self) -> &'static Plan {
        self.one()
    }
    /// Checks and completes a new record.
    async fn creating(&self, _: &Scope<'_>, _: &mut Row) -> Result<Vec<Change>, ApiError> {
        Ok(Vec::new())
    }
    /// Checks and completes a change; `given` is what the request named.
    async fn changing(&self, _: &Scope<'_>, _before: &Row, _after: &mut Row, _given: &Input) -> Result<Vec<Change>, ApiError> {
        Ok(Vec::new())
    }
    /// What a deletion does. The default: the record goes.
    async fn deleting(&self, _: &Scope<'_>, row: &Row) -> Result<Vec<Change>, ApiError> {
        Ok(vec![gone(row)])
    }
}

/// What a record becomes, and what else changes with it.
pub type Changed = Result<(Row, Vec<Change>), ApiError>;

/// Decides what a record becomes.
#[async_trait]
pub trait Rule: Sync {
    /// Applied to the record as it is now; again if somebody else was faster.
    async fn apply(&self, scope: &Scope<'_>, before: &Row) -> Changed;
}

#[async_trait]
impl<F: Fn(&Scope<'_>, &Row) -> Changed + Sync> Rule for F {
    async fn apply(&self, scope: &Scope<'_>, before: &Row) -> Changed {
        self(scope, before)
    }
}

/// What a PATCH or PUT asks for.
struct Asked<'a> {
    resource: &'a dyn Resource,
    input: &'a Input,
    purpose: Purpose,
}

#[async_trait]
impl Rule for Asked<'_> {
    async fn apply(&self, scope: &Scope<'_>, before: &Row) -> Changed {
        let mut after = before.clone();
        self.input.clone().change(&mut after, self.purpose)?;
        let mut changes = self.resource.changing(scope, before, &mut after, self.input).await?;
        changes.extend(required_links(scope.project, Some(before), &after));
        Ok((after, changes))
    }
}

/// Where and when a rule is applied.
pub struct Scope<'a> {
    /// Records of this and other kinds.
    pub store: &'a dyn Store,
    /// UUID of the project.
    pub project: &'a str,
    /// Now, in milliseconds since 1970.
    pub now_ms: i64,
}

impl Scope<'_> {
    /// Now, in seconds.
    pub fn now(&self) -> i64 {
        self.now_ms.div_euclid(1000)
    }

    /// A record of the project, or the kind's "not found".
    pub async fn find(&self, spec: &'static Spec, id: &str) -> Result<Row, ApiError> {
        self.store.get(spec, self.project, id).await.map_err(refused)?.ok_or_else(|| spec.not_found())
    }

    /// Refuses while a record of a kind links here.
    pub fn require_none(&self, spec: &'static Spec, column: &'static str, id: &str) -> Change {
        Change::RequireNone { spec, project: self.project.to_owned(), filter: Expr::is(column, id) }
    }

    /// Empties the links of a kind that point here.
    pub fn unlink(&self, spec: &'static Spec, column: &'static str, id: &str) -> Change {
        Change::Unlink { spec, project: self.project.to_owned(), column, id: id.to_owned() }
    }
}

/// The end of a record that was read.
pub fn gone(row: &Row) -> Change {
    Change::Delete {
        spec: row.spec,
        project: row.meta.project.clone(),
        id: row.meta.id.clone(),
        revision: Some(row.meta.revision),
    }
}

/// Which records a list has, and in which order.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// Those for which this holds.
    pub filter: Expr,
    /// Sorted by this.
    pub order: Order,
}

impl Chosen {
    /// What a request's `filter` and `orderBy` mean for a kind.
    pub fn compile(spec: &'static Spec, choice: Choice<'_>) -> Result<Self, ApiError> {
        let order = choice.order_by.map_or(Ok(Order::new()), |text| order(spec, text))?;
        let filter = choice.filter.map_or(Ok(Expr::everything()), |text| emt_api::filter::filter(spec, text))?;
        Ok(Self { filter, order })
    }
}

impl From<Expr> for Chosen {
    fn from(filter: Expr) -> Self {
        Self { filter, order: Order::new() }
    }
}

/// A page of records with all that is needed to show them.
pub struct Listing {
    /// The records.
    pub records: Sheet,
    /// What their links lead to.
    pub view: View,
    /// How many there are in all.
    pub total: u64,
    /// Whether more follow.
    pub has_next: bool,
}

/// A record with all that is needed to show it.
pub struct Shown {
    record: Sheet,
    view: View,
    plan: &'static Plan,
}

impl Shown {
    /// As JSON.
    pub fn json(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(8 * 1024);
        for record in self.record.iter() {
            self.view.write(&mut out, record, self.plan);
        }
        out
    }
}

/// The inventory of all projects.
#[derive(Clone)]
pub struct Inventory {
    /// Where records are kept.
    pub store: Arc<dyn Store>,
    /// How many hosts are in which state, and run what.
    pub tallies: Tallies,
    clock: Clock,
    random: Randomness,
}

impl Inventory {
    /// An inventory over a store.
    pub fn new(store: Arc<dyn Store>, clock: Clock, random: Randomness) -> Self {
        let tallies = Tallies::new(Arc::clone(&store));
        Self { store, tallies, clock, random }
    }

    /// The scope of a project, now.
    pub fn scope<'a>(&'a self, project: &'a str) -> Scope<'a> {
        Scope { store: &*self.store, project, now_ms: self.clock.now_ms() }
    }

    /// A new id of a kind.
    pub fn new_id(&self, spec: &'static Spec) -> String {
        id::make(spec.id_prefix(), self.random.u32())
    }

    /// Text that is drawn anew at each call, for names that must not meet.
    pub fn draw(&self) -> String {
        let mut bytes = [0; 16];
        self.random.fill(&mut bytes);
        hex::encode(bytes)
    }

    /// One record as it is shown.
    pub async fn show(&self, resource: &dyn Resource, project: &str, id: &str) -> Result<Shown, ApiError> {
        let spec = checked(resource.spec(), id)?;
        let mut snapshot = self.store.snapshot().await.map_err(refused)?;
        let record = snapshot.get(spec, project, &[id]).await.map_err(refused)?;
        if record.is_empty() {
            return Err(as_read(spec, spec.not_found()));
        }
        let view = View::load(&mut *snapshot, project, resource.one(), &record).await.map_err(refused)?;
        Ok(Shown { record, view, plan: resource.one() })
    }

    /// One record, and what its links lead to.
    pub async fn get(&self, resource: &dyn Resource, project: &str, id: &str) -> Result<(Row, View), ApiError> {
        let spec = checked(resource.spec(), id)?;
        let row = self.scope(project).find(spec, id).await.map_err(|error| as_read(spec, error))?;
        self.viewed(resource.one(), project, row).await
    }

    /// A page of records; one without a size is read on a thread of its own, so that it delays nobody.
    pub async fn list(
        &self,
        resource: &'static dyn Resource,
        project: &str,
        chosen: Chosen,
        paging: Paging,
    ) -> Result<Listing, ApiError> {
        let query = Query {
            order: chosen.order,
            offset: paging.offset,
            limit: paging.size,
            count: true,
            ..Query::all(resource.spec(), project).filter(chosen.filter)
        };
        let mut snapshot = self.store.snapshot().await.map_err(refused)?;
        let project = project.to_owned();
        let read = async move {
            let (records, total) = snapshot.find(&query).await?;
            let view = View::load(&mut *snapshot, &project, resource.listed(), &records).await?;
            Ok::<_, StoreError>((records, view, total))
        };
        let read = if paging.size.is_some() {
            read.await
        } else {
            let (runtime, failed) =
                (tokio::runtime::Handle::current(), |_| ApiError::new(Code::Internal, "the list could not be read"));
            tokio::task::spawn_blocking(move || runtime.block_on(read)).await.map_err(failed)?
        };
        let (records, view, total) = read.map_err(refused)?;
        let has_next = paging.has_next(records.len(), total);
        Ok(Listing { records, view, total, has_next })
    }

    /// Makes a record from a request.
    pub async fn create(&self, resource: &dyn Resource, project: &str, input: Input) -> Result<(Row, View), ApiError> {
        let mut row = Row::empty(resource.spec());
        input.fill(&mut row);
        let row = self.insert(resource, project, row).await?;
        self.viewed(resource.one(), project, row).await.map(of_a_change)
    }

    /// Makes a record whose fields are set.
    pub async fn insert(&self, resource: &dyn Resource, project: &str, filled: Row) -> Result<Row, ApiError> {
        for _ in 0..ATTEMPTS {
            let scope = self.scope(project);
            let mut row = filled.clone();
            row.meta.project = project.to_owned();
            row.meta.id = self.new_id(row.spec);
            row.meta.revision = 1;
            row.meta.created_ms = scope.now_ms;
            row.meta.updated_ms = scope.now_ms;
            let mut changes = resource.creating(&scope, &mut row).await?;
            changes.extend(required_links(project, None, &row));
            changes.push(Change::Insert(row.clone()));
            changes.extend(self.joins(&row));
            match self.store.commit(Batch { changes }).await {
                Err(StoreError::IdTaken { .. } | StoreError::Conflict { .. }) => {}
                Err(error) => return Err(refused(error)),
                Ok(()) => return Ok(row),
            }
        }
        Err(busy(resource.spec()))
    }

    /// Changes a record by PATCH or PUT.
    pub async fn change(
        &self,
        resource: &dyn Resource,
        project: &str,
        id: &str,
        input: Input,
        purpose: Purpose,
    ) -> Result<(Row, View), ApiError> {
        let row = self.modify(resource.spec(), project, id, &Asked { resource, input: &input, purpose }).await?;
        self.viewed(resource.one(), project, row).await.map(of_a_change)
    }

    /// Changes a record by a rule that may be applied again if somebody else was faster. Nothing is written if
    /// nothing differs.
    pub async fn modify(&self, spec: &'static Spec, project: &str, id: &str, rule: &dyn Rule) -> Result<Row, ApiError> {
        let spec = checked(spec, id)?;
        for _ in 0..ATTEMPTS {
            let scope = self.scope(project);
            let before = scope.find(spec, id).await?;
            let (mut after, mut changes) = rule.apply(&scope, &before).await?;
            if after == before && changes.is_empty() {
                return Ok(before);
            }
            after.meta.updated_ms = scope.now_ms.max(before.meta.updated_ms);
            changes.push(Change::Update(after.clone()));
            match self.store.commit(Batch { changes }).await {
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(refused(error)),
                Ok(()) => {
                    after.meta.revision += 1;
                    return Ok(after);
                }
            }
        }
        Err(busy(spec))
    }

    /// Deletes a record.
    pub async fn delete(&self, resource: &dyn Resource, project: &str, id: &str) -> Result<(), ApiError> {
        let spec = checked(resource.spec(), id)?;
        for _ in 0..ATTEMPTS {
            let scope = self.scope(project);
            let row = scope.find(spec, id).await?;
            let changes = resource.deleting(&scope, &row).await?;
            match self.store.commit(Batch { changes }).await {
                Err(StoreError::Conflict { .. }) => {}
                Err(StoreError::InUse { count, .. }) if spec == &emt_api::resources::OS_UPDATE_POLICY => {
                    return Err(os_update_policy::still_referenced(id, count));
                }
                Err(error) => return Err(refused(error)),
                Ok(()) => return Ok(()),
            }
        }
        Err(busy(spec))
    }

    /// The records that stand for the links of a new record's lists, and the condition that these lead somewhere.
    fn joins(&self, row: &Row) -> Vec<Change> {
        let mut changes = Vec::new();
        for (field, value) in row.spec.fields.iter().zip(&row.values) {
            let Some((links, spec)) = field.as_links().and_then(|links| Some((links, emt_api::resources::by_prefix(links.to)?)))
            else {
                continue;
            };
            for id in value.texts() {
                let mut join = Row::empty(links.join);
                join.meta = Meta { id: self.new_id(links.join), ..row.meta.clone() };
                join.set(links.here, Value::from(row.meta.id.as_str()));
                join.set(links.there, Value::from(id.as_str()));
                changes.push(Change::RequireExists { spec, project: row.meta.project.clone(), id });
                changes.push(Change::Insert(join));
            }
        }
        changes
    }

    async fn viewed(&self, plan: &'static Plan, project: &str, row: Row) -> Result<(Row, View), ApiError> {
        let mut snapshot = self.store.snapshot().await.map_err(refused)?;
        let view = View::load(&mut *snapshot, project, plan, &Sheet::of(&row)).await.map_err(refused)?;
        Ok((row, view))
    }
}

fn of_a_change((row, view): (Row, View)) -> (Row, View) {
    (row, view.of_a_change())
}

/// Upstream reads schedules from a cache, and says so when one is not there (northbound contract, error bodies).
fn as_read(spec: &'static Spec, error: ApiError) -> ApiError {
    let schedule = spec == &emt_api::resources::SINGLE_SCHEDULE || spec == &emt_api::resources::REPEATED_SCHEDULE;
    if schedule && error.code == Some(Code::NotFound) { ApiError::not_found("Resource not found in cache") } else { error }
}

/// Refuses an id that has no id's form; one of another kind is that kind's "not found".
fn checked(spec: &'static Spec, id: &str) -> Result<&'static Spec, ApiError> {
    match id::prefix(id) {
        Some(prefix) if prefix == spec.id_prefix() => Ok(spec),
        Some(prefix) => match emt_api::resources::by_id_prefix(prefix) {
            Some(other) => Err(other.not_found()),
            None => Err(ApiError::invalid("invalid ResourceID")),
        },
        None => Err(ApiError::invalid("invalid ResourceID")),
    }
}

/// Every link that a change sets must lead somewhere.
fn required_links(project: &str, before: Option<&Row>, after: &Row) -> Vec<Change> {
    let fields = after.spec.fields.iter().zip(&after.values).enumerate();
    fields
        .filter_map(|(at, (field, value))| {
            let link = Field::as_link(field)?;
            let same = before.is_some_and(|before| &before.values[at] == value);
            let Value::Text(id) = value else { return None };
            let spec = emt_api::resources::by_prefix(link.to)?;
            (!same).then(|| Change::RequireExists { spec, project: project.to_owned(), id: id.clone() })
        })
        .collect()
}

/// The store's refusals in the words of the API.
#[allow(clippy::needless_pass_by_value, reason = "made for `map_err`")]
pub fn refused(error: StoreError) -> ApiError {
    match &error {
        StoreError::Conflict { .. } | StoreError::IdTaken { .. } => ApiError::new(Code::Aborted, error.to_string()),
        StoreError::Duplicate { kind, .. } => {
            let code = emt_api::resources::by_prefix(kind).map_or(Code::FailedPrecondition, |spec| spec.duplicate);
            ApiError::new(code, error.to_string())
        }
        StoreError::InUse { .. } => ApiError::precondition(error.to_string()),
        StoreError::Missing { kind, .. } => kind.not_found(),
        StoreError::Full { .. } => ApiError::plain(507, error.to_string()),
        StoreError::Engine { .. } => {
            tracing::error!(%error, "the store failed");
            ApiError::new(Code::Internal, "the server could not reach its data; its log tells more")
        }
    }
}

fn busy(spec: &Spec) -> ApiError {
    ApiError::new(Code::Aborted, format!("too many changes of this {} at once; try again", spec.label))
}

/// Changes a record through its typed form.
pub fn typed<R: Record>(row: &mut Row, change: impl FnOnce(&mut R)) {
    let mut record = R::from_row(row.clone());
    change(&mut record);
    *row = record.into_row();
}
