//! Chromium, and what hands do at it.

use std::{
    io::{BufRead, BufReader, Lines},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use fantoccini::{
    Client, ClientBuilder, Locator,
    actions::{InputSource, KeyAction, KeyActions, MOUSE_BUTTON_LEFT, MouseActions, PointerAction},
    error::CmdError,
    wd::{Capabilities, WebDriverCompatibleCommand},
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value as Json, json};

use crate::world::{PASSWORD, World};

/// Most elements that the keyboard passes on its way.
const STEPS: usize = 150;
pub(super) const TAB: char = '\u{e004}';
pub(super) const ENTER: char = '\u{e007}';
pub(super) const SPACE: char = ' ';
pub(super) const DOWN: char = '\u{e015}';

/// Longest time that anything on a page may take.
const PATIENCE: Duration = Duration::from_secs(90);
/// What each page must have: fields and buttons that say what they are, and texts that stand out from what is behind them.
pub(super) const AUDIT: &str = include_str!("audit.js");

/// Chromium's driver.
pub(super) struct Driver {
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
    pub(super) fn start() -> Self {
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

    pub(super) async fn browser(&self, (width, height): (u32, u32), is_dark: bool) -> Browser {
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

pub(super) struct Browser(pub(super) Client);

impl Browser {
    pub(super) async fn open(&self, address: &str) {
        self.0.goto(address).await.unwrap();
    }

    pub(super) async fn run(&self, script: &str) -> Json {
        self.0.execute(script, Vec::new()).await.unwrap()
    }

    pub(super) async fn click(&self, css: &str) {
        self.0.find(Locator::Css(css)).await.unwrap().click().await.unwrap();
    }

    pub(super) async fn write(&self, css: &str, text: &str) {
        self.0.find(Locator::Css(css)).await.unwrap().send_keys(text).await.unwrap();
    }

    pub(super) async fn choose(&self, css: &str, value: &str) {
        self.0.find(Locator::Css(css)).await.unwrap().select_by_value(value).await.unwrap();
    }

    /// Waits until the page shows a text.
    pub(super) async fn sees(&self, text: &str) {
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

    pub(super) async fn sign_in(&self, world: &World) {
        self.open(&format!("https://{}/", world.cluster_fqdn())).await;
        self.write("input[name=username]", "admin").await;
        self.write("input[name=password]", PASSWORD).await;
        self.click("button").await;
        self.sees("What happens next").await;
    }

    /// Keeps a picture of the page, and holds it against what pages must have.
    pub(super) async fn looks_right(&self, name: &str) {
        let picture = self.0.screenshot().await.unwrap();
        std::fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("web-{name}.png")), picture).unwrap();
        let wrong = self.run(AUDIT).await;
        assert_eq!(wrong, json!([]), "{name}");
    }

    /// Nothing went wrong that only the console tells.
    pub(super) async fn has_no_errors(&self) -> Result<(), CmdError> {
        let said = self.0.issue_cmd(Console).await?;
        assert_eq!(said, json!([]));
        Ok(())
    }
}

/// A person who has a keyboard and no mouse.
pub(super) struct Keyboard<'a>(pub(super) &'a Browser);

impl Keyboard<'_> {
    pub(super) async fn press(&self, key: char) {
        let strokes = KeyActions::new("keyboard".to_owned());
        let strokes = strokes.then(KeyAction::Down { value: key }).then(KeyAction::Up { value: key });
        self.0.0.perform_actions(strokes).await.unwrap();
    }

    pub(super) async fn types(&self, text: &str) {
        for key in text.chars() {
            self.press(key).await;
        }
    }

    /// From element to element until one fits.
    pub(super) async fn goes_to(&self, css: &str) {
        let fits = format!("return document.activeElement.matches({})", Json::from(css));
        for _ in 0..STEPS {
            self.press(TAB).await;
            if self.0.run(&fits).await == true {
                let seen = "const e = document.activeElement, s = getComputedStyle(e); return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2";
                assert_eq!(self.0.run(seen).await, true, "{css}: where the keyboard is can be seen");
                return;
            }
        }
        panic!("the keyboard never comes to {css}: {}", self.0.run("return document.body.innerText").await);
    }

    pub(super) async fn follows(&self, css: &str) {
        self.goes_to(css).await;
        self.press(ENTER).await;
    }

    /// In a list, so many entries down.
    pub(super) async fn chooses(&self, css: &str, entries: usize) {
        self.goes_to(css).await;
        for _ in 0..entries {
            self.press(DOWN).await;
        }
    }
}

/// A person who has a mouse and no keyboard.
pub(super) struct Mouse<'a>(pub(super) &'a Browser);

impl Mouse<'_> {
    pub(super) async fn clicks(&self, css: &str) {
        let element = self.0.0.find(Locator::Css(css)).await.unwrap();
        self.0
            .0
            .execute(
                "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})",
                vec![serde_json::to_value(&element).unwrap()],
            )
            .await
            .unwrap();
        let moves = MouseActions::new("mouse".to_owned())
            .then(PointerAction::MoveToElement { element, duration: None, x: 0.0, y: 0.0 })
            .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT })
            .then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        self.0.0.perform_actions(moves).await.unwrap();
    }

    /// In a list; its entries are drawn by the system, where a driver cannot point.
    pub(super) async fn chooses(&self, css: &str, value: &str) {
        self.0.choose(css, value).await;
    }
}
