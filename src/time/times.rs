//! Instants as people look at them from now: how far away, and what clocks show.

use std::time::Duration;

use jiff::Timestamp;

use super::{Zone, brief};

/// How times are told: by a clock in a zone, and by how far away they are.
pub(crate) struct Times<'a> {
    pub(crate) zone: &'a Zone,
    pub(crate) now: Timestamp,
}

impl Times<'_> {
    /// `in 3h 20m`, or `3h 20m ago`.
    pub(crate) fn away(&self, at: Timestamp) -> String {
        let away = at.duration_since(self.now);
        let length = brief(Duration::from_secs(away.unsigned_abs().as_secs()));
        if away.is_negative() { format!("{length} ago") } else { format!("in {length}") }
    }

    /// `in 3h 20m (Sat 02:00 Europe/Berlin)`.
    pub(crate) fn moment(&self, at: Timestamp) -> String {
        format!("{} ({})", self.away(at), self.zone.near(at, self.now))
    }

    /// `in 3h 20m, 2026-06-06 02:00:00 +02:00 (2026-06-06 00:00:00 UTC)`.
    pub(crate) fn both(&self, at: Timestamp) -> String {
        format!("{}, {} ({})", self.away(at), self.zone.show(at), at.strftime("%Y-%m-%d %H:%M:%S UTC"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn away_is_told_in_both_directions() {
        let zone = Zone::new(Some("UTC")).unwrap();
        let at = |second| Timestamp::from_second(second).unwrap();
        let times = Times { zone: &zone, now: at(10_000) };
        for (second, told) in [(10_000, "in 0s"), (13_600, "in 1h"), (6400, "1h ago")] {
            assert_eq!(times.away(at(second)), told);
        }
    }
}
