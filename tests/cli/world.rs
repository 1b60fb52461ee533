//! A server in this process, a directory of contexts, and the binary.

use std::{
    ffi::OsStr,
    fmt::Write as _,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{LazyLock, OnceLock},
};

use emt_api::{
    filter::Expr,
    record::Record,
    resources::{OS, Os},
};
use emt_client::{Http, Orchestrator, Trust};
use emt_server::{
    app::{self, Server as Service},
    config::Config,
    data_dir::DataDir,
    identity::Admin,
    store::{self, Batch, Query, Store as _},
};
use regex::Regex;
use serde_json::Value as Json;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Password of the user `admin`.
pub const PASSWORD: &str = "Tester-Password-1";
/// The project that is there from the start.
pub const PROJECT: &str = "main";
/// Most bytes of an image.
pub const IMAGE_LIMIT: u64 = 1 << 20;

/// A server that runs until the tests end.
pub struct Server {
    pub runtime: Runtime,
    pub port: u16,
    directory: PathBuf,
}

impl Server {
    /// Starts one with a directory of its own.
    pub fn start(name: &str) -> Self {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&directory);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let data = DataDir::new(&directory);
        let config = Config { listen: ([127, 0, 0, 1], 0).into(), image_limit: IMAGE_LIMIT, ..Config::default() };
        let admin = Admin { username: "admin".to_owned(), password: PASSWORD.to_owned().into() };
        let service = runtime.block_on(async {
            app::init(&data, &config, &admin, PROJECT).await.unwrap();
            Service::open(data, config).await.unwrap()
        });
        let port = service.address.port();
        let (stop, stopped) = tokio::sync::watch::channel(false);
        runtime.spawn(async move {
            let _stop = stop;
            service.serve(stopped).await.unwrap();
        });
        Self { runtime, port, directory }
    }

    /// The one that most tests share.
    pub fn shared() -> &'static Self {
        static SHARED: LazyLock<Server> = LazyLock::new(|| Server::start("cli-server"));
        &SHARED
    }

    /// Address of its API.
    pub fn api(&self) -> String {
        format!("https://api.emt.localhost:{}", self.port)
    }

    /// Directory below which it takes trees from.
    pub fn sources(&self) -> PathBuf {
        self.directory.join("sources")
    }

    /// Its certificate authority.
    pub fn authority(&self) -> PathBuf {
        self.directory.join("ca.pem")
    }
}

/// A directory in which `emtctl` runs, and a server that it knows or not.
pub struct World {
    pub server: &'static Server,
    pub directory: TempDir,
    pub project: Option<&'static str>,
}

impl World {
    /// Somebody who has never logged in.
    pub fn stranger() -> Self {
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        Self { server: Server::shared(), directory, project: None }
    }

    /// Somebody who has logged in and works in a project of their own.
    pub fn new(project: &'static str) -> Self {
        static LOGIN: OnceLock<World> = OnceLock::new();
        let login = LOGIN.get_or_init(|| {
            let world = Self::stranger();
            world.log_in(PROJECT);
            world
        });
        let mut world = Self::stranger();
        fs::create_dir_all(world.path("config/tokens")).unwrap();
        for file in ["contexts.toml".to_owned(), format!("tokens/{}.json", world.context())] {
            fs::copy(login.path("config").join(&file), world.path("config").join(&file)).unwrap();
        }
        world.ok(&["project", "create", project]);
        world.project = Some(project);
        world
    }

    /// Logs in as `admin` with a project.
    pub fn log_in(&self, project: &str) {
        let (api, authority) = (self.server.api(), self.server.authority());
        let arguments = ["login", "--server", &api, "--ca-cert", authority.to_str().unwrap(), "--username", "admin"];
        let arguments = [&arguments[..], &["--password-stdin", "--project", project]].concat();
        let ran = self.run_with(&arguments, &[], PASSWORD);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }

