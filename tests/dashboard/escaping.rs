//! What strangers wrote is text, wherever it is shown.

use crate::{fail_all, file_in};
use liner_tests::{Host, StubModel, components, eventually};
use serde_json::json;

/// What would be markup, or a link that runs, if it were not shown as text.
pub const HOSTILE: [&str; 4] = [
    "<script>document.title='owned'</script>",
    "\"><img src=x onerror=\"document.title='owned'\">",
    "'--></title></textarea></style><svg onload=document.title='owned'>",
    "{{7*7}} & <b>bold</b>",
];

/// Rows whose every text is hostile.
pub fn rows() -> String {
    let row = |(n, text): (usize, &&str)| {
        json!({"url": format!("https://example.org/x?{n}&<b>='\""), "og_title": text, "og_artist": text,
            "og_description": text, "og_image_url": format!("https://example.org/\"onerror=alert(1)//{n}.jpg"), "shared_text": text})
    };
    serde_json::Value::from(HOSTILE.iter().enumerate().map(row).collect::<Vec<_>>()).to_string()
}

#[tokio::test]
async fn what_strangers_wrote_is_text_on_every_page() {
    let (folder, model) = (tempfile::tempdir().unwrap(), StubModel::willing().await);
    let host = Host::asking(folder.path(), &model, &[("AI_WORKER_ENABLED", "false")]).await;
    assert_eq!(host.post("/api/music-ai/queue", rows()).await.status, 200);
    fail_all(folder.path(), HOSTILE[1]).await;
    let form = [("origin", host.url.as_str())];
    let corrected = host
        .request("PATCH", &entry(&host).await.0)
        .body(json!({"title": HOSTILE[0], "artist": HOSTILE[1]}).to_string());
    assert_eq!(host.send(corrected).await.status, 200);
    let again = host.request("PATCH", &entry(&host).await.0).body(json!({"title": HOSTILE[2]}).to_string());
    assert_eq!(host.send(again).await.status, 200);
    let pause = host.request("POST", "/worker/pause").header(form[0].0, form[0].1).form(&[("reason", HOSTILE[0])]);
    host.send(pause).await;
    let upload = host.request("POST", "/api/plugins?as=shadow").body(components::named("aside"));
    assert_eq!(host.send(upload).await.status, 200);
    for path in [
        "/",
        "/failed",
        "/failed?search=<script>",
        "/library",
        "/library?search=%22%3E%3Cimg",
        &entry(&host).await.1,
        "/strategies",
        "/events",
        "/sign-in?next=%22%3E%3Cscript%3E",
    ] {
        let page = host.get(path).await;
        assert!(page.status == 200 || path.starts_with("/sign-in"), "{path}: {} {}", page.status, page.text);
        for markup in ["<script>d", "<img src=x", "<svg onload", "<b>bold", "</title></textarea>", "\"onerror"] {
            assert!(!page.text.contains(markup), "{path} has {markup}");
        }
    }
    let failed = host.get("/failed").await.text;
    assert!(failed.contains("&lt;script&gt;document.title"), "{failed}");
    assert!(failed.contains("{{7*7}} &amp; &lt;b&gt;bold"));
}

/// The API's path and the page's of an entry.
async fn entry(host: &Host) -> (String, String) {
    let listed = eventually("an entry", || async {
        let listed = host.get("/api/music-ai/library?limit=1").await.json;
        listed["items"].get(0).cloned()
    })
    .await;
    let page = host.get("/library").await.text;
    let path = page.split('"').find(|text| text.starts_with("/library/")).unwrap().to_owned();
    let (platform, id) = (listed["platform_name"].as_str().unwrap(), listed["platform_id"].as_str().unwrap());
    let id: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
    (format!("/api/music-ai/library/{platform}/{id}"), path)
}

#[tokio::test]
async fn covers_and_links_are_those_that_a_browser_may_follow() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::start(folder.path(), &[("AI_WORKER_ENABLED", "false")]).await;
    let row = |id: &str, picture: &str| json!({"url": format!("https://youtu.be/{id}"), "og_title": id, "og_image_url": picture});
    let rows = json!([
        row("tlspicture1", "https://img.example/a.jpg?x=1&y=2"),
        row("barepicture", "http://img.example/b.jpg")
    ]);
    assert_eq!(host.post("/api/music-ai/queue", rows.to_string()).await.status, 200);
    let pool = file_in(folder.path()).await;
    let spoil = "update music_library set url = 'javascript:alert(1)' where platform_id = 'barepicture'";
    sqlx::query(spoil).execute(&pool).await.unwrap();
    pool.close().await;
    fail_all(folder.path(), "no").await;
    let library = host.get("/library").await.text;
    let cover = r#"<img class="cover" src="https://img.example/a.jpg?x=1&amp;y=2" alt=""#;
    assert!(library.contains(cover) && library.contains(r#"referrerpolicy="no-referrer""#), "{library}");
    assert!(!library.contains("b.jpg"));
    let good = host.get("/library/youtube/tlspicture1").await.text;
    assert!(good.contains(r#"rel="noreferrer noopener""#) && good.contains("img.example/a.jpg"));
    for page in ["/library/youtube/barepicture", "/failed", "/library"] {
        let page = host.get(page).await.text;
        assert!(!page.contains("href=\"javascript") && !page.contains("src=\"http:"), "{page}");
    }
}
