//! Reading a cron text.

use super::{
    Cron, CronError, Field,
    days::{Days, EVERY_WEEKDAY, MonthDays, WeekDays},
    item,
};

/// What is wrong with a part: the part and the words.
type Wrong<'a> = (&'a str, &'static str);

impl Cron {
    /// Reads five fields as people write them: minutes, hours, day of month, month, day of week, with blanks in between.
    ///
    /// Each field is `*` or a list of numbers, ranges (`1-5`) and steps (`*/15`, `10-40/10`, `5/10` for 5 and on); months and
    /// weekdays have names too, and Sunday is 0 or 7. `L` among days of the month is the last one; `6#2` is a month's second
    /// Saturday, `6L` or `6#L` its last.
    ///
    /// With both day fields restricted, a day that fits either will do. Only `*` (also `*/1` or `?`) is unrestricted: it
    /// leaves the decision to the other field. `*/2` restricts, as nodes that compute windows have it (robfig/cron v3).
    pub fn parse(text: &str) -> Result<Self, CronError> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        Self::fields(<[&str; 5]>::try_from(&fields[..]).map_err(|_| CronError::Fields(fields.len()))?)
    }

    /// The same with the fields apart.
    pub fn fields([minutes, hours, month_days, months, weekdays]: [&str; 5]) -> Result<Self, CronError> {
        let wrong = |field| move |(part, why): Wrong<'_>| CronError::Part { field, part: part.to_owned(), why };
        let plain = |field, text| list(text, |part| item::bits(field, part)).map_err(wrong(field));
        Ok(Self {
            minutes: plain(Field::Minutes, minutes)?,
            hours: narrow(plain(Field::Hours, hours)?),
            months: narrow(plain(Field::Month, months)?),
            days: Days {
                month: month(month_days).map_err(wrong(Field::DayOfMonth))?,
                week: week(weekdays).map_err(wrong(Field::DayOfWeek))?,
                either: ![month_days, weekdays].into_iter().any(is_unrestricted),
            },
        })
    }

    /// Reads five fields as the Edge Orchestrator API has them: each `*` or a list of plain numbers.
    pub fn wire(fields: [&str; 5]) -> Result<Self, CronError> {
        for (field, text) in Field::ALL.into_iter().zip(fields) {
            let (min, max) = field.range();
            let fits = |part: &str| {
                let plain = part.bytes().all(|byte| byte.is_ascii_digit()) && (part.len() == 1 || !part.starts_with('0'));
                plain && part.parse().is_ok_and(|number| (min..=max).contains(&number))
            };
            if text != "*"
                && let Some(part) = text.split(',').find(|part| !fits(part))
            {
                return Err(CronError::Wire { field, part: part.to_owned() });
            }
        }
        Self::fields(fields)
    }
}

/// The union of a list's parts.
fn list(text: &str, mut part: impl FnMut(&str) -> Result<u64, &'static str>) -> Result<u64, Wrong<'_>> {
    text.split(',').try_fold(0, |bits, item| Ok(bits | part(item).map_err(|why| (item, why))?))
}

fn month(text: &str) -> Result<MonthDays, Wrong<'_>> {
    let mut last = false;
    let numbers = list(text, |part| match part {
        "L" | "l" => {
            last = true;
            Ok(0)
        }
        part => item::bits(Field::DayOfMonth, anything(text, part)),
    })?;
    Ok(MonthDays { numbers: narrow(numbers), last })
}

fn week(text: &str) -> Result<WeekDays, Wrong<'_>> {
    let mut week = WeekDays::default();
    let always = list(text, |part| {
        let (name, place) = match part.split_once('#') {
            Some((name, place)) => (name, Some(place)),
            None => match part.strip_suffix(['L', 'l']) {
                Some(name) => (name, Some("L")),
                None => (part, None),
            },
        };
        let Some(place) = place else { return item::bits(Field::DayOfWeek, anything(text, part)) };
        let weekday = 1 << (item::number(Field::DayOfWeek, name)? % 7);
        match place {
            "L" | "l" => week.last |= weekday,
            "1" => week.nth[0] |= weekday,
            "2" => week.nth[1] |= weekday,
            "3" => week.nth[2] |= weekday,
            "4" => week.nth[3] |= weekday,
            "5" => week.nth[4] |= weekday,
            _ => return Err("is no nth weekday of a month"),
        }
        Ok(0)
    })?;
    let always = narrow::<u8>((always | always >> 7) & u64::from(EVERY_WEEKDAY));
    for nth in &mut week.nth {
        *nth |= always;
    }
    Ok(week)
}

/// Whether a day field leaves the decision to the other one: a step takes that away.
fn is_unrestricted(field: &str) -> bool {
    let whole = |part: &str| part == "*" || part.strip_prefix("*/").is_some_and(|step| step.parse() == Ok(1));
    field == "?" || field.split(',').any(whole)
}

/// In day fields `?` is another word for `*`, if it stands alone.
fn anything<'a>(field: &str, part: &'a str) -> &'a str {
    if field == "?" { "*" } else { part }
}

/// No field has more bits than its type; if one had, it would never open.
fn narrow<T: TryFrom<u64> + Default>(bits: u64) -> T {
    T::try_from(bits).unwrap_or_default()
}
