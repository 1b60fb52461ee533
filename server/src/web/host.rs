//! One host: what runs and what is to run, why it updates or does not, what happened.

use askama::Template;
use axum::extract::State;
use emt_api::{
    id,
    record::Record,
    resources::{HOST, Instance, OS_UPDATE_RUN, Os, OsUpdateRun, SITE, Slot, SlotState},
    sheet::Entry,
    update_log::last_outcome,
};
use emt_windows::Window;

use super::{
    Failure, Page, Web,
    act::act,
    fleet::{catalogue, is_only_the_nodes_view, linked},
    visit::{Id, Visit},
    words::{Prose, Status, When, called, quoted},
};
use crate::{
    inventory::Target,
    maintenance::{
        Why,
        decision::{Check, GateState},
    },
    os_resources::Catalogue,
    store::{Query, Store, StoreError},
};

/// Runs that are shown.
const RUNS: u64 = 20;

#[derive(Template)]
#[template(path = "host.html")]
struct HostText<'a> {
    project: &'a str,
    id: &'a str,
    name: &'a str,
    uuid: &'a str,
    serial: &'a str,
    site: String,
    status: Status,
    software: Status,
    software_detail: &'a str,
    instance: &'a str,
    runs_now: String,
    to_run: String,
    update: Status,
    since: When,
    /// Whether the status says less than the server knows.
    is_only_the_nodes_view: bool,
    available: &'a str,
    /// Id of what is available, and of what runs, as far as they are known.
    newest: (String, String),
    slots: Vec<SlotShown<'a>>,
    may_update: bool,
    verdict: Prose,
    changes_at: When,
    gates: Vec<GateShown<'a>>,
    passed: usize,
    window: Option<WindowShown>,
    next: Vec<WindowShown>,
    runs: Vec<RunShown>,
    /// What can be done with it.
    act: String,
    form: String,
}

/// A gate.
struct GateShown<'a> {
    state: &'static str,
    words: &'static str,
    reason: Prose,
    hint: &'a str,
}

/// A slot of the node.
struct SlotShown<'a> {
    name: &'a str,
    tone: &'static str,
    state: &'static str,
    /// Profile and version; "" if nothing is known.
    holds: String,
    reason: &'a str,
}

/// A window.
struct WindowShown {
    start: When,
    end: When,
    is_endless: bool,
}

/// An update that ran or runs.
struct RunShown {
    status: Status,
    reason: String,
    start: When,
    end: Option<When>,
}

/// `GET /ui/p/{project}/hosts/{id}`.
pub(super) async fn show(State(site): State<Web>, visit: Visit, Id(id): Id) -> Result<Page, Failure> {
    if !id::is(&id, "host") {
        return Err(HOST.not_found().into());
    }
    let modes = site.rest.modes.read(&visit.project).await?;
    let why = site.rest.maintenance.why(&visit.project, &id, &modes).await?.ok_or_else(|| HOST.not_found())?;
    let store = &*site.rest.inventory.store;
    let runs = match &why.instance {
        Some(instance) => runs(store, &visit.project, instance.id()).await?,
        None => Vec::new(),
    };
    let place = linked(&mut *store.snapshot().await?, &SITE, &visit.project, [why.host.site_id.as_str()].into_iter()).await?;
    let place = place.get(0).map_or("", |site| site.text("name")).to_owned();
    let catalogue = catalogue(&mut *store.snapshot().await?, &visit.project).await?;
    let act = if why.instance.is_some() { act(&visit, &catalogue)? } else { String::new() };
    let none = Instance::default();
    let instance = why.instance.as_ref().unwrap_or(&none);
    let decision = &why.decision;
    let host = &why.host;
    let name = called(host);
    let shown = HostText {
        project: &visit.name,
        id: host.id(),
        name,
        uuid: &host.uuid,
        serial: &host.serial_number,
        site: place,
        status: Status::of(&host.host_status, host.host_status_indicator),
        software: Status::of(&instance.instance_status, instance.instance_status_indicator),
        software_detail: &instance.instance_status_detail,
        instance: instance.id(),
        runs_now: why.current.as_ref().map_or_else(|| running(instance), version),
        to_run: target(&why),
        update: Status::of(&instance.update_status, instance.update_status_indicator),
        since: When(instance.update_status_timestamp.into()),
        is_only_the_nodes_view: is_only_the_nodes_view(instance),
        available: &instance.os_update_available,
        newest: newest(instance, why.current.as_ref(), &catalogue),
        slots: instance.slots.0.iter().map(slot).collect(),
        may_update: decision.may_update(),
        verdict: Prose(verdict(&why)),
        changes_at: When(decision.changes_at().unwrap_or(0)),
        passed: decision.gates.iter().filter(|check| check.state == GateState::Pass).count(),
        gates: decision.gates.iter().map(gate).collect(),
        window: decision.window(why.at).map(window),
        next: decision.next_windows(why.at).into_iter().map(window).collect(),
        runs,
        act,
        form: visit.visitor.form_token(),
    };
    let page = Page::new(format!("{name} · {}", visit.name), &shown)?.tab("hosts");
    let page = page.command(format!("emtctl host get {}", quoted(name))).command(format!("emtctl why {}", quoted(name)));
    // A schedule above it may concern it, too.
    Ok(page.live_of(
        "Host,Instance,OsUpdateRun,SingleSchedule,RepeatedSchedule,Os",
        [host.id(), instance.id(), "SingleSchedule", "RepeatedSchedule", "Os"],
    ))
}

