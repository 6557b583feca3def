//! liner
