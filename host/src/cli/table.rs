//! Tables for people: a row is a line, and no line is wider than its terminal.
//!
//! Widths are those that a terminal shows: many Asian characters and emoji take two columns, joined ones no more than one of
//! them. A text that has no room ends in an ellipsis; an id, a date or a number is whole or not there, as half of one is
//! another one. Columns that can be spared go first where there is no room for all, and are named below the table.

use super::text::{clean, cut, width};

/// Between two columns.
const GAP: usize = 2;
/// The least a text is cut to before a column that can be spared is left out.
const LEAST: usize = 12;
/// A terminal that says to be narrower is taken to be so wide.
const NARROWEST: usize = 20;

/// A column's heading, and what may become of its cells.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    heading: &'static str,
    kind: Kind,
    /// The columns with the highest number are left out first; those with 0 never.
    spare: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Exact,
    Number,
}

impl Column {
    /// Texts, which may be cut.
    pub const fn text(heading: &'static str) -> Self {
        Self { heading, kind: Kind::Text, spare: 0 }
    }

    /// Ids, dates and names of states, which are not cut.
    pub const fn exact(heading: &'static str) -> Self {
        Self { heading, kind: Kind::Exact, spare: 0 }
    }

    /// Numbers, which are not cut and end below one another.
    pub const fn number(heading: &'static str) -> Self {
        Self { heading, kind: Kind::Number, spare: 0 }
    }

    /// The same, left out where there is no room; those with the highest rank go first.
    pub const fn spare(self, rank: u8) -> Self {
        Self { spare: rank, ..self }
    }
}

/// The lines of a table in a terminal of so many columns, or in their full width without one.
pub fn lines<const N: usize>(
    columns: [Column; N],
    rows: impl IntoIterator<Item = [String; N]>,
    room: Option<usize>,
) -> Vec<String> {
    let mut laid: Vec<Laid> = columns.into_iter().map(Laid::new).collect();
    for row in rows {
        laid.iter_mut().zip(row).for_each(|(column, cell)| column.push(&cell));
    }
    let Some(room) = room.map(|room| room.max(NARROWEST)) else { return rows_of(&laid) };
    let left_out = leave_out(&mut laid, room);
    narrow(&mut laid, room);
    let mut lines = rows_of(&laid);
    if !left_out.is_empty() {
        lines.push(format!("(no room for {}: widen the terminal, or see --json)", left_out.join(", ")));
    }
    // What cannot be cut may be wider than a very narrow terminal.
    lines.into_iter().map(|line| cut(&line, room)).collect()
}

/// A column with its cells, the heading first, and how wide it is to be.
struct Laid {
    column: Column,
    cells: Vec<String>,
    natural: usize,
    width: usize,
}

impl Laid {
    fn new(column: Column) -> Self {
        let mut laid = Self { column, cells: Vec::new(), natural: 0, width: 0 };
        laid.push(&column.heading.to_uppercase());
        laid
    }

    fn push(&mut self, cell: &str) {
        let cell = clean(cell);
        self.natural = self.natural.max(width(&cell));
        self.width = self.natural;
        self.cells.push(cell);
    }

    fn least(&self) -> usize {
        if self.column.kind == Kind::Text { self.natural.min(LEAST) } else { self.natural }
    }

    fn cell(&self, row: usize) -> String {
        let cell = cut(self.cells.get(row).map_or("", String::as_str), self.width);
        let pad = " ".repeat(self.width.saturating_sub(width(&cell)));
        if self.column.kind == Kind::Number { pad + &cell } else { cell + &pad }
    }
}

fn gaps(columns: usize) -> usize {
    columns.saturating_sub(1) * GAP
}

/// Takes columns out until the least of those that stay has room; returns the headings of those taken out, in their order.
fn leave_out(laid: &mut Vec<Laid>, room: usize) -> Vec<&'static str> {
    let mut left_out = Vec::new();
    while laid.iter().map(Laid::least).sum::<usize>() + gaps(laid.len()) > room {
        let last = laid.iter().enumerate().filter(|(_, laid)| laid.column.spare > 0);
        let Some((at, _)) = last.max_by_key(|(_, laid)| laid.column.spare) else { break };
        left_out.insert(0, laid.remove(at).column.heading);
    }
    left_out
}

