//! Planted faults: known mistakes, which the claims must catch.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::ValidateError;

/// One mistake, made on purpose: in the simulation, or (the last two) in what theory is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Plant {
    /// g is 2 % too large.
    Gain,
    /// m and n are exchanged.
    Transpose,
    /// chi has variance 1.05 / N.
    Scaling,
    /// The other equation: rate for current, current for rate and for two time scales.
    Variant,
    /// The step is four times too large.
    Step,
    /// kappa is measured along m in place of n.
    Kappa,
    /// Every change of the input comes half a unit of time late.
    Onset,
    /// Outliers are sought among the eigenvalues of J in place of J phi'.
    Spectrum,
    /// Theory is not corrected for the finite measuring window.
    Window,
    /// Theory knows of a mixture only the means and covariances of all neurons together.
    Populations,
}

impl Plant {
    /// Every planted fault.
    pub const ALL: [Self; 10] = [
        Self::Gain,
        Self::Transpose,
        Self::Scaling,
        Self::Variant,
        Self::Step,
        Self::Kappa,
        Self::Onset,
        Self::Spectrum,
        Self::Window,
        Self::Populations,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gain => "gain",
            Self::Transpose => "transpose",
            Self::Scaling => "scaling",
            Self::Variant => "variant",
            Self::Step => "step",
            Self::Kappa => "kappa",
            Self::Onset => "onset",
            Self::Spectrum => "spectrum",
            Self::Window => "window",
            Self::Populations => "populations",
        }
    }
}

impl fmt::Display for Plant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Plant {
    type Err = ValidateError;

    fn from_str(name: &str) -> Result<Self, ValidateError> {
        Self::ALL.into_iter().find(|p| p.name() == name).ok_or_else(|| ValidateError::UnknownPlant {
            name: name.to_owned(),
            known: Self::ALL.map(Self::name).join(", "),
        })
    }
}
