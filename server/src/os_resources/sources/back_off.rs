//! When what failed is tried again.

/// Seconds until the first repetition.
const FIRST: i64 = 60;
/// Most seconds: six hours.
const MOST: i64 = 6 * 3600;
/// By how much of a pause it is made shorter at most, so that what failed together is not tried together again.
const SPREAD: i64 = 4;

/// Seconds until something is tried again that has failed so often in succession. `random` spreads them.
pub(super) fn pause(failures: u32, random: u32) -> i64 {
    let doubled = FIRST.saturating_mul(1_i64.checked_shl(failures.saturating_sub(1).min(30)).unwrap_or(i64::MAX));
    let pause = doubled.min(MOST);
    pause - i64::from(random) % (pause / SPREAD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_six_hours() {
        for (failures, longest) in
            [(0, 60), (1, 60), (2, 120), (3, 240), (9, 15_360), (10, 21_600), (40, 21_600), (u32::MAX, 21_600)]
        {
            assert_eq!(pause(failures, 0), longest, "{failures}");
            for random in [1, 77, 12_345_678, u32::MAX] {
                let pause = pause(failures, random);
                assert!(pause <= longest && pause > longest * 3 / 4 - 1, "{failures}: {pause}");
            }
        }
    }
}
