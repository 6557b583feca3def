//! The columns of what is copied, and what they hold.

/// What a column holds, whatever either database calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A whole number: a count, a time, money.
    Integer,
    /// A number with a fraction.
    Real,
    /// Yes or no: a number in SQLite.
    Boolean,
    /// A text, JSON among them.
    Text,
    /// Bytes.
    Bytes,
    /// Row numbers: a JSON array in SQLite.
    Numbers,
    /// Texts: a JSON array in SQLite.
    Texts,
}

/// A column of both databases.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name in PostgreSQL, and in SQLite where that is not said.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// What SQLite is asked for instead of a column of that name.
    pub source: Option<&'static str>,
}

impl Column {
    const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, source: None }
    }

    pub const fn from(self, source: &'static str) -> Self {
        Self { source: Some(source), ..self }
    }
}

pub const fn integer(name: &'static str) -> Column {
    Column::new(name, Kind::Integer)
}
pub const fn real(name: &'static str) -> Column {
    Column::new(name, Kind::Real)
}
pub const fn boolean(name: &'static str) -> Column {
    Column::new(name, Kind::Boolean)
}
pub const fn text(name: &'static str) -> Column {
    Column::new(name, Kind::Text)
}
pub const fn bytes(name: &'static str) -> Column {
    Column::new(name, Kind::Bytes)
}
pub const fn numbers(name: &'static str) -> Column {
    Column::new(name, Kind::Numbers)
}
pub const fn texts(name: &'static str) -> Column {
    Column::new(name, Kind::Texts)
}
