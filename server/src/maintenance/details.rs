//! Update logs as nodes send them (southbound contract, detail JSON). What is in the accepted form is kept character for
//! character; the forms of other senders are told in it, so that the reason of a failure is never lost.

use serde_json::{Map, Value, json};

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
/// Most characters of a free text that are kept.
const TEXT: usize = 4000;

/// How an update ends.
pub(super) struct Ending {
    /// Whether it failed.
    pub(super) failed: bool,
    /// Whether the image was being fetched until then.
    pub(super) was_downloading: bool,
    /// Epoch seconds.
    pub(super) now: u32,
}

/// The accepted form of what a node tells when an update ends; none if that is nothing of use.
pub(super) fn update_log(text: &str, ending: &Ending) -> Option<String> {
    if is_update_log(text) {
        return Some(text.to_owned());
    }
    let text = text.trim();
    if text.is_empty() || text.chars().count() > MAX {
        return None;
    }
    let entries: Vec<Value> = match serde_json::from_str(text) {
        Ok(Value::Object(document)) => entries(&document)?.into_iter().map(|entry| translated(entry, ending)).collect(),
        Ok(_) => return None,
        // Beside success a text is what was left over from an earlier failure.
        Err(_) if !ending.failed => return None,
        Err(_) => vec![failure(text, ending)],
    };
    Some(json!({"update_log": entries}).to_string())
}

/// The log of an update that was given up, in our own words.
pub(super) fn given_up(why: &str, now: u32) -> String {
    json!({"update_log": [failure(why, &Ending { failed: true, was_downloading: false, now })]}).to_string()
}

/// Whether the last entry of an update log in the accepted form tells that the node went back.
pub(super) fn is_rolled_back(log: &str) -> bool {
    let Ok(Value::Object(document)) = serde_json::from_str(log) else { return false };
    let last = key(&document, "update_log").and_then(Value::as_array).and_then(|entries| entries.last());
    last.and_then(Value::as_object).and_then(|entry| key(entry, "status")).is_some_and(|status| status == "rolledback")
}

