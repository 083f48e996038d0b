//! The record of a validation as JSON.

use lowrank_validate::Outcome;
use serde::Serialize;

use crate::{Provenance, ReportError};

#[derive(Serialize)]
struct Record<'a> {
    #[serde(flatten)]
    provenance: &'a Provenance,
    passed: bool,
    #[serde(flatten)]
    outcome: &'a Outcome,
}

/// The data of a figure with their provenance.
///
/// # Errors
/// None in practice: all values are plain.
pub fn data_json(data: &impl Serialize, seed: u64, provenance: &Provenance) -> Result<String, ReportError> {
    #[derive(Serialize)]
    struct Record<'a, D> {
        #[serde(flatten)]
        provenance: &'a Provenance,
        seed: u64,
        data: &'a D,
    }
    Ok(serde_json::to_string_pretty(&Record { provenance, seed, data })? + "\n")
}

/// Provenance, seed, every parameter, every claim; the same bytes for the same run.
///
/// # Errors
/// None in practice: all values are plain.
pub fn json(outcome: &Outcome, provenance: &Provenance) -> Result<String, ReportError> {
    let record = Record { provenance, passed: outcome.passed(), outcome };
    Ok(serde_json::to_string_pretty(&record)? + "\n")
}
