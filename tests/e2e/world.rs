//! A server, the CLI and nodes, each a process of the real program.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value as Json;

/// Password of the user `admin`.
pub(crate) const PASSWORD: &str = "Operator-Passw0rd!";
/// The project that `init` makes.
pub(crate) const PROJECT: &str = "shops";
/// Longest time that anything may take which is waited for.
const PATIENCE: Duration = Duration::from_secs(90);
/// Domain of the server.
const FQDN: &str = "emt.localhost";

/// One of the workspace's programs. `cargo build --workspace` puts them beside each other; so does `cargo test --workspace`.
pub(crate) fn program(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_emtctl")).with_file_name(name);
    assert!(path.exists(), "{} is not built: run `cargo build --workspace` first", path.display());
    path
}

/// Waits until a question has an answer.
pub(crate) fn eventually<T>(what: &str, mut question: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = question() {
            return answer;
        }
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Starts a server at a port, or at a free one; gives its port.
fn serve(data: &Path, port: u16, log: PathBuf) -> (Process, u16) {
    let mut command = Command::new(program("emt-server"));
    command.args(["run", "--listen", &format!("127.0.0.1:{port}"), "--data-dir"]).arg(data);
    let mut server = Process::start(command.stdout(Stdio::piped()), log);
    let mut line = String::new();
    BufReader::new(server.child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let port = line.trim().rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    let port = port.unwrap_or_else(|| panic!("the server did not start: {}", server.log()));
    (server, port)
}

/// A process that ends with the test.
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a program whose standard error goes to a file.
    pub(crate) fn start(command: &mut Command, log: PathBuf) -> Self {
        let file = fs::OpenOptions::new().create(true).append(true).open(&log).unwrap();
        let child = command.stdin(Stdio::null()).stderr(file).spawn().unwrap();
        Self { child, log }
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, and waits; gives its exit code.
    pub(crate) fn stop(&mut self) -> Option<i32> {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        eventually("a clean stop", || self.child.try_wait().unwrap()).code()
    }

    /// What it wrote to standard error.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server with one user and one project, and the CLI of that user.
pub(crate) struct World {
    server: Option<Process>,
    /// Port that it serves at, the same after every restart.
    pub(crate) port: u16,
    directory: tempfile::TempDir,
}

impl World {
    /// A server that serves, and a user who is logged in.
    pub(crate) fn new() -> Self {
        let world = Self::logged_out();
        let login = world.log_in(PASSWORD);
        assert!(login.status.success(), "{}", text(&login));
        world
    }

    /// A server that serves.
    pub(crate) fn logged_out() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut world = Self { server: None, port: 0, directory };
        let mut init = Command::new(program("emt-server"))
            .args(["init", "--listen", "127.0.0.1:0", "--admin-password-stdin", "--project", PROJECT, "--data-dir"])
            .arg(world.data())
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        writeln!(init.stdin.take().unwrap(), "{PASSWORD}").unwrap();
        let init = init.wait_with_output().unwrap();
        assert!(init.status.success(), "{}", text(&init));
        world.start_server();
        world
    }

    /// Starts the server where it served before, or at a free port.
    pub(crate) fn start_server(&mut self) {
        let (server, port) = serve(&self.data(), self.port, self.path("server.log"));
        (self.server, self.port) = (Some(server), port);
    }

    /// A second server, with the same project, whose people sign in at this one; and its port.
    pub(crate) fn second_server(&mut self) -> (Process, u16) {
        let second = self.path("second");
        self.stop_server();
        let copied = Command::new("cp").arg("-a").arg(self.data()).arg(&second).status().unwrap();
        assert!(copied.success());
        self.start_server();
        let settings = second.join("emt-server.toml");
        let issuer = format!(
            "\n[issuer]\nurl = \"https://localhost:{}/realms/master\"\nca-file = \"{}\"\n",
            self.port,
            self.authority().display()
        );
        fs::write(&settings, fs::read_to_string(&settings).unwrap() + &issuer).unwrap();
        serve(&second, 0, self.path("second.log"))
    }

    /// Pulls the server's plug.
    pub(crate) fn kill_server(&mut self) {
        self.server.take().unwrap().kill();
    }

    /// Stops the server; it must say that all went well.
    pub(crate) fn stop_server(&mut self) {
        assert_eq!(self.server.take().unwrap().stop(), Some(0));
    }

    /// What the server has logged, over all restarts.
    pub(crate) fn server_log(&self) -> String {
        fs::read_to_string(self.path("server.log")).unwrap()
    }

    /// A path in the world's directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Files of images, also of those that are being received.
    pub(crate) fn image_files(&self) -> Vec<PathBuf> {
        let projects = fs::read_dir(self.data().join("images")).into_iter().flatten();
        projects.flat_map(|project| fs::read_dir(project.unwrap().path()).unwrap()).map(|file| file.unwrap().path()).collect()
    }

    fn data(&self) -> PathBuf {
        self.path("server")
    }

    /// The server's certificate authority.
    pub(crate) fn authority(&self) -> PathBuf {
        self.data().join("ca.pem")
    }

    /// Domain and port of the server.
    pub(crate) fn cluster_fqdn(&self) -> String {
        format!("{FQDN}:{}", self.port)
    }

    /// Address of the API.
    pub(crate) fn api(&self) -> String {
        format!("https://api.{}", self.cluster_fqdn())
    }

    /// `emtctl login` of the user `admin` with this password.
    pub(crate) fn log_in(&self, password: &str) -> Output {
        let (api, authority) = (self.api(), self.authority());
        let arguments = ["login", "--server", &api, "--ca-cert", authority.to_str().unwrap(), "--username", "admin"];
        self.ctl_with_input(&[&arguments[..], &["--password-stdin", "--project", PROJECT]].concat(), password)
    }

    /// Starts `emtctl`.
    pub(crate) fn start_ctl(&self, arguments: &[&str]) -> Child {
        let mut command = Command::new(program("emtctl"));
        command.args(arguments).env("EMTCTL_CONFIG_DIR", self.path("ctl")).env("EMTCTL_TOKENS", "file").env("TZ", "UTC");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Runs `emtctl` to its end.
    pub(crate) fn ctl(&self, arguments: &[&str]) -> Output {
        self.ctl_with_input(arguments, "")
    }

    /// The same with a text on standard input.
    pub(crate) fn ctl_with_input(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = self.start_ctl(arguments);
        // A program that reads no input may have closed it.
        let _ = writeln!(child.stdin.take().unwrap(), "{input}");
        child.wait_with_output().unwrap()
    }

    /// Runs `emtctl`, which must succeed; gives its standard output.
    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        let output = self.ctl(arguments);
        assert!(output.status.success(), "emtctl {arguments:?}: {}", text(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The same with `-o json`.
    pub(crate) fn json(&self, arguments: &[&str]) -> Json {
        serde_json::from_str(&self.ok(&[arguments, &["-o", "json"]].concat())).unwrap()
    }

    /// Id of the OS resource of a version.
    pub(crate) fn os_id(&self, version: &str) -> String {
        let all = self.json(&["os", "list"]);
        let os = all.as_array().unwrap().iter().find(|os| os["imageId"] == version).unwrap();
        os["resourceId"].as_str().unwrap().to_owned()
    }

    /// An instance, by its host's name; none before the node's first report.
    pub(crate) fn instance(&self, host: &str) -> Option<Json> {
        let all = self.json(&["instance", "list"]);
        all.as_array().unwrap().iter().find(|instance| instance["host"]["name"] == host).cloned()
    }

    /// What the API itself answers, asked by `curl` with a token of the user.
    pub(crate) fn curl(&self, method: &str, project: &str, path: &str, body: Option<&str>) -> (u16, Json) {
        self.curl_at(method, &format!("/v1/projects/{project}/{path}"), body)
    }

    /// The same at a whole path.
    pub(crate) fn curl_at(&self, method: &str, path: &str, body: Option<&str>) -> (u16, Json) {
        let token = format!("https://keycloak.{}/realms/master/protocol/openid-connect/token", self.cluster_fqdn());
        let password = format!("password={PASSWORD}");
        let form = ["grant_type=password", "client_id=system-client", "username=admin", &password];
        let form: Vec<&str> = form.iter().flat_map(|field| ["--data-urlencode", field]).collect();
        let (status, answer) = self.request(&[&[token.as_str()], form.as_slice()].concat());
        assert_eq!(status, 200, "{answer}");
        let bearer = format!("Authorization: Bearer {}", answer["access_token"].as_str().unwrap());
        let url = format!("{}{path}", self.api());
        let mut arguments = vec!["-X", method, "-H", &bearer, &url];
        if let Some(body) = body {
            arguments.extend(["-H", "Content-Type: application/json", "-d", body]);
        }
        self.request(&arguments)
    }

    fn request(&self, arguments: &[&str]) -> (u16, Json) {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--write-out", "\n%{http_code}"]).args(arguments);
        let output = curl.env("CURL_CA_BUNDLE", self.authority()).output().expect("curl is needed");
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let (body, status) = printed.rsplit_once('\n').unwrap_or_else(|| panic!("{}", text(&output)));
        (status.parse().unwrap(), serde_json::from_str(body).unwrap_or(Json::Null))
    }

    /// Opens a window of a kind for a host, in so many seconds, by the API.
    pub(crate) fn post_window(&self, name: &str, kind: &str, host: &str, after: i64, lasts: i64) {
        let output = Command::new("date").arg("+%s").output().unwrap();
        let now: i64 = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
        let (start, end) = (now + after, now + after + lasts);
        let body = serde_json::json!({
            "name": name, "scheduleStatus": kind, "targetHostId": host, "startSeconds": start, "endSeconds": end,
        });
        let (status, answer) = self.curl("POST", PROJECT, "schedules/single", Some(&body.to_string()));
        assert_eq!(status, 200, "{answer}");
    }

    /// Changes a byte of a published image where the server keeps it.
    pub(crate) fn damage_image(&self, version: &str) {
        let all = self.json(&["os", "list"]);
        let os = all.as_array().unwrap().iter().find(|os| os["imageId"] == version).unwrap();
        let sha256 = os["sha256"].as_str().unwrap();
        let mut places = vec![self.data().join("images")];
        while let Some(place) = places.pop() {
            for entry in fs::read_dir(place).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    places.push(path);
                } else if path.to_str().unwrap().contains(sha256) {
                    let mut bytes = fs::read(&path).unwrap();
                    let middle = bytes.len() / 2;
                    bytes[middle] ^= 1;
                    fs::write(&path, bytes).unwrap();
                    return;
                }
            }
        }
        panic!("the image of {version} is not there");
    }

    /// Builds an image of a sandbox node.
    pub(crate) fn image(&self, version: &str, health: &str) -> PathBuf {
        let path = self.path(&format!("emt-{version}.raw.gz"));
        let output = Command::new(program("emt-agent"))
            .args(["sandbox", "image", "--profile", "emt-shop", "--version", version, "--health", health])
            .args(["--payload-bytes", "300000", "--gzip", "--output"])
            .arg(&path)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", text(&output));
        path
    }

    /// Builds an image and publishes it; gives its file.
    pub(crate) fn publish(&self, version: &str, health: &str) -> PathBuf {
        let image = self.image(version, health);
        self.ok(&["os", "publish", image.to_str().unwrap(), "--profile", "emt-shop", "--version", version]);
        image
    }

    /// A node with this image in slot A, registered and enrolled, not switched on yet.
    pub(crate) fn node(&self, name: &str, image: &Path) -> Node {
        let directory = self.path(name);
        let mut create = Command::new(program("emt-agent"));
        create.args(["sandbox", "create", "--image"]).arg(image).arg("--dir").arg(&directory);
        let create = create.output().unwrap();
        assert!(create.status.success(), "{}", text(&create));
        let uuid = String::from_utf8(create.stdout).unwrap().trim().to_owned();
        let token = self.path(&format!("{name}.token"));
        self.ok(&["host", "register", name, "--uuid", &uuid, "--token-file", token.to_str().unwrap()]);
        let node = Node { name: name.to_owned(), directory, process: None, environment: Vec::new() };
        let enrolled = node.enroll(self, &token);
        assert!(enrolled.status.success(), "{}", text(&enrolled));
        node
    }
}

/// A sandbox node.
pub(crate) struct Node {
    /// Name of its host.
    pub(crate) name: String,
    /// Where it lives.
    pub(crate) directory: PathBuf,
    process: Option<Process>,
    environment: Vec<(String, String)>,
}

impl Node {
    /// `emt-agent enroll` with a token file.
    pub(crate) fn enroll(&self, world: &World, token: &Path) -> Output {
        Command::new(program("emt-agent"))
            .args(["enroll", "--server", &world.api(), "--ca-cert"])
            .arg(world.authority())
            .arg("--token-file")
            .arg(token)
            .arg("--dir")
            .arg(&self.directory)
            .output()
            .unwrap()
    }

    /// Has its agent kill itself at a point, once.
    pub(crate) fn crash_at(&mut self, point: &str) {
        self.environment.push(("EMT_AGENT_CRASH_AT".to_owned(), point.to_owned()));
    }

    /// Switches it on.
    pub(crate) fn power_on(&mut self) {
        let mut command = Command::new(program("emt-agent"));
        command.args(["sandbox", "power-on", "--poll-seconds", "0.3", "--retry-seconds", "2", "--dir"]).arg(&self.directory);
        command.envs(self.environment.iter().cloned()).stdout(Stdio::null());
        self.process = Some(Process::start(&mut command, self.directory.with_extension("log")));
    }

    /// Pulls its plug.
    pub(crate) fn kill(&mut self) {
        self.process.take().unwrap().kill();
    }

    /// Shuts it down.
    pub(crate) fn stop(&mut self) {
        assert_eq!(self.process.take().unwrap().stop(), Some(0));
    }

    /// What the node itself is: slots, boot record, state.
    pub(crate) fn status(&self) -> Json {
        let output =
            Command::new(program("emt-agent")).args(["sandbox", "status", "--json", "--dir"]).arg(&self.directory).output();
        serde_json::from_slice(&output.unwrap().stdout).unwrap()
    }

    /// The version that boots from now on, read from its slot.
    pub(crate) fn version(&self) -> String {
        let status = self.status();
        let slot = status["boot"]["default"].as_str().unwrap();
        status["slots"][slot]["version"].as_str().unwrap().to_owned()
    }

    /// What its agent has logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.directory.with_extension("log")).unwrap_or_default()
    }
}

/// All that a program printed.
pub(crate) fn text(output: &Output) -> String {
    let part = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}\n{}{}", output.status, part(&output.stdout), part(&output.stderr))
}
