//! What is known of the owner of a token.

use axum::{
    Json,
    extract::{FromRequest, Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{Oidc, form::Form};
use crate::identity::{OAuthError, UserInfoError};

/// `GET`, `POST …/userinfo`. The token is in the header or, in a POST, in the form.
pub(super) async fn info(State(oidc): State<Oidc>, request: Request) -> Result<Response, OAuthError> {
    let header = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let mut token = header
        .and_then(|value| value.split_once(' '))
        .and_then(|(scheme, token)| scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned()));
    if token.is_none() && request.method() == Method::POST {
        token = Form::from_request(request, &oidc).await?.get("access_token").map(str::to_owned);
    }
    match oidc.identity.user_info(token.as_deref()).await {
        Ok(info) => Ok(([(header::CACHE_CONTROL, "no-cache")], Json(info)).into_response()),
        Err(UserInfoError::Failed(error)) => Err(error.into()),
        Err(UserInfoError::Missing) => Ok(refused(StatusCode::UNAUTHORIZED, "Bearer realm=\"master\"")),
        Err(UserInfoError::Refused(error, text)) => {
            let told = format!("Bearer realm=\"master\", error=\"{error}\", error_description=\"{text}\"");
            Ok(refused(StatusCode::UNAUTHORIZED, &told))
        }
        Err(UserInfoError::Scope) => {
            let told = "Bearer realm=\"master\", error=\"insufficient_scope\", error_description=\"Missing openid scope\"";
            Ok(refused(StatusCode::FORBIDDEN, told))
        }
    }
}

fn refused(status: StatusCode, told: &str) -> Response {
    let mut response = (status, [(header::CONTENT_TYPE, "text/plain;charset=utf-8")]).into_response();
    if let Ok(told) = HeaderValue::from_str(told) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, told);
    }
    response
}
