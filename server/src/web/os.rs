//! What can run: versions by profile, the mode of each, and where new ones come from.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::State;
use emt_api::{
    enums::{ImageState, OsMode},
    record::Record,
    resources::{OS_SOURCE, Os, OsSource},
    sheet::Entry,
};

use super::{
    Failure, Page, Web,
    fleet::catalogue,
    visit::{Posted, Visit},
    words::{Status, When},
};
use crate::{
    inventory::{Counts, Runs},
    os_resources::{Catalogue, ModeChange, Modes},
    store::Query,
};

/// Versions of a profile that are shown.
const VERSIONS: usize = 30;
/// Sources that are shown.
const SOURCES: u64 = 100;

#[derive(Template)]
#[template(path = "os.html")]
struct OsText<'a> {
    project: &'a str,
    form: String,
    can_write: bool,
    profiles: Vec<ProfileShown>,
    sources: Vec<SourceShown>,
}

struct ProfileShown {
    name: String,
    is_automatic: bool,
    /// Whether the mode is set for the profile itself.
    is_own: bool,
    versions: Vec<VersionShown>,
    more: usize,
}

struct VersionShown {
    id: String,
    number: String,
    hosts: u64,
    /// Hosts that are to run it, and do not yet.
    to_run: u64,
    badge: &'static str,
    why: String,
    image: &'static str,
}

struct SourceShown {
    name: String,
    kind: &'static str,
    url: String,
    status: Status,
    since: When,
}

/// `GET /ui/p/{project}/os`.
pub(super) async fn show(State(site): State<Web>, visit: Visit) -> Result<Page, Failure> {
    let modes = site.rest.modes.read(&visit.project).await?;
    let mut snapshot = site.rest.inventory.store.snapshot().await?;
    let catalogue = catalogue(&mut *snapshot, &visit.project).await?;
    let sources = snapshot.find(&Query::all(&OS_SOURCE, &visit.project).limit(SOURCES)).await?.0;
    let sources = sources.iter().map(Entry::record).map(source).collect();
    drop(snapshot);
    let counts = site.rest.inventory.tallies.counts(&visit.project).await?;
    let names: BTreeSet<&str> = catalogue.profiles().collect();
    let profiles = names.into_iter().map(|name| profile(name, &catalogue, &modes, &counts)).collect();
    let (form, can_write) = (visit.visitor.form_token(), visit.can_write());
    let text = OsText { project: &visit.name, form, can_write, profiles, sources };
    let page = Page::new(format!("OS · {}", visit.name), &text)?.tab("os").live("Os,OsSource,Instance");
    Ok(page.command("emtctl os list").command("emtctl os source list").command("emtctl os mode"))
}

fn source(source: OsSource) -> SourceShown {
    let kind = source.kind.as_str().strip_prefix("OS_SOURCE_KIND_").unwrap_or_default();
    SourceShown {
        kind,
        status: Status::of(&source.status, source.status_indicator),
        since: When(source.status_timestamp.into()),
        name: source.name,
        url: source.url,
    }
}

fn profile(name: &str, catalogue: &Catalogue, modes: &Modes, counts: &Counts) -> ProfileShown {
    let all = catalogue.of_profile(name);
    let shown = |os: &Os| version(os, catalogue, counts.runs(os.id()));
    ProfileShown {
        name: name.to_owned(),
        is_automatic: modes.of(name) == OsMode::Automatic,
        is_own: modes.profiles.contains_key(name),
        versions: all.iter().take(VERSIONS).map(shown).collect(),
        more: all.len().saturating_sub(VERSIONS),
    }
}

fn version(os: &Os, catalogue: &Catalogue, runs: Runs) -> VersionShown {
    let is_newest = catalogue.newest(&os.profile_name).is_some_and(|newest| newest.id() == os.id());
    let (badge, why) = match (os.blocked.as_str(), os.withdrawn.as_str()) {
        ("", "") if is_newest => ("newest", ""),
        ("", "") => ("", ""),
        ("", why) => ("withdrawn", why),
        (why, _) => ("blocked", why),
    };
    let image = match os.image_state {
        ImageState::AtSource => "at its source",
        ImageState::Fetching => "is being fetched",
        ImageState::Failed => "could not be fetched",
        ImageState::Here => "here",
        ImageState::Unspecified if os.image_url.is_empty() => "no image",
        ImageState::Unspecified => "",
    };
    let (id, number, why) = (os.id().to_owned(), os.image_id.clone(), why.to_owned());
    VersionShown { id, number, hosts: runs.installed, to_run: runs.to_run, badge, why, image }
}

/// `POST /ui/p/{project}/os/mode`.
pub(super) async fn set_mode(State(site): State<Web>, visit: Visit, posted: Posted) -> Result<Page, Failure> {
    if !visit.can_write() {
        return Err(Failure::forbidden(&visit.name));
    }
    let (profile, mode) = (posted.get("profile"), posted.get("mode"));
    let catalogue = catalogue(&mut *site.rest.inventory.store.snapshot().await?, &visit.project).await?;
    if catalogue.of_profile(profile).is_empty() {
        return Err(Failure::input(format!("There is no OS of profile {profile:?}."), "Go back and choose another."));
    }
    let mode = match mode {
        "automatic" => OsMode::Automatic,
        "manual" => OsMode::Manual,
        _ => return Err(Failure::input("A mode is manual or automatic.", "Go back and choose one.")),
    };
    let change = ModeChange { profiles: [(profile.to_owned(), mode)].into(), ..ModeChange::default() };
    site.rest.modes.change(&visit.project, &change).await?;
    tracing::info!(user = visit.visitor.caller.username(), profile, mode = mode.as_str(), "the mode of linking is set by a page");
    Err(Failure::Elsewhere(format!("/ui/p/{}/os", crate::oidc::percent_encoded(&visit.name))))
}
