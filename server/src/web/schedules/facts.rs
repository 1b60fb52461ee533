//! What a schedule says, in words.

use super::{known::Schedule, wall, windows::opening};
use crate::web::words::many;

/// What a schedule says: labels and words. Lengths and times are on its own clock.
pub(super) fn facts(schedule: &Schedule, target: &str) -> Vec<(&'static str, String)> {
    let exceptions = schedule.exceptions();
    let zone = emt_windows::Zone::get(schedule.zone()).unwrap_or_else(|_| emt_windows::Zone::utc());
    let opens = match schedule {
        Schedule::Single(single) => wall::moment(&zone, single.start_seconds.into()),
        Schedule::Repeated(_) => opening(schedule),
    };
    let length = schedule.length().map_or_else(|| "until it is deleted".to_owned(), wall::words);
    let notice = if schedule.notice() == 0 { String::new() } else { wall::words(schedule.notice().into()) };
    let facts = [
        ("Name", schedule.name().to_owned()),
        ("What for", schedule.purpose().to_owned()),
        ("Holds for", target.to_owned()),
        ("Opens", opens),
        ("Stays open", length),
        ("Time zone", schedule.zone().to_owned()),
        ("Cron", schedule.cron_text()),
        ("Kept closed", exceptions.join(", ")),
        ("Notice", notice),
        ("Finish by", schedule.finish_by().to_owned()),
    ];
    facts.into_iter().filter(|(_, words)| !words.is_empty()).collect()
}

/// Facts that differ between two schedules: the label, and both words.
pub(super) fn differences(
    (one, target): (&Schedule, &str),
    (other, other_target): (&Schedule, &str),
) -> Vec<(&'static str, String, String)> {
    let (one, mut other) = (facts(one, target), facts(other, other_target));
    let mut differences = Vec::new();
    for (label, words) in one {
        let at = other.iter().position(|(known, _)| *known == label);
        let others = at.map_or_else(String::new, |at| other.remove(at).1);
        if words != others {
            differences.push((label, words, others));
        }
    }
    differences.extend(other.into_iter().map(|(label, words)| (label, String::new(), words)));
    differences
}

/// How many hosts.
pub(super) fn hosts(count: u64) -> String {
    if count == 0 { "no host".to_owned() } else { many(count, "host", "hosts") }
}
