//! Given vectors: the neuron average is the average over them. Theory then predicts *this* network.

use serde::{Serialize, Serializer};

use super::{Gaussian, Layout};
use crate::ModelError;
use crate::error::finite;

/// The vectors of one network, N entries each.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Empirical {
    layout: Layout,
    #[serde(rename = "neurons")]
    n: usize,
    /// One vector a row of the layout; written to files as their number only.
    #[serde(serialize_with = "count")]
    #[schemars(with = "u64")]
    vectors: Vec<Vec<f64>>,
}

fn count<S: Serializer>(vectors: &[Vec<f64>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(vectors.len() as u64)
}

impl Empirical {
    /// Vectors in the order of [`Layout`], each of `n` entries.
    ///
    /// # Errors
    /// `n` zero; a wrong number of vectors; a vector of another length; an entry that is not finite.
    pub fn new(layout: Layout, n: usize, vectors: Vec<Vec<f64>>) -> Result<Self, ModelError> {
        if n == 0 {
            let field = "number of neurons".to_owned();
            return Err(ModelError::TooSmall { field, value: 0.0, relation: ">=", limit: 1.0 });
        }
        if vectors.len() != layout.dimension() {
            return Err(ModelError::Length {
                field: "list of vectors".to_owned(),
                found: vectors.len(),
                expected: layout.dimension(),
                mend: "give 2 rank + inputs + readouts vectors",
            });
        }
        for (index, vector) in vectors.iter().enumerate() {
            if vector.len() != n {
                let mend = "all vectors have one entry a neuron";
                return Err(ModelError::Length {
                    field: format!("vector {index}"),
                    found: vector.len(),
                    expected: n,
                    mend,
                });
            }
            if let Some(entry) = vector.iter().find(|entry| !entry.is_finite()) {
                finite(&format!("an entry of vector {index}"), *entry)?;
            }
        }
        Ok(Self { layout, n, vectors })
    }

    /// How many vectors of each kind there are.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Number of neurons N.
    pub fn neurons(&self) -> usize {
        self.n
    }

    /// The vectors, in the order of the layout, N entries each.
    pub fn vectors(&self) -> &[Vec<f64>] {
        &self.vectors
    }

    /// The vectors times these numbers, one a vector.
    pub(super) fn times(&self, by: &[f64]) -> Self {
        let scaled = |(vector, by): (&Vec<f64>, &f64)| vector.iter().map(|v| v * by).collect();
        Self { vectors: self.vectors.iter().zip(by).map(scaled).collect(), ..*self }
    }

    /// The Gaussian ensemble with the sample means and covariances (divisor N) of these vectors.
    ///
    /// # Errors
    /// Moments that overflow.
    pub fn moments(&self) -> Result<Gaussian, ModelError> {
        let d = self.vectors.len();
        let n = self.n as f64;
        let mean: Vec<f64> = self.vectors.iter().map(|v| v.iter().sum::<f64>() / n).collect();
        let mut covariance = vec![0.0; d * d];
        for a in 0..d {
            for b in 0..=a {
                let products = self.vectors[a].iter().zip(&self.vectors[b]);
                let c = products.map(|(x, y)| (x - mean[a]) * (y - mean[b])).sum::<f64>() / n;
                covariance[a * d + b] = c;
                covariance[b * d + a] = c;
            }
        }
        Gaussian::new(self.layout, mean, covariance)
    }
}