    /// A machine's UUID that no other test has: hosts are known by it in all projects.
    pub fn uuid(&self, number: u32) -> String {
        let project =
            self.project.unwrap_or(PROJECT).bytes().fold(0_u16, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        format!("4c4c4544-{project:04x}-3010-8052-{number:012}")
    }

    /// Name of the context that a login makes.
    pub fn context(&self) -> String {
        format!("emt.localhost:{}", self.server.port)
    }

    /// A path below the directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// A file there; its path relative to the directory.
    pub fn file<'a>(&self, name: &'a str, bytes: &[u8]) -> &'a str {
        fs::write(self.path(name), bytes).unwrap();
        name
    }

    /// The program, ready to run.
    pub fn command(&self, arguments: &[impl AsRef<OsStr>]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_emtctl"));
        command
            .args(arguments)
            .current_dir(self.directory.path())
            .env_clear()
            .env("HOME", self.directory.path())
            .env("EMTCTL_CONFIG_DIR", self.path("config"))
            // There is no keyring.
            .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
            .env("TZ", "UTC")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(project) = self.project {
            command.env("EMTCTL_PROJECT", project);
        }
        command
    }

    /// Runs it to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, &[], "")
    }

    /// The same with variables and a line on standard input.
    pub fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)], input: &str) -> Ran {
        let mut command = self.command(arguments);
        Ran::of(command.envs(variables.iter().copied()).spawn().unwrap(), input)
    }

    /// Runs it, which must succeed; gives its standard output.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.stderr);
        ran.stdout
    }

    /// The same with `-o json`.
    pub fn json(&self, arguments: &[&str]) -> Json {
        serde_json::from_str(&self.ok(&[arguments, &["-o", "json"]].concat())).unwrap()
    }

    /// The kept token.
    pub fn token(&self) -> String {
        let kept = fs::read(self.path(&format!("config/tokens/{}.json", self.context()))).unwrap();
        let kept: Json = serde_json::from_slice(&kept).unwrap();
        kept["access"].as_str().unwrap().to_owned()
    }

    /// The server as the library sees it, with the kept token.
    pub fn api(&self) -> Orchestrator {
        let http = Http::new(&Trust::file(&self.server.authority()).unwrap(), "test").unwrap();
        let base = self.server.api().parse().unwrap();
        Orchestrator::new(http, base, self.project.unwrap_or(PROJECT), self.token().into())
    }

    /// Publishes an image with this content; the id of its OS resource.
    pub fn publish(&self, profile: &str, version: &str) -> String {
        let file = format!("{profile}-{version}.raw");
        self.file(&file, format!("image {profile} {version}").as_bytes());
        let id = self.ok(&["os", "publish", &file, "--profile", profile, "--version", version, "-o", "name"]);
        id.trim_end().to_owned()
    }

    /// Sets what a source would tell of an OS resource.
    pub fn tell_of(&self, os: &str, change: impl FnOnce(&mut Os)) {
        let store = store::open(&DataDir::new(&self.server.directory).database()).unwrap();
        self.server.runtime.block_on(async {
            let all =
                store.find(Query { project: None, ..Query::all(&OS, "").filter(Expr::is("resource_id", os)) }).await.unwrap();
            let mut os = Os::from_row(all.rows.into_iter().next().unwrap());
            change(&mut os);
            store.commit(Batch::default().update(os)).await.unwrap();
            store.close().await;
        });
    }

    /// Begins a snapshot.
    pub fn transcript(&self) -> Transcript<'_> {
        Transcript { world: self, text: String::new() }
    }
}

/// How a run ended.
pub struct Ran {
    pub stdout: String,
    pub stderr: String,
    pub code: i32,
}

impl Ran {
    /// Gives a program its input and waits for its end.
    pub fn of(mut child: Child, input: &str) -> Self {
        // A program that reads no input may have closed it.
        let _ = writeln!(child.stdin.take().unwrap(), "{input}");
        let output = child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { stdout: text(output.stdout), stderr: text(output.stderr), code: output.status.code().unwrap_or(-1) }
    }
}

/// Commands one after the other, with what each prints and its exit code.
pub struct Transcript<'a> {
    world: &'a World,
    text: String,
}

