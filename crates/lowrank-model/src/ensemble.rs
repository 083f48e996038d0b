//! Ensembles: the law of the vectors (m, n, I, w) of one neuron (docs/theory.md section 1).

mod empirical;
mod gaussian;
mod layout;
mod mixture;
pub(crate) mod units;

pub use empirical::Empirical;
pub use gaussian::{Gaussian, Moments};
pub use layout::{Layout, Vector};
pub use mixture::Mixture;

use serde::Serialize;

use crate::ModelError;

/// The law from which each neuron draws its entries of the vectors, or the vectors themselves.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ensemble {
    /// Jointly Gaussian across neurons.
    Gaussian(Gaussian),
    /// Jointly Gaussian within each of several populations.
    Mixture(Mixture),
    /// The average over given vectors.
    Empirical(Empirical),
}

impl Ensemble {
    /// How many vectors of each kind there are.
    pub fn layout(&self) -> Layout {
        match self {
            Self::Gaussian(g) => g.layout(),
            Self::Mixture(m) => m.layout(),
            Self::Empirical(e) => e.layout(),
        }
    }

    /// The Gaussian ensemble with the same means and covariances: itself, or what a mixture or given vectors look like
    /// to whoever knows their first two moments only.
    ///
    /// # Errors
    /// Moments that overflow.
    pub fn moments(&self) -> Result<Gaussian, ModelError> {
        match self {
            Self::Gaussian(g) => Ok(g.clone()),
            Self::Mixture(m) => m.moments(),
            Self::Empirical(e) => e.moments(),
        }
    }
}

impl From<Gaussian> for Ensemble {
    fn from(gaussian: Gaussian) -> Self {
        Self::Gaussian(gaussian)
    }
}

impl From<Mixture> for Ensemble {
    fn from(mixture: Mixture) -> Self {
        Self::Mixture(mixture)
    }
}

impl From<Empirical> for Ensemble {
    fn from(empirical: Empirical) -> Self {
        Self::Empirical(empirical)
    }
}
