//! The server as a whole: what is made when, and how it starts and stops.

use std::{io, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use axum::Router;
use rustls::ServerConfig;
use tokio::{net::TcpListener, sync::watch};

use crate::{
    clock::{Clock, Randomness},
    config::{Config, ConfigError, OsSources},
    data_dir::{DataDir, DataError},
    deletion::Deletions,
    grpc,
    hosts::HostManager,
    http,
    identity::{Admin, Identity, IdentityError, Issuer},
    inventory::Inventory,
    issuer::{HttpKeys, HttpProvider, IssuerError, IssuerHttp, IssuerSettings},
    listener,
    maintenance::MaintenanceManager,
    oidc,
    os_resources::{Keeper, OsModes, Rules, Sources},
    release::{BucketError, Gc, GcError, Images, ReleaseError, Removed},
    rest,
    store::{self, Store, StoreError},
    tls::{self, Pair},
    web,
};

/// How often the server's certificate is issued anew while it runs; it is valid for over a year.
const RENEWAL: Duration = Duration::from_hours(30 * 24);
/// How often memory that nobody needs goes back to the system.
const TIDY: Duration = Duration::from_secs(10);
/// How often what has expired is removed, and keys are looked at.
const PURGE: Duration = Duration::from_mins(10);
/// In each such round unused images are looked for: that reads all OS resources.
const COLLECTED: u32 = 6;

/// Why the server cannot be made or run.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The data directory.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The settings.
    #[error("the settings cannot be used: {0}")]
    Config(#[from] ConfigError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The images.
    #[error(transparent)]
    Images(#[from] ReleaseError),
    /// Where images are kept.
    #[error(transparent)]
    Bucket(#[from] BucketError),
    /// Images that nothing needs.
    #[error(transparent)]
    Gc(#[from] GcError),
    /// Users, keys, projects.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The port.
    #[error("cannot listen at {address}: {error}{}", hint(.error))]
    Listen {
        /// Address and port.
        address: SocketAddr,
        /// In the system's words.
        error: io::Error,
    },
    /// Another issuer's keys.
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    /// Certificates.
    #[error(transparent)]
    Tls(#[from] tls::TlsError),
}

fn hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => "; another program uses this port: choose another with --listen",
        io::ErrorKind::PermissionDenied => "; ports below 1024 need a privilege: choose another with --listen",
        _ => "",
    }
}

/// Makes the data directory. What is there already stays as it is, so that an interrupted `init` is finished by the next.
/// `false` if nothing was left to make.
pub async fn init(data: &DataDir, config: &Config, admin: &Admin, project: &str) -> Result<bool, AppError> {
    let clock = Clock::System;
    // What cannot be made is refused before anything is there.
    tls::check_name(&config.fqdn)?;
    Identity::check_bootstrap(admin, project)?;
    data.make()?;
    let _lock = data.lock()?;
    let was_made = data.is_made();
    let settings = format!("listen = \"{}\"\nfqdn = \"{}\"\n", config.listen, config.fqdn);
    data.write_settings(&settings)?;
    let authority = data.authority_or_new(clock.now_ms())?;
    if !was_made {
        data.issue(&authority, &config.fqdn, clock.now_ms())?;
    }
    data.make_database()?;
    let store: Arc<dyn Store> = Arc::new(store::open(&data.database())?);
    let identity = Identity::open(Arc::clone(&store), clock, Randomness::System).await?;
    if identity.is_initialised().await? {
        return Ok(false);
    }
    identity.bootstrap(admin, project).await?;
    Ok(true)
}

/// Whether there is nothing left for [`init`] to make.
pub async fn is_complete(data: &DataDir) -> Result<bool, AppError> {
    if !data.is_made() {
        return Ok(false);
    }
    let _lock = data.lock()?;
    let store: Arc<dyn Store> = Arc::new(store::open(&data.database())?);
    Ok(Identity::open(store, Clock::System, Randomness::System).await?.is_initialised().await?)
}

/// Makes new keys for a server that does not run. One that does is asked by its admin API.
pub async fn rotate_keys(data: &DataDir) -> Result<(), AppError> {
    if !data.is_made() {
        return Err(DataError::NotMade(data.root().to_owned()).into());
    }
    let _lock = data.lock()?;
    let store: Arc<dyn Store> = Arc::new(store::open(&data.database())?);
    let identity = Identity::open(store, Clock::System, Randomness::System).await?;
    if !identity.is_initialised().await? {
        return Err(DataError::NotMade(data.root().to_owned()).into());
    }
    Ok(identity.rotate_keys().await?)
}

/// A server that listens but does not serve yet.
pub struct Server {
    listener: TcpListener,
    /// Where it listens, with the port that the system chose if it was asked to.
    pub address: SocketAddr,
    /// Address that clients use.
    pub origin: String,
    config: Config,
    data: DataDir,
    authority: Pair,
    parts: Parts,
    _lock: std::fs::File,
}

/// What the sides of the server share.
pub struct Parts {
    /// Records.
    pub store: Arc<dyn Store>,
    /// Users, clients, tokens.
    pub identity: Identity,
    /// Images.
    pub images: Images,
    /// Time.
    pub clock: Clock,
    /// Randomness.
    pub random: Randomness,
    /// Nodes' updates.
    pub maintenance: MaintenanceManager,
    /// Nodes' connections.
    pub hosts: HostManager,
    /// Modes of linking.
    pub modes: OsModes,
    /// Where OS images are published.
    pub os_sources: Sources,
}

impl Parts {
    /// All of it over one store.
    pub fn new(
        config: &Config,
        store: Arc<dyn Store>,
        identity: Identity,
        images: Images,
        clock: Clock,
        random: Randomness,
    ) -> Self {
        let maintenance = MaintenanceManager::new(Arc::clone(&store), clock.clone(), random.clone(), config.update_runs.clone())
            .with_node_bandwidth(config.releases.node_bandwidth);
        let hosts = HostManager::new(Arc::clone(&store), clock.clone());
        let modes = OsModes::new(Arc::clone(&store), clock.clone(), config.os_mode());
        let OsSources { directories, hosts: askable } = config.os_sources.clone();
        let rules = Rules { directories, hosts: askable, image_limit: config.image_limit };
        let os_sources = Sources::new(Arc::clone(&store), images.clone(), clock.clone(), random.clone(), rules);
        Self { store, identity, images, clock, random, maintenance, hosts, modes, os_sources }
    }

    /// What keeps instances up to date with the OS resources.
    pub fn keeper(&self) -> Keeper {
        Keeper::new(Arc::clone(&self.store), self.modes.clone(), self.clock.clone())
    }

    /// Everything that is served, for a server that listens at a port.
    pub fn routes(&self, config: &Config, port: u16) -> Router {
        let Self { store, identity, images, clock, random, maintenance, hosts, modes, os_sources } = self;
        let rest = rest::Parts {
            inventory: Inventory::new(Arc::clone(store), clock.clone(), random.clone()),
            maintenance: maintenance.clone(),
            modes: modes.clone(),
            identity: identity.clone(),
            images: images.clone(),
            image_limit: config.image_limit,
            os_sources: os_sources.clone(),
            origin: origin(config, port).into(),
            features: Arc::new(rest::features(&rest::operations(), &config.features)),
            memory: rest::Memory::default(),
        };
        let names = oidc::IssuerNames::new(&config.fqdn, port).with_web_addresses(&config.web_redirects);
        let rest = Arc::new(rest);
        rest::router(Arc::clone(&rest), config, clock)
            .merge(web::router(rest, names.clone(), config, clock, random))
            .merge(oidc::router(identity.clone(), names))
            .merge(grpc::router(maintenance.clone(), hosts.clone(), identity.clone()))
    }
}

/// Address that clients use.
fn origin(config: &Config, port: u16) -> String {
    format!("https://{}:{port}", config.fqdn)
}

/// The issuer that the settings name.
fn external(settings: &IssuerSettings, data: &DataDir) -> Result<Issuer, IssuerError> {
    let http = IssuerHttp::new(settings)?;
    Ok(Issuer {
        url: settings.url.clone(),
        skew: settings.clock_skew.into(),
        source: Arc::new(HttpKeys::new(settings, http.clone(), &data.issuer_keys())?),
        provider: Arc::new(HttpProvider::new(settings, http)?),
    })
}

impl Server {
    /// Opens the data directory and the port.
    pub async fn open(data: DataDir, config: Config) -> Result<Self, AppError> {
        let (clock, random) = (Clock::System, Randomness::System);
        if !data.is_made() {
            return Err(DataError::NotMade(data.root().to_owned()).into());
        }
        let lock = data.lock()?;
        let authority = data.read_authority()?;
        let store: Arc<dyn Store> = Arc::new(store::open(&data.database())?);
        let issuer = config.issuer.as_ref().map(|settings| external(settings, &data)).transpose()?;
        let identity = Identity::trusting(Arc::clone(&store), clock.clone(), random.clone(), issuer).await?;
        if !identity.is_initialised().await? {
            return Err(DataError::NotMade(data.root().to_owned()).into());
        }
        let address = config.listen;
        let listener = TcpListener::bind(address).await.map_err(|error| AppError::Listen { address, error })?;
        let address = listener.local_addr().map_err(|error| AppError::Listen { address, error })?;
        let origin = origin(&config, address.port());
        let mut config = config;
        config.os_sources.directories.push(data.sources());
        let images = Images::of(data.images(), config.releases.bucket.as_ref())?;
        images.clear_leftovers().await?;
        let parts = Parts::new(&config, store, identity, images, clock, random);
        parts.hosts.restore().await?;
        Ok(Self { listener, address, origin, config, data, authority, parts, _lock: lock })
    }

    /// Serves until `stop` becomes true, then finishes what was accepted.
    pub async fn serve(self, stop: watch::Receiver<bool>) -> Result<(), AppError> {
        let issue = {
            let (data, authority, fqdn, clock) =
                (self.data.clone(), self.authority.clone(), self.config.fqdn.clone(), self.parts.clock.clone());
            move || -> Result<Arc<ServerConfig>, AppError> {
                Ok(tls::server_config(&data.issue(&authority, &fqdn, clock.now_ms())?)?)
            }
        };
        let (tls, certificate) = watch::channel(issue()?);
        let renewal = tokio::spawn(async move {
            loop {
                tokio::time::sleep(RENEWAL).await;
                match issue() {
                    Ok(renewed) => drop(tls.send(renewed)),
                    Err(error) => tracing::error!(%error, "the certificate was not renewed; the old one is still valid"),
                }
            }
        });
        let deletions = Deletions { identity: self.parts.identity.clone(), images: self.parts.images.clone() };
        let upkeep = tokio::spawn(upkeep(
            self.parts.identity.clone(),
            deletions,
            self.parts.maintenance.clone(),
            gc(&self.config, &self.parts.store, &self.parts.images, &self.parts.clock),
            self.config.key_rotation_days,
        ));
        let hosts = self.parts.hosts.clone();
        let watch = tokio::spawn(async move { hosts.watch().await });
        let keeper = tokio::spawn(self.parts.keeper().run());
        let sources = self.parts.os_sources.clone();
        let sources = tokio::spawn(async move { sources.run().await });
        let service = http::service(
            self.parts.routes(&self.config, self.address.port()),
            self.parts.clock.clone(),
            self.parts.random.clone(),
        );
        let tidying = tokio::spawn(async {
            let mut beat = tokio::time::interval(TIDY);
            beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                beat.tick().await;
                emt_memory::give_back();
            }
        });
        let (feed, mut stopped) = (Arc::clone(&self.parts.store), stop.clone());
        let follows = tokio::spawn(async move {
            // An error means that nobody can ask for a stop any more.
            let _ = stopped.wait_for(|stop| *stop).await;
            feed.feed().close();
        });
        listener::serve(self.listener, certificate, service, stop).await;
        follows.abort();
        tidying.abort();
        renewal.abort();
        upkeep.abort();
        watch.abort();
        keeper.abort();
        sources.abort();
        Ok(())
    }
}

/// Looks for images that nothing needs.
fn gc(config: &Config, store: &Arc<dyn Store>, images: &Images, clock: &Clock) -> Gc {
    Gc { store: Arc::clone(store), images: images.clone(), clock: clock.clone(), rules: config.releases.rules() }
}

/// Removes the images of a server that does not run which nothing needs; what went or, if nothing is to go really, what would.
pub async fn collect(data: &DataDir, config: &Config, really: bool) -> Result<Vec<Removed>, AppError> {
    if !data.is_made() {
        return Err(DataError::NotMade(data.root().to_owned()).into());
    }
    let _lock = data.lock()?;
    let store: Arc<dyn Store> = Arc::new(store::open(&data.database())?);
    let images = Images::of(data.images(), config.releases.bucket.as_ref())?;
    Ok(gc(config, &store, &images, &Clock::System).run(really).await?)
}

/// What is done from time to time, and at the start: work that was cut short is finished.
async fn upkeep(identity: Identity, deletions: Deletions, maintenance: MaintenanceManager, gc: Gc, key_rotation_days: u32) {
    for round in 0_u32.. {
        if let Err(error) = deletions.resume().await {
            tracing::warn!(%error, "a project that is being deleted is not gone yet");
        }
        if let Err(error) = identity.refresh_issuer().await {
            tracing::warn!(%error, "the issuer's keys were not fetched; those that are known are used");
        }
        match identity.rotate_keys_after(key_rotation_days).await {
            Ok(false) => {}
            Ok(true) => tracing::info!("new keys sign tokens from now on"),
            Err(error) => tracing::warn!(%error, "the keys that sign tokens were not replaced"),
        }
        if let Err(error) = identity.purge().await {
            tracing::warn!(%error, "what has expired was not removed");
        }
        if let Err(error) = maintenance.upkeep().await {
            tracing::warn!(%error, "update runs that nobody ends, or that are old, were not looked at");
        }
        if let Err(error) = gc.images.expire_uploads(gc.clock.now_ms()).await {
            tracing::warn!(%error, "uploads without progress were not removed");
        }
        if round % COLLECTED == 0
            && let Err(error) = gc.run(true).await
        {
            tracing::warn!(%error, "images that nothing needs were not removed");
        }
        tokio::time::sleep(PURGE).await;
    }
}

/// The settings of a data directory.
pub fn settings(data: &DataDir, file: Option<&Path>, flags: &crate::config::Flags) -> Result<Config, AppError> {
    Ok(Config::load(data.root(), file, flags)?)
}