/// Takes width from the widest texts until all have room.
fn narrow(laid: &mut [Laid], room: usize) {
    let exact = laid.iter().filter(|laid| laid.column.kind != Kind::Text).map(|laid| laid.natural).sum::<usize>();
    let mut left = room.saturating_sub(exact + gaps(laid.len()));
    let mut texts: Vec<&mut Laid> = laid.iter_mut().filter(|laid| laid.column.kind == Kind::Text).collect();
    texts.sort_by_key(|text| text.natural);
    let mut waiting = texts.len();
    for text in texts {
        // What the short ones do not need, the long ones share.
        text.width = text.natural.min(left / waiting.max(1));
        left -= text.width;
        waiting -= 1;
    }
}

fn rows_of(laid: &[Laid]) -> Vec<String> {
    let rows = laid.first().map_or(0, |column| column.cells.len());
    let line = |row: usize| {
        let cells: Vec<String> = laid.iter().map(|column| column.cell(row)).collect();
        cells.join(&" ".repeat(GAP)).trim_end().to_owned()
    };
    (0..rows).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIBRARY: [Column; 5] = [
        Column::text("title"),
        Column::text("artist"),
        Column::text("genres").spare(2),
        Column::number("shares").spare(1),
        Column::exact("track"),
    ];

    fn rows() -> Vec<[String; 5]> {
        let rows = [
            ["Harbour", "Ada Lane", "folk, acoustic, singer-songwriter", "7", "youtube/dQw4w9WgXcQ"],
            [
                "夜に駆ける (Racing into the Night) ライブ映像",
                "YOASOBI",
                "j-pop",
                "12345",
                "spotify/2Zo1PcszsT9WQ0ANntJbID",
            ],
            ["👩‍👩‍👧‍👦 👍🏽 Family & Friends 🇯🇵🇫🇷 – a title with emoji", "Zoë\u{301}", "", "1", "web/1"],
            ["\u{1b}[31mred\u{1b}[0m\u{7}\r\n\u{9b}2J \u{202e}evil", "\u{200b}", "", "", "web/2"],
        ];
        rows.map(|row| row.map(str::to_owned)).into()
    }

    fn at(room: usize) -> Vec<String> {
        lines(LIBRARY, rows(), Some(room))
    }

    #[test]
    fn no_line_is_wider_than_its_terminal_and_nothing_in_it_steers_one() {
        for room in [20, 40, 60, 80, 120, 200] {
            for line in at(room) {
                assert!(width(&line) <= room, "{room}: {line:?} takes {}", width(&line));
                assert!(!line.chars().any(char::is_control), "{line:?}");
            }
        }
    }

    #[test]
    fn every_cell_begins_where_its_heading_does_whatever_is_before_it() {
        for room in [60, 80, 200] {
            let lines = at(room);
            let start = |line: &str, word: &str| width(line.split_once(word).unwrap().0);
            let track = start(&lines[0], "TRACK");
            for (line, id) in lines.iter().skip(1).zip(["youtube/", "spotify/", "web/1", "web/2"]) {
                assert_eq!(start(line, id), track, "{room}: {line}");
            }
        }
    }

    #[test]
    fn numbers_end_below_one_another_and_are_never_cut() {
        let lines = at(80);
        let end = |line: &str, word: &str| width(line.split_once(word).unwrap().0) + word.len();
        let heading = end(&lines[0], "SHARES");
        assert_eq!((end(&lines[1], "  7"), end(&lines[2], "12345")), (heading, heading));
    }

    #[test]
    fn what_can_be_spared_goes_first_and_is_named() {
        let (narrow, wide) = (at(60), at(200));
        assert!(!narrow[0].contains("GENRES") && narrow[0].contains("TRACK"), "{narrow:#?}");
        assert_eq!(narrow.last().unwrap(), "(no room for genres: widen the terminal, or see --json)");
        assert!(wide[0].contains("GENRES") && !wide.iter().any(|line| line.contains('…')), "{wide:#?}");
        assert_eq!(wide.len(), 5);
    }

    #[test]
    fn a_text_that_has_no_room_ends_in_an_ellipsis_and_short_ones_are_left_whole() {
        let lines = at(80);
        assert!(lines[2].contains('…') && lines[1].starts_with("Harbour  "), "{lines:#?}");
        assert!(lines[1].contains("Ada Lane") && lines[1].contains("youtube/dQw4w9WgXcQ"), "{lines:#?}");
    }

    #[test]
    fn without_a_terminal_nothing_is_cut() {
        let lines = lines(LIBRARY, rows(), None);
        assert!(lines[2].contains("夜に駆ける (Racing into the Night) ライブ映像"), "{lines:#?}");
        assert!(!lines.iter().any(|line| line.contains('…')));
    }
}
