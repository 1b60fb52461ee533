//! The update log that goes with UPDATED and FAILED, in the form that the Maintenance Manager keeps
//! (southbound contract, detail JSON).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Longest failure text sent, in characters.
const MAX_LOG: usize = 4000;

/// Why an update failed, in the contract's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// The image could not be fetched.
    Download,
    /// No room for the image.
    InsufficientStorage,
    /// The Release Service refused the node.
    RsAuthentication,
    /// The image is not the one that was announced.
    SignatureCheck,
    /// The slot could not be written.
    UtWrite,
    /// The boot target could not be changed.
    UtBootConfiguration,
    /// The new slot did not boot.
    BootLoader,
    /// The new slot booted, but a health check failed.
    CriticalServices,
    /// The new slot could not be committed.
    OsCommit,
}

/// How an update ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// The new version runs and is committed.
    Installed,
    /// The old version was never left.
    Failed(Reason, &'a str),
    /// The node is back on the old version.
    RolledBack(Reason, &'a str),
}

/// The log of one update of a profile to a version, as of an instant in Unix seconds.
pub fn update_log(profile: &str, version: &str, at: i64, outcome: Outcome<'_>) -> String {
    let (status, reason, log) = match outcome {
        Outcome::Installed => ("installed", json!("nofailure"), ""),
        Outcome::Failed(reason, log) => ("failed", json!(reason), log),
        Outcome::RolledBack(reason, log) => ("rolledback", json!(reason), log),
    };
    let log: String = log.chars().take(MAX_LOG).collect();
    let time = Timestamp::from_second(at).unwrap_or(Timestamp::UNIX_EPOCH);
    json!({"update_log": [{
        "update_type": "OS",
        "package_name": profile,
        "update_time": time.to_string(),
        "action": "upgrade",
        "status": status,
        "version": version,
        "failure_reason": reason,
        "failure_log": log,
    }]})
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        let cases = [
            (Outcome::Installed, r#""status":"installed","version":"3.1","failure_reason":"nofailure","failure_log":"""#),
            (
                Outcome::Failed(Reason::SignatureCheck, "altered"),
                r#""status":"failed","version":"3.1","failure_reason":"signaturecheck","failure_log":"altered""#,
            ),
            (
                Outcome::RolledBack(Reason::BootLoader, "\"no\""),
                r#""status":"rolledback","version":"3.1","failure_reason":"bootloader","failure_log":"\"no\"""#,
            ),
        ];
        for (outcome, expected) in cases {
            let start = r#"{"update_log":[{"update_type":"OS","package_name":"emt","update_time":"2026-06-06T00:00:00Z","action":"upgrade","#;
            assert_eq!(update_log("emt", "3.1", 1_780_704_000, outcome), format!("{start}{expected}}}]}}"));
        }
    }

    #[test]
    fn reasons_are_the_contract_s_words() {
        let all = [
            Reason::Download,
            Reason::InsufficientStorage,
            Reason::RsAuthentication,
            Reason::SignatureCheck,
            Reason::UtWrite,
            Reason::UtBootConfiguration,
            Reason::BootLoader,
            Reason::CriticalServices,
            Reason::OsCommit,
        ];
        assert_eq!(
            json!(all),
            json!([
                "download",
                "insufficientstorage",
                "rsauthentication",
                "signaturecheck",
                "utwrite",
                "utbootconfiguration",
                "bootloader",
                "criticalservices",
                "oscommit"
            ])
        );
    }
}
