//! What a node tells of an update that ended.

use serde_json::Value as Json;

/// How an update ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// `installed`, `failed` or `rolledback`.
    pub status: String,
    /// Version that was to be installed.
    pub version: String,
    /// Why it failed, as one word; "" if it did not.
    pub reason: String,
    /// The same in the node's own words.
    pub log: String,
}

impl Outcome {
    /// Why it failed, for people.
    pub fn explanation(&self) -> String {
        let what = match self.reason.as_str() {
            "download" => "the image could not be fetched",
            "bootloader" => "the new slot did not boot",
            "insufficientstorage" => "there was no room for the image",
            "rsauthentication" => "the Release Service refused the node",
            "signaturecheck" => "the image is not the one that was announced",
            "utwrite" => "the slot could not be written",
            "utbootconfiguration" => "the boot target could not be changed",
            "criticalservices" => "the new version was not healthy",
            "oscommit" => "the new slot could not be committed",
            _ => "the node does not say why",
        };
        let log = self.log.trim();
        let log = if log.is_empty() { String::new() } else { format!(": {log}") };
        let rolled_back = if self.status == "rolledback" { "; rolled back" } else { "" };
        format!("{what}{log}{rolled_back}")
    }
}

/// The last entry of an update log, the JSON text of `updateStatusDetail` and `statusDetails`.
pub fn last_outcome(details: &str) -> Option<Outcome> {
    let document: Json = serde_json::from_str(details).ok()?;
    let entry = document.get("update_log")?.as_array()?.last()?;
    let text = |key: &str| entry.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
    let reason = Some(text("failure_reason")).filter(|reason| reason != "nofailure").unwrap_or_default();
    Some(Outcome { status: text("status"), version: text("version"), reason, log: text("failure_log") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_entry_counts() {
        let log = r#"{"update_log":[{"status":"installed","failure_reason":"nofailure"},
            {"status":"rolledback","version":"2","failure_reason":"criticalservices","failure_log":"sshd is not active"}]}"#;
        let outcome = last_outcome(log).unwrap();
        assert_eq!((outcome.status.as_str(), outcome.version.as_str()), ("rolledback", "2"));
        assert_eq!(outcome.explanation(), "the new version was not healthy: sshd is not active; rolled back");
        for text in ["", "null", "{}", r#"{"update_log":[]}"#, r#"{"update_log":{}}"#, "x"] {
            assert_eq!(last_outcome(text), None, "{text}");
        }
        let vague = last_outcome(r#"{"update_log":[{"status":"failed","failure_reason":"inbm"}]}"#).unwrap();
        assert_eq!(vague.explanation(), "the node does not say why");
    }
}
