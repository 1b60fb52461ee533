//! `emtctl schedule next`: which windows open next.

use emt_client::models::Schedule;
use emt_windows::{Rule, Window};
use jiff::Timestamp;
use serde_json::Value as Json;

use super::{
    preview::{document, relative, seconds},
    rule::rule,
    selected,
    show::{purpose, target},
    target::OwnerArgs,
};
use crate::{
    app::App,
    cli::Format,
    error::Error,
    output::{Cell, Tone, lines, say, warn},
    time::{Zone, brief, instant},
};

const HEADER: [&str; 8] = ["SCHEDULE", "FOR", "TARGET", "OPENS", "CLOSES", "LENGTH", "BEGINS", "ON ITS OWN CLOCK"];

/// Show which windows are open, and which open next.
#[derive(Debug, clap::Args)]
pub struct NextArgs {
    /// Schedules: ids or names [default: all]
    #[arg(value_name = "SCHEDULE", conflicts_with = "owner")]
    schedules: Vec<String>,
    #[command(flatten)]
    owner: OwnerArgs,
    /// Look from this time instead of now
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// How many to show
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    count: u16,
    /// Time zone to show times in, such as Europe/Berlin [default: the system's]
    #[arg(long, value_name = "ZONE")]
    tz: Option<String>,
}

pub(super) async fn run(app: &App, args: &NextArgs) -> Result<(), Error> {
    let zone = Zone::new(args.tz.as_deref())?;
    let at = args.at.as_deref().map(|text| instant(text, &zone)).transpose()?;
    let api = app.api().await?;
    let all = selected(&api, &args.schedules, &args.owner, "list schedules").await?;
    let now = super::plan::now(&api);
    let at = at.unwrap_or(now);
    let mut rules: Vec<(&Schedule, Rule)> = Vec::with_capacity(all.len());
    for schedule in &all {
        match rule(&schedule.data) {
            Some(rule) => rules.push((&schedule.data, rule)),
            None => warn(&format!("schedule {} ({}) is not understood, and left out", schedule.data.name, schedule.data.id)),
        }
    }
    let windows = upcoming(&rules, at.as_second(), args.count.into());
    if windows.is_empty() {
        say("no window is open or to come");
    }
    match app.out.format() {
        Format::Table if windows.is_empty() => Ok(()),
        Format::Table => app.out.table(&HEADER, windows.iter().map(|(at, window)| row(&rules[*at], window, &zone, now))),
        Format::Name => lines(windows.iter().map(|(at, _)| rules[*at].0.id.as_str())),
        Format::Json | Format::Yaml => {
            app.out.document(&windows.iter().map(|(at, window)| told(&rules[*at], window)).collect::<Vec<_>>())
        }
    }
}

/// The windows that are open, and those that open next, in their order; each with the place of its rule.
fn upcoming(rules: &[(&Schedule, Rule)], at: i64, count: usize) -> Vec<(usize, Window)> {
    let mut windows: Vec<(usize, Window)> = Vec::new();
    for (place, (_, rule)) in rules.iter().enumerate() {
        let open = rule.active(at).filter(|window| window.start < at);
        windows.extend(open.into_iter().chain(rule.upcoming(at)).take(count).map(|window| (place, window)));
    }
    windows.sort_by_key(|(place, window)| (window.start, *place));
    windows.truncate(count);
    windows
}

fn row((schedule, rule): &(&Schedule, Rule), window: &Window, zone: &Zone, now: Timestamp) -> Vec<Cell> {
    let closes = window.end.map_or_else(|| "never".to_owned(), |end| zone.show(seconds(end)));
    let length = window.end.and_then(|end| u64::try_from(end - window.start).ok());
    let own = Zone::new(Some(rule.zone().name())).ok().filter(|own| own.name() != zone.name());
    let begins = relative(window, now);
    let begins = if begins == "open now" { Cell::toned(begins, Tone::Good) } else { begins.into() };
    vec![
        if schedule.name.is_empty() { schedule.id.as_str() } else { &schedule.name }.into(),
        purpose(schedule).into(),
        target(schedule).into(),
        zone.show(seconds(window.start)).into(),
        closes.into(),
        length.map_or_else(String::new, |length| brief(std::time::Duration::from_secs(length))).into(),
        begins,
        own.map(|own| format!("{} {}", own.show(seconds(window.start)), own.name())).unwrap_or_default().into(),
    ]
}

fn told((schedule, rule): &(&Schedule, Rule), window: &Window) -> Json {
    let mut told = document(window, rule);
    told["schedule"] = schedule.id.as_str().into();
    told["name"] = schedule.name.as_str().into();
    told["scheduleStatus"] = schedule.status.as_str().into();
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_of_several_rules_come_in_their_order() {
        let hourly = Schedule { duration: 60, cron: "0 * * * *".to_owned(), ..Schedule::default() };
        let open = Schedule { start: 10, ..Schedule::default() };
        let rules: Vec<(&Schedule, Rule)> = [&hourly, &open].map(|schedule| (schedule, rule(schedule).unwrap())).to_vec();
        let starts: Vec<(usize, i64)> = upcoming(&rules, 100, 3).iter().map(|(place, window)| (*place, window.start)).collect();
        assert_eq!(starts, [(1, 10), (0, 3600), (0, 7200)]);
    }
}
