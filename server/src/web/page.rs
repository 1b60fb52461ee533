//! What handlers answer: the middle of a page, or why there is none.

use askama::Template;
use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use emt_api::error::ApiError;

use crate::{identity::IdentityError, inventory, rest::Refused, store::StoreError};

/// The middle of a page, and what the frame around it has to know.
#[derive(Debug, Clone)]
pub(super) struct Page {
    pub(super) status: StatusCode,
    pub(super) title: String,
    /// Which tab it belongs to; "" for none.
    pub(super) tab: &'static str,
    /// HTML.
    pub(super) main: String,
    /// Commands that show or do the same.
    pub(super) commands: Vec<String>,
    /// What makes it out of date.
    pub(super) live: Option<Live>,
    /// Whether it is for nobody in particular, whoever may have asked.
    pub(super) is_for_nobody: bool,
}

/// Changes that make a page out of date.
#[derive(Debug, Clone)]
pub(super) struct Live {
    /// Kinds that are followed, as the API names them.
    pub(super) kinds: &'static str,
    /// Records that are shown; none: any of these kinds.
    pub(super) ids: String,
}

impl Page {
    /// A page with a template's text in the middle.
    pub(super) fn new(title: impl Into<String>, main: &impl Template) -> Result<Self, Failure> {
        let main = main.render().map_err(|error| {
            tracing::error!(%error, "a page was not written");
            Failure::told(StatusCode::INTERNAL_SERVER_ERROR, "The page could not be written", "the server's log tells more", "")
        })?;
        let (title, commands) = (title.into(), Vec::new());
        Ok(Self { status: StatusCode::OK, title, tab: "", main, commands, live: None, is_for_nobody: false })
    }

    /// For nobody in particular: whoever asked is not signed in any more.
    pub(super) fn for_nobody(self) -> Self {
        Self { is_for_nobody: true, ..self }
    }

    /// Belongs to a tab.
    pub(super) fn tab(self, tab: &'static str) -> Self {
        Self { tab, ..self }
    }

    /// Shown or done as well by this command.
    pub(super) fn command(mut self, command: impl Into<String>) -> Self {
        self.commands.push(command.into());
        self
    }

    /// Out of date when something of these kinds changes.
    pub(super) fn live(self, kinds: &'static str) -> Self {
        Self { live: Some(Live { kinds, ids: String::new() }), ..self }
    }

    /// Out of date when one of these records changes.
    pub(super) fn live_of<'a>(self, kinds: &'static str, ids: impl IntoIterator<Item = &'a str>) -> Self {
        let ids = ids.into_iter().collect::<Vec<_>>().join(" ");
        Self { live: Some(Live { kinds, ids }), ..self }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Why there is no page.
#[derive(Debug, Clone)]
pub(super) enum Failure {
    /// The browser has to go elsewhere first.
    Elsewhere(String),
    /// A person is told.
    Told {
        /// HTTP status.
        status: StatusCode,
        /// What.
        title: String,
        /// Why.
        text: String,
        /// What can be done; may be empty.
        hint: String,
    },
    /// A program of ours asks, which knows what to do.
    SignedOut,
}

#[derive(Template)]
#[template(path = "failure.html")]
struct FailureText<'a> {
    title: &'a str,
    text: &'a str,
    hint: &'a str,
}

impl Failure {
    /// A person is told.
    pub(super) fn told(status: StatusCode, title: impl Into<String>, text: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Told { status, title: title.into(), text: text.into(), hint: hint.into() }
    }

    /// For an address that leads nowhere.
    pub(super) fn no_page() -> Self {
        Self::told(StatusCode::NOT_FOUND, "There is no such page", "The address leads nowhere.", "Begin at the overview.")
    }

    /// While another issuer, which signs people in, cannot be reached.
    pub(super) fn issuer_away(why: String) -> Self {
        let hint = "Nothing is lost, and whoever is signed in stays so: load the page again in a while.";
        Self::told(StatusCode::SERVICE_UNAVAILABLE, "It cannot be seen now who you are", why, hint)
    }

    /// For a form that does not come from a page of ours.
    pub(super) fn foreign_form() -> Self {
        let text = "The form does not come from a page that this browser was shown, or somebody has signed in anew since.";
        Self::told(StatusCode::FORBIDDEN, "Nothing was changed", text, "Go back, load the page again, and send it once more.")
    }

    /// For somebody whose roles do not suffice.
    pub(super) fn forbidden(project: &str) -> Self {
        let text = format!("You may look at project {project}, but not change anything in it.");
        Self::told(StatusCode::FORBIDDEN, "You may not do this", text, "Ask a manager of the project for the right to change it.")
    }

    /// For a form that cannot be meant as it is.
    pub(super) fn input(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::told(StatusCode::BAD_REQUEST, "Nothing was changed", what, hint)
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let title = if status == StatusCode::NOT_FOUND { "It is not there" } else { "That did not work" };
        let hint = if status == StatusCode::NOT_FOUND { "It may have been deleted, or belong to another project." } else { "" };
        Self::told(status, title, error.message, hint)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        inventory::refused(error).into()
    }
}

impl From<IdentityError> for Failure {
    fn from(error: IdentityError) -> Self {
        match error {
            IdentityError::Unavailable(why) => Self::issuer_away(why),
            error => match Refused::from(error) {
                Refused::Api(error) => error.into(),
                _ => Self::SignedOut,
            },
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::Elsewhere(place) => Redirect::to(&place).into_response(),
            Self::SignedOut => StatusCode::UNAUTHORIZED.into_response(),
            Self::Told { status, title, text, hint } => {
                match Page::new(title.clone(), &FailureText { title: &title, text: &text, hint: &hint }) {
                    Ok(page) => Page { status, ..page }.into_response(),
                    Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
                }
            }
        }
    }
}
