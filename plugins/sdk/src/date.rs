//! Release dates, in the contract's form and as pages write them.

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Whether a text is `YYYY`, `YYYY-MM` or `YYYY-MM-DD` with a year from 1860, when recording began, to 2199.
#[must_use]
pub fn is_release_date(text: &str) -> bool {
    let mut parts = text.split('-');
    let part = |text: Option<&str>, width: usize| {
        text.filter(|t| t.len() == width && t.bytes().all(|b| b.is_ascii_digit())).and_then(|t| t.parse::<u32>().ok())
    };
    let Some(year) = part(parts.next(), 4) else { return false };
    let (month, day, rest) = (parts.next(), parts.next(), parts.next());
    let month_number = part(month, 2);
    let days = match month_number {
        Some(2) if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        Some(2) => 28,
        Some(4 | 6 | 9 | 11) => 30,
        Some(_) => 31,
        None => 0,
    };
    (1860..2200).contains(&year)
        && rest.is_none()
        && (month.is_none() || month_number.is_some_and(|m| (1..=12).contains(&m)))
        && (day.is_none() || part(day, 2).is_some_and(|d| (1..=days).contains(&d)))
}

/// A release date in the contract's form, from `2012-12-10T00:00:00Z`, `2012`, `07.09.2018`, `07 Sep 2018 00:00 GMT` or
/// `September 7, 2018`.
#[must_use]
pub fn release_date(text: &str) -> Option<String> {
    let text = text.trim();
    let iso = text.split(['T', ' ']).next().unwrap_or_default();
    if is_release_date(iso) {
        return Some(iso.to_owned());
    }
    let mut parts = text.split(['.', ' ', ',']).filter(|part| !part.is_empty());
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
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
    fn release_dates_are_real_days() {
        for good in ["1999", "1999-12", "2024-02-29"] {
            assert!(is_release_date(good), "{good}");
        }
        for bad in ["", "99", "1999-13", "2023-02-29", "1999-1", "1999-01-01-01", "1999-01-01T00", "0000", "+999"] {
            assert!(!is_release_date(bad), "{bad}");
        }
    }

    #[test]
    fn dates_of_all_forms_come_out_in_one() {
        for (text, date) in [
            ("2012-12-10T00:00:00.000Z", Some("2012-12-10")),
            ("2019-03-13 00:00:00", Some("2019-03-13")),
            ("1963", Some("1963")),
            ("07.09.2018", Some("2018-09-07")),
            ("07 Sep 2018 00:00:00 GMT", Some("2018-09-07")),
            ("1 apr 2013", Some("2013-04-01")),
            ("September 7, 2018", Some("2018-09-07")),
            ("31.02.2018", None),
            ("31 Feb 2013", None),
            ("1 April", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(release_date(text).as_deref(), date, "{text}");
        }
    }
}
