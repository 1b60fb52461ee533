//! Changes as they happen, where the server tells them: an extension of this project's server (`emt.events`).

use std::time::Duration;

use reqwest::{Method, Response, StatusCode, header};

use crate::{Error, Orchestrator, orchestrator::nonsense};

/// A stream that says nothing for so long is dead: the server shows every 15 s that it is there.
const SILENCE: Duration = Duration::from_secs(45);
/// Longest event, bytes.
const LONGEST: usize = 64 * 1024;

/// A stream of changes.
pub struct Changes {
    response: Response,
    read: Vec<u8>,
}

/// What a stream of changes tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happened {
    /// It begins: what is read from now on misses nothing that is told later.
    Ready,
    /// Something of the kinds that were asked for changed.
    Changed,
    /// Changes were missed.
    Missed,
}

impl Orchestrator {
    /// Follows changes of some kinds (as [`emt_api::spec::Spec::name`] has them); `None` if the server does not tell them.
    pub async fn changes(&self, kinds: &[&str]) -> Result<Option<Changes>, Error> {
        let url = self.url("events")?;
        let request = self.request(Method::GET, &url).query(&[("kinds", kinds.join(","))]);
        let request = request.header(header::ACCEPT, "text/event-stream");
        let response = tokio::time::timeout(SILENCE, self.http.send_patiently(request)).await.map_err(|_| silent(&url))??;
        if response.status() == StatusCode::NOT_FOUND || response.status() == StatusCode::METHOD_NOT_ALLOWED {
            return Ok(None);
        }
        Ok(Some(Changes { response: self.checked(response).await?, read: Vec::new() }))
    }
}

impl Changes {
    /// What happens next; `None` at the end of the stream: the login has ended, or the server stops.
    pub async fn next(&mut self) -> Result<Option<Happened>, Error> {
        loop {
            if let Some(event) = self.event() {
                match event.as_str() {
                    "ready" => return Ok(Some(Happened::Ready)),
                    "change" => return Ok(Some(Happened::Changed)),
                    "missed" => return Ok(Some(Happened::Missed)),
                    // Comments, and what later servers tell.
                    _ => continue,
                }
            }
            if self.read.len() > LONGEST {
                return Err(nonsense(self.response.url(), &"an event is too long"));
            }
            let url = self.response.url().clone();
            let part = tokio::time::timeout(SILENCE, self.response.chunk()).await.map_err(|_| silent(&url))?;
            match part.map_err(|error| Error::transport(&error))? {
                Some(part) => self.read.extend_from_slice(&part),
                None => return Ok(None),
            }
        }
    }

    /// Takes a whole event from what was read, and tells its name.
    fn event(&mut self) -> Option<String> {
        take_event(&mut self.read)
    }
}

fn silent(url: &url::Url) -> Error {
    Error::Unreachable { url: url.to_string(), reason: format!("it has said nothing for {} s", SILENCE.as_secs()) }
}

/// Events end with an empty line; lines may end as on any system (WHATWG HTML, 9.2.5).
fn take_event(read: &mut Vec<u8>) -> Option<String> {
    let ends = [&b"\n\n"[..], b"\r\n\r\n", b"\r\r"];
    let found = ends.iter().filter_map(|end| Some((read.windows(end.len()).position(|part| part == *end)?, end.len())));
    let (at, length) = found.min()?;
    let event: Vec<u8> = read.drain(..at + length).take(at).collect();
    let event = String::from_utf8_lossy(&event).into_owned();
    let name = event.lines().find_map(|line| line.trim_end_matches('\r').strip_prefix("event:"));
    Some(name.unwrap_or_default().trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_taken_as_they_come() {
        let mut read = b"event: ready\nid: 1\ndata: {}\n\n: still here\n\nevent:change\r\ndata: 1\r\n\r\nevent: cha".to_vec();
        for expected in [Some("ready"), Some(""), Some("change"), None] {
            assert_eq!(take_event(&mut read).as_deref(), expected);
        }
        assert_eq!(read, b"event: cha");
        read.extend_from_slice(b"nge\n\n");
        assert_eq!(take_event(&mut read).as_deref(), Some("change"));
        assert!(read.is_empty());
    }
}
