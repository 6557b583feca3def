//! What an exchange that failed means, in words that hold nothing of the URL.

use super::resolve::Refused;
use super::{Fault, shown};
use std::error::Error;
use std::io;

/// The innermost cause says the most, and those of a kind have words of their own.
pub(super) fn fault(error: &reqwest::Error) -> Fault {
    let causes = || std::iter::successors(error.source(), |cause| (*cause).source());
    if let Some(refused) = causes().find_map(<dyn Error>::downcast_ref::<Refused>) {
        return Fault::Forbidden(refused.to_string());
    }
    let http = causes().find_map(<dyn Error>::downcast_ref::<hyper::Error>);
    if http.is_some_and(hyper::Error::is_parse_too_large) {
        return Fault::TooLarge("has longer headers than are read".to_owned());
    }
    let last = shown(&causes().last().map(ToString::to_string).unwrap_or_default());
    let what = if let Some(tls) = causes().find_map(tls) {
        format!("its TLS is not to be trusted: {}", shown(&tls.to_string()))
    } else if error.is_timeout() {
        "no connection in time".to_owned()
    } else if error.is_dns() {
        format!("its name leads nowhere: {last}")
    } else if error.is_connect() {
        format!("no connection: {last}")
    } else {
        format!("it does not answer as HTTP says: {last}")
    };
    Fault::Unreachable(what)
}

/// TLS fails inside of errors of I/O, each of which names the cause of what is inside as its own.
fn tls<'e>(cause: &'e (dyn Error + 'static)) -> Option<&'e rustls::Error> {
    cause.downcast_ref().or_else(|| tls(cause.downcast_ref::<io::Error>()?.get_ref()?))
}
