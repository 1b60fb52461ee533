//! Logging in by a browser on another device.

use emt_client::{DeviceLogin, Oidc, Tokens};
use serde_json::{Value as Json, json};

use crate::{
    app::App,
    cli::Format,
    error::{Doing, Error},
    output::{Output, lines, say},
};

/// Shows what is to be done and waits until somebody has agreed; who it was, and their tokens.
pub(super) async fn log_in(app: &App, oidc: &Oidc, name: &str) -> Result<(String, Tokens), Error> {
    let login = oidc.begin_device().await.doing(format!("log in to {name}"))?;
    show(app.out, &login)?;
    let tokens = oidc.by_device(&login, tokio::time::sleep).await.doing(format!("log in to {name}"))?;
    let username = oidc.username(&tokens.access).await;
    if let (Err(_), Some(refresh)) = (&username, &tokens.refresh) {
        // A login that is of no use is not left behind.
        let _ = oidc.log_out(refresh).await;
    }
    Ok((username.doing(format!("find out who has logged in to {name}"))?, tokens))
}

/// Tells people on standard error; programs on standard output, before the waiting begins.
fn show(out: Output, login: &DeviceLogin) -> Result<(), Error> {
    match out.format() {
        Format::Table => {
            say(&format!("open {} in a browser and agree to the code {}", login.address(), login.code()));
            if let Some(whole) = login.whole_address() {
                say(&format!("or open {whole}"));
            }
            say(&format!("waiting for at most {}", crate::time::brief(login.lives())));
            Ok(())
        }
        Format::Name => lines([login.code()]),
        Format::Json | Format::Yaml => out.document(&document(login)),
    }
}

/// What the server said, under the names of RFC 8628; the device's own code is a secret and not among it.
fn document(login: &DeviceLogin) -> Json {
    json!({
        "user_code": login.code(),
        "verification_uri": login.address(),
        "verification_uri_complete": login.whole_address(),
        "expires_in": login.lives().as_secs(),
        "interval": login.interval().as_secs(),
    })
}
