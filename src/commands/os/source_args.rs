//! Where OS images come from: arguments that several commands share.

use std::{fs, path::PathBuf};

use emt_sources::{Kind, Revision, Settings, SettingsError};

use crate::{commands::login::prompt, error::Error, output::is_conversation};

/// Where OS images come from.
#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(next_help_heading = "Source")]
#[command(group = clap::ArgGroup::new("place").required(true).args(["registry", "tree", "directory"]))]
pub(crate) struct SourceArgs {
    /// Address of a release registry; needs --files and --profile
    #[arg(long, value_name = "URL", requires = "files", requires = "profile")]
    registry: Option<String>,
    /// Address of a release tree: an index.json, and what it lists
    #[arg(long, value_name = "URL")]
    tree: Option<String>,
    /// Directory with a release tree, such as a mirror
    #[arg(long, value_name = "PATH", conflicts_with = "files")]
    directory: Option<PathBuf>,
    /// Address below which images and texts are [default for a tree: its own]
    #[arg(long, value_name = "URL")]
    files: Option<String>,
    /// Profile that is wanted; may be given again [default: all; a registry needs names]
    #[arg(long, value_name = "NAME")]
    profile: Vec<String>,
    /// Registry: tag that is taken, such as main or 0.10.8, or ~0.10.8 for that patch and later ones [default: main]
    #[arg(long, value_name = "REVISION", requires = "registry")]
    revision: Option<Revision>,
    /// Certificate authorities to trust instead of the system's
    #[arg(long, value_name = "FILE", conflicts_with = "directory")]
    ca_cert: Option<PathBuf>,
    /// User name, if the source asks for one
    #[arg(long, value_name = "NAME", conflicts_with = "directory")]
    username: Option<String>,
    /// Read the password from standard input
    #[arg(long, requires = "username")]
    password_stdin: bool,
    /// Allow http://, which anybody on the way can read and change
    #[arg(long, conflicts_with = "directory")]
    plain_http: bool,
}

impl SourceArgs {
    /// What they say. Asks for the password that belongs to a user name.
    pub(crate) async fn settings(self) -> Result<Settings, Error> {
        let files = self.files.unwrap_or_default();
        let mut settings = match (self.registry, self.tree, self.directory) {
            (Some(url), _, _) => Settings::registry(url, files),
            (None, Some(url), _) => Settings { files_url: files, ..Settings::tree(url) },
            (None, None, directory) => {
                let path = directory.unwrap_or_default();
                let path = path
                    .to_str()
                    .ok_or_else(|| Error::call(format!("{} is no UTF-8", path.display()), "name a directory whose path is"))?;
                Settings::directory(path)
            }
        };
        settings.profiles = self.profile;
        settings.revision = self.revision.unwrap_or_default();
        settings.plain_http = self.plain_http;
        if let Some(path) = self.ca_cert {
            settings.ca_pem = fs::read(&path).map_err(Error::file("read", &path))?;
            if settings.ca_pem.is_empty() {
                return Err(Error::call("--ca-cert names an empty file", "give a file with certificates in PEM form"));
            }
        }
        if let Some(username) = self.username {
            if !self.password_stdin && !is_conversation() {
                return Err(Error::call("there is no terminal to ask for the password", "pipe it in with --password-stdin"));
            }
            settings.password.clone_from(&*prompt::password(self.password_stdin, &username).await?);
            settings.username = username;
        }
        Ok(settings)
    }
}

/// Settings that cannot be, as a wrong call.
pub(crate) fn wrong(kind: Kind, error: &SettingsError) -> Error {
    let flag = match error.field() {
        "url" => kind.as_str(),
        "files_url" => "files",
        "profiles" => "profile",
        "ca_pem" => "ca-cert",
        other => other,
    };
    Error::call(
        format!("--{flag} {}", error.why()),
        if flag == "ca-cert" { "give a file with certificates in PEM form" } else { "change the argument" },
    )
}
