//! Enrolment: a one-time token is exchanged for credentials of the node's own.

use std::{fs, io, path::Path, time::Duration};

use serde::Deserialize;
use serde_json::json;

use crate::{
    credentials::{self, Credentials, CredentialsError, Secret},
    net::{self, NetError, chain},
};

/// Longest time that the server may take.
const DEADLINE: Duration = Duration::from_secs(30);
/// Most bytes of an answer that are read.
const MAX_ANSWER: usize = 64 * 1024;

/// Why a node was not enrolled.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// It is enrolled already.
    #[error("{directory} is enrolled already, as host {uuid} at {server}: give --force to enrol it anew")]
    Enrolled {
        /// Directory of the node.
        directory: String,
        /// UUID that it is enrolled with.
        uuid: String,
        /// Server that it is enrolled at.
        server: String,
    },
    /// There is no usable token.
    #[error("no enrolment token in {from}: {reason}")]
    Token {
        /// Where it should have come from.
        from: String,
        /// What was found.
        reason: String,
    },
    /// A file cannot be read.
    #[error("{path}: {error}")]
    Io {
        /// File or directory.
        path: String,
        /// What failed.
        #[source]
        error: io::Error,
    },
    /// Address or certificate authority cannot be used.
    #[error(transparent)]
    Net(#[from] NetError),
    /// There is no connection.
    #[error("{server} cannot be reached ({reason}): check the address and that emt-server runs")]
    Unreachable {
        /// Server.
        server: String,
        /// What happened.
        reason: String,
    },
    /// The server's certificate comes from an authority that the node does not trust.
    #[error("the certificate of {server} is not trusted ({reason}): give the server's authority with --ca-cert")]
    Untrusted {
        /// Server.
        server: String,
        /// What happened.
        reason: String,
    },
    /// The server refuses the token.
    #[error("{server} refuses the enrolment of host {uuid}: {message}")]
    Refused {
        /// Server.
        server: String,
        /// UUID of the node.
        uuid: String,
        /// What it says.
        message: String,
    },
    /// The answer is none of an `emt-server`.
    #[error("{server} does not answer as an emt-server does ({reason}): check the address")]
    Answer {
        /// Server.
        server: String,
        /// What was found.
        reason: String,
    },
    /// The credentials cannot be read or kept.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
}

/// What is needed to enrol a node.
#[derive(Debug)]
pub struct Enrolment {
    /// Server, as `https://HOST:PORT`.
    pub server: String,
    /// The certificate authority to trust, as PEM; none trusts those of the system.
    pub ca: Option<Vec<u8>>,
    /// One-time token.
    pub token: Secret,
    /// UUID of the host.
    pub uuid: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Accepted {
    client_id: String,
    client_secret: Secret,
    project_id: String,
    project_name: String,
    token_url: String,
}

#[derive(Deserialize)]
struct Refusal {
    message: String,
}

/// Reads a token from a file or any other source of text; blanks around it do not belong to it.
pub fn read_token(from: &str, mut reader: impl io::Read) -> Result<Secret, EnrolError> {
    let failed = |reason: &dyn ToString| EnrolError::Token { from: from.to_owned(), reason: reason.to_string() };
    let mut text = String::new();
    io::Read::read_to_string(&mut io::Read::take(&mut reader, MAX_ANSWER as u64), &mut text).map_err(|error| failed(&error))?;
    let token = text.trim();
    if token.is_empty() {
        return Err(failed(&"it is empty"));
    }
    if token.contains(char::is_whitespace) {
        return Err(failed(&"a token is one word"));
    }
    Ok(Secret(token.to_owned()))
}

/// Refuses a directory that holds credentials, unless they are to be replaced. Damaged ones need `force` too.
pub fn check(directory: &Path, force: bool) -> Result<(), EnrolError> {
    if force || !directory.join(credentials::FILE).exists() {
        return Ok(());
    }
    let known = Credentials::read(directory)?;
    Err(EnrolError::Enrolled { directory: directory.display().to_string(), uuid: known.uuid, server: known.server })
}

/// Enrols the node in a directory and keeps its credentials there.
pub async fn enrol(directory: &Path, enrolment: &Enrolment) -> Result<Credentials, EnrolError> {
    let server = net::base_url(&enrolment.server)?;
    let http = net::https(enrolment.ca.as_deref())?;
    fs::create_dir_all(directory).map_err(|error| io_error(directory, error))?;
    let accepted = exchange(&http, &server, enrolment).await?;
    let credentials = Credentials {
        server,
        host_manager: None,
        uuid: enrolment.uuid.to_ascii_lowercase(),
        client_id: accepted.client_id,
        client_secret: accepted.client_secret,
        project_id: accepted.project_id,
        project_name: accepted.project_name,
        token_url: accepted.token_url,
        ca: enrolment.ca.clone(),
    };
    credentials.write(directory)?;
    Ok(credentials)
}

/// A file's error in this room's words.
pub(crate) fn io_error(path: &Path, error: io::Error) -> EnrolError {
    EnrolError::Io { path: path.display().to_string(), error }
}

async fn exchange(http: &reqwest::Client, server: &str, enrolment: &Enrolment) -> Result<Accepted, EnrolError> {
    let wrong = |reason: String| EnrolError::Answer { server: server.to_owned(), reason };
    let body = json!({"token": enrolment.token.0, "uuid": enrolment.uuid});
    let request = http.post(format!("{server}/v1/enrol")).json(&body).timeout(DEADLINE);
    let mut answer = request.send().await.map_err(|error| unreachable(server, &chain(&error)))?;
    let mut text = Vec::new();
    while let Some(bytes) = answer.chunk().await.map_err(|error| unreachable(server, &chain(&error)))? {
        text.extend_from_slice(&bytes);
        if text.len() > MAX_ANSWER {
            return Err(wrong("the answer does not end".to_owned()));
        }
    }
    match answer.status().as_u16() {
        200 => {
            let accepted: Accepted = serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
            net::base_url(&accepted.token_url).map_err(|error| wrong(error.to_string()))?;
            Ok(accepted)
        }
        status => match serde_json::from_slice::<Refusal>(&text) {
            Ok(Refusal { message }) if status != 404 => {
                Err(EnrolError::Refused { server: server.to_owned(), uuid: enrolment.uuid.clone(), message })
            }
            _ => Err(wrong(format!("the answer is {status}"))),
        },
    }
}

fn unreachable(server: &str, reason: &str) -> EnrolError {
    let (server, reason) = (server.to_owned(), reason.to_owned());
    if reason.contains("certificate") {
        EnrolError::Untrusted { server, reason }
    } else {
        EnrolError::Unreachable { server, reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens() {
        for (text, expected) in [
            ("abc", Ok("abc")),
            (" abc\n", Ok("abc")),
            ("", Err("no enrolment token in F: it is empty")),
            ("\n", Err("no enrolment token in F: it is empty")),
            ("a b", Err("no enrolment token in F: a token is one word")),
        ] {
            let read = read_token("F", text.as_bytes()).map(|token| token.0).map_err(|error| error.to_string());
            assert_eq!(read.as_deref().map_err(String::as_str), expected, "{text:?}");
        }
        assert!(read_token("F", [0xff_u8].as_slice()).is_err());
    }
}
