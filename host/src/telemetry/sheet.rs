//! Figures that are looked up when someone asks, in Prometheus' text format: what is gone is not on the next sheet, as it
//! would be in a recorder, and a counter need not count whole things.

use super::table::figure;
use metrics_exporter_prometheus::formatting;
use std::fmt::Write;

/// Figures of one moment.
#[derive(Debug, Default)]
pub struct Sheet {
    text: String,
    /// The figure that was written last: lines of one stand together.
    last: &'static str,
}

impl Sheet {
    /// A line of a figure of the table. Lines of one figure follow one another.
    pub fn line(&mut self, name: &'static str, labels: &[(&str, &str)], value: f64) {
        if self.last != name {
            self.last = name;
            if let Some(figure) = figure(name) {
                formatting::write_help_line(&mut self.text, name, None, None, figure.help);
                formatting::write_type_line(&mut self.text, name, None, None, figure.kind.name());
            }
        }
        self.text.push_str(name);
        for (at, (label, value)) in labels.iter().enumerate() {
            let opening = if at == 0 { '{' } else { ',' };
            // Writing to a string does not fail.
            let _ = write!(self.text, "{opening}{label}=\"{}\"", formatting::sanitize_label_value(value));
        }
        let closing = if labels.is_empty() { "" } else { "}" };
        let _ = writeln!(self.text, "{closing} {value}");
    }

    /// A line of a whole number.
    #[allow(clippy::cast_precision_loss, reason = "a double counts to nine quadrillions")]
    pub fn count(&mut self, name: &'static str, labels: &[(&str, &str)], n: i64) {
        self.line(name, labels, n as f64);
    }

    /// A line of something that is so, or is not.
    pub fn flag(&mut self, name: &'static str, labels: &[(&str, &str)], is_so: bool) {
        self.line(name, labels, if is_so { 1.0 } else { 0.0 });
    }

    /// All of it.
    #[must_use]
    pub fn into_text(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_has_its_help_and_type_once_and_its_labels_are_quoted() {
        let mut sheet = Sheet::default();
        sheet.count("liner_queue_tracks", &[("status", "pending")], 7);
        sheet.count("liner_queue_tracks", &[("status", "a \"b\"\n\\")], 0);
        sheet.flag("liner_worker_paused", &[], true);
        let text = sheet.into_text();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("# HELP liner_queue_tracks ") && lines[1] == "# TYPE liner_queue_tracks gauge");
        assert_eq!(lines[2], "liner_queue_tracks{status=\"pending\"} 7");
        assert_eq!(lines[3], "liner_queue_tracks{status=\"a \\\"b\\\"\\n\\\\\"} 0");
        assert_eq!(lines[6..], ["liner_worker_paused 1"]);
    }
}
