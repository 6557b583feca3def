//! How due tracks become batches.

use serde::Deserialize;
use std::collections::HashSet;

/// A row that could be claimed, and the largest batch that it may be in.
pub type Row = (i64, u32);

/// Due rows, as far as they are wanted.
#[derive(Debug, Deserialize)]
pub struct Due {
    /// By priority, then age.
    pub by_rank: Vec<Row>,
    /// Some by age alone; they may be among the others.
    pub by_age: Vec<Row>,
}

/// At most `most` batches of at most `size` rows, and whether there may be more due than they hold.
///
/// The first rows by rank, the aged ones, then more by rank are picked, as many as fit; then those that may be in a batch
/// of the same size are put together, and the batches that hold the earliest picked rows are taken.
pub fn batches_of(due: &Due, size: u32, most: u32) -> (Vec<Vec<i64>>, bool) {
    let fits = usize::try_from(size.saturating_mul(most)).unwrap_or(usize::MAX);
    let mut batches: Vec<(u32, Vec<i64>)> = Vec::new();
    for (id, max_batch) in pick(due, fits) {
        let bound = max_batch.min(size).max(1);
        let full = |rows: &[i64]| rows.len() >= usize::try_from(bound).unwrap_or(usize::MAX);
        match batches.iter_mut().find(|(other, rows)| *other == bound && !full(rows)) {
            Some((_, rows)) => rows.push(id),
            None => batches.push((bound, vec![id])),
        }
    }
    let more = due.by_rank.len() >= fits || batches.len() > usize::try_from(most).unwrap_or(usize::MAX);
    batches.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    (batches.into_iter().map(|(_, rows)| rows).collect(), more)
}

fn pick(due: &Due, fits: usize) -> Vec<Row> {
    let preferred = fits.saturating_sub(due.by_age.len());
    let (first, rest) = due.by_rank.split_at(preferred.min(due.by_rank.len()));
    let mut known = HashSet::with_capacity(fits);
    let rows = first.iter().chain(&due.by_age).chain(rest);
    rows.filter(|(id, _)| known.insert(*id)).take(fits).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(by_rank: &[Row], by_age: &[Row]) -> Due {
        Due { by_rank: by_rank.to_vec(), by_age: by_age.to_vec() }
    }

    #[test]
    fn tracks_of_a_kind_are_put_together_and_those_that_came_first_are_taken() {
        let rows = [(1, 100), (2, 2), (3, 100), (4, 2), (5, 1), (6, 1), (7, 3)];
        let (batches, full) = batches_of(&due(&rows, &[]), 3, 3);
        assert_eq!(batches, [vec![1, 3, 7], vec![2, 4], vec![5]]);
        assert!(full, "6 was left");
    }

    #[test]
    fn aged_rows_take_the_place_of_the_last_and_count_once() {
        let rows: Vec<Row> = (1..=4).map(|id| (id, 100)).collect();
        assert_eq!(batches_of(&due(&rows, &[(9, 100)]), 4, 1).0, [vec![1, 2, 3, 9]]);
        assert_eq!(batches_of(&due(&rows, &[(1, 100)]), 4, 1).0, [vec![1, 2, 3, 4]]);
    }

    #[test]
    fn nothing_due_makes_no_batch() {
        assert_eq!(batches_of(&due(&[], &[]), 20, 4), (vec![], false));
    }
}
