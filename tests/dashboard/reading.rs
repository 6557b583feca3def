//! Whether everybody can read it: contrast, names, sizes, in light and dark and on a phone.

use crate::browser::Browser;
use crate::fail_all;
use liner_tests::{Host, Receiver, StubModel, components, eventually, vague_rows};
use serde_json::json;

/// Pages with something on them.
pub const PAGES: [&str; 11] = [
    "/",
    "/?span=week",
    "/failed",
    "/pages",
    "/library",
    "/library/youtube/vague000001",
    "/strategies",
    "/model",
    "/webhooks",
    "/webhooks/settings",
    "/events",
];

/// Texts whose contrast with what is behind them is too low, or that are too small.
const UNREADABLE: &str = r"
    const rgb = (text) => text.match(/[\d.]+/g).map(Number);
    const light = ([r, g, b]) => {
        const part = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
        return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
    };
    const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
    const behind = (element) => {
        for (; element; element = element.parentElement) {
            const color = rgb(getComputedStyle(element).backgroundColor);
            if (color.length === 3 || color[3] === 1) return color;
        }
        return [255, 255, 255];
    };
    const found = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        const element = walk.currentNode.parentElement;
        if (!walk.currentNode.nodeValue.trim() || !element.checkVisibility() || element.closest('svg, .unseen, .skip, option')) continue;
        const style = getComputedStyle(element);
        const contrast = ratio(rgb(style.color), behind(element));
        const size = parseFloat(style.fontSize);
        if (contrast < 4.5 || size < 14) found.push([walk.currentNode.nodeValue.trim().slice(0, 40), contrast.toFixed(2), size]);
    }
    return found;";

/// Controls without a name, tables without a caption, heads without a scope, pictures without an alternative.
const NAMELESS: &str = r"
    const found = [];
    const note = (what) => (element) => found.push(what + ': ' + element.outerHTML.slice(0, 120));
    document.querySelectorAll('input:not([type=hidden]), select').forEach((field) => {
        if (field.labels.length === 0 && !field.getAttribute('aria-label')) note('no label')(field);
    });
    document.querySelectorAll('button, a, summary').forEach((control) => {
        if (!(control.textContent.trim() || control.getAttribute('aria-label'))) note('no name')(control);
    });
    document.querySelectorAll('table').forEach((table) => { if (!table.caption) note('no caption')(table); });
    document.querySelectorAll('th:not([scope])').forEach(note('no scope'));
    document.querySelectorAll('img:not([alt])').forEach(note('no alt'));
    document.querySelectorAll('svg:not([aria-hidden]):not([aria-labelledby])').forEach(note('no title'));
    document.querySelectorAll('section:not([aria-label]):not([aria-labelledby])').forEach(note('no name'));
    document.querySelectorAll('[aria-labelledby], [aria-describedby]').forEach((element) => {
        const ids = ((element.getAttribute('aria-labelledby') || '') + ' ' + (element.getAttribute('aria-describedby') || '')).trim().split(/\s+/);
        if (element.id !== 'dialog' && ids.some((id) => !document.getElementById(id))) note('names nothing')(element);
    });
    const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
    ids.filter((id, at) => ids.indexOf(id) !== at).forEach((id) => found.push('twice: ' + id));
    if (document.querySelectorAll('h1').length !== 1) found.push('not one h1');
    const levels = [...document.querySelectorAll('h1, h2, h3')].map((head) => Number(head.nodeName[1]));
    levels.forEach((level, at) => { if (at > 0 && level > levels[at - 1] + 1) found.push('a head is skipped before ' + document.querySelectorAll('h1, h2, h3')[at].textContent); });
    return found;";

