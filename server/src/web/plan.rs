//! Linking and scheduling for some hosts: first what would happen to each, then, if somebody is sure, doing it.

use askama::Template;
use axum::extract::State;
use emt_api::{
    error::ApiError,
    input::{Input, Purpose},
    record::Record,
    resources::{INSTANCE, Os, SINGLE_SCHEDULE},
};
use emt_windows::Window;
use jiff::Timestamp;
use serde_json::json;

use super::{
    Failure, Page, Site, Web,
    fleet::catalogue,
    host::{target, version},
    visit::{Posted, Visit},
    wish::{Link, Wish},
    words::{Prose, When, called, many, window_name},
};
use crate::{
    inventory::{INSTANCES, SINGLE_SCHEDULES},
    maintenance::{Supposed, Why, decision::Gate},
    os_resources::{Catalogue, Modes},
};

#[derive(Template)]
#[template(path = "plan.html")]
struct PlanText<'a> {
    project: &'a str,
    form: String,
    fields: Vec<(&'static str, String)>,
    rows: Vec<Foreseen>,
    changes: usize,
    window: Option<(When, When)>,
}

/// What would happen to a host.
struct Foreseen {
    id: String,
    name: String,
    runs: String,
    /// Id of the OS that would be linked.
    os: Option<String>,
    would_run: String,
    tone: &'static str,
    verdict: Prose,
}

#[derive(Template)]
#[template(path = "done.html")]
struct DoneText<'a> {
    project: &'a str,
    rows: Vec<Done>,
    failed: usize,
}

/// What was done to a host.
struct Done {
    id: String,
    name: String,
    tone: &'static str,
    outcome: String,
}

impl PlanText<'_> {
    fn counted(&self) -> String {
        many(self.changes as u64, "host", "hosts")
    }
}

/// `POST /ui/p/{project}/plan`; with the field `sure` it is done.
pub(super) async fn plan(State(site): State<Web>, visit: Visit, posted: Posted) -> Result<Page, Failure> {
    if !visit.can_write() {
        return Err(Failure::forbidden(&visit.name));
    }
    let wish = Wish::read(&posted)?;
    if posted.get("sure").is_empty() { preview(&site, &visit, &wish).await } else { carry_out(&site, &visit, &wish).await }
}

/// A host as it is, with the OS that is to be linked to it.
struct Meant {
    why: Why,
    os: Option<Os>,
    /// Why it cannot be linked.
    refused: Option<ApiError>,
}

/// What the wish means for a host; `None` if there is no such host.
async fn meant(
    site: &Site,
    project: &str,
    host: &str,
    wish: &Wish,
    (modes, catalogue): (&Modes, &Catalogue),
) -> Result<Option<Meant>, Failure> {
    let Some(why) = site.rest.maintenance.why(project, host, modes).await? else { return Ok(None) };
    let Some(instance) = &why.instance else { return Ok(Some(Meant { why, os: None, refused: None })) };
    let profile = catalogue.get(instance.os_id.as_str()).map_or(instance.running_profile.as_str(), |os| &os.profile_name);
    let os = match &wish.link {
        Link::AsItIs => None,
        Link::Newest => catalogue.newest(profile).cloned(),
        Link::Os(id) => catalogue.get(id).cloned(),
    };
    let refused = match (&wish.link, &os) {
        (Link::AsItIs, _) => None,
        (Link::Newest, None) => Some(ApiError::precondition(format!("there is no OS of profile {profile:?} to choose"))),
        (Link::Os(_), None) => Some(emt_api::resources::OS.not_found()),
        (_, Some(os)) => site.rest.inventory.may_link(project, instance, os.id()).await.err(),
    };
    Ok(Some(Meant { why, os, refused }))
}

async fn preview(site: &Site, visit: &Visit, wish: &Wish) -> Result<Page, Failure> {
    let (project, now) = (visit.project.as_str(), site.clock.now());
    let window = wish.window(now);
    if window.is_some_and(|(start, _)| start <= now) {
        return Err(Failure::input("Scheduled start time cannot be in the past", "Go back and choose a later time, or now."));
    }
    let modes = site.rest.modes.read(project).await?;
    let catalogue = catalogue(&mut *site.rest.inventory.store.snapshot().await?, project).await?;
    let mut rows = Vec::with_capacity(wish.hosts.len());
    for host in &wish.hosts {
        let Some(meant) = meant(site, project, host, wish, (&modes, &catalogue)).await? else { continue };
        let supposed = Supposed { os: meant.os.as_ref().map(|os| os.id().to_owned()), window };
        let then = site.rest.maintenance.suppose(project, host, &modes, &supposed).await?;
        rows.push(foreseen(&meant, &then.unwrap_or_else(|| meant.why.clone())));
    }
    rows.sort_by(|a, b| a.name.cmp(&b.name));
    let meant: Vec<&Foreseen> = rows.iter().filter(|row| row.tone != "bad").collect();
    let named: Vec<(&str, Option<&str>)> = meant.iter().map(|row| (row.name.as_str(), row.os.as_deref())).collect();
    let (commands, changes) = (wish.commands(&named), meant.len());
    let (form, fields) = (visit.visitor.form_token(), wish.fields());
    let window = window.map(|(start, end)| (When(start), When(end)));
    let text = PlanText { project: &visit.name, form, fields, rows, changes, window };
    let page = Page::new(format!("Preview · {}", visit.name), &text)?.tab("hosts");
    Ok(commands.into_iter().fold(page, Page::command))
}

