//! `emtctl schedule export`: schedules as calendars.

use emt_windows::ical::{self, Telling};

use super::{
    preview::HORIZON,
    rule::rule,
    selected,
    show::{purpose, target},
    target::OwnerArgs,
};
use crate::{
    app::App,
    clock,
    error::Error,
    output::{say, warn, write},
};

/// Print schedules as calendars (iCalendar).
#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    /// Schedules: ids or names [default: all]
    #[arg(value_name = "SCHEDULE", conflicts_with = "owner")]
    schedules: Vec<String>,
    #[command(flatten)]
    owner: OwnerArgs,
}

/// One calendar a schedule, one after the other, as RFC 5545 has streams of them.
pub(super) async fn run(app: &App, args: &ExportArgs) -> Result<(), Error> {
    let api = app.api().await?;
    let all = selected(&api, &args.schedules, &args.owner, "export schedules").await?;
    let now = clock::now().as_second();
    if all.is_empty() {
        say("there are no windows");
    }
    let mut text = String::new();
    for schedule in &all {
        let schedule = &schedule.data;
        let Some(rule) = rule(schedule) else {
            warn(&format!("schedule {} ({}) is not understood, and left out", schedule.name, schedule.id));
            continue;
        };
        let summary = [purpose(schedule), &schedule.name, &target(schedule)].map(str::trim).join(" ");
        // A single window is told also when it has begun.
        let from = if schedule.is_repeated() { now } else { schedule.start.min(now) };
        let telling = Telling {
            uid: &schedule.id,
            summary: summary.trim(),
            from,
            until: now.saturating_add(HORIZON).max(schedule.start),
            made: now,
        };
        let calendar = ical::export(&rule, &telling);
        for note in &calendar.notes {
            warn(&format!("{}: {note}", schedule.id));
        }
        text.push_str(&calendar.text);
    }
    write(&text)
}
