//! Making and changing schedules: first what will happen, then, if it is what was seen, doing it.

use axum::{
    extract::{Query, State},
    http::StatusCode,
};
use emt_api::{
    error::{ApiError, Code},
    input::{Input, Purpose},
    record::Row,
};
use sha2::{Digest, Sha256};

use super::{
    Failure, Page, Site, Web, command,
    draft::{Draft, Wrong, spec},
    facts::differences,
    form::{FormText, Preview},
    known::{Schedule, resource},
    target::{self, Hosts, Target, Targets},
    typed::{Opens, Typed},
    visit::{Id, Posted, Visit},
    wall,
    windows::{remark_of_typed, shown},
};
use crate::oidc::percent_encoded;

/// Nodes of the Edge Orchestrator do not begin an update with less time left, seconds.
const ADVISED: i64 = 600;

/// The schedule that is to be changed, as it is now.
struct Before {
    row: Row,
    schedule: Schedule,
    target: Option<Target>,
}

/// What was typed, held against all that the API holds a request against.
struct Considered {
    draft: Draft,
    target: Option<Target>,
    hosts: Hosts,
    input: Option<Input>,
    /// What the schedule would be.
    after: Option<Schedule>,
}

/// How the form came here.
#[derive(Default)]
struct Sent {
    /// Whether it is to be written, not only shown.
    save: bool,
    /// The digest of the preview that was shown.
    seen: String,
    /// The revision that it was shown with.
    revision: i64,
}

impl Sent {
    fn of(posted: &Posted) -> Self {
        Self {
            save: posted.get("do") == "save",
            seen: posted.get("seen").to_owned(),
            revision: posted.get("revision").parse().unwrap_or_default(),
        }
    }
}

