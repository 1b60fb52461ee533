//! Calendars: what is refused names its line; what is read can be told again, and is read as the same windows.

#![no_main]

use emt_windows::{
    Rules,
    ical::{Telling, export, import},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let read = match import(text) {
        Ok(read) => read,
        Err(error) => {
            assert!(error.line > 0 && !error.why.is_empty());
            return;
        }
    };
    for rule in read.events.into_iter().flat_map(|event| event.rules).take(4) {
        let Some(first) = rule.next(0) else { continue };
        let until = first.start + 3 * 86_400;
        let telling = Telling { uid: "1", summary: "fuzz", from: first.start, until, made: 0 };
        let calendar = export(&rule, &telling).text;
        let Ok(again) = import(&calendar) else { continue };
        let again = Rules(again.events.into_iter().flat_map(|event| event.rules).collect());
        let starts = |windows: &mut dyn Iterator<Item = emt_windows::Window>| {
            windows.take_while(|window| window.start <= until).take(50).map(|window| (window.start, window.end)).collect::<Vec<_>>()
        };
        assert_eq!(starts(&mut again.upcoming(first.start)), starts(&mut rule.upcoming(first.start)), "{calendar}");
    }
});
