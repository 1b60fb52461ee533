//! One source: how the last look at it ended, what it offers, and a look at it now.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use emt_api::{
    enums::OsOfferState,
    filter::Expr,
    id,
    resources::{INTERVAL, OS_OFFER, OS_SOURCE, OsOffer, OsSource},
    sheet::Entry,
    value::Value,
};

use super::{
    super::{
        Failure, Page, Web,
        visit::{Id, Posted, Visit},
        words::{When, many},
    },
    SourceShown,
};
use crate::{oidc::percent_encoded, os_resources::Found, store};

/// Offers that are shown.
const OFFERS: u64 = 100;
/// How long somebody waits for the end of a look before the page shows that it goes on.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Template)]
#[template(path = "os_source.html")]
struct SourceText<'a> {
    project: &'a str,
    form: String,
    can_write: bool,
    id: &'a str,
    source: SourceShown,
    profiles: String,
    revision: &'a str,
    every: String,
    is_running: bool,
    last: When,
    /// What the last look has found; "" if there was none since the server was started.
    found: String,
    next: When,
    offers: Vec<OfferShown>,
    more: u64,
}

struct OfferShown {
    profile: String,
    tag: String,
    tone: &'static str,
    state: &'static str,
    message: String,
    /// Id of what became of it.
    os: String,
    version: String,
    retry: When,
}

/// `GET /ui/p/{project}/os/sources/{id}`.
pub(in super::super) async fn show(State(site): State<Web>, visit: Visit, Id(id): Id) -> Result<Page, Failure> {
    if !id::is(&id, "ossource") {
        return Err(OS_SOURCE.not_found().into());
    }
    let mut snapshot = site.rest.inventory.store.snapshot().await?;
    let found = snapshot.get(&OS_SOURCE, &visit.project, &[&id]).await?;
    let source: OsSource = found.get(0).map(Entry::record).ok_or_else(|| OS_SOURCE.not_found())?;
    let progress = site.rest.os_sources.progress(&visit.project, &id);
    // What needs somebody's eyes comes first.
    let of_source = |filter: Expr, limit| store::Query {
        order: vec![("profile", false), ("tag", true)],
        count: true,
        ..store::Query::all(&OS_OFFER, &visit.project).filter(Expr::is("source_id", id.as_str()).and(filter)).limit(limit)
    };
    let wrong = || Expr::is_in("state", [OsOfferState::Failed, OsOfferState::Conflict].map(|state| Value::Int(state as i64)));
    let (bad, all_bad) = snapshot.find(&of_source(wrong(), OFFERS)).await?;
    let left = OFFERS - bad.len() as u64;
    let (good, all_good) = snapshot.find(&of_source(Expr::Not(Box::new(wrong())), left)).await?;
    let offers: Vec<OfferShown> = bad.iter().chain(good.iter()).map(Entry::record).map(offer).collect();
    let every = if source.interval_seconds == 0 { INTERVAL } else { source.interval_seconds };
    let (last, found) = progress.last.as_ref().map_or((0, String::new()), |(at, found)| (*at, told(found)));
    let text = SourceText {
        project: &visit.name,
        form: visit.visitor.form_token(),
        can_write: visit.can_write(),
        id: &id,
        profiles: source.profiles.0.join(", "),
        revision: &source.profile_revision,
        every: length(u64::from(every)),
        is_running: progress.running,
        last: When(last),
        found,
        next: When(progress.next),
        more: (all_bad + all_good).saturating_sub(offers.len() as u64),
        offers,
        source: super::source(source.clone()),
    };
    let page = Page::new(format!("{} · {}", source.name, visit.name), &text)?.tab("os");
    let page = page.live_of("OsSource,OsOffer", [id.as_str(), "OsOffer"]);
    Ok(page.command(format!("emtctl os source get {id}")).command(format!("emtctl os sync {id}")))
}

fn offer(offer: OsOffer) -> OfferShown {
    let (tone, state) = match offer.state {
        OsOfferState::Taken => ("good", "taken"),
        OsOfferState::Failed => ("bad", "failed"),
        OsOfferState::Conflict => ("bad", "conflict"),
        OsOfferState::Withdrawn => ("busy", "withdrawn"),
        OsOfferState::Unspecified => ("off", ""),
    };
    OfferShown {
        profile: offer.profile,
        tag: offer.tag,
        tone,
        state,
        message: offer.message,
        os: offer.os_id.as_str().to_owned(),
        version: offer.image_id,
        retry: When(offer.retry_at),
    }
}

fn length(seconds: u64) -> String {
    if seconds.is_multiple_of(60) { many(seconds / 60, "minute", "minutes") } else { many(seconds, "second", "seconds") }
}

/// What a look has found, in words.
fn told(found: &Found) -> String {
    if !found.error.is_empty() {
        return found.error.clone();
    }
    let mut words = vec![format!("{} offered", many(found.offered, "version", "versions"))];
    let rest = [
        (found.made, "new"),
        (found.failed, "failed"),
        (found.conflicts, "in conflict with what is known"),
        (found.withdrawn, "withdrawn"),
    ];
    words.extend(rest.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")));
    words.join(", ")
}

/// `POST /ui/p/{project}/os/sources/{id}/look`: looks at it now.
pub(in super::super) async fn look(State(site): State<Web>, visit: Visit, Id(id): Id, _: Posted) -> Result<Page, Failure> {
    if !visit.can_write() {
        return Err(Failure::forbidden(&visit.name));
    }
    let (sources, project, source) = (site.rest.os_sources.clone(), visit.project.clone(), id.clone());
    // It goes on when the visitor does not wait.
    let look = tokio::spawn(async move { sources.sync(&project, &source).await });
    if let Ok(Ok(Err(error))) = tokio::time::timeout(PATIENCE, look).await {
        return Err(emt_api::error::ApiError::from(error).into());
    }
    Err(Failure::Elsewhere(format!("/ui/p/{}/os/sources/{id}", percent_encoded(&visit.name))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_look_found_is_told() {
        for (found, expected) in [
            (Found { offered: 1, ..Found::default() }, "1 version offered"),
            (
                Found { offered: 7, made: 2, failed: 1, conflicts: 1, withdrawn: 3, ..Found::default() },
                "7 versions offered, 2 new, 1 failed, 1 in conflict with what is known, 3 withdrawn",
            ),
            (Found { error: "no route".to_owned(), ..Found::default() }, "no route"),
        ] {
            assert_eq!(told(&found), expected);
        }
        assert_eq!((length(900), length(10)), ("15 minutes".to_owned(), "10 seconds".to_owned()));
    }
}
