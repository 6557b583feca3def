//! Cuts a stream of bytes into rows as it arrives: a JSON array, an object or a link a line, or CSV with a header. Memory
//! is bounded by one row.

use super::row::{MAX_ROW, RawRow, RowError, RowText};

/// The form of the rows.
#[derive(Debug)]
enum Form {
    /// No byte that tells was seen yet.
    Unknown,
    Array(Array),
    JsonLines,
    /// Lines of text; the first tells whether it is CSV.
    Text {
        first: bool,
    },
    /// With the columns of the header.
    Csv {
        columns: Vec<String>,
        cell: Cell,
    },
}

/// Where in a CSV cell the stream is. Only a quote that begins a cell makes line ends part of it: `12" mix` is a text.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Cell {
    #[default]
    Start,
    Plain,
    Quoted,
    /// After a quote inside quotes; a second one is a character, anything else ends them.
    Quote,
}

/// Where in a JSON array the stream is.
#[derive(Debug, Default)]
struct Array {
    depth: u32,
    string: bool,
    escaped: bool,
    ended: bool,
}

/// What a byte means for the row.
enum Cut {
    Keep,
    Skip,
    /// The row ends before this byte.
    End,
}

/// Cuts rows out of bytes.
#[derive(Debug)]
pub struct Splitter {
    form: Form,
    row: Vec<u8>,
    row_line: u64,
    line: u64,
    too_long: bool,
}

impl Default for Splitter {
    fn default() -> Self {
        Self::new()
    }
}

impl Splitter {
    /// A splitter at the beginning of a stream.
    #[must_use]
    pub const fn new() -> Self {
        Self { form: Form::Unknown, row: Vec::new(), row_line: 1, line: 1, too_long: false }
    }

    /// Takes in some bytes; returns the rows that end in them.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<RawRow> {
        let mut rows = Vec::new();
        for byte in bytes {
            if matches!(self.form, Form::Unknown) && !self.begin(*byte) {
                self.line += u64::from(*byte == b'\n');
                continue;
            }
            match self.form.cut(*byte) {
                Cut::Keep => self.keep(*byte),
                Cut::Skip => {}
                Cut::End => rows.extend(self.end_row()),
            }
            self.line += u64::from(*byte == b'\n');
        }
        rows
    }

    /// Ends the stream; returns the row that ends with it.
    #[must_use]
    pub fn finish(mut self) -> Vec<RawRow> {
        match &self.form {
            Form::Array(array) if !array.ended => {
                vec![self.broken("the array does not end; a row or its ] is missing")]
            }
            Form::Array(_) if !self.row.is_empty() => {
                vec![self.broken("there is something after the end of the array")]
            }
            Form::Csv { cell: Cell::Quoted, .. } if !self.too_long => {
                vec![self.broken("a quoted cell does not end; its closing quote is missing")]
            }
            _ => self.end_row().into_iter().collect(),
        }
    }

    /// Tells the form by the first byte that is not blank; whether the byte belongs to a row.
    fn begin(&mut self, byte: u8) -> bool {
        self.form = match byte {
            // A byte order mark is no text.
            b' ' | b'\t' | b'\r' | b'\n' | 0xef | 0xbb | 0xbf => return false,
            b'[' => Form::Array(Array::default()),
            b'{' => Form::JsonLines,
            _ => Form::Text { first: true },
        };
        !matches!(self.form, Form::Array(_))
    }

    fn keep(&mut self, byte: u8) {
        if self.row.is_empty() {
            if byte.is_ascii_whitespace() {
                return;
            }
            self.row_line = self.line;
        }
        if self.row.len() < MAX_ROW {
            self.row.push(byte);
        } else {
            self.too_long |= !byte.is_ascii_whitespace();
        }
    }

    fn broken(&self, reason: &str) -> RawRow {
        RawRow::wrong(if self.row.is_empty() { self.line } else { self.row_line }, reason)
    }

    fn end_row(&mut self) -> Option<RawRow> {
        let (row, line) = (std::mem::take(&mut self.row), self.row_line);
        if std::mem::take(&mut self.too_long) {
            return Some(RawRow { line, content: Err(RowError::too_long(line)) });
        }
        let text = match std::str::from_utf8(row.trim_ascii()) {
            Ok("") => return None,
            Ok(text) => text,
            Err(_) => return Some(RawRow::wrong(line, "the row is not UTF-8; save it as UTF-8")),
        };
        self.form.read(text, line).map(|content| RawRow { line, content })
    }
}

impl Form {
    fn cut(&mut self, byte: u8) -> Cut {
        match self {
            Self::Array(array) => array.cut(byte),
            Self::Csv { cell, .. } => {
                *cell = cell.after(byte);
                if byte == b'\n' && *cell == Cell::Start { Cut::End } else { Cut::Keep }
            }
            _ if byte == b'\n' => Cut::End,
            _ => Cut::Keep,
        }
    }

