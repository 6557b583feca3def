//! A plot as SVG: bars or stepped lines, one step a stretch of time. Its geometry is in attributes, as the pages' policy
//! allows no style.

use crate::api::dashboard::written;
use crate::store::Stretch;
use jiff::Timestamp;
use maud::{Markup, html};
use std::fmt::Write;

/// The width of one step, and the height of the plot, in its own units; it is stretched to its place.
const STEP: i64 = 10;
const HEIGHT: i64 = 100;

/// What is measured upwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    /// Whole things.
    Count,
    /// Tenths of a per cent.
    Share,
    /// Milliseconds.
    Time,
    /// Millionths of a dollar.
    Money,
}

/// How it is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One on top of the other.
    Bars,
    /// Each by itself.
    Line,
}

/// The values of one stretch, each with its class.
type Values = Vec<(&'static str, i64)>;

/// A plot.
pub struct Plot {
    axis: Axis,
    shape: Shape,
    steps: Vec<(i64, Option<Values>)>,
    top: i64,
}

impl Plot {
    /// A plot of what is read of each stretch; of one in which there is nothing to read there is nothing.
    pub fn of(stretches: &[Stretch], axis: Axis, read: impl Fn(&Stretch) -> Option<(Values, Shape)>) -> Self {
        let mut shape = Shape::Line;
        let step = |one: &Stretch| {
            let values = read(one).map(|(values, as_shape)| {
                shape = as_shape;
                values
            });
            (one.began_at, values)
        };
        let steps: Vec<_> = stretches.iter().map(step).collect();
        let height = |values: &Values| match shape {
            Shape::Bars => values.iter().map(|(_, value)| value).sum(),
            Shape::Line => values.iter().map(|(_, value)| *value).max().unwrap_or(0),
        };
        let most = steps.iter().filter_map(|(_, values)| values.as_ref()).map(height).max().unwrap_or(0);
        let top = if axis == Axis::Share { 1_000 } else { round_up(most, axis) };
        Self { axis, shape, steps, top }
    }

    /// The plot under a name, with what it shows in words.
    pub fn shown(&self, id: &str, title: &str) -> Markup {
        let (title_id, text_id) = (format!("{id}-plot-title"), format!("{id}-plot-text"));
        let width = i64::try_from(self.steps.len()).unwrap_or(1) * STEP;
        html! {
            div.plot {
                svg viewBox=(format!("0 0 {width} {HEIGHT}")) preserveAspectRatio="none" role="img"
                    aria-labelledby=(format!("{title_id} {text_id}")) {
                    title #(title_id) { (title) }
                    desc #(text_id) { (self.in_words()) }
                    @for y in [0, HEIGHT / 2, HEIGHT] { line.grid x1="0" x2=(width) y1=(y) y2=(y) {} }
                    @match self.shape {
                        Shape::Bars => (self.bars()),
                        Shape::Line => (self.lines()),
                    }
                    @for (x, step) in (0..).step_by(10).zip(&self.steps) { (self.pointed_at(x, step)) }
                }
                p.scale aria-hidden="true" { span { (self.written(self.top)) } span { (self.written(self.top / 2)) } span { (self.written(0)) } }
            }
        }
    }

    fn y(&self, value: i64) -> i64 {
        HEIGHT - value * HEIGHT / self.top.max(1)
    }

    fn bars(&self) -> Markup {
        let stacked = |values: &Values| {
            let mut below = 0;
            let mut parts = Vec::new();
            for (class, value) in values.iter().filter(|(_, value)| *value > 0) {
                let (low, high) = (self.y(below), self.y(below + value));
                parts.push((*class, high.min(low - 1), (low - high).max(1)));
                below += value;
            }
            parts
        };
        html! {
            @for (x, (_, values)) in (0i64..).step_by(10).zip(&self.steps) {
                @for (class, y, height) in values.iter().flat_map(stacked) {
                    rect class=(class) x=(x + 1) y=(y) width=(STEP - 2) height=(height) {}
                }
            }
        }
    }

    /// A line breaks off where there is nothing.
    fn lines(&self) -> Markup {
        let series = self.steps.iter().find_map(|(_, values)| values.as_ref()).map_or(0, Vec::len);
        let path = |n: usize| {
            let (mut path, mut class, mut goes_on) = (String::new(), "line", false);
            for (x, (_, values)) in (0i64..).step_by(10).zip(&self.steps) {
                let Some((of, value)) = values.as_ref().and_then(|values| values.get(n)) else {
                    goes_on = false;
                    continue;
                };
                class = of;
                // A string takes whatever is written.
                let _ = write!(path, "{}{x} {}H{}", if goes_on { 'L' } else { 'M' }, self.y(*value), x + STEP);
                goes_on = true;
            }
            (class, path)
        };
        html! { @for (class, path) in (0..series).rev().map(path) { path class=(class) d=(path) {} } }
    }

    /// What is said of a stretch that is pointed at.
    fn pointed_at(&self, x: usize, (began_at, values): &(i64, Option<Values>)) -> Markup {
        let at = time_of_day(*began_at);
        let said: Vec<String> = values.iter().flatten().map(|(class, value)| self.said(class, *value)).collect();
        let said = if said.is_empty() { "nothing".to_owned() } else { said.join(", ") };
        html! { rect.point x=(x) y="0" width=(STEP) height=(HEIGHT) { title { (at) " UTC: " (said) } } }
    }

    fn said(&self, class: &str, value: i64) -> String {
        let what = match class {
            "completed" => " succeeded",
            "failed" => " failed",
            "faint" => " at the longest",
            _ => "",
        };
        format!("{}{what}", self.written(value))
    }

    fn written(&self, value: i64) -> String {
        match self.axis {
            Axis::Time if value == 0 => "0".to_owned(),
            Axis::Count => written::count(value),
            #[allow(clippy::cast_precision_loss)]
            Axis::Share => written::percent(value as f64 / 10.0),
            Axis::Time => written::duration(value),
            Axis::Money => written::dollars(value),
        }
    }

    /// The most, the least, and when.
    fn in_words(&self) -> String {
        let first =
            |values: &Option<Values>| values.as_ref().and_then(|values| values.first()).map(|(_, value)| *value);
        let known: Vec<(i64, i64)> =
            self.steps.iter().filter_map(|(at, values)| Some((first(values)?, *at))).filter(|(n, _)| *n > 0).collect();
        let (Some(most), Some(least)) = (known.iter().max(), known.iter().min()) else {
            return "Nothing ended in this time.".to_owned();
        };
        format!(
            "At most {} from {} UTC, at least {} from {} UTC. The table below has every figure.",
            self.written(most.0),
            time_of_day(most.1),
            self.written(least.0),
            time_of_day(least.1)
        )
    }
}

fn time_of_day(unix_ms: i64) -> String {
    Timestamp::from_millisecond(unix_ms).map_or_else(|_| String::new(), |at| at.strftime("%d %b %H:%M").to_string())
}

/// The next number that is easy to halve and to read: 1, 2 or 5 and noughts; of times, tenths of seconds and more.
fn round_up(most: i64, axis: Axis) -> i64 {
    let least = match axis {
        Axis::Count | Axis::Share => 2,
        Axis::Time => 100,
        Axis::Money => 100,
    };
    let mut unit = 1i64;
    while let Some(next) = unit.checked_mul(10) {
        for step in [1, 2, 5] {
            if unit.saturating_mul(step) >= most.max(least) {
                return unit.saturating_mul(step);
            }
        }
        unit = next;
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(n: i64, succeeded: i64, failed: i64) -> Stretch {
        Stretch { began_at: n * 60_000, succeeded, failed, ..Stretch::default() }
    }

    #[test]
    fn bars_are_stacked_and_what_is_there_is_seen() {
        let stretches = [stretch(0, 50, 1), stretch(1, 0, 0), stretch(2, 0, 100)];
        let plot = Plot::of(&stretches, Axis::Count, |one| {
            Some((vec![("completed", one.succeeded), ("failed", one.failed)], Shape::Bars))
        });
        let shown = plot.shown("t", "Throughput").into_string();
        assert!(shown.contains(r#"viewBox="0 0 30 100""#), "{shown}");
        assert!(shown.contains(r#"<rect class="completed" x="1" y="50" width="8" height="50">"#), "{shown}");
        assert!(shown.contains(r#"<rect class="failed" x="1" y="49" width="8" height="1">"#), "{shown}");
        assert!(shown.contains("01 Jan 00:01 UTC: 0 succeeded, 0 failed"), "{shown}");
        assert!(shown.contains("At most 50 from 01 Jan 00:00 UTC, at least 50"), "{shown}");
    }

    #[test]
    fn a_line_breaks_off_where_there_is_nothing() {
        let stretches = [stretch(0, 1, 1), stretch(1, 3, 1), stretch(2, 0, 0), stretch(3, 1, 0)];
        let plot = Plot::of(&stretches, Axis::Share, |one| {
            one.success_rate().map(|rate| (vec![("line", (rate * 10.0) as i64)], Shape::Line))
        });
        let shown = plot.shown("s", "Success").into_string();
        assert!(shown.contains(r#"d="M0 50H10L10 25H20M30 0H40""#), "{shown}");
    }

    #[test]
    fn an_axis_ends_at_a_number_that_is_easy_to_read() {
        let ends = [0, 3, 7, 11, 4_321].map(|most| round_up(most, Axis::Count));
        assert_eq!(ends, [2, 5, 10, 20, 5_000]);
        assert_eq!(round_up(0, Axis::Money), 100);
        assert!(round_up(i64::MAX, Axis::Count) > 0);
    }
}
