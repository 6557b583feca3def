//! Which names are of one site.

use url::{Host, Url};

/// The most bytes of a site's name: no name of the DNS is longer.
const LONGEST: usize = 253;

/// The site of a link: whose server answers. A list of public suffixes would know it exactly; its last labels are near
/// enough for manners: under a country's short second level (`co.uk`, `com.au`) three of them, else two. An address is its
/// own site. None where a link has no host that could be one.
#[must_use]
pub fn site(url: &Url) -> Option<&str> {
    let host = url.host_str()?;
    if !matches!(url.host()?, Host::Domain(_)) {
        return Some(host);
    }
    let name = host.trim_end_matches('.');
    let labels: Vec<&str> = name.rsplitn(4, '.').collect();
    let length = match labels.as_slice() {
        [country, second, third, ..] if country.len() == 2 && second.len() <= 3 => {
            country.len() + second.len() + third.len() + 2
        }
        [top, second, ..] => top.len() + second.len() + 1,
        _ => name.len(),
    };
    name.get(name.len() - length..).filter(|site| !site.is_empty() && site.len() <= LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_what_one_server_stands_behind() {
        for (link, expected) in [
            ("https://ada-lane.bandcamp.com/track/x", Some("bandcamp.com")),
            ("https://bandcamp.com", Some("bandcamp.com")),
            ("https://www.shop.co.uk/", Some("shop.co.uk")),
            ("http://localhost:8080/", Some("localhost")),
            ("http://127.0.0.1:8080/", Some("127.0.0.1")),
            ("http://[::1]/", Some("[::1]")),
            ("mailto:ada@lane.example", None),
        ] {
            assert_eq!(site(&link.parse().unwrap()), expected, "{link}");
        }
        let long = format!("https://{}.example/", "x".repeat(300));
        assert_eq!(long.parse::<Url>().ok().as_ref().and_then(site), None);
    }
}
