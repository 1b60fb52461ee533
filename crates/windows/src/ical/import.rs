//! A calendar as rules.

use super::{
    IcalError,
    event::{Event, Properties},
    line,
};

/// Most bytes of a calendar.
const SIZE: usize = 1 << 20;

/// What a calendar says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// Its events, in their order.
    pub events: Vec<Event>,
    /// What was left aside, and why that changes nothing or little.
    pub notes: Vec<String>,
}

/// Reads the events of a calendar. Recurrences are `FREQ=DAILY`, `WEEKLY` or `MONTHLY` with `BYMONTH`, `BYMONTHDAY`, `BYDAY`,
/// `BYHOUR` and `BYMINUTE`; `EXDATE` leaves windows out, `RDATE` adds some. Times are in UTC or name an IANA zone. What a rule
/// cannot say exactly is refused.
pub fn import(text: &str) -> Result<Imported, IcalError> {
    if text.len() > SIZE {
        let why = format!("the calendar has more than {SIZE} bytes");
        return Err(IcalError { line: 1, property: "VCALENDAR".to_owned(), why });
    }
    let lines = line::read(text)?;
    let (mut within, mut events, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    let mut properties = Properties::default();
    for line in &lines {
        let value = line.value.to_ascii_uppercase();
        match (line.name.as_str(), within.len()) {
            ("BEGIN", depth) => {
                if (depth == 0) != (value == "VCALENDAR") {
                    return Err(line.wrong("a calendar begins with BEGIN:VCALENDAR, and holds no other"));
                }
                if depth == 1 && value == "VEVENT" {
                    properties = Properties::at(line.number);
                } else if depth == 1 && value != "VTIMEZONE" {
                    notes.push(format!("line {}: {value} is no event", line.number));
                }
                within.push(value);
            }
            ("END", _) => {
                if within.pop() != Some(value) {
                    return Err(line.wrong("ends what has not begun"));
                }
                if within.len() == 1 && line.value.eq_ignore_ascii_case("VEVENT") {
                    let properties = std::mem::take(&mut properties);
                    if properties.cancelled {
                        notes.push(format!("line {}: the event is cancelled", properties.begin));
                    } else {
                        events.push(properties.event(&mut notes)?);
                    }
                }
            }
            (_, 0) => return Err(line.wrong("stands outside of a calendar")),
            (_, 2) if within.last().is_some_and(|component| component == "VEVENT") => properties.add(line)?,
            _ => {}
        }
    }
    match within.last() {
        Some(open) => Err(IcalError { line: lines.len(), property: open.clone(), why: "does not end".to_owned() }),
        None if lines.is_empty() => {
            Err(IcalError { line: 1, property: "VCALENDAR".to_owned(), why: "the calendar is empty".to_owned() })
        }
        None => Ok(Imported { events, notes }),
    }
}
