//! Signs in as a browser does.

use reqwest::{Certificate, Client, Response, header, redirect::Policy};

use crate::{
    Outcome,
    server::{PASSWORD, Server},
};

/// The cookie of a browser in which the operator is signed in, as it is sent.
pub(crate) async fn sign_in(server: &Server) -> Outcome<String> {
    let authority = Certificate::from_pem(&server.authority)?;
    let name = server.origin.trim_start_matches("https://").split(':').next().unwrap_or_default();
    let here = ([127, 0, 0, 1], 0).into();
    let http = Client::builder().redirect(Policy::none()).tls_certs_only([authority]).resolve(name, here).build()?;
    let mut jar = String::new();
    let place = |answer: &Response| -> Outcome<String> {
        let place = answer.headers().get(header::LOCATION).and_then(|place| place.to_str().ok());
        let place = place.ok_or_else(|| format!("{} leads nowhere: {}", answer.url(), answer.status()))?;
        Ok(if place.starts_with('/') { format!("{}{place}", server.origin) } else { place.to_owned() })
    };
    let get = async |place: String, jar: &mut String| {
        let answer = http.get(place).header(header::COOKIE, jar.as_str()).send().await?;
        keep(&answer, jar);
        Outcome::Ok(answer)
    };
    let way = get(format!("{}/ui/sign-in?next=/ui", server.origin), &mut jar).await?;
    let page = get(place(&way)?, &mut jar).await?.text().await?;
    let ticket = page.split("name=\"ticket\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let ticket = ticket.ok_or("the sign-in page has no ticket")?;
    let form = [("ticket", ticket), ("username", "admin"), ("password", PASSWORD)];
    let authenticate = http.post(format!("{}/realms/master/login-actions/authenticate", server.origin)).form(&form);
    let back = authenticate.header(header::COOKIE, jar.as_str()).header("origin", &server.origin).send().await?;
    keep(&back, &mut jar);
    get(place(&back)?, &mut jar).await?;
    Ok(jar)
}

/// What an answer has the browser keep.
fn keep(answer: &Response, jar: &mut String) {
    let set = answer.headers().get_all(header::SET_COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    for pair in set.filter(|text| !text.contains("Max-Age=0")).filter_map(|text| text.split(';').next()) {
        if !jar.is_empty() {
            jar.push_str("; ");
        }
        jar.push_str(pair);
    }
}
