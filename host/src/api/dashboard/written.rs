//! How figures and times are written for people.

use crate::money;
use jiff::Timestamp;
use maud::{Markup, html};

/// A count with its thousands apart.
pub fn count(n: impl Into<i128>) -> String {
    let n = n.into();
    let digits = n.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    if n < 0 { format!("\u{2212}{text}") } else { text }
}

/// A count with its noun.
pub fn counted(n: i64, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{} {many}", count(n)) }
}

/// A share in per cent, with a tenth where there is one.
pub fn percent(share: f64) -> String {
    let text = format!("{share:.1}");
    format!("{} %", text.strip_suffix(".0").unwrap_or(&text))
}

/// Millionths of a dollar in dollars, with cents, and with as many digits more as tell something.
pub fn dollars(micros: i64) -> String {
    let text = money::dollars(micros);
    match text.split_once('.') {
        Some((dollars, digits)) => format!("${dollars}.{:0<2}", digits.trim_end_matches('0')),
        None => format!("${text}"),
    }
}

/// Dollars.
pub fn usd(dollars: f64) -> String {
    self::dollars(money::micros(dollars))
}

/// Milliseconds.
pub fn duration(ms: i64) -> String {
    #[allow(clippy::cast_precision_loss)]
    let seconds = ms as f64 / 1e3;
    match ms {
        ..1_000 => format!("{ms} ms"),
        1_000..100_000 => format!("{seconds:.1} s"),
        _ => rough(seconds),
    }
}

/// Seconds, to about a tenth.
pub fn rough(seconds: f64) -> String {
    match seconds {
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 5_400.0 => format!("{:.0} min", s / 60.0),
        s if s < 172_800.0 => format!("{:.0} h", s / 3_600.0),
        s => format!("{} days", count((s / 86_400.0).round() as i64)),
    }
}

/// Bytes.
#[allow(clippy::cast_precision_loss)]
pub fn bytes(n: i64) -> String {
    match n {
        ..1_024 => format!("{n} B"),
        1_024..1_048_576 => format!("{:.0} KiB", n as f64 / 1_024.0),
        _ => format!("{:.1} MiB", n as f64 / 1_048_576.0),
    }
}

/// How long ago a time of the store is, and the time itself for whoever points at it.
pub fn ago(unix_ms: i64) -> Markup {
    match Timestamp::from_millisecond(unix_ms) {
        Ok(at) => since(at),
        Err(_) => html! { "at an unknown time" },
    }
}

/// How long ago a time is.
pub fn since(at: Timestamp) -> Markup {
    let seconds = Timestamp::now().duration_since(at).as_secs_f64();
    let text = match seconds {
        s if s < -1.5 => format!("in {}", rough(-s)),
        s if s < 1.5 => "just now".to_owned(),
        s => format!("{} ago", rough(s)),
    };
    html! { time datetime=(at) title=(at.strftime("%Y-%m-%d %H:%M:%S UTC")) { (text) } }
}

/// The time of day, or the day; the script shows it in the reader's own zone.
pub fn clock(unix_ms: i64, with_day: bool) -> Markup {
    let Ok(at) = Timestamp::from_millisecond(unix_ms) else { return html! {} };
    let (form, text) = if with_day { ("day", "%d %b %H:%M") } else { ("clock", "%H:%M") };
    html! { time datetime=(at) data-form=(form) { (at.strftime(text)) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_easy_to_read() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(|n: i64| count(n)), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([999, 1_500, 99_999, 300_000].map(duration), ["999 ms", "1.5 s", "100.0 s", "5 min"]);
        assert_eq!([59.6, 600.0, 86_400.0, 864_000.0].map(rough), ["60 s", "10 min", "24 h", "10 days"]);
        assert_eq!([0.0, 12.34, 99.99, 100.0].map(percent), ["0 %", "12.3 %", "100 %", "100 %"]);
        assert_eq!([12, 20_480, 3_145_728].map(bytes), ["12 B", "20 KiB", "3.0 MiB"]);
        assert_eq!(
            [0, 63, 31_000, 50_000, 1_640_000, 5_000_000].map(dollars),
            ["$0", "$0.000063", "$0.031", "$0.05", "$1.64", "$5.00"]
        );
    }
}
