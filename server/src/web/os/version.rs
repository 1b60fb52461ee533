//! One version: what it is, where it runs, what it heals, and what changes against another one; and the block on it.

use askama::Template;
use axum::extract::{Query, State};
use emt_api::{
    id,
    os_diff::{Changed, Cve, OsDiff, OsTexts, Package, diff},
    record::Record,
    resources::{OS, Os},
    sheet::Entry,
};

use super::{
    super::{
        Failure, Page, Web,
        fleet::catalogue,
        visit::{Id, Posted, Visit},
        words::quoted,
    },
    badge, image, runs_it,
};
use crate::{
    inventory,
    oidc::percent_encoded,
    os_resources::Catalogue,
    store::{Snapshot, StoreError},
};

/// Entries of a list that are shown.
const SHOWN: usize = 200;
/// Versions that it can be compared with.
const OTHERS: usize = 50;

#[derive(Template)]
#[template(path = "os_version.html")]
struct VersionText<'a> {
    project: &'a str,
    form: String,
    can_write: bool,
    os: &'a Os,
    badge: &'static str,
    image: &'static str,
    hosts: u64,
    to_run: u64,
    /// What it is compared with: id and version; "" for nothing.
    from: (&'a str, &'a str),
    /// The other versions of its profile.
    others: Vec<(&'a str, &'a str)>,
    lists: Vec<CveList>,
    packages: Option<Packages>,
    unknown: Vec<String>,
}

/// Vulnerabilities to which the same happens.
struct CveList {
    what: &'static str,
    tone: &'static str,
    shown: Vec<Cve>,
    more: usize,
}

struct Packages {
    added: Vec<Package>,
    removed: Vec<Package>,
    changed: Vec<Changed>,
    more: usize,
}

/// `GET /ui/p/{project}/os/{id}?from=…`.
pub(in super::super) async fn show(
    State(site): State<Web>,
    visit: Visit,
    Id(id): Id,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Page, Failure> {
    if !id::is(&id, "os") {
        return Err(OS.not_found().into());
    }
    let mut snapshot = site.rest.inventory.store.snapshot().await?;
    let os = one(&mut *snapshot, &visit.project, &id).await?.ok_or_else(|| OS.not_found())?;
    let catalogue = catalogue(&mut *snapshot, &visit.project).await?;
    let asked = query.iter().find(|(key, _)| key == "from").map(|(_, value)| value.as_str());
    let from = compared_with(&os, asked, &catalogue);
    let before = match from {
        Some(from) => one(&mut *snapshot, &visit.project, from.id()).await?,
        None => None,
    };
    drop(snapshot);
    let runs = site.rest.inventory.tallies.counts(&visit.project).await?.runs(os.id());
    let diff = diff(&before.as_ref().map_or_else(OsTexts::default, texts), &texts(&os));
    let (lists, packages) = (lists(&diff, before.is_some()), packages(&diff));
    let others = catalogue.of_profile(&os.profile_name).iter().filter(|other| other.id() != os.id()).take(OTHERS);
    let text = VersionText {
        project: &visit.name,
        form: visit.visitor.form_token(),
        can_write: visit.can_write(),
        badge: badge(&os, &catalogue).0,
        image: image(&os),
        hosts: runs.installed,
        to_run: runs.to_run,
        from: from.map_or(("", ""), |from| (from.id(), &from.image_id)),
        others: others.map(|other| (other.id(), other.image_id.as_str())).collect(),
        lists,
        packages,
        // Without another version only what this one tells of itself is asked for.
        unknown: if before.is_some() { named(&diff.unknown, from, &os) } else { Vec::new() },
        os: &os,
    };
    let title = format!("{} {} · {}", os.profile_name, os.image_id, visit.name);
    let mut page = Page::new(title, &text)?.tab("os").live_of("Os,Instance", [os.id(), "Instance"]);
    page = page.command(format!("emtctl os get {}", os.id()));
    if let Some(from) = from {
        page = page.command(format!("emtctl os diff {} {}", from.id(), os.id()));
    }
    let block = format!("emtctl os block {} --reason {}", os.id(), quoted("WHY"));
    Ok(if os.blocked.is_empty() { page.command(block) } else { page.command(format!("emtctl os unblock {}", os.id())) })
}

async fn one(snapshot: &mut dyn Snapshot, project: &str, id: &str) -> Result<Option<Os>, StoreError> {
    Ok(snapshot.get(&OS, project, &[id]).await?.get(0).map(Entry::record))
}

/// The version that was asked for, or the one before it in the profile.
fn compared_with<'a>(os: &Os, asked: Option<&str>, catalogue: &'a Catalogue) -> Option<&'a Os> {
    let of_profile = catalogue.of_profile(&os.profile_name);
    match asked {
        Some("") => None,
        Some(id) => catalogue.get(id).filter(|other| other.id() != os.id()),
        None => of_profile.iter().skip_while(|other| other.id() != os.id()).nth(1),
    }
}

