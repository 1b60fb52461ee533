//! The command line of `emt-server`, also for programs that carry the server inside.

use std::{
    io::{self, BufRead, IsTerminal, Write},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use clap::{Parser, Subcommand};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};
use tracing_subscriber::EnvFilter;
use zeroize::Zeroizing;

use crate::{
    app::{self, AppError, Server},
    clock::Randomness,
    config::{Config, Flags, LogFormat},
    data_dir::DataDir,
    identity::Admin,
    release::Removed,
};

/// Exit code of a server that could not do its work.
const FAILURE: u8 = 1;
/// Exit code of a call that is wrong.
const USAGE: u8 = 2;
/// Threads for files, passwords and long reads: more would not be faster, and each keeps memory.
const BLOCKING_THREADS: usize = 8;
/// How long such a thread waits for more to do: what it had of memory goes back when it ends.
const BLOCKING_REST: Duration = Duration::from_secs(1);
/// Characters of a generated password.
const PASSWORD_LENGTH: usize = 24;

/// A lightweight Edge Orchestrator in one binary.
#[derive(Debug, Parser)]
#[command(name = "emt-server", version, about)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a data directory: certificate authority, keys, first user, first project
    Init(Init),
    /// Serve
    Run(Run),
    /// Remove images that nothing needs, while the server does not run; one that runs does it each hour
    Gc(Collect),
    /// Print the API's OpenAPI document, as the server has it at /openapi.json
    Openapi,
    /// The keys that sign tokens
    Keys {
        /// What to do.
        #[command(subcommand)]
        command: KeysCommand,
    },
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Make new keys, while the server does not run; tokens that the old ones have signed stay good until they expire
    Rotate {
        /// Directory that `init` made
        #[arg(long, value_name = "DIR", env = "EMT_SERVER_DATA_DIR")]
        data_dir: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
struct Collect {
    /// Directory that `init` made
    #[arg(long, value_name = "DIR", env = "EMT_SERVER_DATA_DIR")]
    data_dir: PathBuf,
    /// Settings' file [default: DIR/emt-server.toml]
    #[arg(long, value_name = "FILE", env = "EMT_SERVER_CONFIG")]
    config: Option<PathBuf>,
    /// Only tell which would go
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, clap::Args)]
struct Init {
    /// Directory for everything that the server keeps
    #[arg(long, value_name = "DIR", env = "EMT_SERVER_DATA_DIR")]
    data_dir: PathBuf,
    /// Domain name; the API answers as api.NAME, identity as keycloak.NAME [default: emt.localhost]
    #[arg(long, value_name = "NAME")]
    fqdn: Option<String>,
    /// Address and port to serve at [default: 127.0.0.1:8443]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Name of the first user
    #[arg(long, value_name = "NAME", default_value = "admin")]
    admin: String,
    /// Read the first user's password from standard input; without this one is made and printed
    #[arg(long)]
    admin_password_stdin: bool,
    /// First project
    #[arg(long, value_name = "NAME", default_value = "default")]
    project: String,
}

#[derive(Debug, clap::Args)]
struct Run {
    /// Directory that `init` made
    #[arg(long, value_name = "DIR", env = "EMT_SERVER_DATA_DIR")]
    data_dir: PathBuf,
    /// Settings' file [default: DIR/emt-server.toml]
    #[arg(long, value_name = "FILE", env = "EMT_SERVER_CONFIG")]
    config: Option<PathBuf>,
    /// Address and port to serve at; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Domain name
    #[arg(long, value_name = "NAME")]
    fqdn: Option<String>,
}

/// Does what the command line says. Exit codes: 0 done, 1 failed, 2 wrong call.
pub fn run(args: Args) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .max_blocking_threads(BLOCKING_THREADS)
        .thread_keep_alive(BLOCKING_REST)
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("the runtime cannot start: {error}"), FAILURE),
    };
    match args.command {
        Command::Init(init) => runtime.block_on(make(init)),
        Command::Run(run) => match runtime.block_on(serve(run)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failed(&error.to_string(), FAILURE),
        },
        Command::Gc(args) => match runtime.block_on(collect(&args)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failed(&error.to_string(), FAILURE),
        },
        Command::Keys { command: KeysCommand::Rotate { data_dir } } => {
            match runtime.block_on(app::rotate_keys(&DataDir::new(&data_dir))) {
                Ok(()) => {
                    let _ = writeln!(io::stderr(), "new keys sign tokens from now on");
                    ExitCode::SUCCESS
                }
                Err(error) => failed(&error.to_string(), FAILURE),
            }
        }
        Command::Openapi => match io::stdout().write_all(crate::rest::openapi::document().as_bytes()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failed(&format!("the document cannot be written: {error}"), FAILURE),
        },
    }
}

fn failed(text: &str, code: u8) -> ExitCode {
    let _ = writeln!(io::stderr(), "error: {text}");
    ExitCode::from(code)
}

async fn collect(args: &Collect) -> Result<(), AppError> {
    let data = DataDir::new(&args.data_dir);
    let config = app::settings(&data, args.config.as_deref(), &Flags::default())?;
    let removed = app::collect(&data, &config, !args.dry_run).await?;
    for Removed { project, image, idle } in &removed {
        let _ = writeln!(io::stdout(), "{project}/{}  {} bytes  {idle:?}", image.sha256, image.size);
    }
    let bytes: u64 = removed.iter().map(|removed| removed.image.size).sum();
    let went = if args.dry_run { "would be removed" } else { "were removed" };
    let _ = writeln!(io::stderr(), "{} images with {bytes} bytes {went}", removed.len());
    Ok(())
}