    /// A row's text in this form; none for a comment and for the header, which tells the columns.
    fn read(&mut self, text: &str, line: u64) -> Option<Result<RowText, RowError>> {
        match self {
            Self::Csv { columns, .. } => Some(cells(columns, text, line)),
            Self::Text { .. } if text.starts_with('#') => None,
            Self::Text { first } => {
                if std::mem::take(first)
                    && let Some(columns) = header(text)
                {
                    *self = Self::Csv { columns, cell: Cell::Start };
                    return None;
                }
                // A link in quotes is one too, and an object may follow it.
                let read = if text.starts_with(['"', '{']) { RowText::Json } else { RowText::Url };
                Some(Ok(read(text.to_owned())))
            }
            Self::Unknown | Self::Array(_) | Self::JsonLines => Some(Ok(RowText::Json(text.to_owned()))),
        }
    }
}

impl Cell {
    const fn after(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::Start | Self::Quote, b'"') => Self::Quoted,
            (Self::Quoted, b'"') => Self::Quote,
            (Self::Quoted, _) => Self::Quoted,
            (_, b',' | b'\n') => Self::Start,
            _ => Self::Plain,
        }
    }
}

impl Array {
    fn cut(&mut self, byte: u8) -> Cut {
        if self.ended {
            return Cut::Keep;
        }
        if self.string {
            self.string = self.escaped || byte != b'"';
            self.escaped = !self.escaped && byte == b'\\';
            return Cut::Keep;
        }
        match byte {
            b'"' => self.string = true,
            b'{' | b'[' => self.depth = self.depth.saturating_add(1),
            b']' if self.depth == 0 => {
                self.ended = true;
                return Cut::End;
            }
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            b',' if self.depth == 0 => return Cut::End,
            byte if byte.is_ascii_whitespace() && self.depth == 0 => return Cut::Skip,
            _ => {}
        }
        Cut::Keep
    }
}

/// The columns of a line that is a CSV header: one that names a link or a page's title.
fn header(text: &str) -> Option<Vec<String>> {
    let columns: Vec<String> = record(text)?.into_iter().map(|cell| cell.trim().to_lowercase()).collect();
    let named = |column: &String| matches!(column.as_str(), "url" | "link" | "og_title");
    columns.iter().any(named).then_some(columns)
}

fn cells(columns: &[String], text: &str, line: u64) -> Result<RowText, RowError> {
    let cells = record(text).ok_or_else(|| RowError::new(line, "the row is not CSV"))?;
    if cells.len() > columns.len() {
        let (given, named) = (cells.len(), columns.len());
        let reason = format!("the row has {given} cells, the header {named}; quote cells with commas");
        return Err(RowError::new(line, reason));
    }
    Ok(RowText::Cells(columns.iter().cloned().zip(cells).collect()))
}

