//! The command line of `emt-agent`, also for programs that carry the agent inside.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use clap::{Parser, Subcommand, ValueEnum};
use flate2::{Compression, write::GzEncoder};
use tracing_subscriber::EnvFilter;

use crate::{
    durable::{self, Readers},
    enrol::{self, Enrolment},
    firmware::{self, AgentCommand, REBOOT},
    node::{Node, NodeError},
    pace::Polls,
    run::{self, End, Settings},
    sandbox,
    slots::sandbox::{Health, ImageSpec, build_image},
};

mod error;

use self::error::CliError;

/// Exit codes, as the help shows them.
const EXIT_CODES: &str = "\
Exit codes:
  0    done, or stopped by SIGTERM or SIGINT
  1    failed
  2    the command line is wrong
  3    the server refuses the node
  4    the server cannot be reached
  5    the server's certificate is not trusted
  6    the node's directory is not in the state that the command needs
  100  `run` only: the node is to be rebooted";

/// The Platform Update Agent: keeps an immutable A/B node at the version that its server wants
#[derive(Debug, Parser)]
#[command(name = "emt-agent", version, about, after_help = EXIT_CODES)]
pub struct Args {
    /// What is logged to standard error: error, warn, info, debug, trace, or a filter as tracing-subscriber takes them
    #[arg(long, global = true, value_name = "LEVEL", env = "EMT_AGENT_LOG", default_value = "info")]
    log: String,
    /// What to do.
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Exchange a one-time token for credentials of the node's own
    #[command(visible_alias = "enrol")]
    Enroll(Enroll),
    /// Run the agent of a node that has booted
    Run(Run),
    /// Nodes in a directory: make one, switch it on, look at it
    #[command(subcommand)]
    Sandbox(Sandbox),
}

#[derive(Debug, clap::Args)]
struct Directory {
    /// Directory of the node
    #[arg(long = "dir", value_name = "DIR", env = "EMT_AGENT_DIR")]
    path: PathBuf,
}

#[derive(Debug, clap::Args)]
struct Enroll {
    #[command(flatten)]
    directory: Directory,
    /// Address of the server
    #[arg(long, value_name = "URL")]
    server: String,
    /// Certificate authority to trust, and no other, as PEM [default: those of the system]
    #[arg(long, value_name = "FILE")]
    ca_cert: Option<PathBuf>,
    #[command(flatten)]
    token: TokenSource,
    /// UUID that the host is registered with [default: the sandbox node's own]
    #[arg(long, value_name = "UUID")]
    uuid: Option<uuid::Uuid>,
    /// Replace credentials that are there
    #[arg(long)]
    force: bool,
}

/// A token never stands in the command line, where other users see it.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct TokenSource {
    /// File that holds the one-time token
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Read the one-time token from standard input
    #[arg(long)]
    token_stdin: bool,
}

#[derive(Debug, clap::Args)]
struct Run {
    #[command(flatten)]
    directory: Directory,
    #[command(flatten)]
    pace: Pace,
    /// End when standard input ends: the firmware holds it open
    #[arg(long, hide = true)]
    tethered: bool,
}

#[derive(Debug, clap::Args)]
struct Pace {
    /// Seconds between polls, whatever the server suggests; fractions are possible [default: what the server suggests, else 20]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    poll_seconds: Option<Duration>,
    /// Least seconds between polls that the server may suggest
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    poll_least: Duration,
    /// Most seconds between polls that the server may suggest
    #[arg(long, value_name = "SECONDS", default_value = "300", value_parser = seconds)]
    poll_most: Duration,
    /// Seconds until a failed update is tried again; doubled with every further failure, a day at most
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u32))]
    retry_seconds: u32,
}

#[derive(Debug, Subcommand)]
enum Sandbox {
    /// Make a node; prints its UUID
    Create(Create),
    /// Build an image; prints its SHA-256
    Image(Image),
    /// Switch a node on: boot the slot that its boot record says, and run the agent
    PowerOn(PowerOn),
    /// Show slots, boot record and the state of the update
    Status(Status),
}