async fn make(init: Init) -> ExitCode {
    let data = DataDir::new(&init.data_dir);
    match app::is_complete(&data).await {
        Ok(false) => {}
        Ok(true) => {
            let _ = writeln!(io::stderr(), "{} holds a server already; nothing was changed", data.root().display());
            return ExitCode::SUCCESS;
        }
        Err(error) => return failed(&error.to_string(), FAILURE),
    }
    let flags = Flags { listen: init.listen, fqdn: init.fqdn };
    let (password, generated) = match password(init.admin_password_stdin) {
        Ok(password) => password,
        Err(text) => return failed(&text, USAGE),
    };
    let config = match app::settings(&data, None, &flags) {
        Ok(config) => config,
        Err(error) => return failed(&error.to_string(), USAGE),
    };
    let admin = Admin { username: init.admin.clone(), password: password.to_string().into() };
    if let Err(error) = app::init(&data, &config, &admin, &init.project).await {
        return failed(&error.to_string(), FAILURE);
    }
    // With port 0 the system chooses one at each start.
    let port = match config.listen.port() {
        0 => "PORT".to_owned(),
        port => port.to_string(),
    };
    let mut words = io::stderr().lock();
    let root = data.root().display();
    let _ =
        writeln!(words, "made {root}: user {}, project {}, authority {}", init.admin, init.project, data.authority().display());
    if generated {
        let _ = writeln!(words, "the password of {} is shown this once:", init.admin);
        let _ = words.flush();
        let _ = writeln!(io::stdout(), "{}", password.as_str());
    }
    let told = if port == "PORT" { ", which prints the address with the PORT that it serves at" } else { "" };
    let _ = writeln!(words, "next: emt-server run --data-dir {root}{told}");
    let _ = writeln!(
        words,
        "then: emtctl login --server https://api.{}:{port} --ca-cert {} --username {} --project {}",
        config.fqdn,
        data.authority().display(),
        init.admin,
        init.project
    );
    ExitCode::SUCCESS
}

/// The password, and whether it was made here.
fn password(from_stdin: bool) -> Result<(Zeroizing<String>, bool), String> {
    if !from_stdin {
        return Ok((generate(&Randomness::System), true));
    }
    let mut line = Zeroizing::new(String::new());
    io::stdin().lock().read_line(&mut line).map_err(|error| format!("the password cannot be read: {error}"))?;
    let password = line.strip_suffix('\n').unwrap_or(&line);
    let password = password.strip_suffix('\r').unwrap_or(password);
    if password.is_empty() {
        return Err(
            "standard input holds no password: pipe it in, such as `emt-server init … --admin-password-stdin < file`".to_owned()
        );
    }
    Ok((Zeroizing::new(password.to_owned()), false))
}

/// Characters that are not mistaken for one another; about 140 bits.
fn generate(random: &Randomness) -> Zeroizing<String> {
    const ALPHABET: &[u8; 64] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789-_.+=%:#";
    // One of each class, so that it fits the usual rules for passwords.
    let mut password = Zeroizing::new(String::from("e2-T"));
    let mut bytes = [0; PASSWORD_LENGTH];
    random.fill(&mut bytes);
    password.extend(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 64)])));
    password
}

async fn serve(run: Run) -> Result<(), AppError> {
    let data = DataDir::new(&run.data_dir);
    let config = app::settings(&data, run.config.as_deref(), &Flags { listen: run.listen, fqdn: run.fqdn })?;
    start_log(&config);
    // Before anything else, so that a stop that comes early is not lost.
    let stop = stop_signal();
    let server = Server::open(data, config).await?;
    tracing::info!(address = %server.address, origin = %server.origin, "serving");
    // For whoever started the server with port 0 or waits for it.
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "serving {}", server.origin);
    let _ = out.flush();
    drop(out);
    server.serve(stop).await?;
    tracing::info!("stopped");
    Ok(())
}

fn start_log(config: &Config) {
    let filter = EnvFilter::try_new(&config.log).unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
    // A log that is set up already, by a program around this one, is left alone.
    let _ = match config.log_format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().try_init(),
    };
}

/// Becomes true at SIGTERM or SIGINT.
fn stop_signal() -> watch::Receiver<bool> {
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        let signals = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
        let (Ok(mut terminate), Ok(mut interrupt)) = signals else {
            tracing::error!("signals cannot be caught; the server ends without finishing its work");
            return std::future::pending().await;
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        let _ = stop.send(true);
    });
    stopped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_passwords_fit_the_usual_rules() {
        let password = generate(&Randomness::seeded(1));
        assert_eq!(password.len(), PASSWORD_LENGTH + 4);
        assert!(password.chars().any(char::is_uppercase) && password.chars().any(char::is_lowercase));
        assert!(password.chars().any(|c| c.is_ascii_digit()) && password.chars().any(|c| c.is_ascii_punctuation()));
        assert_ne!(*generate(&Randomness::System), *generate(&Randomness::System));
    }

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Args::command().debug_assert();
    }
}
