//! What calls cost. A counter of [`metrics`] counts whole things, and a call costs a thousandth of a dollar: so this one is
//! kept here, in millionths, and shown in dollars.

use super::Sheet;
use crate::money::usd;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

type Spent = BTreeMap<[String; 2], i64>;

static SPENT: Mutex<Spent> = Mutex::new(BTreeMap::new());

/// Counts what an answer cost, in millionths of a dollar.
pub fn spend([provider, model]: [String; 2], micros: i64) {
    let mut spent = SPENT.lock().unwrap_or_else(PoisonError::into_inner);
    *spent.entry([provider, model]).or_default() += micros.max(0);
}

pub fn show(sheet: &mut Sheet) {
    let spent = SPENT.lock().unwrap_or_else(PoisonError::into_inner);
    for ([provider, model], micros) in &*spent {
        sheet.line("liner_model_cost_usd_total", &[("provider", provider), ("model", model)], usd(*micros));
    }
}
