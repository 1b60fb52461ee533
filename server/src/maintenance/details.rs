//! Update logs as nodes send them: which ones are kept as details of a run (southbound contract, detail JSON).

use serde_json::{Map, Value};

const UPDATE_TYPES: [&str; 5] = ["OS", "application", "firmware", "container", "configuration"];
const ACTIONS: [&str; 2] = ["upgrade", "install"];
const STATUSES: [&str; 3] = ["installed", "failed", "rolledback"];
const REASONS: [&str; 12] = [
    "unspecified",
    "nofailure",
    "download",
    "bootloader",
    "insufficientstorage",
    "rsauthentication",
    "signaturecheck",
    "utwrite",
    "utbootconfiguration",
    "criticalservices",
    "inbm",
    "oscommit",
];

/// Most characters of details.
pub(super) const MAX: usize = 100_000;

/// Whether a text is an update log in the accepted form.
pub(super) fn is_update_log(text: &str) -> bool {
    if text.chars().count() > MAX {
        return false;
    }
    let Ok(Value::Object(document)) = serde_json::from_str(text) else { return false };
    let Some(Value::Array(entries)) = key(&document, "update_log") else { return false };
    entries.iter().all(|entry| entry.as_object().is_some_and(is_entry))
}

fn is_entry(entry: &Map<String, Value>) -> bool {
    let one_of = |name: &str, known: &[&str]| match key(entry, name) {
        None => true,
        Some(Value::String(text)) => known.contains(&text.as_str()),
        Some(_) => false,
    };
    let text = |name: &str| key(entry, name).is_none_or(Value::is_string);
    let time = match key(entry, "update_time") {
        None => true,
        Some(Value::String(text)) => text.parse::<jiff::Timestamp>().is_ok(),
        Some(_) => false,
    };
    one_of("update_type", &UPDATE_TYPES)
        && one_of("action", &ACTIONS)
        && one_of("status", &STATUSES)
        && one_of("failure_reason", &REASONS)
        && ["package_name", "version", "failure_log"].into_iter().all(text)
        && time
}

/// The value of a key, whatever the case of its letters.
fn key<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.get(name).or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

#[cfg(test)]
mod tests {
    use super::is_update_log;

    #[test]
    fn accepted_and_refused_forms() {
        for (text, accepted) in [
            (r#"{"update_log":[]}"#, true),
            (r#"{"update_log":[{}]}"#, true),
            (r#"{"UPDATE_LOG":[{"STATUS":"failed"}]}"#, true),
            (r#"{"update_log":[{"status":"installed","more":1}],"x":2}"#, true),
            (r#"{"update_log":[{"update_time":"2026-06-06T00:09:00Z"}]}"#, true),
            (r#"{"update_log":[{"update_time":"2026-06-06T00:09:00+02:00"}]}"#, true),
            (r#"{"update_log":[{"update_time":"2026-06-06T00:09:00"}]}"#, false),
            (r#"{"update_log":null}"#, false),
            (r#"{"update_log":{}}"#, false),
            ("{}", false),
            ("[]", false),
            ("", false),
            ("plain text", false),
            (r#"{"update_log":[]} x"#, false),
            (r#"{"update_log":[{"failure_reason":"installation"}]}"#, false),
            (r#"{"update_log":[{"failure_reason":""}]}"#, false),
            (r#"{"update_log":[{"status":"FAILED"}]}"#, false),
            (r#"{"update_log":[{"update_type":"os"}]}"#, false),
            (r#"{"update_log":[{"version":3}]}"#, false),
            (r#"{"UpdateLog":{"StatusDetail.Status":"SUCCESS"}}"#, false),
        ] {
            assert_eq!(is_update_log(text), accepted, "{text}");
        }
    }
}
