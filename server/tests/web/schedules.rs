//! Schedules: the list, the form with its preview, one schedule, the calendar.

#![allow(clippy::unwrap_used, reason = "for tests")]

use axum::http::Method;
use serde_json::{Value as Json, json};

use crate::{
    browser::Browser,
    support::{Answer, SATURDAY_MS, Server},
};

const ROOT: &str = "/ui/p/shops/schedules";
const NEW: &str = "/ui/p/shops/schedules/new";

/// A project with a region in a region, a site in it, and a host there; and one host that is nowhere.
struct World {
    server: Server,
    host: String,
    site: String,
    region: String,
}

impl World {
    async fn new() -> Self {
        let server = Server::start_at(SATURDAY_MS).await;
        let made = async |path: &str, body: Json| server.ok("POST", path, body).await["resourceId"].as_str().unwrap().to_owned();
        let region = made("regions", json!({"name": "south"})).await;
        let inner = made("regions", json!({"name": "bavaria", "parentId": region})).await;
        let site = made("sites", json!({"name": "munich", "regionId": inner})).await;
        let mut hosts = Vec::new();
        for (number, name) in ["shop-1", "shop-2"].into_iter().enumerate() {
            let body = json!({"name": name, "uuid": format!("4c4c4544-0035-3010-8052-b4c04f0000{number:02x}")});
            hosts.push(made("compute/hosts/register", body).await);
        }
        server.ok("PATCH", &format!("compute/hosts/{}", hosts[0]), json!({"name": "shop-1", "siteId": site})).await;
        let host = hosts.remove(0);
        Self { server, host, site, region }
    }

    async fn all(&self) -> Vec<Json> {
        let all = self.server.ok("GET", "compute/schedules", Json::Null).await;
        let lists = ["singleSchedules", "repeatedSchedules"].map(|key| all[key].as_array().cloned().unwrap_or_default());
        lists.concat()
    }

    async fn schedule(&self, body: Json) -> String {
        let kind = if body.get("startSeconds").is_some() { "schedules/single" } else { "schedules/repeated" };
        self.server.ok("POST", kind, body).await["resourceId"].as_str().unwrap().to_owned()
    }

    async fn read(&self, id: &str) -> Json {
        let kind = if id.starts_with("single") { "single" } else { "repeated" };
        self.server.ok("GET", &format!("schedules/{kind}/{id}"), Json::Null).await
    }
}

/// Fields of a form, as a browser would send them.
type Fields = Vec<(String, String)>;

/// The fields of a page's form with what they hold.
fn fields(page: &str) -> Fields {
    let form = page.split("data-preview").nth(1).unwrap().split("</form>").next().unwrap();
    let attribute = |tag: &str, name: &str| {
        let value = tag.split(&format!(" {name}=\"")).nth(1)?.split('"').next()?;
        Some(value.replace("&#34;", "\"").replace("&#39;", "'").replace("&#60;", "<").replace("&#62;", ">").replace("&#38;", "&"))
    };
    let mut fields = Vec::new();
    for piece in form.split('<').skip(1) {
        let (tag, after) = piece.split_once('>').unwrap();
        let kind = attribute(tag, "type").unwrap_or_default();
        let is_off = ["checkbox", "radio"].contains(&kind.as_str()) && !tag.ends_with(" checked");
        let Some(name) = attribute(tag, "name").filter(|_| !is_off) else { continue };
        match tag.split(' ').next().unwrap() {
            "input" => fields.push((name, attribute(tag, "value").unwrap_or_default())),
            "textarea" => fields.push((name, after.trim_start_matches('\n').to_owned())),
            "select" => {
                let options = form.split(&format!("name=\"{name}\"")).nth(1).unwrap().split("</select>").next().unwrap();
                let mut all = options.split("<option").skip(1);
                let chosen = all.clone().find(|option| option.contains(" selected")).or_else(|| all.next()).unwrap();
                fields.push((name, attribute(chosen, "value").unwrap()));
            }
            _ => {}
        }
    }
    fields
}

