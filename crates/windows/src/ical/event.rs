//! One event of a calendar as rules.

use super::{
    IcalError,
    line::{Line, unescaped},
    recur,
    value::{Moment, duration, moments},
};
use crate::{
    blackout::Blackout,
    rule::{Opens, Rule},
};

/// An event, and the rules that say the same together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What tells it from others.
    pub uid: String,
    /// What people read.
    pub summary: String,
    /// The rules, at least one.
    pub rules: Vec<Rule>,
}

/// The properties of an event that say when it is.
#[derive(Debug, Default)]
pub(super) struct Properties<'a> {
    pub(super) begin: usize,
    uid: String,
    summary: String,
    start: Option<&'a Line>,
    end: Option<&'a Line>,
    duration: Option<&'a Line>,
    recurrence: Option<&'a Line>,
    without: Vec<&'a Line>,
    also: Vec<&'a Line>,
    pub(super) cancelled: bool,
}

impl<'a> Properties<'a> {
    /// Of an event that begins at a line.
    pub(super) fn at(line: usize) -> Self {
        Self { begin: line, ..Self::default() }
    }

    pub(super) fn add(&mut self, line: &'a Line) -> Result<(), IcalError> {
        let place = match line.name.as_str() {
            "DTSTART" => &mut self.start,
            "DTEND" => &mut self.end,
            "DURATION" => &mut self.duration,
            "RRULE" => &mut self.recurrence,
            "EXDATE" => {
                self.without.push(line);
                return Ok(());
            }
            "RDATE" => {
                self.also.push(line);
                return Ok(());
            }
            "UID" => {
                self.uid = unescaped(&line.value);
                return Ok(());
            }
            "SUMMARY" => {
                self.summary = unescaped(&line.value);
                return Ok(());
            }
            "STATUS" => {
                self.cancelled = line.value.eq_ignore_ascii_case("CANCELLED");
                return Ok(());
            }
            "EXRULE" | "RECURRENCE-ID" => {
                return Err(line.wrong("changes of single recurrences cannot be told; allowed is EXDATE"));
            }
            _ => return Ok(()),
        };
        match place.replace(line) {
            Some(_) => Err(line.wrong("comes twice in its event")),
            None => Ok(()),
        }
    }

    /// The rules that say the same. What changes nothing is noted.
    pub(super) fn event(self, notes: &mut Vec<String>) -> Result<Event, IcalError> {
        let missing = |why: &str| IcalError { line: self.begin, property: "VEVENT".to_owned(), why: why.to_owned() };
        let start_line = self.start.ok_or_else(|| missing("has no DTSTART"))?;
        let start = only(start_line)?;
        let length = match (self.end, self.duration) {
            (Some(end), None) => {
                let length = only(end)?.at - start.at;
                if length <= 0 {
                    return Err(end.wrong("is not after DTSTART"));
                }
                length
            }
            (None, Some(line)) => duration(line, start.zone.is_fixed())?,
            (Some(end), Some(_)) => return Err(end.wrong("stands beside a DURATION; allowed is one of them")),
            (None, None) => return Err(missing("has neither DTEND nor DURATION: it has no length")),
        };
        let mut rules = vec![self.first(start_line, &start, length, notes)?];
        for line in &self.also {
            for also in moments(line)? {
                let end = also.at.checked_add(length).ok_or_else(|| line.wrong("ends too far away"))?;
                rules.push(Rule::single(also.at, Some(end), also.zone).map_err(|error| line.wrong(error.to_string()))?);
            }
        }
        Ok(Event { uid: self.uid, summary: self.summary, rules })
    }

    fn first(&self, line: &Line, start: &Moment, length: i64, notes: &mut Vec<String>) -> Result<Rule, IcalError> {
        let Some(recurrence) = self.recurrence else {
            if let Some(line) = self.without.first() {
                return Err(line.wrong("has no sense without an RRULE"));
            }
            let end = start.at.checked_add(length).ok_or_else(|| line.wrong("ends too far away"))?;
            return Rule::single(start.at, Some(end), start.zone.clone()).map_err(|error| line.wrong(error.to_string()));
        };
        let wall = start.zone.wall(start.at);
        if wall % 60 != 0 {
            return Err(line.wrong("a recurrence begins at a whole minute"));
        }
        let cron = recur::cron(recurrence, wall)?;
        let seconds = u32::try_from(length).map_err(|_| line.wrong("is too long for a recurrence"))?;
        let rule = Rule::repeated(cron, seconds, start.zone.clone()).map_err(|error| line.wrong(error.to_string()))?;
        let mut blackouts = Vec::new();
        for line in &self.without {
            for without in moments(line)? {
                match left_out(&rule, start.at, without.at, length) {
                    Ok(Some(blackout)) => blackouts.push(blackout),
                    Ok(None) => notes.push(format!("line {}: EXDATE names a time at which nothing recurs", line.number)),
                    Err(why) => return Err(line.wrong(why)),
                }
            }
        }
        if start.zone.changes().iter().any(|change| change.after > change.before && change.at > start.at) {
            notes.push(format!(
                "line {}: a recurrence at a time that the clock skips is left out by calendars; here it opens at the change",
                recurrence.number
            ));
        }
        Ok(rule.except(blackouts).with_notice(start.at, 0))
    }
}

/// The blackout that leaves one window out, and no other.
fn left_out(rule: &Rule, first: i64, at: i64, length: i64) -> Result<Option<Blackout>, &'static str> {
    debug_assert!(matches!(rule.opens(), Opens::Repeatedly { .. }), "only recurrences leave something out");
    if at < first || rule.tick_from(at) != Some(at) {
        return Ok(None);
    }
    let before = rule.active(at - 1).is_some_and(|window| window.end > Some(at));
    if before || rule.tick_from(at + 1).is_some_and(|next| next < at + length) {
        return Err("leaves out a window that overlaps others: that cannot be told");
    }
    Ok(Blackout::new(at, at + length).ok())
}

fn only(line: &Line) -> Result<Moment, IcalError> {
    match <[Moment; 1]>::try_from(moments(line)?) {
        Ok([moment]) => Ok(moment),
        Err(_) => Err(line.wrong("has several times")),
    }
}