#[derive(Debug, clap::Args)]
struct Create {
    #[command(flatten)]
    directory: Directory,
    /// Image for slot A: raw, gzip or xz
    #[arg(long, value_name = "FILE")]
    image: PathBuf,
    /// UUID of the host [default: a new one]
    #[arg(long, value_name = "UUID")]
    uuid: Option<uuid::Uuid>,
    /// Bytes that a slot takes
    #[arg(long, value_name = "N", default_value_t = 1 << 30)]
    slot_bytes: u64,
}

#[derive(Debug, clap::Args)]
struct Image {
    /// OS profile
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    profile: String,
    /// Image version
    #[arg(long, value_name = "VERSION", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    version: String,
    /// What happens when the image is booted
    #[arg(long, value_enum, default_value_t = HealthArg::Healthy)]
    health: HealthArg,
    /// Length of the payload
    #[arg(long, value_name = "N", default_value_t = 1 << 20)]
    payload_bytes: usize,
    /// Compress the image
    #[arg(long)]
    gzip: bool,
    /// File to write
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum HealthArg {
    /// It boots and is fine
    Healthy,
    /// It boots, and its health check fails
    Unhealthy,
    /// It does not boot
    Unbootable,
}

#[derive(Debug, clap::Args)]
struct PowerOn {
    #[command(flatten)]
    directory: Directory,
    #[command(flatten)]
    pace: Pace,
}

#[derive(Debug, clap::Args)]
struct Status {
    #[command(flatten)]
    directory: Directory,
    /// As JSON
    #[arg(long)]
    json: bool,
}

fn seconds(text: &str) -> Result<Duration, String> {
    const SHORTEST: Duration = Duration::from_millis(50);
    let seconds: f64 = text.parse().map_err(|_| "a number of seconds is needed".to_owned())?;
    let duration = Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())?;
    if duration < SHORTEST { Err(format!("{} s at least", SHORTEST.as_secs_f64())) } else { Ok(duration) }
}

/// Does what the command line says; see the help for the exit codes.
pub fn run(args: Args) -> ExitCode {
    run_embedded(args, &[])
}

/// The same for a program that carries the agent inside: `prefix` are the arguments that lead to [`Args`] there.
pub fn run_embedded(args: Args, prefix: &[&str]) -> ExitCode {
    let filter = match EnvFilter::try_new(&args.log) {
        Ok(filter) => filter,
        Err(error) => return CliError::Usage(format!("--log {}: {error}", args.log)).tell(),
    };
    // A program that carries the agent inside may log in its own way.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .try_init();
    let done = match args.command {
        Command::Enroll(enroll) => enrol_node(&enroll),
        Command::Run(run) => return run_agent(run),
        Command::Sandbox(Sandbox::Create(create)) => create_node(&create),
        Command::Sandbox(Sandbox::Image(image)) => build(&image),
        Command::Sandbox(Sandbox::PowerOn(power_on)) => switch_on(&power_on, &args.log, prefix),
        Command::Sandbox(Sandbox::Status(status)) => show(&status),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.tell(),
    }
}

fn enrol_node(enroll: &Enroll) -> Result<(), CliError> {
    let directory = &enroll.directory.path;
    enrol::check(directory, enroll.force)?;
    let uuid = host_uuid(directory, enroll.uuid)?;
    let read = |path: &PathBuf| fs::read(path).map_err(|error| enrol::io_error(path, error));
    let ca = enroll.ca_cert.as_ref().map(read).transpose()?;
    let token = match &enroll.token.token_file {
        Some(path) => {
            let file = File::open(path).map_err(|error| enrol::io_error(path, error))?;
            enrol::read_token(&path.display().to_string(), file)?
        }
        None => enrol::read_token("standard input", io::stdin().lock())?,
    };
    let enrolment = Enrolment { server: enroll.server.clone(), ca, token, uuid };
    let credentials = runtime()?.block_on(enrol::enrol(directory, &enrolment))?;
    let _ = writeln!(
        io::stderr(),
        "host {} is enrolled at {} in project {}",
        credentials.uuid,
        credentials.server,
        credentials.project_name
    );
    Ok(())
}