/// How far the page can be scrolled sideways, and what is too wide.
const TOO_WIDE: &str = "
    const room = document.scrollingElement;
    if (room.scrollWidth <= innerWidth) return [];
    return [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
        .map((one) => one.outerHTML.slice(0, 100)).slice(0, 5);";

/// Where the picture of an entry is.
const COVER: &str = "https://covers.example/harbour.jpg";

/// A host with something on every page, and a browser.
pub async fn furnished() -> Option<(Browser, Host, tempfile::TempDir)> {
    let (folder, model) = (tempfile::tempdir().unwrap(), StubModel::willing().await);
    let settings = [
        ("AI_REQUESTS_PER_MINUTE", "100"),
        ("WEBHOOK_URL", "http://127.0.0.1:9/hook"),
        ("WEBHOOK_SECRET", Receiver::SECRET),
        ("WEBHOOK_ALLOW", "127.0.0.1"),
    ];
    let host = Host::asking(folder.path(), &model, &settings).await;
    host.post("/api/music-ai/queue", vague_rows(30)).await;
    let covered =
        json!({"url": "https://youtu.be/covered0001", "og_title": "Ada Lane - Harbour", "og_image_url": COVER});
    host.post("/api/music-ai/queue", covered.to_string()).await;
    host.drained().await;
    let upload = host.request("POST", "/api/plugins?as=shadow").body(components::named("aside"));
    host.send(upload).await;
    host.send(host.request("POST", "/api/plugins").body("no component")).await;
    fail_all(folder.path(), "the reply was cut").await;
    host.post("/api/music-ai/queue", "https://youtu.be/abcdefghijk\n").await;
    let browser = Browser::at(&host).await?;
    Some((browser, host, folder))
}

#[tokio::test]
async fn every_text_is_large_enough_and_stands_out_in_light_and_dark() {
    let Some((browser, _host, _folder)) = furnished().await else { return };
    for scheme in ["light", "dark"] {
        browser.look(1280, 900, scheme).await;
        for page in PAGES {
            browser.go(page).await;
            browser.run("document.querySelectorAll('details').forEach((details) => details.open = true)").await;
            assert_eq!(browser.run(UNREADABLE).await, json!([]), "{page} in {scheme}");
        }
    }
    let ground = "return getComputedStyle(document.body).backgroundColor";
    let dark = browser.run(ground).await;
    browser.look(1280, 900, "light").await;
    assert_ne!(browser.run(ground).await, dark, "there are two schemes");
}

#[tokio::test]
async fn everything_has_a_name() {
    let Some((browser, _host, _folder)) = furnished().await else { return };
    for page in PAGES {
        browser.go(page).await;
        assert_eq!(browser.run(NAMELESS).await, json!([]), "{page}");
    }
}

#[tokio::test]
async fn on_a_phone_nothing_is_wider_than_the_page() {
    let Some((browser, _host, _folder)) = furnished().await else { return };
    browser.look(360, 800, "light").await;
    for page in PAGES {
        browser.go(page).await;
        browser.run("document.querySelectorAll('details').forEach((details) => details.open = true)").await;
        assert_eq!(browser.run(TOO_WIDE).await, json!([]), "{page}");
        let small = "return [...document.querySelectorAll('button, .button, summary, nav a, input:not([type=radio]):not([type=checkbox]):not([type=hidden])')]
            .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 24).map((one) => one.outerHTML.slice(0, 80))";
        assert_eq!(browser.run(small).await, json!([]), "{page}: what is tapped is large enough");
    }
}

#[tokio::test]
async fn nothing_is_fetched_from_elsewhere_and_nothing_is_forbidden_by_the_policy() {
    let Some((browser, host, _folder)) = furnished().await else { return };
    browser.note_what_is_forbidden().await;
    let mut covers = 0;
    for page in PAGES {
        browser.go(page).await;
        let fetched = browser.run("return performance.getEntriesByType('resource').map((one) => one.name)").await;
        let fetched: Vec<&str> = fetched.as_array().unwrap().iter().map(|url| url.as_str().unwrap()).collect();
        covers += fetched.iter().filter(|url| **url == COVER).count();
        let elsewhere = |url: &&&str| !url.starts_with(&host.url) && **url != COVER;
        assert_eq!(fetched.iter().find(elsewhere), None, "{page}");
        assert_eq!(browser.run("return document.styleSheets.length").await, 1, "{page}");
        assert_eq!(browser.run("return window.forbidden").await, json!([]), "{page}");
    }
    assert!(covers > 0, "covers are the one thing that sites elsewhere are asked for");
    browser.run("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">')").await;
    eventually("what is forbidden is noted", || async {
        browser
            .run("return window.forbidden.some((one) => one.startsWith('style-src'))")
            .await
            .as_bool()
            .filter(|is| *is)
    })
    .await;
}
