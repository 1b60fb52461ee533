//! `emt-agent enroll` against servers that accept, refuse and are not there.

use std::{
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output, Stdio},
};

use emt_agent::{credentials::Credentials, slots::sandbox::Health};

use crate::support::{image, node::command, server::Server};

const UUID: &str = "0b1d2c3e-0000-4000-8000-00000000abcd";

struct Desk {
    server: Server,
    directory: tempfile::TempDir,
}

impl Desk {
    async fn new() -> Self {
        let desk = Self { server: Server::start().await, directory: tempfile::tempdir().unwrap() };
        fs::write(desk.at("ca.pem"), &desk.server.ca).unwrap();
        desk
    }

    fn at(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    fn token(&self, text: &str) -> String {
        fs::write(self.at("token"), text).unwrap();
        self.at("token")
    }

    /// `enroll` at the desk's server with a token from a file.
    fn enroll(&self, token: &str, more: &[&str]) -> (Option<i32>, String) {
        let mut command = command();
        command.args(["enroll", "--server", &self.server.url, "--ca-cert", &self.at("ca.pem")]);
        command.args(["--token-file", &self.token(token), "--dir", &self.at("node")]).args(more);
        finish(command)
    }
}

fn finish(mut command: Command) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = command.output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_is_enrolled_once() {
    let desk = Desk::new().await;
    let url = &desk.server.url;
    let uuid = ["--uuid", UUID];
    assert_eq!(desk.enroll("good\n", &uuid), (Some(0), format!("host {UUID} is enrolled at {url} in project acme\n")));
    let node = desk.directory.path().join("node");
    let file = node.join("credentials.json");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let credentials = Credentials::read(&node).unwrap();
    assert_eq!((credentials.uuid.as_str(), credentials.client_secret.0.as_str()), (UUID, "secret"));
    assert_eq!(credentials.ca.as_ref(), Some(&desk.server.ca));

    let before = fs::read(&file).unwrap();
    let (code, text) = desk.enroll("good", &uuid);
    assert_eq!(code, Some(6));
    assert!(text.ends_with(&format!("is enrolled already, as host {UUID} at {url}: give --force to enrol it anew\n")), "{text}");
    let refused = "used-already";
    assert_eq!(desk.enroll(refused, &[&uuid[..], &["--force"]].concat()).0, Some(3));
    assert_eq!(fs::read(&file).unwrap(), before, "a refusal leaves what there was");
    fs::write(&file, "{}").unwrap();
    assert_eq!(desk.enroll("good", &uuid).0, Some(6));
    assert_eq!(desk.enroll("good", &[&uuid[..], &["--force"]].concat()).0, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_may_come_from_standard_input_and_the_uuid_from_the_node() {
    let desk = Desk::new().await;
    fs::write(desk.at("image"), image("1", Health::Healthy)).unwrap();
    let mut create = command();
    create.args(["sandbox", "create", "--dir", &desk.at("node"), "--image", &desk.at("image"), "--uuid", &UUID.to_uppercase()]);
    let created = create.output().unwrap();
    assert_eq!((created.status.code(), created.stdout), (Some(0), format!("{UUID}\n").into_bytes()));

    let (code, text) = desk.enroll("good", &["--uuid", "0b1d2c3e-0000-4000-8000-000000000000"]);
    assert_eq!(code, Some(2));
    assert!(text.ends_with(&format!("has the UUID {UUID}\n")), "{text}");

    let mut enroll = command();
    enroll.args(["enroll", "--server", &desk.server.url, "--ca-cert", &desk.at("ca.pem"), "--token-stdin"]);
    enroll.env("EMT_AGENT_DIR", desk.at("node")).stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = enroll.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"good\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(Credentials::read(Path::new(&desk.at("node"))).unwrap().uuid, UUID);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_is_told() {
    let (desk, other) = (Desk::new().await, Desk::new().await);
    let url = desk.server.url.clone();
    let with_uuid = |token: &str| desk.enroll(token, &["--uuid", UUID]);
    let refusal = "the enrolment token has expired: register the host again for a new one";
    // The scripted server refuses with what the token says, but a token is one word.
    let word = refusal.replace(' ', "_");
    for (outcome, code, text) in [
        (with_uuid(&word), 3, format!("error: {url} refuses the enrolment of host {UUID}: {word}\n")),
        (with_uuid(""), 2, format!("error: no enrolment token in {}: it is empty\n", desk.at("token"))),
        (desk.enroll("good", &[]), 2, format!("error: --uuid is needed: {} holds no sandbox node\n", desk.at("node"))),
        (with_uuid("odd"), 1, format!("error: {url} does not answer as an emt-server does (missing field `clientId`")),
        (
            with_uuid("absent"),
            1,
            format!("error: {url} does not answer as an emt-server does (the answer is 404): check the address\n"),
        ),
        (desk.enroll("good", &["--uuid", "nonsense"]), 2, "error: invalid value 'nonsense' for '--uuid <UUID>'".to_owned()),
    ] {
        assert_eq!(outcome.0, Some(code), "{}", outcome.1);
        assert!(outcome.1.starts_with(&text), "{} instead of {text}", outcome.1);
    }

    let call = |server: &str, ca: &str, token: &str| {
        let mut command = command();
        command.args(["enroll", "--uuid", UUID, "--dir", &desk.at("node"), "--server", server]);
        command.args(["--ca-cert", ca, "--token-file", token]);
        finish(command)
    };
    let (token, ca) = (desk.token("good"), desk.at("ca.pem"));
    let nobody = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("https://localhost:{}", listener.local_addr().unwrap().port())
    };
    for (server, ca, token, code, text) in [
        (nobody.as_str(), ca.as_str(), token.as_str(), 4, format!("error: {nobody} cannot be reached (")),
        (&url, &other.at("ca.pem"), &token, 5, format!("error: the certificate of {url} is not trusted (")),
        (&url, &token, &token, 2, "error: the certificate authority cannot be used: ".to_owned()),
        (&url, &desk.at("none"), &token, 1, format!("error: {}: No such file", desk.at("none"))),
        (&url, &ca, &desk.at("none"), 1, format!("error: {}: No such file", desk.at("none"))),
        ("http://localhost", &ca, &token, 2, "error: \"http://localhost\" is no server address: write https://".to_owned()),
    ] {
        let outcome = call(server, ca, token);
        assert_eq!(outcome.0, Some(code), "{}", outcome.1);
        assert!(outcome.1.starts_with(&text), "{} instead of {text}", outcome.1);
    }
    assert!(!Path::new(&desk.at("node")).join("credentials.json").exists(), "nothing is left behind");
}