/// Whether a text is an update log in the accepted form.
fn is_update_log(text: &str) -> bool {
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

/// The entries of a document: a list or a single one, under the name of either kind of sender.
fn entries(document: &Map<String, Value>) -> Option<Vec<&Map<String, Value>>> {
    match key(document, "update_log").or_else(|| key(document, "UpdateLog"))? {
        Value::Array(entries) => Some(entries.iter().filter_map(Value::as_object).collect()),
        Value::Object(entry) => Some(vec![entry]),
        _ => None,
    }
    .filter(|entries| !entries.is_empty())
}

/// An entry of any sender as one of the accepted form. What has no name there stands in the failure's text.
fn translated(entry: &Map<String, Value>, ending: &Ending) -> Value {
    let text = |names: &[&str]| {
        let found = names.iter().find_map(|name| key(entry, name)).and_then(Value::as_str);
        found.unwrap_or_default().trim().to_owned()
    };
    let named = |text: &str, known: &[&'static str]| known.iter().copied().find(|name| name.eq_ignore_ascii_case(text));
    let told = text(&["failure_reason", "FailureReason"]);
    let reason = named(&told, &REASONS);
    let status = match text(&["status", "StatusDetail.Status"]).to_ascii_uppercase().as_str() {
        "SUCCESS" | "INSTALLED" => "installed",
        "ROLLEDBACK" => "rolledback",
        // The old image was found after the reboot.
        "FAIL" | "FAILED" if reason == Some("bootloader") => "rolledback",
        "FAIL" | "FAILED" => "failed",
        _ if ending.failed => "failed",
        _ => "installed",
    };
    let reason = reason.unwrap_or(if status == "installed" { "nofailure" } else { "unspecified" });
    let mut log = text(&["failure_log", "FailureLog"]);
    if !told.is_empty() && !told.eq_ignore_ascii_case(reason) {
        log = if log.is_empty() { told } else { format!("{told}: {log}") };
    }
    json!({
        "update_type": named(&text(&["update_type"]), &UPDATE_TYPES).unwrap_or("OS"),
        "package_name": text(&["package_name"]),
        "update_time": time(&text(&["update_time"])).unwrap_or_else(|| at(ending.now)),
        "action": named(&text(&["action"]), &ACTIONS).unwrap_or("upgrade"),
        "status": status,
        "version": text(&["version"]),
        "failure_reason": reason,
        "failure_log": cut(&log),
    })
}

fn failure(text: &str, ending: &Ending) -> Value {
    json!({
        "update_type": "OS",
        "package_name": "",
        "update_time": at(ending.now),
        "action": "upgrade",
        "status": "failed",
        "version": "",
        "failure_reason": if ending.was_downloading { "download" } else { "unspecified" },
        "failure_log": cut(text),
    })
}

/// A time with zone, as RFC 3339; one without is UTC.
fn time(text: &str) -> Option<String> {
    if text.parse::<jiff::Timestamp>().is_ok() {
        return Some(text.to_owned());
    }
    format!("{text}Z").parse::<jiff::Timestamp>().ok().map(|time| time.to_string())
}

fn at(seconds: u32) -> String {
    jiff::Timestamp::from_second(i64::from(seconds)).unwrap_or_default().to_string()
}

fn cut(text: &str) -> String {
    text.chars().take(TEXT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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

    const NOW: u32 = 1_780_704_000;

    fn told(text: &str, failed: bool, was_downloading: bool) -> Option<Value> {
        let log = update_log(text, &Ending { failed, was_downloading, now: NOW })?;
        assert!(is_update_log(&log), "{log}");
        Some(serde_json::from_str::<Value>(&log).unwrap()["update_log"][0].clone())
    }

    #[test]
    fn every_sender_s_form_tells_the_reason() {
        for (text, failed, downloading, status, reason, log) in [
            (
                r#"{"UpdateLog":{"StatusDetail.Status":"FAIL","FailureReason":"signaturecheck"}}"#,
                true,
                false,
                "failed",
                "signaturecheck",
                "",
            ),
            (
                r#"{"UpdateLog":{"StatusDetail.Status":"FAIL","FailureReason":"bootloader"}}"#,
                true,
                false,
                "rolledback",
                "bootloader",
                "",
            ),
            (
                r#"{"UpdateLog":[{"StatusDetail.Status":"FAIL","FailureReason":"oscommit"}]}"#,
                true,
                false,
                "failed",
                "oscommit",
                "",
            ),
            (r#"{"UpdateLog":{"StatusDetail.Status":"SUCCESS","Version":"3.1"}}"#, false, false, "installed", "nofailure", ""),
            (
                r#"{"UpdateLog":[{"update_type":"os","status":"FAIL","update_time":"2026-06-06T00:09:00"}]}"#,
                true,
                false,
                "failed",
                "unspecified",
                "",
            ),
            (
                r#"{"UpdateLog":[{"update_type":"application","status":"SUCCESS","package_name":"curl"}]}"#,
                false,
                false,
                "installed",
                "nofailure",
                "",
            ),
            (
                r#"{"update_log":[{"status":"failed","failure_reason":"updatetool","failure_log":"apt"}]}"#,
                true,
                false,
                "failed",
                "unspecified",
                "updatetool: apt",
            ),
            (
                r#"{"update_log":[{"status":"failed","failure_reason":"installation"}]}"#,
                true,
                false,
                "failed",
                "unspecified",
                "installation",
            ),
            ("Error downloading: no route to host\n", true, true, "failed", "download", "Error downloading: no route to host"),
            ("kernel command line update failed", true, false, "failed", "unspecified", "kernel command line update failed"),
        ] {
            let entry = told(text, failed, downloading).unwrap();
            let found = (entry["status"].as_str(), entry["failure_reason"].as_str(), entry["failure_log"].as_str());
            assert_eq!(found, (Some(status), Some(reason), Some(log)), "{text}");
        }
        let entry = told(r#"{"UpdateLog":[{"status":"FAIL","update_time":"2026-06-06T00:09:00"}]}"#, true, false).unwrap();
        assert_eq!(entry["update_time"], "2026-06-06T00:09:00Z");
        assert_eq!(told(r#"{"UpdateLog":{"Version":"3.1"}}"#, false, false).unwrap()["version"], "3.1");
    }

    #[test]
    fn what_tells_nothing_is_left_out() {
        for (text, failed) in [
            ("", true),
            ("  ", true),
            ("{}", true),
            ("[]", true),
            ("3", true),
            (r#"{"UpdateLog":[]}"#, true),
            ("left over", false),
        ] {
            assert_eq!(told(text, failed, false), None, "{text}");
        }
        assert_eq!(told(&"x".repeat(MAX + 1), true, false), None);
    }

    #[test]
    fn the_way_back_is_recognised() {
        for (log, expected) in [
            (r#"{"update_log":[{"status":"rolledback"}]}"#, true),
            (r#"{"UPDATE_LOG":[{"STATUS":"rolledback"}]}"#, true),
            (r#"{"update_log":[{"status":"rolledback"},{"status":"failed"}]}"#, false),
            (r#"{"update_log":[]}"#, false),
            ("", false),
        ] {
            assert_eq!(is_rolled_back(log), expected, "{log}");
        }
        assert!(!is_rolled_back(&given_up("silent", NOW)));
        assert!(is_update_log(&given_up("silent", NOW)));
    }
}
