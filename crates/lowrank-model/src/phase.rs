//! The phase of a state, by one rule for theory and networks.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where phases begin.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Thresholds {
    /// Of the structure |kappa|.
    pub structure: f64,
    /// Of the chaoticity \<std_t(x_i)>_i.
    pub chaoticity: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { structure: 0.1, chaoticity: 0.1 }
    }
}

/// The four phases (docs/theory.md section 7), told by thresholds, and activity without bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Neither structured nor chaotic.
    Quiescent,
    /// Structured, at rest.
    StructuredStationary,
    /// Structured and chaotic.
    StructuredChaos,
    /// Chaotic without structure.
    UnstructuredChaos,
    /// Activity grows without bound.
    Unbounded,
}

impl Phase {
    /// The phase of a state of this structure |kappa| and chaoticity, of networks or of theory; none where one of them was not
    /// measured (NaN).
    pub fn of(structure: f64, chaoticity: f64, thresholds: &Thresholds) -> Option<Self> {
        if structure.is_nan() || chaoticity.is_nan() {
            return None;
        }
        Some(match (structure >= thresholds.structure, chaoticity >= thresholds.chaoticity) {
            (false, false) => Self::Quiescent,
            (true, false) => Self::StructuredStationary,
            (true, true) => Self::StructuredChaos,
            (false, true) => Self::UnstructuredChaos,
        })
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Quiescent => "quiescent",
            Self::StructuredStationary => "structured-stationary",
            Self::StructuredChaos => "structured-chaos",
            Self::UnstructuredChaos => "unstructured-chaos",
            Self::Unbounded => "unbounded",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_are_told_by_thresholds() {
        let thresholds = Thresholds { structure: 0.2, chaoticity: 0.1 };
        let names = [(0.0, 0.0), (0.2, 0.0), (1.0, 0.1), (0.1, 3.0)]
            .map(|(s, c)| Phase::of(s, c, &thresholds).unwrap().to_string());
        assert_eq!(names, ["quiescent", "structured-stationary", "structured-chaos", "unstructured-chaos"]);
        assert_eq!(Phase::of(0.5, f64::NAN, &thresholds), None);
    }
}
