//! One value, read from either database into the same form, and from there digested or written.

use super::column::Kind;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, ValueRef};
use std::borrow::Cow;
use std::fmt;
use std::io::Write;

/// The character that PostgreSQL cannot keep.
const NUL: char = '\0';
/// What stands for one that is unknown.
const REPLACEMENT: &str = "\u{fffd}";

/// A value of a row. Floating point is compared and written by its bits.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'r> {
    Null,
    Integer(i64),
    Real(f64),
    Boolean(bool),
    Text(Cow<'r, str>),
    Bytes(&'r [u8]),
    /// A track that was gone when its batch was brought up to date has no number.
    Numbers(Vec<Option<i64>>),
    Texts(Vec<String>),
}

/// Why a value cannot be read as what its column holds.
pub type Unreadable = Box<dyn std::error::Error + Send + Sync>;

impl<'r> Value<'r> {
    /// Reads a column of a row of SQLite, whose columns hold whatever was put into them.
    pub fn from_sqlite(row: &'r SqliteRow, at: usize, kind: Kind) -> Result<Self, Unreadable> {
        if row.try_get_raw(at)?.is_null() {
            return Ok(Self::Null);
        }
        Ok(match kind {
            Kind::Integer => Self::Integer(row.try_get(at)?),
            Kind::Real => Self::Real(row.try_get(at)?),
            Kind::Boolean => match row.try_get::<i64, _>(at)? {
                0 => Self::Boolean(false),
                1 => Self::Boolean(true),
                other => return Err(format!("{other} is neither 0 nor 1").into()),
            },
            Kind::Text => Self::Text(Cow::Borrowed(row.try_get(at)?)),
            Kind::Bytes => Self::Bytes(row.try_get(at)?),
            Kind::Numbers => Self::Numbers(serde_json::from_str(row.try_get(at)?)?),
            Kind::Texts => Self::Texts(serde_json::from_str(row.try_get(at)?)?),
        })
    }

    /// Reads a column of a row of PostgreSQL.
    pub fn from_postgres(row: &'r PgRow, at: usize, kind: Kind) -> Result<Self, Unreadable> {
        if row.try_get_raw(at)?.is_null() {
            return Ok(Self::Null);
        }
        Ok(match kind {
            Kind::Integer => Self::Integer(row.try_get(at)?),
            Kind::Real => Self::Real(row.try_get(at)?),
            Kind::Boolean => Self::Boolean(row.try_get(at)?),
            Kind::Text => Self::Text(Cow::Borrowed(row.try_get(at)?)),
            Kind::Bytes => Self::Bytes(row.try_get(at)?),
            Kind::Numbers => Self::Numbers(row.try_get(at)?),
            Kind::Texts => Self::Texts(row.try_get(at)?),
        })
    }

    /// Whether a text has the character U+0000.
    pub fn has_nul(&self) -> bool {
        match self {
            Self::Text(text) => text.contains(NUL),
            Self::Texts(texts) => texts.iter().any(|text| text.contains(NUL)),
            _ => false,
        }
    }

    /// With U+FFFD in the place of every U+0000.
    pub fn without_nul(self) -> Self {
        match self {
            Self::Text(text) => Self::Text(text.replace(NUL, REPLACEMENT).into()),
            Self::Texts(texts) => Self::Texts(texts.iter().map(|text| text.replace(NUL, REPLACEMENT)).collect()),
            other => other,
        }
    }

    /// Adds it to what is digested: its kind, its length where it has one, and what it is.
    pub fn digest_into(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Null => bytes.push(0),
            Self::Integer(number) => {
                bytes.push(1);
                bytes.extend(number.to_le_bytes());
            }
            Self::Real(number) => {
                bytes.push(2);
                bytes.extend(number.to_bits().to_le_bytes());
            }
            Self::Boolean(is) => bytes.extend([3, u8::from(*is)]),
            Self::Text(text) => digest_run(4, text.as_bytes(), bytes),
            Self::Bytes(run) => digest_run(5, run, bytes),
            Self::Numbers(numbers) => {
                digest_length(6, numbers.len(), bytes);
                for number in numbers {
                    number.map_or(Value::Null, Value::Integer).digest_into(bytes);
                }
            }
            Self::Texts(texts) => {
                digest_length(7, texts.len(), bytes);
                for text in texts {
                    digest_run(4, text.as_bytes(), bytes);
                }
            }
        }
    }

    /// Writes it as a column of PostgreSQL's text format for COPY.
    pub fn write_into(&self, line: &mut Vec<u8>) {
        match self {
            Self::Null => line.extend(b"\\N"),
            Self::Integer(number) => write_plain(line, number),
            // The shortest text that is read as the very same number.
            Self::Real(number) => write_plain(line, format_args!("{number:?}")),
            Self::Boolean(is) => line.push(if *is { b't' } else { b'f' }),
            Self::Text(text) => write_escaped(line, text.as_bytes()),
            Self::Bytes(bytes) => {
                line.extend(b"\\\\x");
                line.extend(crate::digest::hex(bytes).into_bytes());
            }
            Self::Numbers(numbers) => {
                let number = |number: &Option<i64>| number.map_or_else(|| "NULL".to_owned(), |n| n.to_string());
                write_plain(line, format_args!("{{{}}}", numbers.iter().map(number).collect::<Vec<_>>().join(",")));
            }
            Self::Texts(texts) => {
                let quoted = |text: &String| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
                let array = format!("{{{}}}", texts.iter().map(quoted).collect::<Vec<_>>().join(","));
                write_escaped(line, array.as_bytes());
            }
        }
    }
}

/// As a statement names it.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "'{}'", text.replace('\'', "''")),
            other => write!(f, "{other:?}"),
        }
    }
}

fn digest_length(tag: u8, length: usize, bytes: &mut Vec<u8>) {
    bytes.push(tag);
    bytes.extend(length.to_le_bytes());
}

fn digest_run(tag: u8, run: &[u8], bytes: &mut Vec<u8>) {
    digest_length(tag, run.len(), bytes);
    bytes.extend(run);
}

fn write_plain(line: &mut Vec<u8>, value: impl fmt::Display) {
    // Writing to memory does not fail.
    let _ = write!(line, "{value}");
}

fn write_escaped(line: &mut Vec<u8>, text: &[u8]) {
    line.reserve(text.len());
    for byte in text {
        match byte {
            b'\\' => line.extend(b"\\\\"),
            b'\n' => line.extend(b"\\n"),
            b'\r' => line.extend(b"\\r"),
            b'\t' => line.extend(b"\\t"),
            _ => line.push(*byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digested(value: &Value<'_>) -> Vec<u8> {
        let mut bytes = Vec::new();
        value.digest_into(&mut bytes);
        bytes
    }

    #[test]
    fn values_that_differ_are_digested_differently() {
        let values = [
            Value::Null,
            Value::Integer(0),
            Value::Real(0.0),
            Value::Real(0.1 + 0.2),
            Value::Real(0.3),
            Value::Boolean(false),
            Value::Text("".into()),
            Value::Text("0".into()),
            Value::Bytes(b""),
            Value::Numbers(vec![]),
            Value::Numbers(vec![None]),
            Value::Numbers(vec![Some(0)]),
            Value::Texts(vec![]),
            Value::Texts(vec![String::new()]),
            Value::Texts(vec!["a".into(), "b".into()]),
            Value::Texts(vec!["ab".into(), String::new()]),
        ];
        let digests: std::collections::HashSet<Vec<u8>> = values.iter().map(digested).collect();
        assert_eq!(digests.len(), values.len());
    }
}
