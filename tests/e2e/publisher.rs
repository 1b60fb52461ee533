//! A publisher of OS images: a real OCI registry for profiles (Debian's `docker-registry`), a real web server for files
//! (`nginx`), each a process with a certificate of an authority of its own.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::world::{Process, eventually};

/// Where profiles are in the registry.
const REPOSITORY: &str = "edge-orch/en/files/os-profile";

/// The publisher.
pub(crate) struct Publisher {
    directory: PathBuf,
    registry_port: u16,
    files_port: u16,
    _registry: Process,
    _files: Process,
}

/// Of some bytes, as hex.
fn digest(bytes: impl AsRef<[u8]>) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// A port that is free at this moment.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A program of the system.
fn installed(name: &str) -> PathBuf {
    let places = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"].map(|place| Path::new(place).join(name));
    let found = places.into_iter().find(|path| path.exists());
    found.unwrap_or_else(|| panic!("{name} is not installed: apt-get install docker-registry nginx-light"))
}

impl Publisher {
    /// Both servers, with nothing in them.
    pub(crate) fn new(directory: &Path) -> Self {
        fs::create_dir_all(directory.join("files")).unwrap();
        certificates(directory);
        let (registry_port, files_port) = (free_port(), free_port());
        let path = |name: &str| directory.join(name).display().to_string();
        let config = json!({
            "version": "0.1",
            "log": {"level": "warn"},
            "storage": {"filesystem": {"rootdirectory": path("registry")}, "delete": {"enabled": true}},
            "http": {
                "addr": format!("127.0.0.1:{registry_port}"),
                "tls": {"certificate": path("server.pem"), "key": path("server.key")},
            },
        });
        // JSON is YAML.
        fs::write(directory.join("registry.yml"), config.to_string()).unwrap();
        let mut registry = Command::new(installed("docker-registry"));
        registry.arg("serve").arg(directory.join("registry.yml")).stdout(Stdio::null());
        let registry = Process::start(&mut registry, directory.join("registry.log"));
        let user = if rustix::process::geteuid().is_root() { "user root;" } else { "" };
        let nginx = format!(
            "{user} master_process off; pid {pid}; error_log stderr warn; daemon off;\nevents {{}}\nhttp {{\n  access_log {log};\n  \
             client_body_temp_path {temp}; proxy_temp_path {temp}; fastcgi_temp_path {temp}; uwsgi_temp_path {temp}; scgi_temp_path \
             {temp};\n  types {{ application/json json; application/yaml yaml; }}\n  default_type application/octet-stream;\n  server {{\n    \
             listen 127.0.0.1:{files_port} ssl; ssl_certificate {certificate}; ssl_certificate_key {key};\n    root {root};\n  }}\n}}\n",
            pid = path("nginx.pid"),
            log = path("access.log"),
            temp = path("temp"),
            certificate = path("server.pem"),
            key = path("server.key"),
            root = path("files"),
        );
        fs::write(directory.join("nginx.conf"), nginx).unwrap();
        let mut files = Command::new(installed("nginx"));
        files.arg("-c").arg(directory.join("nginx.conf")).arg("-p").arg(directory).stdout(Stdio::null());
        let files = Process::start(&mut files, directory.join("nginx.log"));
        let publisher = Self { directory: directory.to_owned(), registry_port, files_port, _registry: registry, _files: files };
        for url in [format!("{}/v2/", publisher.registry()), format!("{}/", publisher.files())] {
            eventually("registry and web server answer", || publisher.curl(&[&url]).map(drop));
        }
        publisher
    }

    /// Address of the registry.
    pub(crate) fn registry(&self) -> String {
        format!("https://localhost:{}", self.registry_port)
    }

    /// Address of the web server.
    pub(crate) fn files(&self) -> String {
        format!("https://localhost:{}", self.files_port)
    }

    /// The authority that both servers' certificates are of.
    pub(crate) fn authority(&self) -> PathBuf {
        self.directory.join("ca.pem")
    }

    /// Where the web server's files are.
    pub(crate) fn root(&self) -> PathBuf {
        self.directory.join("files")
    }

    /// Paths that the web server was asked for, one line a request.
    pub(crate) fn asked(&self) -> String {
        fs::read_to_string(self.directory.join("access.log")).unwrap_or_default()
    }

