//! Classes of neurons with all their vectors: the law of u(t) and of the initial state within each.
//!
//! u_i(t) is a sum of the neuron's vectors and of its own part xi of the initial state; one row of coefficients a time
//! gives every mean and covariance that (T19) asks for.

use lowrank_model::{Ensemble, Gaussian};

use crate::neurons::dot;

/// A sum of the vectors of one neuron and of a unit normal of its own.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Row {
    /// Coefficients of the vectors, in the order of the layout.
    pub(super) vectors: Vec<f64>,
    /// Coefficient of the unit normal.
    pub(super) own: f64,
}

/// Moments of all vectors in one class; no covariance where the class has no variance.
#[derive(Debug)]
pub(super) struct Class {
    pub(super) weight: f64,
    mean: Vec<f64>,
    covariance: Vec<f64>,
}

impl Class {
    /// The classes of an ensemble: one, one a population, or one a neuron.
    pub(super) fn all(ensemble: &Ensemble) -> Vec<Self> {
        match ensemble {
            Ensemble::Gaussian(law) => vec![Self::gaussian(1.0, law)],
            Ensemble::Mixture(mixture) => {
                mixture.populations().iter().map(|(w, law)| Self::gaussian(*w, law)).collect()
            }
            Ensemble::Empirical(given) => {
                let weight = 1.0 / given.neurons() as f64;
                let entries = |i: usize| given.vectors().iter().map(|v| v[i]).collect();
                (0..given.neurons()).map(|i| Self { weight, mean: entries(i), covariance: Vec::new() }).collect()
            }
        }
    }

    /// One class with the moments of a Gaussian ensemble.
    pub(super) fn gaussian(weight: f64, law: &Gaussian) -> Self {
        let d = law.mean().len();
        let covariance = (0..d * d).map(|e| law.covariance(e / d, e % d)).collect();
        Self { weight, mean: law.mean().to_vec(), covariance }
    }

    /// Mean of a sum.
    pub(super) fn mean(&self, row: &Row) -> f64 {
        dot(&self.mean, &row.vectors)
    }

    /// Mean of one vector.
    pub(super) fn mean_of(&self, vector: usize) -> f64 {
        self.mean[vector]
    }

    /// What turns another sum into its covariance with this one; its entries are those of the single vectors.
    pub(super) fn covector(&self, row: &Row) -> Row {
        let d = row.vectors.len();
        let vectors = if self.covariance.is_empty() {
            vec![0.0; d]
        } else {
            self.covariance.chunks_exact(d.max(1)).map(|line| dot(line, &row.vectors)).collect()
        };
        Row { vectors, own: row.own }
    }
}

/// The covariance of a sum with the one that `covector` was made of.
pub(super) fn covariance(row: &Row, covector: &Row) -> f64 {
    dot(&row.vectors, &covector.vectors) + row.own * covector.own
}