/// What would happen to a host; `then` is the decision with all that is wanted.
fn foreseen(meant: &Meant, then: &Why) -> Foreseen {
    let host = &meant.why.host;
    let (tone, verdict) = verdict(meant, then);
    Foreseen {
        id: host.id().to_owned(),
        name: called(host).to_owned(),
        runs: meant.why.current.as_ref().map(version).unwrap_or_default(),
        os: meant.os.as_ref().map(|os| os.id().to_owned()),
        would_run: if meant.refused.is_some() { String::new() } else { target(then) },
        tone,
        verdict: Prose(verdict),
    }
}

fn verdict(meant: &Meant, then: &Why) -> (&'static str, String) {
    if meant.why.instance.is_none() {
        return ("bad", "left out: nothing is installed that the server knows of; its node has to report first".to_owned());
    }
    if let Some(error) = &meant.refused {
        return ("bad", format!("left out: {}", error.message));
    }
    let decision = &then.decision;
    let next = decision.next_windows(then.at).into_iter().next();
    match (decision.blocker(), next) {
        (None, _) => ("good", "updates now: a window is open".to_owned()),
        (Some(check), Some(window)) if check.gate == Gate::WindowOpen => {
            ("good", format!("updates in the window {}", span(window)))
        }
        (Some(check), Some(window)) if check.gate == Gate::BackOffOver => {
            ("busy", format!("{}; the next window is {}", check.reason, span(window)))
        }
        (Some(check), _) if check.gate == Gate::WindowExists => {
            ("off", "is linked; no window is planned to install it in".to_owned())
        }
        (Some(check), _) if check.gate == Gate::TargetDiffers => ("off", format!("nothing to install: {}", check.reason)),
        (Some(check), _) => ("busy", format!("does not update until this changes: {}", check.reason)),
    }
}

fn span(window: Window) -> String {
    let time = |second| Timestamp::from_second(second).map(|time| time.to_string()).unwrap_or_default();
    match window.end {
        Some(end) => format!("from {} to {}", time(window.start), time(end)),
        None => format!("from {} on", time(window.start)),
    }
}

async fn carry_out(site: &Site, visit: &Visit, wish: &Wish) -> Result<Page, Failure> {
    let project = visit.project.as_str();
    let modes = site.rest.modes.read(project).await?;
    let catalogue = catalogue(&mut *site.rest.inventory.store.snapshot().await?, project).await?;
    let window = wish.window(site.clock.now());
    let mut rows = Vec::with_capacity(wish.hosts.len());
    for host in &wish.hosts {
        let Some(meant) = meant(site, project, host, wish, (&modes, &catalogue)).await? else { continue };
        let (tone, outcome) = match done(site, project, &meant, window).await {
            Ok(outcome) => ("good", outcome),
            Err(error) => ("bad", error.message),
        };
        let host = &meant.why.host;
        rows.push(Done { id: host.id().to_owned(), name: called(host).to_owned(), tone, outcome });
    }
    rows.sort_by(|a, b| a.name.cmp(&b.name));
    tracing::info!(user = visit.visitor.caller.username(), hosts = rows.len(), "linked or scheduled by a page");
    let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    let watch = format!("emtctl watch {}", names.iter().map(|name| super::words::quoted(name)).collect::<Vec<_>>().join(" "));
    let failed = rows.iter().filter(|row| row.tone == "bad").count();
    let text = DoneText { project: &visit.name, rows, failed };
    Ok(Page::new(format!("Done · {}", visit.name), &text)?.tab("hosts").command(watch))
}

/// Links and schedules one host: the same changes as by the API.
async fn done(site: &Site, project: &str, meant: &Meant, window: Option<(i64, i64)>) -> Result<String, ApiError> {
    let inventory = &site.rest.inventory;
    let Some(instance) = &meant.why.instance else {
        return Err(ApiError::precondition("nothing is installed that the server knows of; its node has to report first"));
    };
    if let Some(error) = &meant.refused {
        return Err(error.clone());
    }
    let mut outcome = Vec::new();
    if let Some(os) = &meant.os {
        let input = Input::read(&INSTANCE, &json!({"osID": os.id()}), Purpose::Patch)?;
        inventory.change(&INSTANCES, project, instance.id(), input, Purpose::Patch).await?;
        outcome.push(format!("linked to {}", version(os)));
    }
    if let Some((start, end)) = window {
        let host = &meant.why.host;
        let tail = Timestamp::from_second(start).map(|at| at.strftime(" %Y%m%d-%H%M%SZ").to_string()).unwrap_or_default();
        let name = window_name(called(host), &tail);
        let body = json!({
            "name": name, "scheduleStatus": "SCHEDULE_STATUS_OS_UPDATE", "targetHostId": host.id(),
            "startSeconds": start, "endSeconds": end,
        });
        let input = Input::read(&SINGLE_SCHEDULE, &body, Purpose::Create)?;
        inventory.create(&SINGLE_SCHEDULES, project, input).await?;
        outcome.push(format!("window {name} is planned"));
    }
    Ok(outcome.join("; "))
}
