//! Zones as calendars carry them.

use super::{line::write, value::clock};
use crate::zone::{Change, Zone};

/// Writes the offsets of a zone from an instant to another.
pub(super) fn describe(out: &mut String, zone: &Zone, from: i64, until: i64) {
    if *zone == Zone::utc() {
        return;
    }
    let changes = zone.changes();
    let before = changes.partition_point(|change| change.at <= from).saturating_sub(1);
    let told: Vec<Change> = changes[before..].iter().copied().take_while(|change| change.at <= until).collect();
    write(out, "BEGIN:VTIMEZONE");
    write(out, &format!("TZID:{zone}"));
    if told.first().is_none_or(|first| first.at > from) {
        let offset = zone.offset(from);
        observance(out, &[Change { at: 0, before: offset, after: offset }]);
    }
    let mut groups: Vec<Vec<Change>> = Vec::new();
    for change in told {
        match groups.iter_mut().find(|group| (group[0].before, group[0].after) == (change.before, change.after)) {
            Some(group) => group.push(change),
            None => groups.push(vec![change]),
        }
    }
    for group in groups {
        observance(out, &group);
    }
    write(out, "END:VTIMEZONE");
}

/// One offset, from the same one before, at all its beginnings.
fn observance(out: &mut String, changes: &[Change]) {
    let Some(Change { before, after, .. }) = changes.first() else { return };
    let kind = if after > before { "DAYLIGHT" } else { "STANDARD" };
    // They begin on the clock as it was until then.
    let local = |change: &Change| clock(change.at + change.before, &Zone::utc()).trim_end_matches('Z').to_owned();
    write(out, &format!("BEGIN:{kind}"));
    write(out, &format!("DTSTART:{}", changes.first().map(local).unwrap_or_default()));
    if changes.len() > 1 {
        let dates: Vec<String> = changes[1..].iter().map(local).collect();
        write(out, &format!("RDATE:{}", dates.join(",")));
    }
    write(out, &format!("TZOFFSETFROM:{}", offset(*before)));
    write(out, &format!("TZOFFSETTO:{}", offset(*after)));
    write(out, &format!("END:{kind}"));
}

fn offset(seconds: i64) -> String {
    let (sign, seconds) = if seconds < 0 { ('-', -seconds) } else { ('+', seconds) };
    let rest = seconds % 60;
    let tail = if rest == 0 { String::new() } else { format!("{rest:02}") };
    format!("{sign}{:02}{:02}{tail}", seconds / 3600, seconds / 60 % 60)
}
