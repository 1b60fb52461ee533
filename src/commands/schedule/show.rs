//! Windows as people read them.

use std::time::Duration;

use emt_client::{Resource, models::Schedule};
use jiff::Timestamp;

use crate::{
    app::App,
    cli::Format,
    error::Error,
    output::{Cell, Tone, lines, say},
    time::{Zone, brief},
};

const HEADER: [&str; 7] = ["ID", "NAME", "FOR", "TARGET", "OPENS", "LENGTH", "STATE"];

pub(super) fn list(app: &App, all: &[Resource<Schedule>], zone: &Zone, now: Timestamp) -> Result<(), Error> {
    match app.out.format() {
        Format::Table if all.is_empty() => {
            say("there are no windows: emtctl schedule update --host HOST --in 1h --duration 30m");
            Ok(())
        }
        Format::Table => {
            let mut shown: Vec<&Schedule> = all.iter().map(|schedule| &schedule.data).collect();
            shown.sort_by_key(|schedule| (schedule.is_repeated(), schedule.start, schedule.name.clone()));
            app.out.table(&HEADER, shown.into_iter().map(|schedule| row(schedule, zone, now)))
        }
        Format::Name => lines(all.iter().map(|schedule| schedule.data.id.as_str())),
        Format::Json | Format::Yaml => app.out.document(&all.iter().map(|schedule| &schedule.json).collect::<Vec<_>>()),
    }
}

fn row(schedule: &Schedule, zone: &Zone, now: Timestamp) -> Vec<Cell> {
    vec![
        schedule.id.as_str().into(),
        schedule.name.as_str().into(),
        purpose(schedule).into(),
        target(schedule).into(),
        opens(schedule, zone).into(),
        duration(schedule).into(),
        state(schedule, now),
    ]
}

/// What it is for.
pub(super) fn purpose(schedule: &Schedule) -> &str {
    match schedule.status.as_str() {
        "SCHEDULE_STATUS_OS_UPDATE" => "OS update",
        "SCHEDULE_STATUS_MAINTENANCE" => "maintenance",
        other => other,
    }
}

/// What it holds for.
pub(super) fn target(schedule: &Schedule) -> String {
    schedule.target().map(|(kind, place)| format!("{kind} {}", place.label())).unwrap_or_default()
}

/// When it opens: a time, or a cron.
pub(super) fn opens(schedule: &Schedule, zone: &Zone) -> String {
    if schedule.is_repeated() {
        return format!("{} ({})", schedule.cron_text(), schedule.zone_name());
    }
    Timestamp::from_second(schedule.start).map(|start| zone.show(start)).unwrap_or_default()
}

/// How long it stays open.
pub(super) fn duration(schedule: &Schedule) -> String {
    let seconds = if schedule.is_repeated() { schedule.duration } else { schedule.end - schedule.start };
    match u64::try_from(seconds) {
        Ok(seconds) => brief(Duration::from_secs(seconds)),
        Err(_) => "open end".to_owned(),
    }
}

fn state(schedule: &Schedule, now: Timestamp) -> Cell {
    let now = now.as_second();
    match schedule {
        _ if schedule.is_repeated() => "repeats".into(),
        Schedule { start, .. } if now < *start => "to come".into(),
        Schedule { end, .. } if *end == 0 || now <= *end => Cell::toned("open", Tone::Good),
        _ => "over".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_and_lengths() {
        let now = Timestamp::from_second(1000).unwrap();
        let window = |start, end, duration| Schedule { start, end, duration, ..Schedule::default() };
        for (schedule, expected_state, expected_length) in [
            (window(2000, 3800, 0), "to come", "30m"),
            (window(900, 1000, 0), "open", "1m 40s"),
            (window(900, 999, 0), "over", "1m 39s"),
            (window(900, 0, 0), "open", "open end"),
            (window(0, 0, 3600), "repeats", "1h"),
        ] {
            assert_eq!(duration(&schedule), expected_length, "{schedule:?}");
            let state = state(&schedule, now);
            assert!([Cell::from(expected_state), Cell::toned(expected_state, Tone::Good)].contains(&state), "{state:?}");
        }
    }
}
