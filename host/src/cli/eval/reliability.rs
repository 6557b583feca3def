//! Whether a confidence can be believed: of the answers given with 0.9, nine of ten should be right.

use serde::Serialize;

/// Where bins begin; the last one includes 1. They are narrower where answers are taken or left.
const EDGES: [f64; 7] = [0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95];

/// Answers by their confidence.
#[derive(Debug, Clone, Serialize)]
pub struct Reliability {
    bins: Vec<Bin>,
    /// By how much confidence and right answers differ on average, over all answers; 0 when there are none.
    pub expected_calibration_error: f64,
}

/// Answers with a confidence from `from` on, to the next bin.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Bin {
    /// The least confidence.
    pub from: f64,
    /// Where the next bin begins.
    pub to: f64,
    /// Answers.
    pub rows: usize,
    /// Their mean confidence.
    pub confidence: f64,
    /// The share of them that is right.
    pub right: f64,
}

impl Reliability {
    /// Sorts answers, each a confidence and whether it was right, into bins.
    #[allow(clippy::cast_precision_loss)]
    pub fn of(answers: &[(f64, bool)]) -> Self {
        let ends = EDGES.into_iter().skip(1).chain([f64::INFINITY]);
        let bin = |(from, to): (f64, f64)| {
            let inside: Vec<_> = answers.iter().filter(|(sure, _)| (from..to).contains(sure)).collect();
            let mean = |sum: f64| if inside.is_empty() { 0.0 } else { sum / inside.len() as f64 };
            Bin {
                from,
                to: to.min(1.0),
                rows: inside.len(),
                confidence: mean(inside.iter().map(|(sure, _)| sure).sum()),
                right: mean(inside.iter().filter(|(_, right)| *right).count() as f64),
            }
        };
        let bins: Vec<Bin> = EDGES.into_iter().zip(ends).map(bin).collect();
        let all = answers.len().max(1) as f64;
        let gaps = bins.iter().map(|bin| bin.gap().abs() * bin.rows as f64).sum::<f64>();
        Self { bins, expected_calibration_error: gaps / all }
    }

    /// The bins that have answers.
    pub fn bins(&self) -> impl Iterator<Item = &Bin> {
        self.bins.iter().filter(|bin| bin.rows > 0)
    }
}

impl Bin {
    /// How much more is right than was claimed; below 0 it was claimed too much.
    pub fn gap(&self) -> f64 {
        self.right - self.confidence
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_binned_by_confidence_and_their_gaps_weighed() {
        let answers = [(0.9, true), (0.94, false), (1.0, true), (0.95, true), (0.2, false), (0.4, true)];
        let reliability = Reliability::of(&answers);
        let rows: Vec<_> = reliability.bins().map(|bin| (bin.from, bin.to, bin.rows)).collect();
        assert_eq!(rows, [(0.0, 0.5, 2), (0.9, 0.95, 2), (0.95, 1.0, 2)]);
        // (|0.5 − 0.3| + |0.5 − 0.92| + |1 − 0.975|) · 2 / 6
        assert!((reliability.expected_calibration_error - 0.215).abs() < 1e-9, "{reliability:?}");
        assert!(Reliability::of(&[]).expected_calibration_error.abs() < f64::EPSILON);
    }
}
