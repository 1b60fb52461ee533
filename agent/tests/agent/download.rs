//! Fetching from a Release Service that does all that can go wrong.

use std::{fs, sync::Arc, time::Duration};

use emt_agent::{
    detail::Reason,
    download::{Downloads, Fetcher},
    machine::{Failure, Target},
    net,
    token::Tokens,
};

use crate::support::{
    node::credentials,
    release::{Asked, Release, Trick},
    server::Server,
    sha256,
};

struct Bench {
    server: Server,
    directory: tempfile::TempDir,
    fetcher: Fetcher,
}

impl Bench {
    async fn new() -> Self {
        let server = Server::start().await;
        let directory = tempfile::tempdir().unwrap();
        let fetcher = Self::fetcher(&server, &directory);
        Self { server, directory, fetcher }
    }

    fn fetcher(server: &Server, directory: &tempfile::TempDir) -> Fetcher {
        let credentials = credentials(server, "u");
        let http = net::https(credentials.ca.as_deref()).unwrap();
        let tokens = Arc::new(Tokens::new(http.clone(), &credentials));
        let downloads = Downloads::new(directory.path().join("download"));
        Fetcher::new(http, tokens, &credentials.server, downloads).with_pause(Duration::from_millis(1))
    }

    /// Fetches what is served as `image`, announced as `announced`.
    async fn fetch(&self, announced: &[u8]) -> Result<Vec<u8>, Failure> {
        let target = target(announced);
        self.fetcher.fetch(&target).await.map(|file| fs::read(file).unwrap())
    }

    /// The parts that were asked for, and whether the tag was sent along.
    fn asked(&self) -> Vec<(String, String)> {
        let asked = self.server.shared().releases["image"].asked.clone();
        asked.into_iter().map(|Asked { range, if_range, .. }| (range, if_range)).collect()
    }
}

fn target(announced: &[u8]) -> Target {
    Target {
        url: "files/image".to_owned(),
        image_id: "3.1".to_owned(),
        sha256: sha256(announced),
        profile_name: "emt".to_owned(),
    }
}

/// A few hundred kilobytes that do not repeat.
fn content() -> Vec<u8> {
    (0_u32..60_000).flat_map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes()).collect()
}

#[tokio::test]
async fn what_arrives_in_the_end() {
    let bytes = content();
    let none = String::new;
    let from = |first: usize| (format!("bytes={first}-"), "\"one\"".to_owned());
    for (tricks, asked) in [
        (vec![], vec![(none(), none())]),
        (vec![Trick::Cut(100_000), Trick::Cut(50_000)], vec![(none(), none()), from(100_000), from(150_000)]),
        (
            vec![Trick::Cut(100_000), Trick::Status(503), Trick::Status(429)],
            vec![(none(), none()), from(100_000), from(100_000), from(100_000)],
        ),
        (vec![Trick::Cut(100_000), Trick::Whole], vec![(none(), none()), from(100_000)]),
        (vec![Trick::Alter], vec![(none(), none()), (none(), none())]),
        (vec![Trick::Cut(10), Trick::Alter], vec![(none(), none()), from(10), (none(), none())]),
        (vec![Trick::Revoke], vec![(none(), none()), (none(), none())]),
        (vec![Trick::Cut(0), Trick::Cut(0), Trick::Cut(0)], vec![(none(), none()); 4]),
    ] {
        let bench = Bench::new().await;
        bench.server.publish("image", Release::new(bytes.clone()).with(&tricks));
        assert!(bench.fetch(&bytes).await.as_ref() == Ok(&bytes), "{tricks:?}");
        assert_eq!(bench.asked(), asked, "{tricks:?}");
        let left = fs::read_dir(bench.directory.path().join("download")).unwrap().count();
        assert_eq!(left, 1, "only the image is left, {tricks:?}");
    }
}

#[tokio::test]
async fn an_image_that_changes_meanwhile_is_fetched_from_its_beginning() {
    let (bytes, bench) = (content(), Bench::new().await);
    let before = vec![7; bytes.len()];
    bench.server.publish("image", Release::new(before).with(&[Trick::Cut(100_000), Trick::Replace(bytes.clone())]));
    assert!(bench.fetch(&bytes).await.as_ref() == Ok(&bytes));
    let asked = [(String::new(), String::new()), ("bytes=100000-".to_owned(), "\"one\"".to_owned())];
    assert_eq!(bench.asked(), asked);
}

