//! `emtctl demo`: the story is told and verified, and nothing is left.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use reqwest::{Certificate, Client, header, redirect::Policy};
use rustix::process::{Pid, Signal, kill_process};

use crate::world::{program, text};

#[test]
fn the_story_is_told_once_and_nothing_is_left() {
    let place = tempfile::tempdir().unwrap();
    let output = Command::new(program("emtctl")).args(["demo", "--once", "--temporary"]).arg(place.path()).output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let printed = String::from_utf8(output.stdout).unwrap();
    for said in
        ["1. ", "2. ", "3. ", "4. ", "$ emtctl login", "$ emtctl instance link", "$ emtctl schedule update", "$ emtctl watch"]
    {
        assert!(printed.contains(said), "{said}: {printed}");
    }
    assert_eq!(printed.lines().filter(|line| line.starts_with("ok ")).count(), 3, "{printed}");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}

/// Opens a link and sends the page's form; the name of the user whom the page behind it greets.
async fn follow(link: &str, authority: &[u8]) -> String {
    let (address, code) = link.split_once('#').unwrap();
    let port = address.rsplit(':').next().unwrap().split('/').next().unwrap().parse().unwrap();
    let browser = Client::builder()
        .tls_certs_only([Certificate::from_pem(authority).unwrap()])
        .no_proxy()
        .redirect(Policy::none())
        .resolve("emt.localhost", ([127, 0, 0, 1], port).into())
        .build()
        .unwrap();
    let cookie = |answer: &reqwest::Response, name: &str| {
        let mut cookies = answer.headers().get_all(header::SET_COOKIE).iter().map(|cookie| cookie.to_str().unwrap());
        cookies.find(|cookie| cookie.starts_with(name)).unwrap().split(';').next().unwrap().to_owned()
    };
    let hidden = |html: &str| html.split("name=\"form\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let page = browser.get(address).send().await.unwrap();
    let shown = cookie(&page, "__Host-emt-enter=");
    let fields = [("form", hidden(&page.text().await.unwrap())), ("code", code.to_owned())];
    let answer = browser.post(address).header(header::COOKIE, shown).form(&fields).send().await.unwrap();
    let place = answer.headers()[header::LOCATION].to_str().unwrap();
    let page = browser.get(format!("https://emt.localhost:{port}{place}")).header(header::COOKIE, cookie(&answer, "__Host-emt="));
    let html = page.send().await.unwrap().text().await.unwrap();
    html.split("<span class=\"user\">").nth(1).unwrap_or_default().split('<').next().unwrap().to_owned()
}

#[test]
fn the_link_that_it_prints_signs_a_browser_in() {
    let place = tempfile::tempdir().unwrap();
    let mut demo =
        Command::new(program("emtctl")).args(["demo", "--temporary"]).arg(place.path()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines().map(Result::unwrap);
    let link = lines.find(|line| line.contains("/ui/enter#")).unwrap();
    assert!(lines.any(|line| line.trim() == "emtctl --help"));
    let directory = fs::read_dir(place.path()).unwrap().next().unwrap().unwrap().path();
    let authority = fs::read(directory.join("server/ca.pem")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    assert_eq!(runtime.block_on(follow(link.trim(), &authority)), "admin");
    kill_process(Pid::from_child(&demo), Signal::INT).unwrap();
    lines.for_each(drop);
    assert_eq!(demo.wait().unwrap().code(), Some(0));
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn an_interrupted_demo_leaves_nothing() {
    let place = tempfile::tempdir().unwrap();
    let mut demo =
        Command::new(program("emtctl")).args(["demo", "--temporary"]).arg(place.path()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines();
    // The server serves and nodes are being enrolled.
    assert!(lines.any(|line| line.unwrap().starts_with("$ emt-agent enroll")));
    kill_process(Pid::from_child(&demo), Signal::INT).unwrap();
    lines.for_each(drop);
    assert_eq!(demo.wait().unwrap().code(), Some(130));
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}
