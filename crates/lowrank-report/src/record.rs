//! The record of a validation as JSON.

use lowrank_validate::Outcome;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Provenance, ReportError};

/// What `lowrank check` and `lowrank validate` give as JSON.
#[derive(Serialize, JsonSchema)]
pub struct VerdictRecord<'a> {
    #[serde(flatten)]
    provenance: &'a Provenance,
    /// Whether every claim passed.
    passed: bool,
    #[serde(flatten)]
    outcome: &'a Outcome,
}

/// Results with what made them.
#[derive(Serialize, JsonSchema)]
pub struct DataRecord<'a, D> {
    #[serde(flatten)]
    provenance: &'a Provenance,
    /// Seed of all random numbers.
    seed: u64,
    /// The results.
    data: &'a D,
}

/// The data of a figure with their provenance.
///
/// # Errors
/// None in practice: all values are plain.
pub fn data_json(data: &impl Serialize, seed: u64, provenance: &Provenance) -> Result<String, ReportError> {
    Ok(serde_json::to_string_pretty(&DataRecord { provenance, seed, data })? + "\n")
}

/// Provenance, seed, every parameter, every claim; the same bytes for the same run.
///
/// # Errors
/// None in practice: all values are plain.
pub fn json(outcome: &Outcome, provenance: &Provenance) -> Result<String, ReportError> {
    let record = VerdictRecord { provenance, passed: outcome.passed(), outcome };
    Ok(serde_json::to_string_pretty(&record)? + "\n")
}
