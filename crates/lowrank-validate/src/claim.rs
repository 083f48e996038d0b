//! A claim: at this operating point, in this variant, theory and simulation agree on this statistic.

use lowrank_model::Variant;
use serde::Serialize;

use crate::Judgement;

/// One judged comparison.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Claim {
    /// point/variant/statistic.
    pub name: String,
    /// Name of the operating point.
    pub point: String,
    /// Variant of the dynamics that theory is about.
    pub variant: Variant,
    /// Name of the statistic.
    pub statistic: String,
    /// Neurons of each network.
    pub neurons: usize,
    /// Independent networks.
    pub networks: usize,
    /// What theory says; the mean over networks where theory is solved for each network's own vectors.
    pub theory: f64,
    /// Equivalence margin.
    pub margin: f64,
    /// Estimate, standard error, interval and verdict.
    #[serde(flatten)]
    pub judgement: Judgement,
}
