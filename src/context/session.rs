//! Logins in use: the access token is kept and used until shortly before it ends, then renewed by one program at a time.

use emt_client::{Error as ClientError, Http, Oidc};
use zeroize::Zeroizing;

use super::{Context, Home, Kept, Tokens};
use crate::{
    clock,
    error::{Doing, Error},
};

/// A token for requests.
pub(crate) async fn access_token(home: &Home, http: &Http, name: &str, context: &Context) -> Result<Zeroizing<String>, Error> {
    let tokens = Tokens::of(home, name);
    if let Some(kept) = usable(&tokens, context).await? {
        return Ok(kept.access);
    }
    let lock = home.lock().await?;
    // Whoever had the lock before may have renewed them.
    if let Some(kept) = usable(&tokens, context).await? {
        return Ok(kept.access);
    }
    let not_logged_in = |what: String| Error::NotLoggedIn { what };
    let kept = tokens.load(context.tokens).await?.ok_or_else(|| not_logged_in(format!("you are not logged in to {name}")))?;
    let refresh = kept.refresh.ok_or_else(|| not_logged_in(format!("the login to {name} has expired")))?;
    let oidc = Oidc::discover(http.clone(), &context.issuer).await.doing("renew the login")?;
    let renewed = match oidc.by_refresh_token(&refresh).await {
        Err(ClientError::Login(reason)) => return Err(not_logged_in(format!("the login to {name} has ended: {reason}"))),
        other => other.doing("renew the login")?,
    };
    let mut renewed = Kept::new(renewed, clock::now());
    // A server that does not rotate refresh tokens sends none.
    renewed.refresh = renewed.refresh.or(Some(refresh));
    tokens.save(Some(context.tokens), &renewed, &lock).await?;
    Ok(renewed.access)
}

async fn usable(tokens: &Tokens<'_>, context: &Context) -> Result<Option<Kept>, Error> {
    Ok(tokens.load(context.tokens).await?.filter(|kept| kept.is_fresh(clock::now())))
}

/// Forgets the access token, so that the next one carries the roles of now.
pub(crate) async fn renew_next_time(home: &Home, name: &str, context: &Context) -> Result<(), Error> {
    let tokens = Tokens::of(home, name);
    let lock = home.lock().await?;
    if let Some(mut kept) = tokens.load(context.tokens).await?.filter(|kept| kept.refresh.is_some()) {
        kept.expires = 0;
        tokens.save(Some(context.tokens), &kept, &lock).await?;
    }
    Ok(())
}

/// Ends a login at the server and forgets its tokens, in this order; they are forgotten in any case. `false` if there was
/// none.
pub(crate) async fn end(home: &Home, http: &Http, name: &str, context: &Context) -> Result<bool, Error> {
    let tokens = Tokens::of(home, name);
    let Some(kept) = tokens.load(context.tokens).await? else { return Ok(false) };
    let ended = match &kept.refresh {
        Some(refresh) => revoke(http, &context.issuer, refresh).await,
        None => Ok(()),
    };
    let lock = home.lock().await?;
    tokens.remove(context.tokens, &lock).await?;
    ended.doing(format!("end the login to {name} at the server; it is forgotten here"))?;
    Ok(true)
}

async fn revoke(http: &Http, issuer: &str, refresh: &str) -> Result<(), ClientError> {
    Oidc::discover(http.clone(), issuer).await?.log_out(refresh).await
}
