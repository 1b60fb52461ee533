//! Times on the wire: RFC 3339 in UTC with three fractional digits or none, and epoch seconds.

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// Day 0 of the calendar below, 0000-03-01, in days before 1970.
const FIRST: i64 = 719_468;
/// Days of four hundred years, after which the calendar repeats.
const ERA: i64 = 146_097;
/// Most milliseconds since 1970 that are written: the end of the year 9999.
const LAST_MS: i64 = 253_402_300_799_999;

/// Milliseconds since 1970 as RFC 3339; without a fraction when there is none. A time before 1970 or after 9999 is written
/// as 1970.
pub fn rfc3339(milliseconds: i64) -> String {
    let mut out = Vec::with_capacity(24);
    write(&mut out, milliseconds);
    String::from_utf8_lossy(&out).into_owned()
}

/// Appends [`rfc3339`]. Lists write six times a record, so this is not left to a general formatter.
pub fn write(out: &mut Vec<u8>, milliseconds: i64) {
    let ms = if (0..=LAST_MS).contains(&milliseconds) { milliseconds } else { 0 };
    let (year, month, day) = date(ms / DAY_MS);
    let second = ms % DAY_MS / 1000;
    digits(out, year, 4);
    out.push(b'-');
    digits(out, month, 2);
    out.push(b'-');
    digits(out, day, 2);
    out.push(b'T');
    digits(out, second / 3600, 2);
    out.push(b':');
    digits(out, second / 60 % 60, 2);
    out.push(b':');
    digits(out, second % 60, 2);
    if ms % 1000 != 0 {
        out.push(b'.');
        digits(out, ms % 1000, 3);
    }
    out.push(b'Z');
}

/// Year, month and day of a day since 1970. Years begin in March here, so that the day that leap years add is their last.
fn date(day: i64) -> (i64, i64, i64) {
    let day = day + FIRST;
    let (era, of_era) = (day / ERA, day % ERA);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, of_year - (153 * from_march + 2) / 5 + 1)
}

fn digits(out: &mut Vec<u8>, number: i64, width: u32) {
    for place in (0..width).rev() {
        out.push(b'0' + u8::try_from(number / 10_i64.pow(place) % 10).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fraction_has_three_digits_or_none() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_780_000_000_120, "2026-05-28T20:26:40.120Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (LAST_MS, "9999-12-31T23:59:59.999Z"),
            (LAST_MS + 1, "1970-01-01T00:00:00Z"),
            (i64::MAX, "1970-01-01T00:00:00Z"),
            (i64::MIN, "1970-01-01T00:00:00Z"),
        ] {
            assert_eq!(rfc3339(ms), text, "{ms}");
        }
    }

    proptest! {
        #[test]
        fn as_a_general_formatter_writes_it(ms in 0..=LAST_MS) {
            let time = jiff::Timestamp::from_millisecond(ms).unwrap();
            let expected = if ms % 1000 == 0 { format!("{time:.0}") } else { format!("{time:.3}") };
            prop_assert_eq!(rfc3339(ms), expected);
        }
    }
}
