//! Dates as pages write them.

use liner_strategy::is_release_date;

const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// A release date in the contract's form, from `2012-12-10T00:00:00Z`, `2012`, `07.09.2018` or `07 Sep 2018 00:00 GMT`.
pub fn release_date(text: &str) -> Option<String> {
    let text = text.trim();
    let iso = text.split(['T', ' ']).next().unwrap_or_default();
    if is_release_date(iso) {
        return Some(iso.to_owned());
    }
    let mut parts = text.split(['.', ' ', ',']).filter(|part| !part.is_empty());
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    // "September 7, 2018".
    let (day, month) = if day.starts_with(char::is_alphabetic) { (month, day) } else { (day, month) };
    let month = match month.get(..3).map(str::to_ascii_lowercase) {
        Some(name) => MONTHS.iter().position(|known| **known == name)? + 1,
        None => month.parse().ok()?,
    };
    let date = format!("{year}-{month:02}-{:02}", day.parse::<u32>().ok()?);
    is_release_date(&date).then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_all_forms_come_out_in_one() {
        for (text, date) in [
            ("2012-12-10T00:00:00.000Z", Some("2012-12-10")),
            ("1963", Some("1963")),
            ("07.09.2018", Some("2018-09-07")),
            ("07 Sep 2018 00:00:00 GMT", Some("2018-09-07")),
            ("September 7, 2018", Some("2018-09-07")),
            ("31.02.2018", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(release_date(text).as_deref(), date, "{text}");
        }
    }
}
