//! An image is sent, and sent on from where it was after whatever came in between.

use std::time::Duration;

use emt_client::{Image, Release};
use indicatif::{HumanBytes, ProgressBar};

use crate::{
    app::App,
    error::{Doing, Error},
    output::{bar, say},
};

/// How long the first wait is; each one without success takes twice as long, up to [`LONGEST`].
const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(30);
/// How often it is tried again without anything more getting through: some two minutes.
const TRIES: u32 = 10;

/// Sends an image; what the server has of it already is not sent again.
pub(super) async fn send(app: &App, image: &Image<'_>) -> Result<Release, Error> {
    let progress = bar("sending", image.size);
    let release = send_on(app, image, &progress).await;
    progress.finish_and_clear();
    release
}

async fn send_on(app: &App, image: &Image<'_>, progress: &ProgressBar) -> Result<Release, Error> {
    let mut tries = Tries::default();
    loop {
        // The token of before may have ended.
        let outcome = attempt(app, image, progress, &mut tries).await;
        let error = match outcome {
            Ok(release) => return Ok(release),
            Err(Attempt::Final(error)) => return Err(error),
            Err(Attempt::Busy(error)) => error,
            Err(Attempt::Passing(error)) => {
                tries.own = true;
                error
            }
        };
        let Some(wait) = tries.wait() else { return Err(error) };
        progress.suspend(|| say(&format!("{error}; trying again in {wait:?}")));
        tokio::time::sleep(wait).await;
    }
}

/// How an attempt failed.
enum Attempt {
    /// Another request sends the same, or has just done so.
    Busy(Error),
    /// Another one may have success.
    Passing(Error),
    Final(Error),
}

async fn attempt(app: &App, image: &Image<'_>, progress: &ProgressBar, tries: &mut Tries) -> Result<Release, Attempt> {
    let doing = || format!("send {}", image.file.display());
    let api = app.api().await.map_err(Attempt::of)?;
    let kept = api.kept(image).await.doing(doing()).map_err(Attempt::of)?;
    let drawn = progress.clone();
    let Some(kept) = kept else {
        // A server that forgets what has arrived: there is nothing to go on from.
        let sent = api.upload(image, move |sent| drawn.set_position(sent)).await;
        return sent.doing(doing()).map_err(Attempt::Final);
    };
    // What this run has sent itself is no news, and what was said neither.
    if !tries.own && kept.bytes > 0 {
        tries.own = true;
        if kept.complete {
            say("the image is there already; it is not sent again");
        } else {
            let (here, all) = (HumanBytes(kept.bytes), HumanBytes(image.size));
            say(&format!("{here} of {all} are there already; going on from there"));
        }
        progress.set_position(kept.bytes);
        progress.reset_eta();
    }
    tries.begin(kept.bytes);
    let sent = api.upload_from(image, kept.bytes, move |sent| drawn.set_position(sent)).await;
    let sent = sent.doing(doing()).map_err(Attempt::of)?;
    sent.ok_or_else(|| Attempt::Passing(Error::rule("the server has not received all that was sent", "publish the image again")))
}

impl Attempt {
    fn of(error: Error) -> Self {
        match &error {
            Error::Request { source, .. } if matches!(source.status(), Some(409 | 423)) => Self::Busy(error),
            _ if error.is_passing() => Self::Passing(error),
            _ => Self::Final(error),
        }
    }
}

/// How often it was tried since something got through.
#[derive(Default)]
struct Tries {
    kept: Option<u64>,
    vain: u32,
    /// Whether what is there is no news: this run has sent something, or said so.
    own: bool,
}

impl Tries {
    /// Something is sent from a byte on.
    fn begin(&mut self, kept: u64) {
        if self.kept.is_some_and(|before| kept > before) {
            self.vain = 0;
        }
        self.kept = Some(kept);
    }

    /// How long to wait before the next; `None` if there is none.
    fn wait(&mut self) -> Option<Duration> {
        let wait = FIRST.saturating_mul(2_u32.saturating_pow(self.vain)).min(LONGEST);
        self.vain += 1;
        (self.vain <= TRIES).then_some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_until_something_gets_through() {
        let mut tries = Tries::default();
        tries.begin(0);
        let waits: Vec<_> = std::iter::from_fn(|| tries.wait()).map(|wait| wait.as_millis()).collect();
        assert_eq!(waits, [250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
        tries.begin(0);
        assert_eq!(tries.wait(), None);
        tries.begin(5);
        assert_eq!(tries.wait(), Some(FIRST));
        tries.begin(5);
        assert_eq!(tries.wait(), Some(FIRST * 2));
    }
}
