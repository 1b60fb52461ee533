//! The checklist of traps (section 10): each has a case of its own here, or says which test has it.

use std::{fmt::Write as _, fs, path::PathBuf};

use serde::Deserialize;

use super::{Scenario, Step, TABLES, Table, play, read};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Trap {
    number: u32,
    what: String,
    /// `table: title of a scenario`, or `file.rs: name of a test`.
    #[serde(default)]
    see: Vec<String>,
    #[serde(default)]
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Traps {
    traps: Vec<Trap>,
}

#[tokio::test]
async fn traps() {
    let traps: Traps = read("contract/10-traps.yaml");
    let numbers: Vec<u32> = traps.traps.iter().map(|trap| trap.number).collect();
    assert_eq!(numbers, (1..=25).collect::<Vec<u32>>());
    let mut wrong = String::new();
    for trap in traps.traps {
        assert!(!trap.see.is_empty() || !trap.steps.is_empty(), "trap {} has no case", trap.number);
        for place in &trap.see {
            assert!(exists(place), "trap {}: there is no {place}", trap.number);
        }
        let scenario = Scenario { title: format!("trap {}: {}", trap.number, trap.what), steps: trap.steps };
        let _ = write!(wrong, "{}", play(&scenario).await);
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn exists(place: &str) -> bool {
    let (file, name) = place.split_once(": ").unwrap_or_default();
    if TABLES.contains(&file) {
        return Table::read(file).scenarios.iter().any(|scenario| scenario.title == name);
    }
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    fs::read_to_string(path).is_ok_and(|text| text.contains(&format!("fn {name}(")))
}
