//! JSON in statements.

use super::StoreError;
use serde::Serialize;

/// JSON that goes into a statement. Serialising our own types cannot fail; were it to, the statement would be refused.
pub fn json<T: Serialize + ?Sized>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// JSON that came out of a statement.
pub fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Corrupt(error.to_string()))
}
