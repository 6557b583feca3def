//! Money: counted in millionths of a dollar, read and written in dollars.

/// Millionths of a dollar in dollars.
#[must_use]
#[allow(clippy::cast_precision_loss)]
pub fn usd(micros: i64) -> f64 {
    micros as f64 / 1e6
}

/// Dollars in millionths of a dollar. More than can be counted is as much as can be; what is no number is nothing.
#[must_use]
#[allow(clippy::cast_possible_truncation)]
pub fn micros(usd: f64) -> i64 {
    (usd * 1e6).round() as i64
}

/// Millionths of a dollar in dollars, with as many digits as tell something.
#[must_use]
pub fn dollars(micros: i64) -> String {
    match micros {
        0 => "0".to_owned(),
        1..10_000 => format!("{:.6}", usd(micros)),
        10_000..1_000_000 => format!("{:.4}", usd(micros)),
        _ => format!("{:.2}", usd(micros)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_costs_are_not_rounded_to_nothing() {
        assert_eq!([0, 63, 31_000, 1_234_567].map(dollars), ["0", "0.000063", "0.0310", "1.23"]);
    }

    #[test]
    fn dollars_are_counted_and_back() {
        assert_eq!([0.0, 0.000_063, 1.5, f64::NAN].map(micros), [0, 63, 1_500_000, 0]);
        assert_eq!(micros(usd(1_234_567)), 1_234_567);
    }
}
