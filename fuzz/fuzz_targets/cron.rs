//! Cron texts: what is refused says what is allowed; what is read means the same when it is written down, opens in order, and
//! is open when it opens.

#![no_main]

use emt_windows::{Cron, Rule, Zone};
use libfuzzer_sys::fuzz_target;

/// 2026-03-20T00:00:00Z: soon after, clocks change in many zones.
const FROM: i64 = 1_773_964_800;

fuzz_target!(|input: (u16, &str)| {
    let (duration, text) = input;
    let cron = match Cron::parse(text) {
        Ok(cron) => cron,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let again = Cron::parse(&cron.to_string()).expect("what is written down is read");
    let wire = cron.to_wire().map(|fields| Cron::wire(fields.each_ref().map(String::as_str)).expect("the wire is read"));
    for name in ["UTC", "Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca"] {
        let zone = Zone::get(name).expect("a zone");
        let rule = |cron| Rule::repeated(cron, u32::from(duration).max(1), zone.clone()).expect("a rule");
        let starts = |cron| rule(cron).upcoming(FROM).take(8).map(|window| window.start).collect::<Vec<_>>();
        let all = starts(cron);
        assert_eq!(all, starts(again), "{text:?} and {cron}");
        if let Some(wire) = wire {
            assert_eq!(all, starts(wire), "{text:?} and the wire");
        }
        assert!(all.is_sorted_by(|a, b| a < b));
        for start in all {
            assert!(rule(cron).active(start).is_some_and(|window| window.start == start));
        }
    }
});
