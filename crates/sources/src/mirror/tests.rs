use std::{
    fs,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::{StreamExt, stream};
use serde_json::json;

use super::*;
use crate::{
    Document, Image, Listing, Problem, Settings, Text,
    digest::Sha256,
    index::{Entry, File},
    open,
    web::tests::server::{Asked, Server, not_found},
};

const IMAGE: &[u8] = b"0123456789";

/// A tree that is published, and a mirror of it.
struct World {
    published: tempfile::TempDir,
    mirrored: tempfile::TempDir,
    index: Index,
}

impl World {
    fn new() -> Self {
        let mut world =
            Self { published: tempfile::tempdir().unwrap(), mirrored: tempfile::tempdir().unwrap(), index: Index::new() };
        world.put("files/packages.json", br#"{"repo":[{"name":"a","version":"1"}]}"#);
        world.put("files/cves.json", b"[]");
        for version in ["3.0.1", "3.0.2", "3.0.10"] {
            world.offer(version, IMAGE);
        }
        world.publish();
        world
    }

    fn put(&mut self, path: &str, bytes: &[u8]) -> (RelativePath, File) {
        let file = self.published.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
        let file = File { size: bytes.len() as u64, sha256: Sha256::of(bytes) };
        let path = RelativePath::parse(path).unwrap();
        self.index.files.insert(path.clone(), file);
        (path, file)
    }

    fn offer(&mut self, version: &str, image: &[u8]) {
        let (image, File { sha256, .. }) = self.put(&format!("files/a-{version}.raw"), image);
        let yaml = format!(
            "spec:\n  name: A {version}\n  type: OS_TYPE_IMMUTABLE\n  provider: OS_PROVIDER_KIND_INFRA\n  architecture: x86_64\n  \
             profileName: a\n  osImageUrl: {image}\n  osImageVersion: {version}\n  osImageSha256: {sha256}\n  \
             osPackageManifestURL: files/packages.json\n  osExistingCvesURL: files/cves.json\n  securityFeature: \
             SECURITY_FEATURE_NONE\n"
        );
        let (path, File { size, sha256 }) = self.put(&format!("documents/{version}.yaml"), yaml.as_bytes());
        let (profile, version) = ("a".to_owned(), version.to_owned());
        self.index.profiles.retain(|entry| entry.version != version);
        self.index.profiles.push(Entry { profile, version, path, size, sha256 });
    }

    fn publish(&self) {
        fs::write(self.published.path().join("index.json"), self.index.to_json()).unwrap();
    }

    fn source(&self) -> Arc<dyn Source> {
        open(&Settings::directory(self.published.path().to_str().unwrap())).unwrap()
    }

    async fn mirror(&self, versions: Option<usize>) -> Report {
        self.mirror_from(&*self.source(), versions).await
    }

    async fn mirror_from(&self, source: &dyn Source, versions: Option<usize>) -> Report {
        mirror(source, "the test", self.mirrored.path(), Options { versions }, &|_| ()).await.unwrap()
    }

    /// Reads the mirror as a source: all that its index names must be there and right.
    async fn check(&self) -> Vec<String> {
        let source = open(&Settings::directory(self.mirrored.path().to_str().unwrap())).unwrap();
        let mut versions = Vec::new();
        for listing in source.list("").await.unwrap().unwrap().profiles {
            for offered in listing.offered.unwrap() {
                let document = source.document(&offered, "").await.unwrap().unwrap();
                let profile = Profile::parse(&document.yaml).unwrap();
                assert!(source.text(&profile.manifest_url, "").await.unwrap().is_some());
                let image = fs::read(self.mirrored.path().join(&profile.os.image_url)).unwrap();
                assert_eq!(Sha256::of(&image).to_string(), profile.os.sha256);
                versions.push(offered.tag);
            }
        }
        let index = self.mirrored_index();
        for (path, file) in &index.files {
            assert_eq!(Sha256::of(&fs::read(self.mirrored.path().join(path.as_str())).unwrap()), file.sha256, "{path}");
        }
        versions
    }

    fn mirrored_index(&self) -> Index {
        Index::parse(&fs::read(self.mirrored.path().join("index.json")).unwrap()).unwrap()
    }
}

#[tokio::test]
async fn all_is_there_and_fetched_once() {
    let world = World::new();
    let report = world.mirror(None).await;
    assert_eq!((report.versions, report.failed.len()), (3, 0), "{report:?}");
    assert_eq!((report.fetched, world.check().await.len()), (3 + 3 + 2, 3));
    let before = world.mirrored_index();
    let report = world.mirror(None).await;
    assert_eq!((report.fetched, report.bytes), (0, 0), "{report:?}");
    assert_eq!(world.mirrored_index(), before);
    assert!(!world.mirrored.path().join(".partial").exists());
}

#[tokio::test]
async fn the_newest_come_first() {
    let mut world = World::new();
    assert_eq!(world.mirror(Some(1)).await.versions, 1);
    assert_eq!(world.check().await, ["3.0.10"]);
    world.offer("3.0.11", b"newer");
    world.publish();
    world.mirror(Some(1)).await;
    assert_eq!(world.check().await, ["3.0.10", "3.0.11"], "what is there stays");
    assert_eq!(world.mirrored_index().withdrawn, []);
}

#[tokio::test]
async fn what_is_taken_back_is_noted_and_comes_back() {
    let mut world = World::new();
    world.mirror(None).await;
    let gone = world.index.profiles.remove(0);
    let warned = Withdrawn { profile: "a".to_owned(), version: "3.0.2".to_owned(), reason: "boots no more".to_owned() };
    world.index.withdrawn.push(warned.clone());
    world.publish();
    let report = world.mirror(None).await;
    let no_longer =
        Withdrawn { profile: "a".to_owned(), version: "3.0.1".to_owned(), reason: "no longer offered by the test".to_owned() };
    assert_eq!(report.withdrawn, [no_longer.clone(), warned.clone()]);
    assert_eq!(world.mirrored_index().withdrawn, [no_longer.clone(), warned]);
    assert_eq!(world.mirror(None).await.withdrawn, [], "told once");
    world.index.profiles.push(gone);
    world.index.withdrawn.clear();
    world.publish();
    world.mirror(None).await;
    assert_eq!(world.mirrored_index().withdrawn, []);
    assert_eq!(world.check().await, ["3.0.1", "3.0.2", "3.0.10"]);
}

#[tokio::test]
async fn a_profile_that_is_gone_is_taken_back_unless_others_were_asked_for() {
    let mut world = World::new();
    world.mirror(None).await;
    world.index.profiles.clear();
    world.publish();
    let settings = Settings::directory(world.published.path().to_str().unwrap());
    let other = open(&Settings { profiles: vec!["b".to_owned()], ..settings.clone() }).unwrap();
    assert_eq!(world.mirror_from(&*other, None).await.withdrawn, []);
    let it = open(&Settings { profiles: vec!["a".to_owned()], ..settings }).unwrap();
    let gone: Vec<_> = world.mirror_from(&*it, None).await.withdrawn.into_iter().map(|gone| gone.version).collect();
    assert_eq!(gone, ["3.0.1", "3.0.10", "3.0.2"]);
    let mut index = world.mirrored_index();
    index.withdrawn.clear();
    fs::write(world.mirrored.path().join("index.json"), index.to_json()).unwrap();
    assert_eq!(world.mirror(None).await.withdrawn.len(), 3, "all that there is was asked for");
}

/// The document of version 3.0.1 as a registry and the file server beside it have it.
fn of_registry(asked: &Asked) -> Response {
    let yaml = format!(
        "spec:\n  name: A\n  type: OS_TYPE_IMMUTABLE\n  provider: OS_PROVIDER_KIND_INFRA\n  architecture: x86_64\n  profileName: \
         a\n  osImageUrl: files/a.raw\n  osImageVersion: 3.0.1\n  osImageSha256: {}\n  osPackageManifestURL: \
         files/packages.json\n  securityFeature: SECURITY_FEATURE_NONE\n",
        Sha256::of(IMAGE)
    );
    let digest = Sha256::of(yaml.as_bytes()).named();
    let layer = json!({"digest": digest, "size": yaml.len(), "annotations": {"org.opencontainers.image.title": "a.yaml"}});
    let manifest = json!({"schemaVersion": 2, "artifactType": "application/vnd.intel.orch.en", "layers": [layer]});
    match asked.path() {
        path if path.ends_with("/a/tags/list") => json!({"tags": ["0.10.8", "0.10.9", "main"]}).to_string().into_response(),
        path if path.contains("/a/manifests/") => manifest.to_string().into_response(),
        path if path.contains("/a/blobs/") => yaml.into_response(),
        "/files/a.raw" => IMAGE.into_response(),
        "/files/packages.json" => r#"{"repo":[{"name":"a","version":"1"}]}"#.into_response(),
        _ => not_found(),
    }
}

#[tokio::test]
async fn a_registry_is_mirrored_and_its_images_come_once() {
    let server = Server::start(of_registry).await;
    let settings = Settings {
        profiles: vec!["a".to_owned()],
        revision: "~0.10.8".parse().unwrap(),
        ..Settings::registry(&server.url, &server.url)
    };
    let source = open(&settings).unwrap();
    let world = World::new();
    let report = world.mirror_from(&*source, None).await;
    assert_eq!((report.offered, report.versions, report.fetched, report.failed.len()), (1, 1, 3, 0), "{report:?}");
    assert_eq!(world.check().await, ["3.0.1"], "two tags of one document are one version");
    server.asked();
    let report = world.mirror_from(&*source, None).await;
    assert_eq!((report.kept, report.fetched), (3, 0), "{report:?}");
    assert!(server.lines().iter().all(|line| !line.contains("a.raw")), "the image is here");
}

#[tokio::test]
async fn files_that_change_under_their_name_are_exchanged() {
    let mut world = World::new();
    world.mirror(None).await;
    world.put("files/cves.json", br#"[{"cve_id":"a","priority":"b"}]"#);
    world.offer("3.0.1", b"another image");
    world.publish();
    let report = world.mirror(None).await;
    assert_eq!((report.fetched, report.failed.len()), (3, 0), "{report:?}");
    assert_eq!(world.check().await.len(), 3);
}

#[tokio::test]
async fn what_is_wrong_does_not_come_along_and_hides_nothing() {
    let mut world = World::new();
    fs::write(world.published.path().join("files/a-3.0.2.raw"), "damaged").unwrap();
    world.put("documents/3.0.1.yaml", b"spec: {}");
    let digest = Sha256::of(b"spec: {}");
    world.index.profiles[0].sha256 = digest;
    world.publish();
    let report = world.mirror(None).await;
    let failed: Vec<_> = report.failed.iter().map(|failure| (&*failure.version, &failure.error)).collect();
    assert!(matches!(failed[0], ("3.0.1", MirrorError::Profile(_))), "{failed:?}");
    assert!(matches!(failed[1], ("3.0.2", MirrorError::Source(error)) if error.problem() == Problem::Digest), "{failed:?}");
    assert_eq!(world.check().await, ["3.0.10"]);
}

#[tokio::test]
async fn one_mirror_at_a_time_and_only_into_mirrors() {
    let world = World::new();
    let held = Local::open(world.mirrored.path()).unwrap();
    let again = mirror(&*world.source(), "x", world.mirrored.path(), Options::default(), &|_| ()).await;
    assert!(matches!(again, Err(MirrorError::InUse(_))), "{again:?}");
    drop(held);
    fs::write(world.mirrored.path().join("index.json"), "{}").unwrap();
    let other = mirror(&*world.source(), "x", world.mirrored.path(), Options::default(), &|_| ()).await;
    assert!(matches!(other, Err(MirrorError::Index { .. })), "{other:?}");
}

/// A source whose images break off.
struct Breaking {
    source: Arc<dyn Source>,
    /// Bytes that come before it breaks off.
    after: usize,
    /// How often it breaks off.
    left: AtomicUsize,
    asked: Mutex<Vec<u64>>,
}

#[async_trait]
impl Source for Breaking {
    async fn list(&self, known: &str) -> Result<Option<Listing>, SourceError> {
        self.source.list(known).await
    }

    async fn document(&self, offered: &Offered, known: &str) -> Result<Option<Document>, SourceError> {
        self.source.document(offered, known).await
    }

    async fn text(&self, url: &str, known: &str) -> Result<Option<Text>, SourceError> {
        self.source.text(url, known).await
    }

    async fn image(&self, url: &str, from: u64) -> Result<Image, SourceError> {
        self.asked.lock().unwrap().push(from);
        let image = self.source.image(url, from).await?;
        if self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_err() {
            return Ok(image);
        }
        let at = usize::try_from(from).unwrap();
        let some = Bytes::from_static(IMAGE).slice(at..(at + self.after).min(IMAGE.len()));
        let broken = SourceError::new("read the image", url, Problem::Unreachable, "the connection broke");
        Ok(Image { body: stream::iter([Ok(some), Err(broken)]).boxed(), ..image })
    }
}

impl Breaking {
    fn new(world: &World, after: usize, times: usize) -> Self {
        Self { source: world.source(), after, left: AtomicUsize::new(times), asked: Mutex::default() }
    }

    fn asked(&self) -> Vec<u64> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

#[tokio::test]
async fn images_go_on_where_they_broke_off() {
    let world = World::new();
    let source = Breaking::new(&world, 3, 2);
    let report = world.mirror_from(&source, Some(1)).await;
    assert_eq!((source.asked(), report.failed.len()), (vec![0, 3, 6], 0));
    world.check().await;
}

#[tokio::test]
async fn an_image_that_broke_off_is_continued_by_the_next_run() {
    let world = World::new();
    world.mirror(Some(1)).await;
    let source = Breaking::new(&world, 1, 5);
    let report = world.mirror_from(&source, Some(2)).await;
    assert_eq!((source.asked(), report.failed.len()), (vec![0, 1, 2, 3, 4], 1));
    assert_eq!(world.check().await, ["3.0.10"], "the mirror is as it was");
    let report = world.mirror_from(&source, Some(2)).await;
    assert_eq!((source.asked(), report.failed.len()), (vec![5], 0));
    assert_eq!(world.check().await, ["3.0.2", "3.0.10"]);
}

#[tokio::test]
async fn the_beginning_of_another_image_is_given_up() {
    let world = World::new();
    let local = Local::open(world.mirrored.path()).unwrap();
    let path = RelativePath::parse("files/a-3.0.10.raw").unwrap();
    fs::write(local.partial(&path, Sha256::of(IMAGE)), "xxx").unwrap();
    drop(local);
    let source = Breaking::new(&world, 0, 0);
    let report = world.mirror_from(&source, Some(1)).await;
    assert_eq!((source.asked(), report.failed.len()), (vec![3, 0], 0));
    world.check().await;
}

#[tokio::test]
async fn names_of_the_mirror_itself_are_refused() {
    let mut world = World::new();
    for path in ["profiles/a/3.0.1.yaml", "index.json"] {
        let yaml = fs::read_to_string(world.published.path().join("documents/3.0.10.yaml")).unwrap();
        let yaml = yaml.replace("files/cves.json", path).replace("3.0.10", "3.0.11");
        let (place, File { size, sha256 }) = world.put("documents/3.0.11.yaml", yaml.as_bytes());
        world.index.profiles.retain(|entry| entry.version != "3.0.11");
        let (profile, version) = ("a".to_owned(), "3.0.11".to_owned());
        world.index.profiles.push(Entry { profile, version, path: place, size, sha256 });
        world.publish();
        let report = world.mirror(None).await;
        assert!(matches!(&report.failed[0].error, MirrorError::Path { .. }), "{path}: {report:?}");
        assert_eq!(world.check().await.len(), 3);
    }
}

#[tokio::test]
async fn an_interrupted_exchange_leaves_a_valid_index() {
    let world = World::new();
    world.mirror(None).await;
    let local = Local::open(world.mirrored.path()).unwrap();
    let old = local.index().unwrap();
    let path = RelativePath::parse("files/cves.json").unwrap();
    let absent = world.mirrored.path().join("absent");
    assert!(local.publish(&old, &old, &Exchanges::from([(path.clone(), absent)])).is_err());
    assert!(!world.mirrored_index().files.contains_key(&path), "what may be either has no digest");
    assert_eq!(world.check().await.len(), 3);
}
