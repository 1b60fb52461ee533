//! One part of a field's list: `*`, `5`, `1-5`, `*/2`, `1-5/2`, `5/2`.

use super::error::Field;

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// The numbers that a part means, as bits; 7 stays 7 among weekdays. An error says what is wrong.
pub(super) fn bits(field: Field, part: &str) -> Result<u64, &'static str> {
    let (range, step) = match part.split_once('/') {
        None => (part, None),
        Some((range, step)) => (range, Some(step_of(step)?)),
    };
    let (min, max) = field.range();
    let (from, to) = if range == "*" {
        (min, max)
    } else if let Some((from, to)) = range.split_once('-') {
        let (from, to) = (number(field, from)?, end(field, to)?);
        if from > to {
            return Err("is a range that ends before it begins");
        }
        (from, to)
    } else {
        let from = number(field, range)?;
        // A step alone goes on to the end.
        (from, if step.is_some() { max.max(from) } else { from })
    };
    Ok((from..=to).step_by(step.unwrap_or(1)).fold(0, |bits, number| bits | 1 << number))
}

/// A number of the field, or a name that stands for one.
pub(super) fn number(field: Field, text: &str) -> Result<u8, &'static str> {
    let (names, first): (&[&str], u8) = match field {
        Field::Month => (&MONTHS, 1),
        Field::DayOfWeek => (&WEEKDAYS, 0),
        _ => (&[], 0),
    };
    if let Some((number, _)) = (first..).zip(names).find(|(_, name)| name.eq_ignore_ascii_case(text)) {
        return Ok(number);
    }
    let (min, max) = field.range();
    let max = if field == Field::DayOfWeek { 7 } else { max };
    match digits(text) {
        Some(number) if (min..=max).contains(&number) => Ok(number),
        Some(_) => Err("is out of range"),
        None if text.is_empty() => Err("has a number missing"),
        None => Err("is not understood"),
    }
}

/// The end of a range; a week may end with Sunday.
fn end(field: Field, text: &str) -> Result<u8, &'static str> {
    let sunday = field == Field::DayOfWeek && text.eq_ignore_ascii_case(WEEKDAYS[0]);
    if sunday { Ok(7) } else { number(field, text) }
}

fn step_of(text: &str) -> Result<usize, &'static str> {
    digits(text).filter(|step| *step > 0).map(usize::from).ok_or("has a step that is no number from 1 to 99")
}

/// One or two digits.
fn digits(text: &str) -> Option<u8> {
    let plain = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}
