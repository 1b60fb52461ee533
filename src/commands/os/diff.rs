//! `emtctl os diff`.

use emt_api::os_diff::{Cve, OsDiff, PackageDiff, diff};
use emt_client::{Resource, kinds, models::Os};
use serde_json::json;

use crate::{
    app::App,
    cli::Format,
    error::{Doing, Error},
    output::{Cell, Tone, lines, say, write},
};

/// Show what changes from one OS to another: vulnerabilities and packages.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What is installed: id, name or version
    from: String,
    /// What would be: id, name or version
    to: String,
}

pub(super) async fn run(app: &App, args: &Args) -> Result<(), Error> {
    let api = app.api().await?;
    let doing = "compare OS resources";
    let from = api.find(&kinds::OS, &args.from).await.doing(doing)?;
    let to = api.find(&kinds::OS, &args.to).await.doing(doing)?;
    let diff = diff(&from.data.texts(), &to.data.texts());
    for unknown in &diff.unknown {
        say(&format!("note: {unknown}"));
    }
    match app.out.format() {
        Format::Table => show(app, &from, &to, &diff),
        Format::Name => lines(diff.cves.fixed.iter().map(|cve| cve.id.as_str())),
        Format::Json | Format::Yaml => {
            let os =
                |os: &Resource<Os>| json!({"resourceId": os.data.id, "profileName": os.data.profile, "imageId": os.data.version});
            app.out.document(
                &json!({"from": os(&from), "to": os(&to), "cves": diff.cves, "packages": diff.packages, "unknown": diff.unknown}),
            )
        }
    }
}

fn show(app: &App, from: &Resource<Os>, to: &Resource<Os>, diff: &OsDiff) -> Result<(), Error> {
    let label = |os: &Resource<Os>| format!("{} {} ({})", os.data.profile, os.data.version, os.data.id);
    let cves = &diff.cves;
    let counts = diff.packages.as_ref().map_or_else(
        || "packages are not compared".to_owned(),
        |packages| {
            let (added, removed, changed) = (packages.added.len(), packages.removed.len(), packages.changed.len());
            format!("packages {added} added, {removed} removed, {changed} changed")
        },
    );
    let (fixed, remaining, new) = (cves.fixed.len(), cves.remaining.len(), cves.new.len());
    let (from, to) = (label(from), label(to));
    write(&format!("{from} to {to}: vulnerabilities {fixed} fixed, {remaining} remaining, {new} new; {counts}\n"))?;
    let of = |cves: &[Cve], what: &'static str, tone| -> Vec<Vec<Cell>> {
        let row = |cve: &Cve| vec![Cell::toned(what, tone), cve.id.as_str().into(), cve.priority.as_str().into()];
        cves.iter().map(row).collect()
    };
    let rows =
        [of(&cves.new, "new", Tone::Bad), of(&cves.remaining, "remaining", Tone::Busy), of(&cves.fixed, "fixed", Tone::Good)]
            .concat();
    if !rows.is_empty() {
        write("\n")?;
        app.out.table(&["", "VULNERABILITY", "PRIORITY"], rows.into_iter())?;
    }
    let rows: Vec<Vec<Cell>> = diff.packages.as_ref().map(of_packages).unwrap_or_default();
    if !rows.is_empty() {
        write("\n")?;
        app.out.table(&["", "PACKAGE", "FROM", "TO"], rows.into_iter())?;
    }
    Ok(())
}

fn of_packages(packages: &PackageDiff) -> Vec<Vec<Cell>> {
    let row = |what: &str, name: &str, from: &str, to: &str| -> Vec<Cell> { [what, name, from, to].map(Cell::from).to_vec() };
    let added = packages.added.iter().map(|package| row("added", &package.name, "", &package.version));
    let removed = packages.removed.iter().map(|package| row("removed", &package.name, &package.version, ""));
    let changed = packages.changed.iter().map(|package| row("changed", &package.name, &package.from, &package.to));
    added.chain(removed).chain(changed).collect()
}