/// Sets fields; those with several values all of them.
fn set(fields: &mut Fields, values: &[(&str, &str)]) {
    for (name, _) in values {
        fields.retain(|(known, _)| known != name);
    }
    fields.extend(
        values
            .iter()
            .filter(|(name, _)| *name != "endless" || !values.is_empty())
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
}

async fn send(browser: &Browser<'_>, place: &str, fields: &Fields, action: &str) -> Answer {
    let mut fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.push(("do", action));
    browser.post(place, &fields).await
}

/// Fills a form, previews it, and sends what the preview shows. The preview's page, and where it led.
async fn written(browser: &Browser<'_>, place: &str, values: &[(&str, &str)]) -> (String, String) {
    let mut typed = fields(&browser.page(place).await);
    set(&mut typed, values);
    let preview = send(browser, place, &typed, "preview").await;
    let text = preview.text();
    assert!(preview.status == 200 && text.contains("name=\"seen\""), "{values:?}: {text}");
    let answer = send(browser, place, &fields(&text), "save").await;
    assert_eq!(answer.status, 303, "{values:?}: {}", answer.text());
    (text, answer.header("location").to_owned())
}

/// Texts of a page without tags, as one reads them.
fn read(page: &str) -> String {
    let mut text = String::new();
    for piece in page.split('<') {
        text.push(' ');
        text.push_str(piece.split_once('>').map_or(piece, |(_, text)| text));
    }
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let plain = [("&#39;", "'"), ("&#34;", "\""), ("&#38;", "&"), (" ,", ","), (" .", "."), (" :", ":")];
    plain.into_iter().fold(text, |text, (from, to)| text.replace(from, to))
}

#[tokio::test]
async fn schedules_of_each_type_are_previewed_and_made() {
    let world = World::new().await;
    let browser = Browser::signed_in(&world.server, "admin").await;
    let (weekly, monthly) =
        ([("opens", "weekly"), ("weekday", "6"), ("weekday", "0")], [("opens", "monthly"), ("day", "1"), ("day", "L")]);
    let berlin = ("zone", "Europe/Berlin");
    for (values, previewed, command, body) in [
        (
            vec![("target", "shop-1"), ("at", "2026-06-07T02:00"), berlin, ("name", "night 1")],
            "Sun 7 Jun 2026 02:00 – 04:00",
            "emtctl schedule update --host shop-1 --at 2026-06-07T00:00:00Z --duration 2h --tz Europe/Berlin --name 'night 1'",
            json!({
                "name": "night 1", "startSeconds": 1_780_790_400, "endSeconds": 1_780_797_600, "timeZone": "Europe/Berlin",
                "targetHostId": world.host, "scheduleStatus": "SCHEDULE_STATUS_OS_UPDATE",
            }),
        ),
        (
            vec![
                ("kind", "site"),
                ("target", "MUNICH"),
                ("at", "2026-06-07T02:00"),
                ("endless", "yes"),
                ("status", "SCHEDULE_STATUS_MAINTENANCE"),
            ],
            "Sun 7 Jun 2026 02:00, until it is deleted",
            "emtctl schedule maintenance --site MUNICH --at 2026-06-07T02:00:00Z --tz UTC",
            json!({
                "name": "munich 20260607-020000Z", "startSeconds": 1_780_797_600, "endSeconds": 0, "targetSiteId": world.site,
                "scheduleStatus": "SCHEDULE_STATUS_MAINTENANCE",
            }),
        ),
        (
            [&weekly[..], &[("kind", "region"), ("target", world.region.as_str()), ("length", "90m")]].concat(),
            "Sat 6 Jun 2026 02:00 – 03:30",
            "--cron '0 2 * * 0,6' --duration 1h30m --tz UTC",
            json!({
                "name": "south updates", "durationSeconds": 5400, "cronMinutes": "0", "cronHours": "2", "cronDayMonth": "*",
                "cronMonth": "*", "cronDayWeek": "0,6", "targetRegionId": world.region, "cron": "",
            }),
        ),
        (
            [
                &monthly[..],
                &[
                    ("target", "shop-2"),
                    berlin,
                    ("except", "2026-06-30\n2026-12-24/2026-12-26"),
                    ("notice", "2d"),
                    ("finish", "03:30"),
                    ("month", "6"),
                    ("month", "7"),
                ],
            ]
            .concat(),
            "Wed 1 Jul 2026 02:00 – 03:30",
            "--cron '0 2 1,L 6,7 *' --duration 2h --tz Europe/Berlin --except 2026-06-30 --except 2026-12-24/2026-12-26 --notice 2d \
             --finish-by 03:30",
            json!({
                "cron": "0 2 1,L 6,7 *", "timeZone": "Europe/Berlin", "exceptions": ["2026-06-30", "2026-12-24/2026-12-26"],
                "minimumNoticeSeconds": 172_800, "finishBy": "03:30", "durationSeconds": 7200,
            }),
        ),
        (
            vec![
                ("opens", "cron"),
                ("cron", "30 1 * * SAT#2"),
                ("target", "shop-2"),
                ("zone", "america/new_york"),
                ("length", "1d"),
            ],
            "Sat 13 Jun 2026 01:30 – Sun 14 Jun 2026 01:30",
            "--cron '30 1 * * SAT#2' --duration 1d --tz America/New_York",
            json!({"cron": "30 1 * * SAT#2", "timeZone": "America/New_York", "durationSeconds": 86_400, "cronMinutes": ""}),
        ),
        (
            vec![("target", "shop-1"), ("at", "2026-06-07T02:00"), ("status", "SCHEDULE_STATUS_UNSPECIFIED")],
            "Nothing is installed in it",
            "emtctl plans windows for OS updates and for maintenance only",
            json!({"scheduleStatus": "SCHEDULE_STATUS_UNSPECIFIED"}),
        ),
    ] {
        let before = world.all().await.len();
        let (preview, place) = written(&browser, NEW, &values).await;
        let preview = read(&preview);
        assert!(preview.contains(previewed) && preview.contains(command), "{previewed}, {command}: {preview}");
        let id = place.strip_prefix(&format!("{ROOT}/")).unwrap();
        let made = world.read(id).await;
        for (key, value) in body.as_object().unwrap() {
            let found = made.get(key).unwrap_or(&Json::Null);
            let is_empty = found.is_null() && [json!(0), json!("")].contains(value);
            assert!(found == value || is_empty, "{key} of {values:?}: {made}");
        }
        assert_eq!(world.all().await.len(), before + 1);
        let page = read(&browser.page(&place).await);
        assert!(
            page.contains(&format!("emtctl schedule get {id}")) && page.contains(&format!("emtctl schedule delete {id}")),
            "{page}"
        );
        assert!(read(&browser.page(ROOT).await).contains(made["name"].as_str().unwrap()));
    }
}

#[tokio::test]
async fn each_field_that_is_wrong_is_told_where_it_is() {
    let world = World::new().await;
    let browser = Browser::signed_in(&world.server, "admin").await;
    world.server.ok("POST", "sites", json!({"name": "munich"})).await;
    let weekly = [("opens", "weekly"), ("weekday", "6")];
    for (values, field, told) in [
        (vec![("name", "a;b")], "name", "does not match"),
        (vec![("name", "123456789 123456789 123456789 123456789 123456789 1")], "name", "maximum string length is 50"),
        (vec![("status", "SCHEDULE_STATUS_SHIPPING")], "status", "is not one of"),
        (vec![("target", "")], "target", "name a host, by name or id"),
        (vec![("target", "shop")], "target", "no host is called \"shop\"; there are shop-1, shop-2"),
        (vec![("target", "nowhere")], "target", "no host is called \"nowhere\""),
        (vec![("target", "host-00000000")], "target", "there is no host host-00000000"),
        (vec![("kind", "site"), ("target", "munich")], "target", "several sites are called \"munich\": write the id, site-"),
        (vec![("kind", "planet")], "target", "choose a host, a site or a region"),
        (vec![("at", "soon")], "at", "is not understood"),
        (vec![("at", "2026-06-05T23:00")], "at", "Scheduled start time cannot be in the past"),
        (vec![("at", "2109-01-01T00:00")], "at", "number must be from 1 to 4294967295"),
        (vec![("length", "long")], "length", "is no length of time"),
        (vec![("length", "0s")], "length", "The schedule end time must be greater than the start time"),
        (vec![("zone", "Mars/Olympus")], "zone", "no time zone has the name \"Mars/Olympus\""),
        (vec![("except", "2026-12-24\nsoon")], "except", "\"soon\" is not understood"),
        (vec![("notice", "-1h")], "notice", "cannot be negative"),
        (vec![("notice", "400d")], "notice", "number must be from 0 to 31622400"),
        (vec![("opens", "weekly")], "weekday", "choose the days of the week"),
        (vec![("opens", "monthly")], "day", "choose the days of the month"),
        ([&weekly[..], &[("time", "25:00")]].concat(), "weekday", "hours"),
        ([&weekly[..], &[("time", "noon")]].concat(), "time", "is not understood; allowed are hours and minutes"),
        ([&weekly[..], &[("length", "25h")]].concat(), "length", "number must be from 1 to 86400"),
        ([&weekly[..], &[("finish", "25:00")]].concat(), "finish", "such as 05:30"),
        ([&weekly[..], &[("weekday", "9")]].concat(), "weekday", "allowed are numbers from 0 to 7"),
        (vec![("opens", "cron"), ("cron", "0 25 * * *")], "cron", "hours: \"25\" is out of range"),
        (vec![("opens", "cron"), ("cron", "")], "cron", "a cron has five fields"),
    ] {
        let mut typed = fields(&browser.page(NEW).await);
        set(&mut typed, &[("target", "shop-1"), ("at", "2026-06-07T02:00")]);
        set(&mut typed, &values);
        for (action, status) in [("preview", 200), ("save", 400)] {
            let answer = send(&browser, NEW, &typed, action).await;
            let page = answer.text();
            assert_eq!(answer.status, status, "{values:?} {action}");
            let at = page.split(&format!("id=\"{field}-wrong\">")).nth(1).and_then(|rest| rest.split("</p>").next());
            assert!(at.is_some_and(|at| read(at).contains(told)), "{values:?}: {told} at {field}: {}", read(&page));
            let tag = page.split(&format!(" id=\"{field}\"")).nth(1).unwrap().split('>').next().unwrap();
            assert!(tag.contains("aria-invalid=\"true\"") && tag.contains(&format!("{field}-wrong\"")), "{tag}");
            assert!(page.contains(&format!("<a href=\"#{field}\">")) && !page.contains("name=\"seen\""), "{values:?}");
            // What was typed is there still.
            let kept = fields(&page);
            for (name, value) in values.iter().filter(|(name, _)| !["status", "kind", "weekday"].contains(name)) {
                let value = value.to_string();
                assert!(kept.contains(&((*name).to_owned(), value)), "{name} of {values:?}: {kept:?}");
            }
        }
    }
    assert_eq!(world.all().await, Vec::<Json>::new(), "nothing was written");
}

#[tokio::test]
async fn only_what_a_preview_has_shown_is_written() {
    let world = World::new().await;
    let browser = Browser::signed_in(&world.server, "admin").await;
    let mut typed = fields(&browser.page(NEW).await);
    set(&mut typed, &[("target", "shop-1"), ("at", "2026-06-07T02:00")]);
    let page = send(&browser, NEW, &typed, "save").await.text();
    assert!(page.contains("Nothing is written yet") && page.contains("name=\"seen\""), "{}", read(&page));
    let mut seen = fields(&page);
    set(&mut seen, &[("length", "3h")]);
    let page = send(&browser, NEW, &seen, "save").await.text();
    assert!(page.contains("Nothing is written yet") && read(&page).contains("02:00 – 05:00"), "{}", read(&page));
    assert_eq!(world.all().await, Vec::<Json>::new());
    assert_eq!(send(&browser, NEW, &fields(&page), "save").await.status, 303);
    // The script asks for the middle alone.
    let body = typed.iter().map(|(name, value)| format!("{name}={}", value.replace(':', "%3A"))).collect::<Vec<_>>().join("&");
    let answer = browser.send(Method::POST, NEW, &[("x-emt-fragment", "1")], Some(format!("{body}&do=preview"))).await;
    let part = answer.text();
    assert!(answer.status == 200 && part.contains("id=\"preview\"") && !part.contains("<html"), "{part}");
}

#[tokio::test]
async fn what_old_clients_wrote_keeps_its_meaning() {
    let world = World::new().await;
    let browser = Browser::signed_in(&world.server, "admin").await;
    let old = json!({
        "name": "old", "scheduleStatus": "SCHEDULE_STATUS_OS_UPDATE", "targetSiteId": world.site, "durationSeconds": 3600,
        "cronMinutes": "0,30", "cronHours": "2", "cronDayMonth": "1,15", "cronMonth": "*", "cronDayWeek": "6",
    });
    let id = world.schedule(old.clone()).await;
    let place = format!("{ROOT}/{id}/edit");
    let page = browser.page(&place).await;
    assert!(read(&page).contains("Nothing is changed yet") && page.contains("value=\"0,30 2 1,15 * 6\""), "{}", read(&page));
    let (preview, _) = written(&browser, &place, &[("name", "new name")]).await;
    assert!(read(&preview).contains(&format!("emtctl schedule edit {id} --name 'new name'")), "{}", read(&preview));
    let changed = world.read(&id).await;
    for (key, value) in old.as_object().unwrap() {
        let value = if key == "name" { &json!("new name") } else { value };
        assert_eq!(&changed[key], value, "{key}: {changed}");
    }
    assert_eq!((&changed["cron"], &changed["timeZone"]), (&json!(""), &json!("UTC")));
    // A window that is open already can be changed, too.
    let single = json!({
        "name": "w", "scheduleStatus": "SCHEDULE_STATUS_OS_UPDATE", "targetHostId": world.host, "startSeconds": world.server.now() + 60,
        "endSeconds": world.server.now() + 3660,
    });
    let id = world.schedule(single.clone()).await;
    world.server.pass(600);
    let place = format!("{ROOT}/{id}/edit");
    written(&browser, &place, &[("name", "w2"), ("length", "2h")]).await;
    let changed = world.read(&id).await;
    assert_eq!(changed["startSeconds"], single["startSeconds"]);
    assert_eq!(changed["endSeconds"].as_i64(), single["startSeconds"].as_i64().map(|start| start + 7200));
    written(&browser, &place, &[("endless", "yes")]).await;
    assert!(world.read(&id).await["endSeconds"].as_i64().unwrap_or(0) == 0);
    let page = read(&browser.page(&format!("{ROOT}/{id}")).await);
    assert!(page.contains("open until it is deleted") && page.contains("It holds for 1 host"), "{page}");
    // To a site, then to nobody.
    written(&browser, &place, &[("kind", "site"), ("target", "munich")]).await;
    let changed = world.read(&id).await;
    assert!(
        changed["targetSiteId"] == json!(world.site) && changed["targetHostId"].as_str().unwrap_or_default().is_empty(),
        "{changed}"
    );
    let (preview, _) = written(&browser, &place, &[("kind", "")]).await;
    assert!(read(&preview).contains("It holds for nobody"), "{}", read(&preview));
}

#[tokio::test]
async fn nobody_overwrites_what_somebody_else_has_changed() {
    let world = World::new().await;
    let browser = Browser::signed_in(&world.server, "admin").await;
    let weekly = json!({
        "name": "weekly", "scheduleStatus": "SCHEDULE_STATUS_OS_UPDATE", "targetHostId": world.host, "durationSeconds": 3600,
        "cron": "0 2 * * 6", "timeZone": "Europe/Berlin",
    });
    let id = world.schedule(weekly).await;
    let place = format!("{ROOT}/{id}/edit");
    let mut typed = fields(&browser.page(&place).await);
    set(&mut typed, &[("name", "mine"), ("weekday", "0")]);
    let preview = fields(&send(&browser, &place, &typed, "preview").await.text());
    world.server.ok("PATCH", &format!("schedules/repeated/{id}"), json!({"name": "theirs", "finishBy": "05:00"})).await;
    let answer = send(&browser, &place, &preview, "save").await;
    let page = answer.text();
    let text = read(&page);
    assert!(answer.status == 409 && text.contains("Somebody else has changed it meanwhile"), "{} {text}", answer.status);
    assert!(text.contains("Name theirs mine") && text.contains("Finish by 05:00 nothing"), "{text}");
    assert!(text.contains("Opens Saturdays at 02:00 Sundays at 02:00"), "{text}");
    assert_eq!(world.read(&id).await["name"], "theirs");
    // Seen now, it is theirs to decide.
    let mut seen = fields(&page);
    assert!(seen.contains(&("name".to_owned(), "mine".to_owned())), "what was typed is there: {seen:?}");
    set(&mut seen, &[("finish", "05:00")]);
    let page = send(&browser, &place, &seen, "preview").await.text();
    assert!(!page.contains("Somebody else"), "it is told once: {}", read(&page));
    assert_eq!(send(&browser, &place, &fields(&page), "save").await.status, 303);
    let changed = world.read(&id).await;
    assert_eq!(
        (&changed["name"], &changed["finishBy"], &changed["cron"]),
        (&json!("mine"), &json!("05:00"), &json!("0 2 * * 0"))
    );
    // Deleted meanwhile.
    world.server.ok("DELETE", &format!("schedules/repeated/{id}"), Json::Null).await;
    assert_eq!(send(&browser, &place, &fields(&page), "save").await.status, 404);
}

#[tokio::test]
async fn who_may_only_read_changes_nothing() {
    let world = World::new().await;
    let (server, project) = (&world.server, world.server.project.clone());
    server.user("reader", |user| user.roles.0.push(format!("{project}_im-r"))).await;
    let (reader, writer) = (Browser::signed_in(server, "reader").await, Browser::signed_in(server, "admin").await);
    let id = world
        .schedule(json!({
            "name": "weekly", "scheduleStatus": "SCHEDULE_STATUS_OS_UPDATE", "targetHostId": world.host, "durationSeconds": 3600,
            "cron": "0 2 * * 6",
        }))
        .await;
    let (one, edit) = (format!("{ROOT}/{id}"), format!("{ROOT}/{id}/edit"));
    for place in [ROOT, one.as_str()] {
        let (of_reader, of_writer) = (reader.page(place).await, writer.page(place).await);
        for mark in ["/edit\"", "schedules/delete\""] {
            assert!(!of_reader.contains(mark) && of_writer.contains(mark), "{place}: {mark}");
        }
    }
    assert!(!reader.page(ROOT).await.contains("New schedule") && writer.page(ROOT).await.contains("New schedule"));
    let (form, foreign) = (writer.form_token().await, reader.form_token().await);
    for place in [NEW, edit.as_str()] {
        assert_eq!(reader.get(place).await.status, 403, "{place}");
        let mut typed = fields(&writer.page(place).await);
        set(&mut typed, &[("target", "shop-1"), ("at", "2026-06-07T02:00"), ("name", "other")]);
        let previewed = fields(&send(&writer, place, &typed, "preview").await.text());
        for (browser, token) in [(&reader, foreign.as_str()), (&writer, ""), (&writer, &foreign)] {
            let mut fields = previewed.clone();
            set(&mut fields, &[("form", token)]);
            for action in ["preview", "save"] {
                assert_eq!(send(browser, place, &fields, action).await.status, 403, "{place} {action}");
            }
        }
        let mut fields = previewed;
        set(&mut fields, &[("form", &form)]);
        let stranger = Browser::new(server, "emt.localhost:8443");
        assert_eq!(send(&stranger, place, &fields, "save").await.status, 401, "{place}");
    }
    assert_eq!(world.all().await.len(), 1);
    assert_eq!(world.read(&id).await["name"], "weekly");
}

#[tokio::test]
async fn targets_that_are_gone_and_schedules_that_are_not_there() {
    let world = World::new().await;
    let browser = Browser::signed_in(&world.server, "admin").await;
    let body = |target: &str, id: &str| {
        json!({
            "name": format!("of {target}"), "scheduleStatus": "SCHEDULE_STATUS_OS_UPDATE", target: id, "durationSeconds": 3600,
            "cron": "0 2 * * 6",
        })
    };
    let of_region = world.schedule(body("targetRegionId", &world.region)).await;
    let of_host = world.schedule(body("targetHostId", &world.host)).await;
    for (id, hosts, filter) in [(&of_region, "1 host", "site.region.resourceId"), (&of_host, "1 host", "resourceId")] {
        let page = browser.page(&format!("{ROOT}/{id}")).await;
        let link = page.split("/hosts?filter=").nth(1).unwrap().split('"').next().unwrap().to_owned();
        assert!(read(&page).contains(&format!("It holds for {hosts}")) && link.starts_with(filter), "{link}: {}", read(&page));
        let list = browser.page(&format!("/ui/p/shops/hosts?filter={link}")).await;
        assert!(list.contains("1–1 of 1 host") && list.contains("shop-1"), "{}", read(&list));
    }
    world.server.ok("DELETE", &format!("compute/hosts/{}", world.host), Json::Null).await;
    let page = read(&browser.page(&format!("{ROOT}/{of_host}")).await);
    assert!(page.contains("Holds for nobody") && page.contains("It holds for no host"), "{page}");
    assert!(read(&browser.page(ROOT).await).contains("nobody"));
    // It can be renamed as it is, and moved.
    let place = format!("{ROOT}/{of_host}/edit");
    written(&browser, &place, &[("name", "renamed")]).await;
    written(&browser, &place, &[("kind", "host"), ("target", "shop-2")]).await;
    assert!(read(&browser.page(ROOT).await).contains("host shop-2"));
    for place in ["singlesche-00000000", "repeatedsche-00000000", "repeatedsche-00000000/edit", "nonsense", "host-00000000"] {
        let answer = browser.get(&format!("{ROOT}/{place}")).await;
        assert!([400, 404].contains(&answer.status) && answer.text().contains("role=\"alert\""), "{place}: {}", answer.status);
    }
}

#[tokio::test]
async fn a_list_of_many_has_pages_and_what_is_over_below() {
    let world = World::new().await;
    let browser = Browser::signed_in(&world.server, "admin").await;
    let now = world.server.now();
    for number in 0..103 {
        let start = now + 3600 + number;
        let body = json!({
            "name": format!("window {number:03}"), "scheduleStatus": "SCHEDULE_STATUS_OS_UPDATE", "targetHostId": world.host,
            "startSeconds": start, "endSeconds": start + 60,
        });
        world.schedule(body).await;
    }
    let page = read(&browser.page(ROOT).await);
    assert!(page.contains("1–100 of 103 schedules") && page.contains("window 000") && !page.contains("window 100"), "{page}");
    let page = read(&browser.page(&format!("{ROOT}?offset=100")).await);
    assert!(page.contains("101–103 of 103") && page.contains("window 102") && !page.contains("window 000"), "{page}");
    world.server.pass(3700);
    let page = browser.page(ROOT).await;
    let (coming, over) = page.split_once("id=\"over\"").unwrap();
    assert!(over.contains("window 000") && over.contains("Over: 40") && !coming.contains("window 000"), "{}", read(&page));
    assert!(coming.contains("window 102") && coming.contains(">open<"), "{}", read(coming));
}

#[tokio::test]
async fn the_calendar_shows_a_month_on_any_clock() {
    let world = World::new().await;
    let browser = Browser::signed_in(&world.server, "admin").await;
    let schedule = |name: &str, cron: &str, seconds: i64, zone: &str| {
        json!({
            "name": name, "scheduleStatus": "SCHEDULE_STATUS_OS_UPDATE", "targetHostId": world.host, "durationSeconds": seconds,
            "cron": cron, "timeZone": zone, "exceptions": ["2026-12-24"],
        })
    };
    let nightly = world.schedule(schedule("nightly", "30 2 * * *", 3600, "Europe/Berlin")).await;
    world.schedule(schedule("late", "0 23 L * *", 7200, "Europe/Berlin")).await;
    let endless = json!({
        "name": "works", "scheduleStatus": "SCHEDULE_STATUS_MAINTENANCE", "targetSiteId": world.site,
        "startSeconds": 1_798_718_400, // 2026-12-31T12:00:00Z
    });
    world.schedule(endless).await;
    let day = |page: &str, label: &str| {
        let cell = page.split("<td ").find(|cell| cell.contains(&format!("aria-label=\"{label}"))).unwrap_or_default();
        read(&format!("<{cell}"))
    };
    for (query, title, label, told) in [
        ("month=2026-10&zone=Europe/Berlin", "October 2026", "Saturday 24 October", "nightly 02:30–03:30"),
        ("month=2026-10&zone=Europe/Berlin", "October 2026", "Sunday 25 October", "nightly 02:30 (+02:00)–02:30 (+01:00)"),
        ("month=2026-03&zone=Europe/Berlin", "March 2026", "Sunday 29 March", "nightly 03:00–04:00"),
        ("month=2026-10&zone=UTC", "October 2026", "Sunday 25 October", "nightly 00:30–01:30"),
        ("month=2026-10&zone=UTC", "October 2026", "Monday 26 October", "nightly 01:30–02:30"),
        ("month=2026-10&zone=Pacific/Kiritimati", "October 2026", "Sunday 25 October", "nightly 14:30–15:30"),
        ("month=2026-10&zone=Etc/GMT%2B12", "October 2026", "Saturday 24 October", "nightly 12:30–13:30"),
        (
            "month=2026-12&zone=Europe/Berlin",
            "December 2026",
            "Thursday 24 December",
            "nightly 02:30–03:30, kept closed by an exception",
        ),
        ("month=2026-12&zone=Europe/Berlin", "December 2026", "Thursday 31 December", "late 23:00–24:00 …, goes on the next day"),
        (
            "month=2026-12&zone=Europe/Berlin",
            "December 2026",
            "Thursday 31 December",
            "works 13:00–24:00 …, goes on the next day",
        ),
        (
            "month=2027-01&zone=Europe/Berlin",
            "January 2027",
            "Friday 1 January",
            "late … goes on from the day before, 00:00–01:00",
        ),
        (
            "month=2027-02&zone=Europe/Berlin",
            "February 2027",
            "Sunday 28 February",
            "works … goes on from the day before, all day",
        ),
        ("month=2028-02&zone=UTC", "February 2028", "Tuesday 29 February", "nightly 01:30–02:30"),
    ] {
        let page = browser.page(&format!("{ROOT}/calendar?{query}")).await;
        assert!(page.contains(&format!("<h1>{title}</h1>")), "{query}");
        assert!(day(&page, label).contains(told), "{query}: {told}: {}", day(&page, label));
        assert!(page.contains(&format!("href=\"/ui/p/shops/schedules/{nightly}\"")), "{query}");
        let rows: Vec<usize> = page.split("<tr role=\"row\">").skip(2).map(|row| row.matches("<td ").count()).collect();
        assert!(rows.iter().all(|cells| *cells == 7) && (4..=6).contains(&rows.len()), "{query}: {rows:?}");
    }
    // The month of now, its neighbours, and what is no month.
    let page = browser.page(&format!("{ROOT}/calendar?zone=Pacific/Kiritimati")).await;
    assert!(page.contains("<h1>June 2026</h1>") && page.contains("?month=2026-05&#38;zone=Pacific%2FKiritimati"), "{page}");
    assert!(page.contains("aria-current=\"date\"") && read(&page).contains("July 2026"), "{}", read(&page));
    for (query, told) in [
        ("month=2026-13", "is no month such as 2026-12"),
        ("month=1969-12", "is no month"),
        ("month=<script>", "is no month"),
        ("zone=Mars", "no time zone has the name"),
    ] {
        let page = browser.page(&format!("{ROOT}/calendar?{}", query.replace('<', "%3C").replace('>', "%3E"))).await;
        assert!(
            read(&page).contains(told) && page.contains("aria-invalid=\"true\"") && !page.contains("<script>"),
            "{query}: {}",
            read(&page)
        );
    }
    let last = browser.page(&format!("{ROOT}/calendar?month=2109-12")).await;
    assert!(last.contains("rel=\"prev\"") && !last.contains("rel=\"next\""));
}

#[tokio::test]
async fn a_day_of_many_windows_tells_some_and_links_to_all() {
    let world = World::new().await;
    let browser = Browser::signed_in(&world.server, "admin").await;
    for number in 0..11 {
        let body = json!({
            "name": format!("window {number:02}"), "scheduleStatus": "SCHEDULE_STATUS_OS_UPDATE", "targetSiteId": world.site,
            "durationSeconds": 600, "cron": format!("{number} 2 15 12 *"),
        });
        world.schedule(body).await;
    }
    let often = json!({
        "name": "often", "scheduleStatus": "SCHEDULE_STATUS_OS_UPDATE", "targetSiteId": world.site, "durationSeconds": 60,
        "cron": "*/2 * 16 12 *",
    });
    world.schedule(often).await;
    let page = browser.page(&format!("{ROOT}/calendar?month=2026-12&zone=UTC")).await;
    let text = read(&page);
    assert!(text.contains("window 03") && !text.contains("window 04") && text.contains("and 7 more on Tue 15 Dec"), "{text}");
    assert!(text.contains("often from 00:00, 99 windows and more"), "{text}");
    assert!(page.contains("aria-label=\"Tuesday 15 December 2026: 11 windows\""), "{page}");
    let page = browser.page(&format!("{ROOT}/calendar?day=2026-12-15&zone=UTC")).await;
    let text = read(&page);
    assert!(text.contains("window 10") && text.contains("02:10–02:20") && text.contains("site munich"), "{text}");
    assert!(text.contains("Mon 14 December") && text.contains("Wed 16 December") && text.contains("December 2026"), "{text}");
    let empty = read(&browser.page(&format!("{ROOT}/calendar?day=2026-12-14&zone=UTC")).await);
    assert!(empty.contains("No window is open on this day"), "{empty}");
}
