//! One file a noun: what its commands take, ask the client for, and print.

pub(crate) mod available;
pub(crate) mod choice;
pub(crate) mod completion;
pub(crate) mod context;
pub(crate) mod host;
pub(crate) mod instance;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod os;
pub(crate) mod place;
pub(crate) mod policy;
pub(crate) mod project;
pub(crate) mod run;
pub(crate) mod schedule;
pub(crate) mod watch;
pub(crate) mod web;
pub(crate) mod why;

use crate::{app::App, cli::Command, error::Error};

/// Does one command.
pub(crate) async fn run(app: &App, command: Command) -> Result<(), Error> {
    match command {
        Command::Login(args) => login::run(app, args).await,
        Command::Logout(args) => logout::run(app, &args).await,
        Command::Context(command) => context::run(app, command).await,
        Command::Project(command) => project::run(app, command).await,
        Command::Os(command) => os::run(app, command).await,
        Command::Host(command) => host::run(app, command).await,
        Command::Region(command) => place::run_region(app, command).await,
        Command::Site(command) => place::run_site(app, command).await,
        Command::Instance(command) => instance::run(app, command).await,
        Command::Policy(command) => policy::run(app, command).await,
        Command::Run(command) => run::run(app, command).await,
        Command::Schedule(command) => schedule::run(app, command).await,
        Command::Web(args) => web::run(app, &args).await,
        Command::Watch(args) => watch::run(app, args).await,
        Command::Why(args) => why::run(app, &args).await,
        Command::Completion(args) => completion::run(&args),
        // It has processes and a runtime of its own, and was begun before.
        #[cfg(feature = "demo")]
        Command::Demo(_) => Ok(()),
    }
}