#[tokio::test]
async fn a_download_goes_on_after_a_restart() {
    let (bytes, bench) = (content(), Bench::new().await);
    bench.server.publish("image", Release::new(bytes.clone()).with(&[Trick::Cut(100_000), Trick::Status(404)]));
    assert_eq!(bench.fetch(&bytes).await.unwrap_err().reason, Reason::Download);
    let again = Bench::fetcher(&bench.server, &bench.directory);
    assert!(fs::read(again.fetch(&target(&bytes)).await.unwrap()).unwrap() == bytes);
    assert_eq!(bench.asked().last().unwrap(), &("bytes=100000-".to_owned(), "\"one\"".to_owned()));
    // What is whole is not asked for again.
    let requests = bench.asked().len();
    assert!(bench.fetch(&bytes).await.as_ref() == Ok(&bytes));
    assert_eq!(bench.asked().len(), requests);
    // What is left of a whole image by a power cut is made whole by one more question.
    let kept = bench.directory.path().join("download").join(format!("{}.image", sha256(&bytes)));
    fs::write(&kept, &bytes[..bytes.len() - 1]).unwrap();
    assert!(bench.fetch(&bytes).await.as_ref() == Ok(&bytes));
    // What is altered on the disk is found out.
    let mut altered = bytes.clone();
    altered[0] ^= 1;
    fs::write(&kept, &altered).unwrap();
    assert!(bench.fetch(&bytes).await.as_ref() == Ok(&bytes));
}

#[tokio::test]
async fn what_is_given_up_and_why() {
    let bytes = content();
    let truncated = Release::new(bytes[..1000].to_vec());
    let whole = || Release::new(bytes.clone());
    let elsewhere = "https://elsewhere.emt.localhost:1/image".to_owned();
    for (release, reason, text) in [
        (whole().forever(Trick::Alter), Reason::SignatureCheck, "is not the image that was announced: its SHA-256 is"),
        (truncated, Reason::SignatureCheck, "(1000 bytes), expected"),
        (whole().forever(Trick::Status(404)), Reason::Download, "files/image: the Release Service has no such image (404)"),
        (whole().forever(Trick::Status(403)), Reason::RsAuthentication, "the Release Service refuses the node (403)"),
        (whole().forever(Trick::Status(401)), Reason::RsAuthentication, "the Release Service refuses the node (401)"),
        (whole().forever(Trick::Status(416)), Reason::Download, "the Release Service answers 416"),
        (whole().forever(Trick::Status(500)), Reason::Download, "given up after 8 tries without a byte"),
        (whole().forever(Trick::Cut(0)), Reason::Download, "given up after 8 tries without a byte: the server closed early"),
        (whole().forever(Trick::Break), Reason::Download, "given up after 8 tries without a byte: error sending request"),
        (whole().forever(Trick::Redirect(elsewhere)), Reason::Download, "points to https://elsewhere.emt.localhost:1/image"),
        (whole().forever(Trick::Announce(1 << 60)), Reason::InsufficientStorage, "1152921504606846976 bytes are to be fetched"),
    ] {
        let bench = Bench::new().await;
        let case = format!("{:?}", release.tricks);
        bench.server.publish("image", release);
        let failure = bench.fetch(&bytes).await.unwrap_err();
        assert_eq!(failure.reason, reason, "{case}: {}", failure.log);
        assert!(failure.log.contains(text), "{case}: {}", failure.log);
    }
}

#[tokio::test]
async fn a_redirect_gets_the_token_only_at_the_same_server() {
    let (bytes, bench, other) = (content(), Bench::new().await, Server::start().await);
    bench.server.publish("real", Release::new(bytes.clone()));
    bench.server.publish("image", Release::new(Vec::new()).forever(Trick::Redirect("/files/real".to_owned())));
    assert!(bench.fetch(&bytes).await.as_ref() == Ok(&bytes));
    assert_eq!(bench.server.shared().releases["real"].asked[0].authorization, "Bearer token-1");

    other.publish("real", Release::new(bytes.clone()));
    let to = format!("{}/files/real", other.url);
    bench.server.publish("image", Release::new(Vec::new()).forever(Trick::Redirect(to)));
    fs::remove_dir_all(bench.directory.path().join("download")).unwrap();
    assert_eq!(bench.fetch(&bytes).await.unwrap_err().reason, Reason::Download);
    assert_eq!(other.shared().releases["real"].asked, [], "another server is not asked at all");
}

#[tokio::test]
async fn credentials_that_are_refused_end_a_download() {
    let (bytes, bench) = (content(), Bench::new().await);
    bench.server.publish("image", Release::new(bytes.clone()));
    bench.server.shared().refuses_credentials = true;
    let failure = bench.fetch(&bytes).await.unwrap_err();
    assert_eq!(failure.reason, Reason::RsAuthentication);
    assert!(failure.log.contains("refuses the node's credentials (401): enrol the node again"), "{}", failure.log);
}

#[tokio::test]
async fn a_place_that_takes_no_file_is_told() {
    let (bytes, bench) = (content(), Bench::new().await);
    bench.server.publish("image", Release::new(bytes.clone()));
    fs::write(bench.directory.path().join("download"), "a file").unwrap();
    let failure = bench.fetch(&bytes).await.unwrap_err();
    assert_eq!(failure.reason, Reason::Download);
    assert!(failure.log.starts_with("the image cannot be kept in "), "{}", failure.log);
}
