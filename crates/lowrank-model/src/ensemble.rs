//! Ensembles: the law of the vectors (m, n, I, w) of one neuron (docs/theory.md section 1).

mod empirical;
mod gaussian;
mod layout;

pub use empirical::Empirical;
pub use gaussian::{Gaussian, Moments};
pub use layout::{Layout, Vector};

use serde::Serialize;

/// The law from which each neuron draws its entries of the vectors, or the vectors themselves.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ensemble {
    /// Jointly Gaussian across neurons.
    Gaussian(Gaussian),
    /// The average over given vectors.
    Empirical(Empirical),
}

impl Ensemble {
    /// How many vectors of each kind there are.
    pub fn layout(&self) -> Layout {
        match self {
            Self::Gaussian(g) => g.layout(),
            Self::Empirical(e) => e.layout(),
        }
    }
}

impl From<Gaussian> for Ensemble {
    fn from(gaussian: Gaussian) -> Self {
        Self::Gaussian(gaussian)
    }
}

impl From<Empirical> for Ensemble {
    fn from(empirical: Empirical) -> Self {
        Self::Empirical(empirical)
    }
}