    /// Puts an image and the texts that go with it onto the web server; gives its profile document.
    pub(crate) fn put(&self, profile: &str, version: &str, image: &Path, cves: &[&str]) -> String {
        let bytes = fs::read(image).unwrap();
        let base = format!("files-edge-orch/repository/microvisor/non_rt/{profile}-{version}");
        let put = |path: String, bytes: &[u8]| {
            let path = self.root().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        };
        let packages = json!({"repo": [{"name": "kernel", "version": version}, {"name": "openssl", "version": "3.3.0"}]});
        let cves: Vec<Json> =
            cves.iter().map(|id| json!({"cve_id": id, "priority": "high", "affected_packages": ["kernel"]})).collect();
        put(format!("{base}.raw.gz"), &bytes);
        put(format!("{base}_pkg_manifest.json"), packages.to_string().as_bytes());
        put(format!("{base}_cve.json"), Json::from(cves).to_string().as_bytes());
        format!(
            "appVersion: apps/v1\nmetadata:\n  release: 3.0.0-dev\n  version: 3.0.0\nspec:\n  name: Edge Microvisor Toolkit {version}\n  \
             type: OS_TYPE_IMMUTABLE\n  provider: OS_PROVIDER_KIND_INFRA\n  architecture: x86_64\n  profileName: {profile}\n  osImageUrl: \
             {base}.raw.gz\n  osImageVersion: {version}\n  osImageSha256: {}\n  osPackageManifestURL: {base}_pkg_manifest.json\n  \
             osExistingCvesURL: {base}_cve.json\n  securityFeature: SECURITY_FEATURE_NONE\n  platformBundle: {{}}\n",
            digest(&bytes)
        )
    }

    /// Puts a profile document into the registry under a tag.
    pub(crate) fn tag(&self, profile: &str, tag: &str, document: &str) {
        let repository = format!("{}/v2/{REPOSITORY}/{profile}", self.registry());
        let blob = |bytes: &[u8]| {
            let answer =
                self.curl(&["-X", "POST", "-D", "-", "-o", "/dev/null", &format!("{repository}/blobs/uploads/")]).unwrap();
            let location =
                answer.lines().find_map(|line| line.to_ascii_lowercase().starts_with("location:").then(|| line[9..].trim()));
            let location = location.unwrap_or_else(|| panic!("{answer}")).to_owned();
            let file = self.directory.join("blob");
            fs::write(&file, bytes).unwrap();
            let mark = if location.contains('?') { '&' } else { '?' };
            let location = if location.starts_with('/') { format!("{}{location}", self.registry()) } else { location };
            let url = format!("{location}{mark}digest=sha256:{}", digest(bytes));
            let data = format!("@{}", file.display());
            let sent = ["-X", "PUT", "-H", "Content-Type: application/octet-stream", "--data-binary", &data, &url];
            self.curl(&sent).unwrap_or_else(|| panic!("a blob was not taken"));
            json!({"digest": format!("sha256:{}", digest(bytes)), "size": bytes.len()})
        };
        let (mut config, mut layer) = (blob(b"{}"), blob(document.as_bytes()));
        config["mediaType"] = "application/vnd.oci.empty.v1+json".into();
        layer["mediaType"] = "application/vnd.oci.image.layer.v1.tar".into();
        layer["annotations"] = json!({"org.opencontainers.image.title": format!("{profile}.yaml")});
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "artifactType": "application/vnd.intel.orch.en",
            "config": config,
            "layers": [layer],
        });
        let file = self.directory.join("manifest");
        fs::write(&file, manifest.to_string()).unwrap();
        let (data, url) = (format!("@{}", file.display()), format!("{repository}/manifests/{tag}"));
        let kind = "Content-Type: application/vnd.oci.image.manifest.v1+json";
        self.curl(&["-X", "PUT", "-H", kind, "--data-binary", &data, &url]).unwrap_or_else(|| panic!("a manifest was not taken"));
    }

    /// What a server answers, if it answers well.
    fn curl(&self, arguments: &[&str]) -> Option<String> {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--fail", "--cacert"]).arg(self.authority()).args(arguments);
        let output = curl.output().expect("curl is needed");
        // The web server has nothing at its root, which is an answer all the same.
        let answered = output.status.success() || output.status.code() == Some(22);
        answered.then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

fn certificates(directory: &Path) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.distinguished_name.push(DnType::CommonName, "Publisher");
    let key = KeyPair::generate().unwrap();
    fs::write(directory.join("ca.pem"), authority.self_signed(&key).unwrap().pem()).unwrap();
    let issuer = Issuer::from_params(&authority, &key);
    let own = KeyPair::generate().unwrap();
    let mut leaf = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    leaf.distinguished_name.push(DnType::CommonName, "localhost");
    fs::write(directory.join("server.pem"), leaf.signed_by(&own, &issuer).unwrap().pem()).unwrap();
    fs::write(directory.join("server.key"), own.serialize_pem()).unwrap();
}