impl Transcript<'_> {
    /// Runs a command.
    pub fn run(&mut self, arguments: &[&str]) -> &mut Self {
        self.run_with(arguments, &[], "")
    }

    /// The same with variables and a line on standard input.
    pub fn run_with(&mut self, arguments: &[&str], variables: &[(&str, &str)], input: &str) -> &mut Self {
        let ran = self.world.run_with(arguments, variables, input);
        let variables: String = variables.iter().flat_map(|(name, value)| [name, "=", value, " "]).collect();
        self.add(&variables, arguments, &ran);
        self
    }

    fn add(&mut self, variables: &str, arguments: &[&str], ran: &Ran) {
        let quoted = arguments
            .iter()
            .map(|argument| if argument.contains(' ') { format!("'{argument}'") } else { (*argument).to_owned() });
        let command = quoted.collect::<Vec<_>>().join(" ");
        let Ran { stdout, stderr, code } = ran;
        write!(
            self.text,
            "$ {variables}emtctl {command}\n----- exit code {code}\n----- stdout\n{stdout}----- stderr\n{stderr}\n"
        )
        .unwrap();
    }

    /// The same without showing the variables, whose values are arbitrary.
    pub fn run_quietly(&mut self, arguments: &[&str], variables: &[(&str, &str)]) -> &mut Self {
        let ran = self.world.run_with(arguments, variables, "");
        self.add("", arguments, &ran);
        self
    }

    /// Compares with the snapshot.
    pub fn check(&self, name: &str) {
        Self::compare(name, &self.world.redacted(&self.text));
    }

    /// The same where the widths of columns depend on where the tests run.
    pub fn check_narrow(&self, name: &str) {
        let wide = Regex::new("(?m)  +| +$").unwrap();
        Self::compare(name, &wide.replace_all(&self.world.redacted(&self.text), "  "));
    }

    fn compare(name: &str, text: &str) {
        insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!(name, text);
        });
    }
}

impl World {
    /// A text without what differs from run to run; columns keep their widths.
    fn redacted(&self, text: &str) -> String {
        static RULES: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
            let rules = [
                (
                    r"\b(os|ossource|osoffer|host|inst|site|region|singlesche|repeatedsche|osupdatepolicy|osupdaterun)-[0-9a-f]{8}\b",
                    "$1-########",
                ),
                (r"\bemt-[A-Za-z0-9_-]{43}", "emt-[TOKEN]"),
                (r"(?m)(/ui/enter#|^)[A-Za-z0-9_-]{43}$", "$1[CODE]"),
                (r"request id:? [0-9a-f]{16}", "request id ################"),
                (r"after \d+ ms", "after # ms"),
                (r"\b202\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", "####-##-##T##:##:##Z"),
                (r"(?m)((?:^|[ (])(?:at:?|since|from)) 202\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", "$1 ####-##-##T##:##:##Z"),
                (
                    r"(?m)^((?:since|looked at|next look) +|.*\b(?:failed|conflict) +\S+ +)202\d-\d\d-\d\dT\d\d:\d\d:\d\dZ",
                    "$1####-##-##T##:##:##Z",
                ),
                (r"(?m)^secret ( +)[0-9a-f]{64}$", "secret $1[SECRET]"),
                (r"\bin \d+[dhms]( \d+[hms])?(,| \()", "in #$2"),
                (r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)( 202\d-\d\d-\d\d)? \d\d:\d\d\b", "### ##:##"),
                (r"\b20[2-8]\d-\d\d-\d\d \d\d:\d\d:\d\d", "####-##-## ##:##:##"),
                (r"\b20[2-8]\d{5}-\d{6}Z", "########-######Z"),
                (r"(?m)^\d\d:\d\d:\d\dZ", "##:##:##Z"),
                (r#""(startSeconds|endSeconds|plannedAt|startTime|endTime|statusTimestamp)": \d+"#, r#""$1": #"#),
                (
                    r"\b[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b",
                    "########-####-####-####-############",
                ),
                (r"\b4c4c4544-[0-9a-f]{4}-3010", "4c4c4544-####-3010"),
                (r"(?m)\b\d+s(  .*)?$", "#s$1"),
                (r"(?m)\bin \d+[dhms]( \d+[hms])?$", "in #"),
                (r"DTSTAMP:\d{8}T\d{6}Z", "DTSTAMP:########T######Z"),
                (r"localhost:\d{4,5}", "localhost:[PORT]"),
            ];
            rules.into_iter().map(|(rule, with)| (Regex::new(rule).unwrap(), with)).collect()
        });
        let mut text = text
            .replace(self.directory.path().to_str().unwrap(), "[DIR]")
            .replace(self.server.directory.to_str().unwrap(), "[SERVER]")
            .replace(&format!(":{}", self.server.port), ":[PORT]");
        for (rule, with) in RULES.iter() {
            text = rule.replace_all(&text, *with).into_owned();
        }
        text
    }
}
