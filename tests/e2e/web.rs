//! The pages in a real Chromium: what a person does there, from signing in to signing out.

use std::{
    io::{BufRead, BufReader, Lines},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use fantoccini::{
    Client, ClientBuilder, Locator,
    error::CmdError,
    wd::{Capabilities, WebDriverCompatibleCommand},
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value as Json, json};

use crate::world::{Node, PASSWORD, World, eventually};

/// Longest time that anything on a page may take.
const PATIENCE: Duration = Duration::from_secs(90);
/// What each page must have: fields and buttons that say what they are, and texts that stand out from what is behind them.
const AUDIT: &str = include_str!("web_audit.js");

/// Chromium's driver.
struct Driver {
    process: Child,
    port: u16,
    /// Kept open: it goes on writing.
    _said: Lines<BufReader<ChildStdout>>,
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Driver {
    fn start() -> Self {
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is needed: install the packages chromium and chromium-driver");
        let mut said = BufReader::new(process.stdout.take().unwrap()).lines();
        // It names the port that was asked for first, then the one that the system chose.
        let port = |line: String| line.split("on port ").nth(1)?.trim_end_matches('.').parse().ok().filter(|port| *port != 0);
        let port = said.by_ref().map_while(Result::ok).find_map(port).expect("chromedriver tells its port");
        Self { process, port, _said: said }
    }

    async fn browser(&self, (width, height): (u32, u32), is_dark: bool) -> Browser {
        let mut args = vec!["--headless=new".to_owned(), "--no-sandbox".to_owned(), format!("--window-size={width},{height}")];
        if is_dark {
            args.push("--blink-settings=preferredColorScheme=0".to_owned());
        }
        let mut capabilities = Capabilities::new();
        capabilities.insert("acceptInsecureCerts".to_owned(), true.into());
        capabilities.insert("goog:chromeOptions".to_owned(), json!({"args": args}));
        capabilities.insert("goog:loggingPrefs".to_owned(), json!({"browser": "ALL"}));
        let address = format!("http://127.0.0.1:{}", self.port);
        let client = ClientBuilder::new(HttpConnector::new()).capabilities(capabilities).connect(&address).await.unwrap();
        Browser(client)
    }
}

/// What the page has written to its console.
#[derive(Debug)]
struct Console;

impl WebDriverCompatibleCommand for Console {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(json!({"type": "browser"}).to_string()))
    }
}

struct Browser(Client);

impl Browser {
    async fn open(&self, address: &str) {
        self.0.goto(address).await.unwrap();
    }

    async fn run(&self, script: &str) -> Json {
        self.0.execute(script, Vec::new()).await.unwrap()
    }

    async fn click(&self, css: &str) {
        self.0.find(Locator::Css(css)).await.unwrap().click().await.unwrap();
    }

    async fn write(&self, css: &str, text: &str) {
        self.0.find(Locator::Css(css)).await.unwrap().send_keys(text).await.unwrap();
    }

    async fn choose(&self, css: &str, value: &str) {
        self.0.find(Locator::Css(css)).await.unwrap().select_by_value(value).await.unwrap();
    }

