use std::{fs, os::unix::fs::symlink, sync::Arc};

use futures::TryStreamExt;

use crate::{
    Problem, RelativePath, Settings, Source,
    digest::Sha256,
    index::{Entry, File, Index, Withdrawn},
    open,
};

/// A tree with one document, one text and one image.
struct World {
    directory: tempfile::TempDir,
    source: Arc<dyn Source>,
    index: Index,
}

impl World {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let source = open(&Settings::directory(directory.path().to_str().unwrap())).unwrap();
        let mut world = Self { directory, source, index: Index::new() };
        let (path, size, sha256) = world.put("profiles/a/1.0.yaml", b"yaml");
        world.index.profiles.push(Entry { profile: "a".to_owned(), version: "1.0".to_owned(), path, size, sha256 });
        let (path, size, sha256) = world.put("files/a.json", b"[]");
        world.index.files.insert(path, File { size, sha256 });
        world.put("files/a.raw", b"0123456789");
        world.publish();
        world
    }

    fn put(&self, path: &str, bytes: &[u8]) -> (RelativePath, u64, Sha256) {
        let file = self.directory.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
        (RelativePath::parse(path).unwrap(), bytes.len() as u64, Sha256::of(bytes))
    }

    fn publish(&self) {
        self.put("index.json", &self.index.to_json());
    }

    async fn image(&self, url: &str, from: u64) -> Vec<u8> {
        let image = self.source.image(url, from).await.unwrap();
        assert_eq!((image.size, image.from), (Some(10), from.min(10)));
        image.body.try_collect::<Vec<_>>().await.unwrap().concat()
    }
}

#[tokio::test]
async fn what_is_there_is_listed_and_read() {
    let mut world = World::new();
    let listing = world.source.list("").await.unwrap().unwrap();
    assert!(world.source.list(&listing.validator).await.unwrap().is_none(), "unchanged");
    let offered = listing.profiles[0].offered.clone().unwrap();
    assert_eq!((listing.profiles.len(), &*offered[0].tag), (1, "1.0"));
    let document = world.source.document(&offered[0], "").await.unwrap().unwrap();
    assert_eq!((&*document.yaml, &document.digest), (&b"yaml"[..], &offered[0].digest));
    assert!(world.source.document(&offered[0], &document.digest).await.unwrap().is_none());
    let text = world.source.text("files/a.json", "").await.unwrap().unwrap();
    assert_eq!(text.text, "[]");
    assert!(world.source.text("files/a.json", &text.validator).await.unwrap().is_none());
    world.index.withdrawn.push(Withdrawn { profile: "a".to_owned(), version: "1.0".to_owned(), reason: "bad\n".to_owned() });
    world.publish();
    let listing = world.source.list(&listing.validator).await.unwrap().unwrap();
    assert_eq!(listing.withdrawn[0].reason, "bad");
}

#[tokio::test]
async fn images_are_read_from_any_byte() {
    let world = World::new();
    for (from, bytes) in [(0, &b"0123456789"[..]), (7, b"789"), (10, b""), (11, b"")] {
        assert_eq!(world.image("files/a.raw", from).await, bytes, "from {from}");
    }
}

#[tokio::test]
async fn a_text_that_the_index_does_not_list_is_compared() {
    let world = World::new();
    world.put("files/b.json", b"[1]");
    let text = world.source.text("files/b.json", "").await.unwrap().unwrap();
    assert!(world.source.text("files/b.json", &text.validator).await.unwrap().is_none());
    world.put("files/b.json", b"[2]");
    assert_eq!(world.source.text("files/b.json", &text.validator).await.unwrap().unwrap().text, "[2]");
}

#[tokio::test]
async fn only_wanted_profiles_are_listed() {
    let world = World::new();
    let path = world.directory.path().to_str().unwrap();
    let settings = Settings { profiles: vec!["b".to_owned()], ..Settings::directory(path) };
    let listing = open(&settings).unwrap().list("").await.unwrap().unwrap();
    assert_eq!((listing.profiles.len(), listing.is_all), (1, false));
    assert_eq!(listing.profiles[0].offered, Ok(Vec::new()), "b is offered in no version");
}

#[tokio::test]
async fn a_profile_that_is_gone_is_offered_in_no_version() {
    let mut world = World::new();
    world.index.profiles.clear();
    world.publish();
    let path = world.directory.path().to_str().unwrap();
    let listing = open(&Settings::directory(path)).unwrap().list("").await.unwrap().unwrap();
    assert_eq!((listing.profiles.len(), listing.is_all), (0, true));
    let settings = Settings { profiles: vec!["a".to_owned()], ..Settings::directory(path) };
    let listing = open(&settings).unwrap().list("").await.unwrap().unwrap();
    assert_eq!((&listing.profiles[0].profile, &listing.profiles[0].offered), (&"a".to_owned(), &Ok(Vec::new())));
}

#[tokio::test]
async fn what_is_wrong_is_told() {
    let world = World::new();
    let listing = world.source.list("").await.unwrap().unwrap();
    let offered = listing.profiles[0].offered.clone().unwrap().remove(0);
    world.put("profiles/a/1.0.yaml", b"other");
    assert_eq!(world.source.document(&offered, "").await.unwrap_err().problem(), Problem::Digest);
    world.put("profiles/a/1.0.yaml", &vec![b' '; 1024 * 1024 + 1]);
    assert_eq!(world.source.document(&offered, "").await.unwrap_err().problem(), Problem::TooBig);
    fs::remove_file(world.directory.path().join("profiles/a/1.0.yaml")).unwrap();
    assert_eq!(world.source.document(&offered, "").await.unwrap_err().problem(), Problem::Missing);
    world.put("files/c.json", b"BZh91AY");
    assert!(world.source.text("files/c.json", "").await.unwrap_err().to_string().contains("Ubuntu"));
    world.put("files/c.json", b"\xff");
    assert!(world.source.text("files/c.json", "").await.unwrap_err().to_string().contains("UTF-8"));
    world.put("index.json", b"<html>");
    let error = world.source.list("").await.unwrap_err();
    assert_eq!(error.problem(), Problem::Malformed);
    assert!(error.to_string().contains("no index"), "{error}");
}

#[tokio::test]
async fn nothing_outside_is_read() {
    let world = World::new();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "secret").unwrap();
    let root = world.directory.path();
    symlink(outside.path(), root.join("files/out")).unwrap();
    symlink(outside.path().join("secret"), root.join("files/secret")).unwrap();
    symlink(root.join("files/a.json"), root.join("files/within")).unwrap();
    for url in
        ["files/out/secret", "files/secret", "../secret", "/etc/passwd", "https://elsewhere.example/a", "file:///etc/passwd"]
    {
        assert_eq!(world.source.text(url, "").await.unwrap_err().problem(), Problem::Elsewhere, "{url}");
        assert_eq!(world.source.image(url, 0).await.unwrap_err().problem(), Problem::Elsewhere, "{url}");
    }
    assert_eq!(world.source.text("files/within", "").await.unwrap().unwrap().text, "[]", "links within are followed");
    assert_eq!(world.source.text("files", "").await.unwrap_err().problem(), Problem::Malformed, "a directory");
}