fn record(text: &str) -> Option<Vec<String>> {
    // Rows are cut at line feeds; at a lone carriage return the reader would drop the rest of one.
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .terminator(csv::Terminator::Any(b'\n'))
        .from_reader(text.as_bytes());
    let record = reader.records().next()?.ok()?;
    Some(record.iter().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(bytes: &[u8], chunk: usize) -> Vec<RawRow> {
        let mut splitter = Splitter::new();
        let mut rows: Vec<RawRow> = bytes.chunks(chunk).flat_map(|chunk| splitter.push(chunk)).collect();
        rows.extend(splitter.finish());
        rows
    }

    fn json(bytes: &[u8], chunk: usize) -> Vec<(u64, String)> {
        let text = |row: RawRow| match row.content.unwrap() {
            RowText::Json(text) => (row.line, text),
            other => panic!("{other:?}"),
        };
        split(bytes, chunk).into_iter().map(text).collect()
    }

    #[test]
    fn an_array_is_cut_into_its_elements_wherever_the_chunks_end() {
        let array = b" [ {\"a\": [1, {\"b\": \"},]\\\"[\"}]},\n \"x,y\" ,\n{}\n] \n";
        let rows = [(1, r#"{"a": [1, {"b": "},]\"["}]}"#), (2, r#""x,y""#), (3, "{}")].map(|(n, t)| (n, t.to_owned()));
        for chunk in 1..array.len() {
            assert_eq!(json(array, chunk), rows, "chunks of {chunk}");
        }
    }

    #[test]
    fn objects_a_line_are_cut_at_line_ends() {
        let rows = [(1, r#"{"a":1}"#), (4, r#"{"b":2}"#)].map(|(n, t)| (n, t.to_owned()));
        assert_eq!(json(b"\xef\xbb\xbf{\"a\":1}\r\n\n\n{\"b\":2}", 3), rows);
    }

    #[test]
    fn links_a_line_skip_blanks_and_comments() {
        let rows = split(b"https://a.example/1\n\n# later\n  https://a.example/2  \n", 5);
        let urls: Vec<_> = rows.into_iter().map(|row| (row.line, row.content.unwrap())).collect();
        let url = |text: &str| RowText::Url(text.to_owned());
        assert_eq!(urls, [(1, url("https://a.example/1")), (4, url("https://a.example/2"))]);
    }

    #[test]
    fn csv_has_a_header_and_cells_may_span_lines() {
        let rows =
            split(b"URL, og_title\nhttps://a.example/1,\"One,\ntwo \"\"three\"\"\"\nhttps://a.example/2,x\na,b,c\n", 4);
        let RowText::Cells(cells) = rows[0].content.clone().unwrap() else { panic!("{rows:?}") };
        assert_eq!(cells[1], ("og_title".to_owned(), "One,\ntwo \"three\"".to_owned()));
        assert_eq!((rows[1].line, rows[2].line), (4, 5));
        assert!(rows[2].content.as_ref().unwrap_err().reason.contains("3 cells"));
    }

    #[test]
    fn a_quote_within_a_cell_is_a_character() {
        let rows = split(b"url,og_title\na.example/1,7\" single\na.example/2,\"a \"\"b\"\"\"\nx,y\rz\n", 3);
        assert_eq!(rows.len(), 3);
        for (row, expected) in rows.iter().zip([(2, "7\" single"), (3, "a \"b\""), (4, "y\rz")]) {
            let Ok(RowText::Cells(cells)) = &row.content else { panic!("{row:?}") };
            assert_eq!((row.line, cells[1].1.as_str()), expected);
        }
    }

    #[test]
    fn a_quoted_cell_that_does_not_end_is_an_error_of_its_row() {
        let rows = split(b"url,og_title\na.example/1,A\na.example/2,\"B\na.example/3,C\n", 7);
        let error = rows[1].content.as_ref().unwrap_err();
        assert_eq!((rows[0].content.is_ok(), rows.len(), error.line), (true, 2, 3));
        assert!(error.reason.contains("closing quote"), "{error}");
    }

    #[test]
    fn a_comment_is_no_header_and_may_come_before_one() {
        let url = RowText::Url("https://a.example/1".to_owned());
        assert_eq!(split(b"# url, link\nhttps://a.example/1\n", 4)[0].content, Ok(url));
        let rows = split(b"# mine\nurl,og_title\nhttps://a.example/1,A\n", 4);
        assert!(matches!(rows.as_slice(), [RawRow { line: 3, content: Ok(RowText::Cells(_)) }]), "{rows:?}");
    }

    #[test]
    fn a_quoted_header_is_one_and_a_quoted_link_is_a_link() {
        let rows = split(b"\"url\",\"og_title\"\n\"https://a.example/1\",\"One\"\n", 3);
        assert_eq!(rows.len(), 1);
        assert!(matches!(&rows[0].content, Ok(RowText::Cells(cells)) if cells[1].1 == "One"), "{rows:?}");
        let rows = split(b"\"https://a.example/1\"\nhttps://a.example/2\n", 3);
        assert_eq!(rows[0].content, Ok(RowText::Json("\"https://a.example/1\"".to_owned())));
        assert_eq!(rows[1].content, Ok(RowText::Url("https://a.example/2".to_owned())));
    }

    #[test]
    fn a_row_that_is_too_long_is_skipped_and_those_after_it_still_work() {
        let long = "x".repeat(3 * MAX_ROW);
        for input in [format!("[\"{long}\", {{}}]"), format!("\"{long}\"\n{{}}\n")] {
            let rows = split(input.as_bytes(), 10_000);
            assert!(rows[0].content.as_ref().unwrap_err().is_too_long());
            assert_eq!(rows[1].content, Ok(RowText::Json("{}".to_owned())));
        }
    }

    #[test]
    fn an_array_that_does_not_end_or_goes_on_is_an_error_after_its_rows() {
        for (input, good) in [("[{}, {\"a\":", 1), ("[{}", 0), ("[{}] x", 1), ("[", 0)] {
            let rows = split(input.as_bytes(), 2);
            assert_eq!(rows.len(), good + 1, "{input}");
            assert!(rows[good].content.is_err(), "{input}");
        }
    }

    #[test]
    fn what_is_no_text_is_that_rows_error() {
        let rows = split(b"{\"a\":\"\xff\"}\n{}\n", 100);
        assert!(rows[0].content.as_ref().unwrap_err().reason.contains("UTF-8"));
        assert!(rows[1].content.is_ok());
    }

    #[test]
    fn nothing_is_no_row() {
        for input in ["", " \n\n", "[]", "[ ]\n"] {
            assert_eq!(split(input.as_bytes(), 1), [], "{input:?}");
        }
    }
}
