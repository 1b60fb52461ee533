//! User and password: given, piped in, or asked for.

use std::io::{self, BufRead};

use dialoguer::{Input, Password};
use zeroize::Zeroizing;

use crate::{
    context::Context,
    error::Error,
    output::{Echo, is_conversation},
};

/// The user: as given, else asked for.
pub(super) async fn username(given: Option<String>, known: Option<&Context>) -> Result<String, Error> {
    if let Some(given) = given {
        return Ok(given);
    }
    if !is_conversation() {
        return Err(Error::call("no user is named", "name one: --username NAME"));
    }
    let known = known.map(|context| context.username.clone());
    typed(move || {
        let input = Input::<String>::new().with_prompt("User");
        known.into_iter().fold(input, Input::default).interact_text()
    })
    .await
}

/// The password: from standard input, else asked for.
pub(in crate::commands) async fn password(from_stdin: bool, username: &str) -> Result<Zeroizing<String>, Error> {
    if from_stdin {
        let line = typed(|| {
            let mut line = Zeroizing::new(String::new());
            io::stdin().lock().read_line(&mut line)?;
            Ok(line)
        });
        let line = line.await?;
        let password = line.strip_suffix('\n').unwrap_or(&line);
        let password = password.strip_suffix('\r').unwrap_or(password);
        if password.is_empty() {
            return Err(Error::call("standard input holds no password", "pipe it in, such as --password-stdin < FILE"));
        }
        return Ok(Zeroizing::new(password.to_owned()));
    }
    if !is_conversation() {
        let hint = "pipe it in with --password-stdin, or set EMTCTL_TOKEN instead of logging in";
        return Err(Error::call("there is no terminal to ask for the password", hint));
    }
    let _echo = Echo::keep();
    let prompt = format!("Password of {username}");
    typed(move || Password::new().with_prompt(prompt).interact()).await.map(Zeroizing::new)
}

/// Reads from people beside everything else, so that an interruption is heard.
async fn typed<T: Send + 'static>(read: impl FnOnce() -> dialoguer::Result<T> + Send + 'static) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(read).await.map_err(|error| Error::Runtime(io::Error::other(error)))?;
    done.map_err(|dialoguer::Error::IO(error)| match error.kind() {
        io::ErrorKind::Interrupted => Error::Interrupted,
        _ => Error::file("read", "standard input".as_ref())(error),
    })
}