/// The UUID that is given, else the sandbox node's own; both must agree.
fn host_uuid(directory: &Path, given: Option<uuid::Uuid>) -> Result<String, CliError> {
    let own = match Node::open(directory) {
        Ok(node) => Some(node.uuid().to_owned()),
        Err(NodeError::Missing { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    match (given.map(|uuid| uuid.to_string()), own) {
        (Some(given), Some(own)) if given != own => {
            Err(CliError::Usage(format!("--uuid {given}: the node in {} has the UUID {own}", directory.display())))
        }
        (Some(uuid), _) | (None, Some(uuid)) => Ok(uuid),
        (None, None) => Err(CliError::Usage(format!("--uuid is needed: {} holds no sandbox node", directory.display()))),
    }
}

fn run_agent(run: Run) -> ExitCode {
    let settings = Settings {
        directory: run.directory.path,
        polls: Polls { fixed: run.pace.poll_seconds, least: run.pace.poll_least, most: run.pace.poll_most },
        retry_seconds: run.pace.retry_seconds.into(),
        tethered: run.tethered,
    };
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => return error.tell(),
    };
    let end = runtime.block_on(run::run(&settings));
    // A slot that is being written is not waited for: the journal knows of it.
    runtime.shutdown_background();
    match end {
        Ok(End::Stopped) => ExitCode::SUCCESS,
        Ok(End::Reboot) => ExitCode::from(REBOOT),
        Err(error) => CliError::from(error).tell(),
    }
}

fn create_node(create: &Create) -> Result<(), CliError> {
    let uuid = create.uuid.unwrap_or_else(uuid::Uuid::new_v4).to_string();
    let node = sandbox::create(&create.directory.path, &create.image, &uuid, create.slot_bytes)?;
    print(node.uuid())
}

fn build(image: &Image) -> Result<(), CliError> {
    let health = match image.health {
        HealthArg::Healthy => Health::Healthy,
        HealthArg::Unhealthy => Health::Unhealthy,
        HealthArg::Unbootable => Health::Unbootable,
    };
    let (name, version) = (image.profile.clone(), image.version.clone());
    let mut bytes = build_image(&ImageSpec { name, version, health, payload_bytes: image.payload_bytes });
    let failed = |error| CliError::Output { path: image.output.display().to_string(), error };
    if image.gzip {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&bytes).and_then(|()| encoder.try_finish()).map_err(failed)?;
        bytes = encoder.finish().map_err(failed)?;
    }
    durable::replace(&image.output, &bytes, Readers::All).map_err(failed)?;
    let digest = emt_image::digest_of(bytes.as_slice(), bytes.len() as u64).map_err(failed)?;
    print(&digest.to_string())
}

fn switch_on(power_on: &PowerOn, log: &str, prefix: &[&str]) -> Result<(), CliError> {
    let node = Node::open(&power_on.directory.path)?;
    let program = std::env::current_exe().map_err(CliError::Program)?;
    let mut arguments: Vec<OsString> = prefix.iter().map(OsString::from).collect();
    arguments.extend(["--log", log, "run", "--tethered", "--dir"].map(OsString::from));
    arguments.push(power_on.directory.path.clone().into());
    let Pace { poll_seconds, poll_least, poll_most, retry_seconds } = &power_on.pace;
    let polls = [("--poll-seconds", *poll_seconds), ("--poll-least", Some(*poll_least)), ("--poll-most", Some(*poll_most))];
    for (name, value) in polls {
        arguments.extend(value.map(|value| format!("{name}={}", value.as_secs_f64()).into()));
    }
    arguments.extend(["--retry-seconds".into(), retry_seconds.to_string().into()]);
    runtime()?.block_on(firmware::power_on(&node, &AgentCommand { program, arguments }))?;
    Ok(())
}

fn show(status: &Status) -> Result<(), CliError> {
    let seen = sandbox::status(&status.directory.path)?;
    if status.json {
        return print(&serde_json::to_string_pretty(&seen).unwrap_or_default());
    }
    print(&seen.text())
}

fn runtime() -> Result<tokio::runtime::Runtime, CliError> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(CliError::Runtime)
}

/// A reader that has gone away is no failure.
fn print(text: &str) -> Result<(), CliError> {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(CliError::Output { path: "standard output".to_owned(), error })
        }
        _ => Ok(()),
    }
}
