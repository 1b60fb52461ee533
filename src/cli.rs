//! The command line: what all commands share, and the tree of commands.

use clap::{Parser, Subcommand, ValueEnum};

use crate::commands::{
    completion, context, host, instance, login, logout, os, place, policy, project, run, schedule, watch, web, why,
};

const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    another failure
  2    the call is wrong
  3    not logged in, login refused, or token expired
  4    not found, or a name that several have
  5    the server cannot be reached, or its certificate is not trusted
  6    refused by a rule: a conflict, another profile, a window in the past …
  7    an update failed
  8    timed out
  130  interrupted";

/// Operate fleets of Edge Microvisor Toolkit nodes: see, link, schedule and watch A/B updates
#[derive(Debug, Parser)]
#[command(name = "emtctl", version, about, after_help = EXIT_CODES, max_term_width = 100)]
pub struct Args {
    /// What all commands share.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What all commands share.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Context to work in, instead of the current one
    #[arg(long, global = true, value_name = "NAME", env = "EMTCTL_CONTEXT", hide_env_values = true)]
    pub context: Option<String>,
    /// Project to work in, instead of the context's
    #[arg(long, short, global = true, value_name = "NAME", env = "EMTCTL_PROJECT", hide_env_values = true)]
    pub project: Option<String>,
    /// Form of the output
    #[arg(long, short, global = true, value_enum, value_name = "FORM", default_value_t)]
    pub output: Format,
    /// No colours.
    #[arg(long, global = true, help = "No colours; also with the environment variable NO_COLOR")]
    pub no_color: bool,
    /// Show every request on standard error
    #[arg(long, short, global = true)]
    pub verbose: bool,
}

/// Form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Table,
    /// The server's JSON; a list is an array
    Json,
    /// The same as YAML
    Yaml,
    /// One id a line
    Name,
}

/// The commands.
#[derive(Debug, Subcommand)]
#[allow(missing_docs, reason = "the help of each says it")]
pub enum Command {
    /// Log in to a server and make it the current context
    Login(login::Args),
    /// End logins, at the server too
    Logout(logout::Args),
    /// Servers and projects that you have logged in to
    #[command(subcommand)]
    Context(context::Command),
    /// Projects, each with its own hosts and OS resources
    #[command(subcommand)]
    Project(project::Command),
    /// OS resources: images that nodes can run
    #[command(subcommand)]
    Os(os::Command),
    /// Hosts: the machines
    #[command(subcommand)]
    Host(host::Command),
    /// Regions, which hold sites and other regions
    #[command(subcommand)]
    Region(place::RegionCommand),
    /// Sites, at which hosts stand
    #[command(subcommand)]
    Site(place::SiteCommand),
    /// Instances: what is installed on hosts, and what is to be
    #[command(subcommand)]
    Instance(instance::Command),
    /// OS update policies: what instances are to run
    #[command(subcommand)]
    Policy(policy::Command),
    /// OS update runs: updates that ran or run
    #[command(subcommand)]
    Run(run::Command),
    /// Maintenance windows
    #[command(subcommand)]
    Schedule(schedule::Command),
    /// Follow updates until each has ended
    Watch(watch::Args),
    /// Tell why a host updates or does not, and when that changes
    Why(why::Args),
    /// Print the address of the server's pages, with a link that signs one browser in
    #[command(visible_alias = "ui")]
    Web(web::Args),
    /// Print a completion script for a shell
    Completion(completion::Args),
    /// Show the whole story on this machine: a server, nodes, an update, a rollback
    #[cfg(feature = "demo")]
    Demo(crate::demo::Args),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }
}