    /// Waits until the page shows a text.
    async fn sees(&self, text: &str) {
        let asked = format!("return document.body.innerText.includes({})", Json::from(text));
        let deadline = Instant::now() + PATIENCE;
        // While a page is exchanged there is nothing to ask.
        while !matches!(self.0.execute(&asked, Vec::new()).await, Ok(Json::Bool(true))) {
            assert!(
                Instant::now() < deadline,
                "never seen: {text}; the page: {}",
                self.run("return document.body.innerText").await
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn sign_in(&self, world: &World) {
        self.open(&format!("https://{}/", world.cluster_fqdn())).await;
        self.write("input[name=username]", "admin").await;
        self.write("input[name=password]", PASSWORD).await;
        self.click("button").await;
        self.sees("What happens next").await;
    }

    /// Keeps a picture of the page, and holds it against what pages must have.
    async fn looks_right(&self, name: &str) {
        let picture = self.0.screenshot().await.unwrap();
        std::fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("web-{name}.png")), picture).unwrap();
        let wrong = self.run(AUDIT).await;
        assert_eq!(wrong, json!([]), "{name}");
    }

    /// Nothing went wrong that only the console tells.
    async fn has_no_errors(&self) -> Result<(), CmdError> {
        let said = self.0.issue_cmd(Console).await?;
        assert_eq!(said, json!([]));
        Ok(())
    }
}

/// A world with a node that runs 3.0.1, and 3.0.2 published.
fn fleet() -> (World, Node) {
    let world = World::new();
    let old = world.publish("3.0.1", "healthy");
    let mut node = world.node("shop-1", &old);
    node.power_on();
    eventually("the node's first report", || world.instance("shop-1"));
    world.publish("3.0.2", "healthy");
    (world, node)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_updates_a_node_and_learns_why_another_update_failed() {
    let (world, mut node) = tokio::task::spawn_blocking(fleet).await.unwrap();
    let driver = Driver::start();
    let browser = driver.browser((1280, 900), false).await;
    browser.sign_in(&world).await;
    browser.open(&format!("https://{}/ui/p/shops/hosts", world.cluster_fqdn())).await;
    browser.sees("update available").await;
    browser.click("tbody th a").await;
    browser.sees("Why it does not update now").await;
    browser.sees("update available").await;

    browser.choose("#act-os", "newest").await;
    browser.choose("#act-when", "now").await;
    browser.click(".act button").await;
    browser.sees("updates in the window").await;
    browser.click("button[name=sure]").await;
    browser.sees("Done").await;
    browser.click("tbody th a").await;
    // The page is not loaded anew from here on.
    browser.run("window.kept = true").await;
    browser.sees("Update completed").await;
    browser.sees("nothing newer").await;
    let shown = browser.run("return [window.kept, document.querySelector('h1 .badge') === null]").await;
    assert_eq!(shown, json!([true, true]));
    browser.sees("3.0.2").await;

    world.publish("3.0.3", "unhealthy");
    browser.sees("update available").await;
    browser.choose("#act-os", &world.os_id("3.0.2")).await;
    let broken = world.os_id("3.0.3");
    world.ok(&["instance", "link", "shop-1", "--os", &broken]);
    browser.sees("Update failed").await;
    browser.sees("the new version was not healthy").await;
    assert_eq!(browser.run("return window.kept").await, json!(true));
    assert_eq!(browser.run("return document.querySelector('#act-os').selectedIndex > 1").await, true, "what was chosen stays");

    browser.click("form[action='/ui/sign-out'] button").await;
    browser.sees("Signed out").await;
    browser.open(&format!("https://{}/ui/p/shops", world.cluster_fqdn())).await;
    browser.sees("Password").await;
    browser.has_no_errors().await.unwrap();
    browser.0.close().await.unwrap();
    node.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_can_be_read_by_everybody_at_every_size() {
    let (world, mut node) = tokio::task::spawn_blocking(fleet).await.unwrap();
    world.ok(&["schedule", "update", "--host", "shop-1", "--cron", "0 2 * * *", "--duration", "1h", "--tz", "UTC"]);
    let id = world.json(&["host", "list"])[0]["resourceId"].as_str().unwrap().to_owned();
    let driver = Driver::start();
    for (name, size, is_dark) in [
        ("light", (1280, 900), false),
        ("dark", (1280, 900), true),
        ("phone-light", (420, 900), false),
        ("phone-dark", (420, 900), true),
    ] {
        let browser = driver.browser(size, is_dark).await;
        browser.open(&format!("https://{}/", world.cluster_fqdn())).await;
        browser.looks_right(&format!("sign-in-{name}")).await;
        browser.sign_in(&world).await;
        let host = format!("/hosts/{id}");
        for (page, path) in
            [("overview", ""), ("hosts", "/hosts"), ("host", host.as_str()), ("os", "/os"), ("schedules", "/schedules")]
        {
            browser.open(&format!("https://{}/ui/p/shops{path}", world.cluster_fqdn())).await;
            browser.looks_right(&format!("{page}-{name}")).await;
            let first = "const e = document.activeElement; return [e.className, e.getAttribute('href')]";
            browser.write("body", "\u{e004}").await;
            assert_eq!(browser.run(first).await, json!(["skip", "#main"]), "{page}: the keyboard comes to the skip link first");
            browser.write(".skip", "\u{e007}").await;
            assert_eq!(browser.run("return document.activeElement.id").await, "main", "{page}");
        }
        browser.has_no_errors().await.unwrap();
        // What is wrong is found.
        let spoil = "document.querySelector('main').insertAdjacentHTML('beforeend', '<h4 id=main>a</h4><input><p class=faint>b</p>');\
                     document.querySelector('.faint').style.color = 'color-mix(in srgb, gray 30%, transparent)'";
        browser.run(spoil).await;
        assert_eq!(browser.run(AUDIT).await.as_array().map(Vec::len), Some(4), "{}", browser.run(AUDIT).await);
        browser.0.close().await.unwrap();
    }
    node.stop();
}
