//! What can run: versions by profile, the mode of each, and where new ones come from.

pub(super) mod fixes;
pub(super) mod source;
pub(super) mod version;

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use askama::Template;
use axum::extract::State;
use emt_api::{
    enums::{ImageState, OsMode},
    record::Record,
    resources::{OS, OS_SOURCE, Os, OsSource},
    sheet::Entry,
};

use super::{
    Failure, Page, Web,
    fleet::catalogue,
    visit::{Posted, Visit},
    words::{Status, When},
};
use crate::{
    inventory::Counts,
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
    /// How many vulnerabilities it heals, in words.
    fixes: String,
}

struct SourceShown {
    id: String,
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
    let all: Vec<Os> = snapshot.find(&Query::all(&OS, &visit.project).brief()).await?.0.iter().map(Entry::record).collect();
    let catalogue: Catalogue = all.iter().cloned().collect();
    let all: HashMap<&str, &Os> = all.iter().map(|os| (os.id(), os)).collect();
    let sources = snapshot.find(&Query::all(&OS_SOURCE, &visit.project).limit(SOURCES)).await?.0;
    let sources = sources.iter().map(Entry::record).map(source).collect();
    let names: BTreeSet<&str> = catalogue.profiles().collect();
    let of_profiles = names.iter().flat_map(|name| catalogue.of_profile(name).iter().take(VERSIONS));
    let shown: Vec<(&str, i64)> = of_profiles.filter_map(|os| all.get(os.id())).map(|os| (os.id(), os.meta.revision)).collect();
    let fixes = site.fixes.of(&mut *snapshot, &visit.project, &shown).await?;
    drop(snapshot);
    let known = Known { catalogue: &catalogue, all, counts: site.rest.inventory.tallies.counts(&visit.project).await?, fixes };
    let profiles = names.into_iter().map(|name| profile(name, &known, &modes)).collect();
    let (form, can_write) = (visit.visitor.form_token(), visit.can_write());
    let text = OsText { project: &visit.name, form, can_write, profiles, sources };
    let page = Page::new(format!("OS · {}", visit.name), &text)?.tab("os").live("Os,OsSource,Instance");
    Ok(page.command("emtctl os list").command("emtctl os source list").command("emtctl os mode"))
}

impl VersionShown {
    fn runs_it(&self) -> String {
        runs_it(&self.id)
    }
}

/// The API's filter for the hosts on which an OS runs.
fn runs_it(id: &str) -> String {
    format!("instance.os.resourceId=\"{id}\"")
}

/// What is known of the versions of a project.
struct Known<'a> {
    catalogue: &'a Catalogue,
    /// By id.
    all: HashMap<&'a str, &'a Os>,
    counts: Arc<Counts>,
    fixes: HashMap<String, String>,
}

fn source(source: OsSource) -> SourceShown {
    let kind = source.kind.as_str().strip_prefix("OS_SOURCE_KIND_").unwrap_or_default();
    SourceShown {
        id: source.id().to_owned(),
        kind,
        status: Status::of(&source.status, source.status_indicator),
        since: When(source.status_timestamp.into()),
        name: source.name,
        url: source.url,
    }
}

fn profile(name: &str, known: &Known<'_>, modes: &Modes) -> ProfileShown {
    let all = known.catalogue.of_profile(name);
    ProfileShown {
        name: name.to_owned(),
        is_automatic: modes.of(name) == OsMode::Automatic,
        is_own: modes.profiles.contains_key(name),
        versions: all.iter().take(VERSIONS).map(|os| version(os, known)).collect(),
        more: all.len().saturating_sub(VERSIONS),
    }
}

fn version(os: &Os, known: &Known<'_>) -> VersionShown {
    let (badge, why) = badge(os, known.catalogue);
    let runs = known.counts.runs(os.id());
    VersionShown {
        id: os.id().to_owned(),
        number: os.image_id.clone(),
        hosts: runs.installed,
        to_run: runs.to_run,
        badge,
        why: why.to_owned(),
        image: known.all.get(os.id()).map_or("", |os| image(os)),
        fixes: known.fixes.get(os.id()).cloned().unwrap_or_default(),
    }
}

/// What is special about a version, and why.
fn badge<'a>(os: &'a Os, catalogue: &Catalogue) -> (&'static str, &'a str) {
    let is_newest = catalogue.newest(&os.profile_name).is_some_and(|newest| newest.id() == os.id());
    match (os.blocked.as_str(), os.withdrawn.as_str()) {
        ("", "") if is_newest => ("newest", ""),
        ("", "") => ("", ""),
        ("", why) => ("withdrawn", why),
        (why, _) => ("blocked", why),
    }
}

/// Where its image is.
fn image(os: &Os) -> &'static str {
    match os.image_state {
        ImageState::AtSource => "at its source",
        ImageState::Fetching => "is being fetched",
        ImageState::Failed => "could not be fetched",
        ImageState::Here => "here",
        ImageState::Unspecified if os.image_url.is_empty() => "no image",
        ImageState::Unspecified => "",
    }
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