/// What the decision comes to, in one sentence.
pub(super) fn verdict(why: &Why) -> String {
    match why.decision.blocker() {
        None => "It may update now.".to_owned(),
        // A name stays as it is.
        Some(check) if matches!(&why.decision.target, Target::Os(os) if check.reason.starts_with(&os.profile_name)) => {
            format!("{}.", check.reason.trim_end_matches('.'))
        }
        Some(check) => sentence(&check.reason),
    }
}

/// A reason as a sentence.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let mut sentence: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    if !sentence.ends_with('.') {
        sentence.push('.');
    }
    sentence
}

/// What it is to run.
pub(super) fn target(why: &Why) -> String {
    match &why.decision.target {
        Target::Nothing => String::new(),
        Target::Missing => "an OS that is not there".to_owned(),
        Target::Os(os) => version(os),
        Target::KernelCommand(command) => format!("kernel command line {command}"),
        Target::Packages => "the newest packages".to_owned(),
    }
}

/// Profile and version.
pub(super) fn version(os: &Os) -> String {
    format!("{} {}", os.profile_name, os.image_id)
}

/// Id of the newest version, if it is not what is installed, and of what is.
fn newest(instance: &Instance, current: Option<&Os>, catalogue: &Catalogue) -> (String, String) {
    let newest = current.filter(|_| !instance.os_update_available.is_empty()).and_then(|os| catalogue.newest(&os.profile_name));
    let id = |os: Option<&Os>| os.map(|os| os.id().to_owned()).unwrap_or_default();
    (id(newest.filter(|newest| current.is_some_and(|os| os.id() != newest.id()))), id(current))
}

fn slot(slot: &Slot) -> SlotShown<'_> {
    let (tone, state) = match slot.state {
        SlotState::Running => ("good", "runs, and boots the next time"),
        SlotState::OnTrial => ("busy", "runs on trial: unless it proves healthy, the other slot comes back"),
        SlotState::Ready => ("off", "ready to boot, should the other fail"),
        SlotState::Unusable => ("off", "holds nothing that boots"),
        SlotState::FailedTrial => ("bad", "was tried and did not prove healthy"),
        SlotState::Unspecified => ("off", ""),
    };
    let holds = format!("{} {}", slot.profile_name, slot.image_id).trim().to_owned();
    SlotShown { name: &slot.name, tone, state, holds, reason: &slot.reason }
}

fn running(instance: &Instance) -> String {
    format!("{} {}", instance.running_profile, instance.running_image).trim().to_owned()
}

fn gate(check: &Check) -> GateShown<'_> {
    let (state, words) = match check.state {
        GateState::Pass => ("good", "holds"),
        GateState::Fail => ("bad", "blocks"),
        GateState::NotReached => ("off", "not reached"),
    };
    GateShown { state, words, reason: Prose(check.reason.clone()), hint: &check.hint }
}

fn window(window: Window) -> WindowShown {
    WindowShown { start: When(window.start), end: When(window.end.unwrap_or(0)), is_endless: window.end.is_none() }
}

async fn runs(store: &dyn Store, project: &str, instance: &str) -> Result<Vec<RunShown>, StoreError> {
    let query = Query {
        order: vec![("start_time", true), ("end_time", true)],
        ..Query::all(&OS_UPDATE_RUN, project).filter(emt_api::filter::Expr::is("instance_id", instance)).limit(RUNS)
    };
    let found = store.snapshot().await?.find(&query).await?.0;
    let shown = |run: OsUpdateRun| RunShown {
        status: Status::of(&run.status, run.status_indicator),
        reason: reason(&run.status, &run.status_details),
        start: When(run.start_time.into()),
        end: (run.end_time >= run.start_time && run.end_time != emt_api::resources::UNFINISHED)
            .then(|| When(run.end_time.into())),
    };
    Ok(found.iter().map(Entry::record).map(shown).collect())
}

/// Why a run ended as it did: what the node has told of it.
pub(super) fn reason(status: &str, details: &str) -> String {
    match last_outcome(details) {
        Some(outcome) if outcome.reason.is_empty() && outcome.status != "rolledback" => String::new(),
        Some(outcome) => outcome.explanation(),
        None if details == status => String::new(),
        None => details.to_owned(),
    }
}