/// `GET /ui/p/{project}/schedules/new`.
pub(in crate::web) async fn new(
    State(site): State<Web>,
    visit: Visit,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Page, Failure> {
    may_write(&visit)?;
    let get = |name: &str| query.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    let typed = Typed::fresh(get("kind"), get("target"), site.clock.now());
    render(&site, &visit, &typed, None, None, &Sent::default()).await
}

/// `POST /ui/p/{project}/schedules/new`: a preview, or what it has shown.
pub(in crate::web) async fn create(State(site): State<Web>, visit: Visit, posted: Posted) -> Result<Page, Failure> {
    may_write(&visit)?;
    submit(&site, &visit, Typed::posted(&posted), None, &Sent::of(&posted)).await
}

/// `GET /ui/p/{project}/schedules/{id}/edit`.
pub(in crate::web) async fn edit(State(site): State<Web>, visit: Visit, Id(id): Id) -> Result<Page, Failure> {
    may_write(&visit)?;
    let before = before(&site, &visit.project, &id).await?;
    let typed = Typed::of(&before.schedule, before.target.as_ref(), site.clock.now());
    let considered = consider(&site, &visit.project, &typed, Some(&before)).await?;
    let sent = Sent { revision: before.row.meta.revision, ..Sent::default() };
    render(&site, &visit, &typed, Some(&before), Some(considered), &sent).await
}

/// `POST /ui/p/{project}/schedules/{id}/edit`: a preview, or what it has shown.
pub(in crate::web) async fn change(State(site): State<Web>, visit: Visit, Id(id): Id, posted: Posted) -> Result<Page, Failure> {
    may_write(&visit)?;
    let before = before(&site, &visit.project, &id).await?;
    let mut typed = Typed::posted(&posted);
    // A schedule stays of its type.
    match &before.schedule {
        Schedule::Single(_) => typed.opens = Opens::Once,
        Schedule::Repeated(_) if typed.opens == Opens::Once => typed.opens = Opens::Cron,
        Schedule::Repeated(_) => {}
    }
    submit(&site, &visit, typed, Some(before), &Sent::of(&posted)).await
}

fn may_write(visit: &Visit) -> Result<(), Failure> {
    if visit.can_write() { Ok(()) } else { Err(Failure::forbidden(&visit.name)) }
}

async fn before(site: &Site, project: &str, id: &str) -> Result<Before, Failure> {
    let row = super::row(site, project, id).await?;
    let schedule = Schedule::of(row.clone());
    let mut snapshot = site.rest.inventory.store.snapshot().await?;
    let targets = Targets::of(&mut *snapshot, project, std::iter::once(&schedule)).await?;
    Ok(Before { row, target: targets.target(&schedule), schedule })
}

async fn submit(site: &Site, visit: &Visit, typed: Typed, before: Option<Before>, sent: &Sent) -> Result<Page, Failure> {
    let project = visit.project.as_str();
    let mut considered = consider(site, project, &typed, before.as_ref()).await?;
    let is_seen = sent.seen == digest(&considered.draft, sent.revision);
    let is_stale = before.as_ref().is_some_and(|before| before.row.meta.revision != sent.revision);
    let input = considered.input.as_ref().filter(|_| sent.save && is_seen && !is_stale);
    let Some(input) = input else {
        return render(site, visit, &typed, before.as_ref(), Some(considered), sent).await;
    };
    let (inventory, resource) = (&site.rest.inventory, resource(typed.opens.is_repeated()));
    let (written, before) = match before {
        None => (inventory.create(resource, project, input.clone()).await.map(|(row, _)| row), None),
        Some(known) => {
            let written = inventory.change_seen(resource, project, &known.row.meta.id, sent.revision, input).await;
            let was_faster = written.as_ref().is_err_and(|error| error.code == Some(Code::Aborted));
            let known = if was_faster { self::before(site, project, &known.row.meta.id).await? } else { known };
            (written, Some(known))
        }
    };
    match written {
        Ok(row) => {
            tracing::info!(user = visit.visitor.caller.username(), id = row.meta.id, "a schedule is written by a page");
            Err(Failure::Elsewhere(format!("{}/{}", super::root(&visit.name), percent_encoded(&row.meta.id))))
        }
        Err(error) if error.code == Some(Code::Aborted) && before.is_some() => {
            let considered = consider(site, project, &typed, before.as_ref()).await?;
            render(site, visit, &typed, before.as_ref(), Some(considered), sent).await
        }
        Err(error) => {
            considered.draft.wrong.push(wrong(error, typed.opens)?);
            render(site, visit, &typed, before.as_ref(), Some(considered), sent).await
        }
    }
}

/// What the API refuses is told at the field; what fails otherwise is no matter of the form.
fn wrong(error: ApiError, opens: Opens) -> Result<Wrong, Failure> {
    if error.status < 500 { Ok(Wrong::told(&error.message, opens)) } else { Err(error.into()) }
}

/// Looks up what is named, reads all fields, and lets the API's own rules judge them.
async fn consider(site: &Site, project: &str, typed: &Typed, before: Option<&Before>) -> Result<Considered, Failure> {
    let mut snapshot = site.rest.inventory.store.snapshot().await?;
    let same = before.and_then(|before| before.target.clone());
    let found = match same.filter(|target| target.kind == typed.kind && target.name == typed.target) {
        Some(target) => Ok(Some(target)),
        None if typed.kind.is_empty() && before.is_some() => Ok(None),
        None => target::find(&mut *snapshot, project, &typed.kind, &typed.target).await?.map(Some),
    };
    let target = found.as_ref().ok().cloned().flatten();
    let mut draft = Draft::of(typed, target.as_ref(), before.map(|before| &before.schedule));
    draft.wrong.extend(found.err().map(|what| Wrong::at("target", what)));
    let hosts = match &target {
        Some(target) => target::hosts(&mut *snapshot, project, target).await?,
        None => Hosts::default(),
    };
    drop(snapshot);
    let mut considered = Considered { draft, target, hosts, input: None, after: None };
    if !considered.draft.wrong.is_empty() {
        return Ok(considered);
    }
    let (inventory, spec, draft) = (&site.rest.inventory, spec(typed), &considered.draft);
    let resource = resource(typed.opens.is_repeated());
    let tried = match before {
        Some(before) if draft.is_empty() => {
            considered.after = Some(before.schedule.clone());
            return Ok(considered);
        }
        Some(before) => match draft.input(spec, Purpose::Patch) {
            Ok(input) => inventory.would_change(resource, project, &before.row, &input).await.map(|row| (input, row)),
            Err(error) => Err(error),
        },
        None => match draft.input(spec, Purpose::Create) {
            Ok(input) => inventory.would_create(resource, project, input.clone()).await.map(|row| (input, row)),
            Err(error) => Err(error),
        },
    };
    match tried {
        Ok((input, row)) => {
            considered.after = Some(Schedule::of(row));
            considered.input = Some(input);
        }
        Err(error) => considered.draft.wrong.push(wrong(error, typed.opens)?),
    }
    Ok(considered)
}

/// Of what a preview shows: the request, and the revision that it is meant for.
fn digest(draft: &Draft, revision: i64) -> String {
    let body = serde_json::Value::Object(draft.body.clone());
    hex::encode(Sha256::digest(format!("{revision} {} {body}", draft.takes_end)))
}

async fn render(
    site: &Site,
    visit: &Visit,
    typed: &Typed,
    before: Option<&Before>,
    considered: Option<Considered>,
    sent: &Sent,
) -> Result<Page, Failure> {
    let now = site.clock.now();
    let revision = before.map_or(0, |before| before.row.meta.revision);
    let is_stale = revision != sent.revision;
    let mut snapshot = site.rest.inventory.store.snapshot().await?;
    let offered = target::offered(&mut *snapshot, &visit.project, &typed.kind, &typed.target).await?;
    drop(snapshot);
    let schedule = before.map(|before| &before.schedule);
    let words = |target: Option<&Target>| target.map_or_else(|| "nobody".to_owned(), Target::words);
    let mut preview = None;
    let mut conflict = is_stale.then(Vec::new);
    let is_fresh = considered.is_none();
    let mut wrong = Vec::new();
    if let Some(Considered { draft, target, hosts, after, .. }) = considered {
        if let Some(after) = &after {
            let target = target.as_ref();
            if let Some(before) = before.filter(|_| is_stale) {
                conflict = Some(differences((&before.schedule, &words(before.target.as_ref())), (after, &words(target))));
            }
            let command = match schedule {
                None => command::create(typed, &draft, target),
                Some(before) => command::edit(&draft, before, target),
            };
            preview = foreseen(after, typed, now).map(|(windows, warnings)| Preview {
                purpose: after.purpose(),
                target: words(target),
                hosts,
                zone: after.zone().to_owned(),
                windows,
                warnings,
                command,
                seen: digest(&draft, revision),
                is_unchanged: before.is_some() && draft.is_empty(),
            });
        }
        wrong = draft.wrong;
    }
    let status = match (is_stale && sent.save, sent.save && !wrong.is_empty()) {
        (true, _) => StatusCode::CONFLICT,
        (_, true) => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    };
    let text = FormText {
        project: &visit.name,
        form: visit.visitor.form_token(),
        before: schedule,
        typed,
        revision,
        offered,
        is_unseen: sent.save && wrong.is_empty() && !is_stale,
        wrong,
        marks: !is_fresh,
        preview,
        conflict,
    };
    let title = schedule.map_or_else(|| "New schedule".to_owned(), |schedule| format!("Change {}", schedule.label()));
    let page = Page::new(format!("{title} · {}", visit.name), &text)?.tab("schedules");
    Ok(Page { status, ..page })
}

/// The windows of what a schedule would be, and what speaks against it.
fn foreseen(after: &Schedule, typed: &Typed, now: i64) -> Option<(Vec<super::windows::Shown>, Vec<String>)> {
    let rule = after.rule().ok()?;
    let mut windows = shown(&rule, now);
    let mut warnings = Vec::new();
    if let (Schedule::Single(_), Some(window)) = (after, windows.first_mut()) {
        window.remarks.extend(remark_of_typed(rule.zone(), &typed.at, window.start.0));
    }
    if windows.is_empty() {
        warnings.push("No window opens by this.".to_owned());
    }
    if after.target().0.is_empty() {
        warnings.push("It holds for nobody.".to_owned());
    }
    if let Some(length) = after.length().filter(|length| after.is_update() && *length < ADVISED) {
        let (is, least) = (wall::words(length), wall::words(ADVISED));
        warnings.push(format!("{is} is short: nodes may not begin an update with less than {least} left."));
    }
    if !after.is_update() {
        warnings.push("Nothing is installed in it: only windows for OS updates are for that.".to_owned());
    }
    Some((windows, warnings))
}
