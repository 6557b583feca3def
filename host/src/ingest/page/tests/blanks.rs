use super::page;
use crate::ingest::page::Blank;

#[test]
fn a_page_that_says_nothing_of_what_was_linked_is_told() {
    for (head, expected) in [
        ("", Blank::Silent),
        ("<title> </title>", Blank::Silent),
        ("<title>Just a moment...</title>", Blank::Check),
        ("<title>Attention Required! | Cloudflare</title>", Blank::Check),
        ("<title>Before you continue to YouTube</title>", Blank::Consent),
        ("<title>Log in to Facebook</title><meta property=og:title content='Log in to Facebook'>", Blank::Login),
        ("<title> - YouTube</title>", Blank::Gone),
        ("<title>Page not found | Site</title>", Blank::Gone),
        ("<title>Spotify – Web Player</title><meta property=og:type content=website>", Blank::Shell),
        ("<meta property=og:title content='YouTube Music'>", Blank::Shell),
    ] {
        assert_eq!(page(format!("<head>{head}</head>")).blank(), Some(expected), "{head}");
    }
}

#[test]
fn a_song_may_be_called_what_a_wall_is() {
    for head in [
        "<title>404</title><meta property=og:type content=music.song>",
        "<title>Error</title><meta name=twitter:audio:artist_name content=X>",
        r#"<title>Login</title><script type=application/ld+json>{"@type": "MusicRecording"}</script>"#,
        "<title>Just a moment</title>",
        "<title>Loading...</title><meta property=og:title content=Song>",
        "<title>Not Found by Somebody</title>",
    ] {
        assert_eq!(page(format!("<head>{head}</head>")).blank(), None, "{head}");
    }
}