fn texts(os: &Os) -> OsTexts<'_> {
    OsTexts { existing_cves: &os.existing_cves, fixed_cves: &os.fixed_cves, installed_packages: &os.installed_packages }
}

fn lists(diff: &OsDiff, is_compared: bool) -> Vec<CveList> {
    let cves = &diff.cves;
    let all = [
        ("fixed", "good", &cves.fixed),
        (if is_compared { "remaining" } else { "known" }, "off", &cves.remaining),
        ("new", "bad", &cves.new),
    ];
    all.into_iter()
        .filter(|(.., cves)| !cves.is_empty())
        .map(|(what, tone, cves)| CveList {
            what,
            tone,
            shown: cves.iter().take(SHOWN).cloned().collect(),
            more: cves.len().saturating_sub(SHOWN),
        })
        .collect()
}

/// What is not known, with the versions' names.
fn named(unknown: &[String], from: Option<&Os>, to: &Os) -> Vec<String> {
    let first = from.map_or("", |from| &from.image_id);
    unknown.iter().map(|note| note.replace("the first", first).replace("the second", &to.image_id)).collect()
}

fn packages(diff: &OsDiff) -> Option<Packages> {
    let packages = diff.packages.as_ref()?;
    let (added, removed, changed) = (&packages.added, &packages.removed, &packages.changed);
    let over = |count: usize| count.saturating_sub(SHOWN);
    Some(Packages {
        more: over(added.len()) + over(removed.len()) + over(changed.len()),
        added: added.iter().take(SHOWN).cloned().collect(),
        removed: removed.iter().take(SHOWN).cloned().collect(),
        changed: changed.iter().take(SHOWN).cloned().collect(),
    })
}

impl Packages {
    fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

impl VersionText<'_> {
    fn runs_it(&self) -> String {
        runs_it(self.os.id())
    }
}

/// `POST /ui/p/{project}/os/{id}/block`: with a reason it is blocked; with the field `unblock` the block is taken away.
pub(in super::super) async fn block(State(site): State<Web>, visit: Visit, Id(id): Id, posted: Posted) -> Result<Page, Failure> {
    if !visit.can_write() {
        return Err(Failure::forbidden(&visit.name));
    }
    let who = visit.visitor.caller.username();
    let blocked = if posted.get("unblock").is_empty() {
        let wrong =
            |what| Failure::input(format!("The reason cannot be taken: {what}"), "Go back and say why, for those who will ask.");
        inventory::blocked_by(who, posted.get("reason").trim()).map_err(wrong)?
    } else {
        String::new()
    };
    tracing::info!(user = who, id, is_blocked = !blocked.is_empty(), "the block of an OS is set by a page");
    site.rest.inventory.set_blocked(&visit.project, &id, blocked).await?;
    Err(Failure::Elsewhere(format!("/ui/p/{}/os/{id}", percent_encoded(&visit.name))))
}
