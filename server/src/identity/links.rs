//! Links that sign one browser in to the pages, once, for whoever has logged in by other means.
//!
//! A link is kept in the store and not in memory: one batch takes it away and makes the browser's login, so that of two
//! browsers that bring it one gets in, at whichever server and also after a restart. Only its digest is kept.

use emt_api::filter::Expr;

use super::{
    Browsing, Caller, Identity, IdentityError, SERVER, WEB_CLIENT,
    enrolment::digest,
    records::{Client, Session, SignInLink},
};
use crate::store::{Batch, StoreExt};

/// How long a link can be used, in seconds.
const LIFETIME: i64 = 600;
/// Links of one login that wait at once; a further one ends the oldest.
const WAITING: usize = 10;

/// A link, as its owner is told it.
#[derive(Debug)]
pub struct NewLink {
    /// What signs in. It has 256 random bits: there is nothing to guess.
    pub code: String,
    /// Until when it can be used, epoch seconds.
    pub ends: i64,
}

/// Somebody whom a link has signed in.
#[derive(Debug)]
pub struct Entered {
    /// The browser.
    pub browsing: Browsing,
    /// The page that the link leads to.
    pub page: String,
    /// Name of the user.
    pub username: String,
}

impl Identity {
    /// A link for a person who has logged in. It ends with that login.
    pub async fn make_link(&self, caller: &Caller, page: &str) -> Result<NewLink, IdentityError> {
        if let Some(issuer) = self.external_issuer() {
            return Err(IdentityError::Elsewhere(format!(
                "this server makes no links that sign in: {issuer} signs people in to its pages"
            )));
        }
        if caller.login.is_empty() {
            let text = "only people who have logged in get a link to the pages: this token is a program's or a node's";
            return Err(IdentityError::Forbidden(text.to_owned()));
        }
        let code = self.random_text(32);
        let mut link = SignInLink {
            session: caller.login.clone(),
            page: page.to_owned(),
            ends: self.now() + LIFETIME,
            ..SignInLink::default()
        };
        self.name(&mut link, digest(&code));
        let ends = link.ends;
        let mut waiting: Vec<SignInLink> = self.store().load_all(SERVER, Expr::is("session", caller.login.as_str())).await?;
        waiting.sort_by_key(|link| std::cmp::Reverse(link.ends));
        for oldest in waiting.iter().skip(WAITING - 1) {
            self.forget::<SignInLink>(&oldest.meta.id).await?;
        }
        self.store().commit(Batch::default().insert(link)).await?;
        Ok(NewLink { code, ends })
    }

    /// A browser brings a code; `None` if it signs nobody in: it is not known, was used, is too old, or its owner may not sign
    /// in any more. The browser's login ends with the one that the link was made for, at the latest.
    pub async fn enter(&self, code: &str) -> Result<Option<Entered>, IdentityError> {
        let Some(link) = self.store().load::<SignInLink>(SERVER, &digest(code)).await? else { return Ok(None) };
        if link.ends <= self.now() {
            return Ok(None);
        }
        let Some(parent) = self.store().load::<Session>(SERVER, &link.session).await? else { return Ok(None) };
        let Some((parent, user)) = self.living_session(&parent.meta.id, &parent.client_name).await? else { return Ok(None) };
        let through: Option<Client> = self.store().load(SERVER, WEB_CLIENT).await?;
        if !user.enabled || through.is_none_or(|client| client.disabled) {
            return Ok(None);
        }
        let mut session = self.new_session(&user, WEB_CLIENT, "openid", parent.auth_time);
        // A link proves nothing anew, so that it prolongs nothing either.
        session.ends = session.ends.min(parent.ends);
        let (browsing, browser) = self.new_browser(&session);
        let batch = Batch::default().delete(&link).insert(session).insert(browser);
        if self.commit_or_conflict(batch).await? {
            return Ok(None);
        }
        Ok(Some(Entered { browsing, page: link.page, username: user.username }))
    }
}
