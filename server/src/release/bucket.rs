//! Images in a bucket of an S3-compatible store: `<prefix>/<project UUID>/<SHA-256>`.

use std::{io, path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt};
use object_store::{
    ClientOptions, GetOptions, ObjectStore, ObjectStoreExt, PutPayload, RetryConfig, WriteMultipart, aws::AmazonS3Builder,
    path::Path as Key,
};
use tokio::{fs::File, io::AsyncReadExt};

use super::{
    Image, Part, ReleaseError,
    bucket_settings::{BucketError, BucketSettings, Credentials},
    disk::done,
    is_digest,
    storage::{Content, Storage},
};

/// Bytes of one part of a large image; what is not longer is sent in one request.
const PART: u64 = 8 << 20;
/// Most parts that one object may have, with some to spare (S3 takes 10,000).
const PARTS: u64 = 9_000;
/// Parts that are sent at once.
const AT_ONCE: usize = 2;
/// How long it may take to connect.
const CONNECT: Duration = Duration::from_secs(5);
/// How long nothing may move.
const STALL: Duration = Duration::from_secs(30);
/// How long a request is tried again that the store has not answered, or answered with an error of its own.
const RETRIES: Duration = Duration::from_secs(20);
/// How long the store may take to say that it is there.
const READY: Duration = Duration::from_secs(5);

/// See the module.
pub struct Bucket {
    store: Arc<dyn ObjectStore>,
    /// What people call it.
    name: String,
    prefix: String,
}

impl Bucket {
    /// A bucket. It is not asked for anything yet.
    pub fn new(settings: &BucketSettings, credentials: &Credentials) -> Result<Self, BucketError> {
        settings.check()?;
        let mut client = ClientOptions::new()
            .with_allow_http(settings.speaks_http())
            .with_timeout_disabled()
            .with_connect_timeout(CONNECT)
            .with_read_timeout(STALL);
        for authority in settings.authorities()? {
            client = client.with_root_certificate(authority);
        }
        let retries = RetryConfig { max_retries: 4, retry_timeout: RETRIES, ..RetryConfig::default() };
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&settings.name)
            .with_region(&settings.region)
            .with_access_key_id(&credentials.access_key_id)
            .with_secret_access_key(credentials.secret_access_key.as_str())
            .with_virtual_hosted_style_request(settings.virtual_hosts)
            // Not all stores know requests that delete several at once.
            .with_disable_bulk_delete(true)
            .with_client_options(client)
            .with_retry(retries);
        if let Some(endpoint) = &settings.endpoint {
            builder = builder.with_endpoint(endpoint.trim_end_matches('/'));
        }
        if let Some(token) = &credentials.session_token {
            builder = builder.with_token(token.as_str());
        }
        let store = builder.build().map_err(|error| BucketError::Unusable(error.to_string()))?;
        let prefix = settings.prefix.trim_matches('/').to_owned();
        Ok(Self { store: Arc::new(store), name: format!("bucket {}", settings.name), prefix })
    }

    fn directory(&self, project: &str) -> Key {
        self.prefix.split('/').filter(|part| !part.is_empty()).chain([project]).collect()
    }

    fn key(&self, project: &str, sha256: &str) -> Key {
        self.directory(project).join(sha256)
    }

    fn failed(&self, error: impl std::fmt::Display) -> ReleaseError {
        ReleaseError::Bucket { place: self.name.clone(), reason: error.to_string() }
    }

    /// What a request gave; `None` if nothing is there.
    fn there<T>(&self, result: object_store::Result<T>) -> Result<Option<T>, ReleaseError> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed(error)),
        }
    }

    async fn send(&self, key: &Key, size: u64, from: &Path) -> Result<(), ReleaseError> {
        let mut file = done(from, File::open(from).await)?;
        if size <= PART {
            let mut bytes = Vec::new();
            done(from, file.read_to_end(&mut bytes).await)?;
            return self.store.put(key, PutPayload::from(bytes)).await.map(drop).map_err(|error| self.failed(error));
        }
        let upload = self.store.put_multipart(key).await.map_err(|error| self.failed(error))?;
        let part = usize::try_from(PART.max(size.div_ceil(PARTS))).unwrap_or(usize::MAX);
        let mut writer = WriteMultipart::new_with_chunk_size(upload, part);
        if let Err(error) = self.parts(&mut writer, &mut file, from).await {
            // What cannot be given up is left to the rules of the bucket.
            let _ = writer.abort().await;
            return Err(error);
        }
        writer.finish().await.map(drop).map_err(|error| self.failed(error))
    }

    async fn parts(&self, writer: &mut WriteMultipart, file: &mut File, from: &Path) -> Result<(), ReleaseError> {
        let mut buffer = vec![0; 256 * 1024];
        loop {
            writer.wait_for_capacity(AT_ONCE).await.map_err(|error| self.failed(error))?;
            match done(from, file.read(&mut buffer).await)? {
                0 => return Ok(()),
                read => writer.write(&buffer[..read]),
            }
        }
    }
}

#[async_trait]
impl Storage for Bucket {
    async fn keep(&self, project: &str, image: &Image, from: &Path) -> Result<(), ReleaseError> {
        let key = self.key(project, &image.sha256);
        self.send(&key, image.size, from).await?;
        let kept = self.size(project, &image.sha256).await?;
        if kept != Some(image.size) {
            return Err(self.failed(format!("{} bytes were sent to {key}, and it has {kept:?}", image.size)));
        }
        done(from, tokio::fs::remove_file(from).await)
    }

    async fn size(&self, project: &str, sha256: &str) -> Result<Option<u64>, ReleaseError> {
        let found = self.there(self.store.head(&self.key(project, sha256)).await)?;
        Ok(found.map(|found| found.size))
    }

    async fn read(&self, project: &str, sha256: &str, part: Part) -> Result<Option<Content>, ReleaseError> {
        if part.length == 0 {
            return Ok(Some(futures::stream::empty().boxed()));
        }
        let range = part.first..part.first + part.length;
        let options = GetOptions { range: Some(range.into()), ..GetOptions::default() };
        let found = self.there(self.store.get_opts(&self.key(project, sha256), options).await)?;
        Ok(found.map(|found| found.into_stream().map_err(io::Error::other).boxed()))
    }

    async fn list(&self, project: &str) -> Result<Vec<Image>, ReleaseError> {
        let directory = self.directory(project);
        let mut found = self.store.list(Some(&directory));
        let mut images = Vec::new();
        while let Some(object) = found.try_next().await.map_err(|error| self.failed(error))? {
            let Some(sha256) = object.location.filename().filter(|name| is_digest(name)) else { continue };
            images.push(Image { sha256: sha256.to_owned(), size: object.size });
        }
        Ok(images)
    }

    async fn remove(&self, project: &str, sha256: &str) -> Result<(), ReleaseError> {
        self.there(self.store.delete(&self.key(project, sha256)).await).map(drop)
    }

    async fn forget(&self, project: &str) -> Result<(), ReleaseError> {
        for image in self.list(project).await? {
            self.remove(project, &image.sha256).await?;
        }
        Ok(())
    }

    async fn ready(&self) -> Result<(), ReleaseError> {
        // A bucket that is not there is told apart from an object that is not only in lists.
        let nothing = self.directory("ready");
        let mut listed = self.store.list(Some(&nothing));
        match tokio::time::timeout(READY, listed.try_next()).await {
            Ok(listed) => listed.map(drop).map_err(|error| self.failed(error)),
            Err(_) => Err(self.failed(format!("no answer within {READY:?}"))),
        }
    }
}
