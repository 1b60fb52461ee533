//! Texts of zones, instants, blackouts and times of day. A rule less a blackout is closed in it.

#![no_main]

use emt_windows::{Blackout, Cron, FinishBy, Rule, Zone};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str)| {
    let (name, text) = input;
    let zone = Zone::get(name).unwrap_or_else(|error| {
        assert!(!error.to_string().is_empty());
        Zone::get("America/Sao_Paulo").expect("a zone")
    });
    let every = Rule::repeated(Cron::parse("* * * * *").expect("a cron"), 60, zone.clone()).expect("a rule");
    if let Ok(at) = zone.parse(text) {
        let _ = (every.active(at), every.next(at), every.explain(at).to_string());
    }
    if let Ok(blackout) = Blackout::parse(text, &zone) {
        assert!(blackout.from <= blackout.to);
        let rule = every.clone().except([blackout]);
        for at in [blackout.from, blackout.to - 1, blackout.from / 2 + blackout.to / 2] {
            assert!(!(blackout.from..blackout.to).contains(&at) || rule.active(at).is_none());
        }
    }
    if let Ok(finish) = FinishBy::parse(text, &zone) {
        let _ = every.finish_by(finish).next(0);
    }
});
