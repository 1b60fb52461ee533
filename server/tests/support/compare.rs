//! What counts as the same answer.

use std::collections::HashMap;

use serde_json::Value as Json;

/// How lists are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lists {
    /// As sets.
    Sets,
    /// The outermost item by item, those inside of items as sets.
    InOrder,
    /// By their size.
    Sizes,
}

/// Whether an answer holds all that was recorded.
pub fn same(recorded: &Json, answer: &Json, names: &HashMap<String, String>, lists: Lists) -> Result<(), String> {
    compare("", recorded, answer, names, lists)
}

/// Whether both are the same, no more and no less.
pub fn exactly(recorded: &Json, answer: &Json) -> Result<(), String> {
    let names = HashMap::new();
    compare("", recorded, answer, &names, Lists::Sets)?;
    compare("", answer, recorded, &names, Lists::Sets).map_err(|difference| format!("more than recorded: {difference}"))
}

fn compare(at: &str, recorded: &Json, answer: &Json, names: &HashMap<String, String>, lists: Lists) -> Result<(), String> {
    let differs = || Err(format!("{at}: {answer}, recorded {recorded}"));
    match (recorded, answer) {
        (Json::Object(recorded), Json::Object(found)) => recorded.iter().try_for_each(|(key, value)| {
            let found = found.get(key).ok_or_else(|| format!("{at}: no key {key}"))?;
            compare(&format!("{at}/{key}"), value, found, names, lists)
        }),
        (Json::Array(recorded), Json::Array(found)) => {
            if recorded.len() != found.len() {
                return Err(format!("{at}: {} items, recorded {}", found.len(), recorded.len()));
            }
            match lists {
                Lists::Sizes => return Ok(()),
                Lists::InOrder => {
                    let mut pairs = recorded.iter().zip(found).enumerate();
                    return pairs.try_for_each(|(at_item, (item, found))| {
                        compare(&format!("{at}/{at_item}"), item, found, names, Lists::Sets)
                    });
                }
                Lists::Sets => {}
            }
            let mut left: Vec<&Json> = found.iter().collect();
            for item in recorded {
                let fits = left.iter().position(|found| compare(at, item, found, names, lists).is_ok());
                match fits {
                    Some(position) => drop(left.remove(position)),
                    None if found.len() == 1 => return compare(&format!("{at}/0"), item, &found[0], names, lists),
                    None => return Err(format!("{at}: no item is {item}")),
                }
            }
            Ok(())
        }
        (Json::String(text), found) => {
            if text_fits(text, found, names) {
                Ok(())
            } else {
                differs()
            }
        }
        (recorded, found) if recorded == found => Ok(()),
        _ => differs(),
    }
}

fn text_fits(recorded: &str, found: &Json, names: &HashMap<String, String>) -> bool {
    let filled = super::fill(recorded, names);
    if let Some(before) = filled.strip_suffix("{YYYYMMDD-HHMMSS}") {
        let time = found.as_str().and_then(|found| found.strip_prefix(before)).unwrap_or_default();
        return time.len() == 15 && time.bytes().enumerate().all(|(at, b)| if at == 8 { b == b'-' } else { b.is_ascii_digit() });
    }
    match filled.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        Some("time") => found.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok() && text.ends_with('Z')),
        Some("epoch") => found.as_u64().is_some_and(|number| number > 0),
        Some(kind) if !kind.contains(['{', '"', ' ']) => {
            found.as_str().is_some_and(|text| emt_api::id::prefix(text) == Some(kind))
        }
        _ => found.as_str() == Some(filled.as_str()),
    }
}
