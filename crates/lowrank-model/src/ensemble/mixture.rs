//! Mixtures: populations of neurons, the vectors jointly Gaussian within each (docs/theory.md section 1).

use serde::Serialize;

use super::{Gaussian, Layout};
use crate::ModelError;
use crate::error::positive;

/// Populations with their parts of the neurons, each a Gaussian ensemble of the same layout.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Mixture {
    /// Parts, summing to one, with the law of each population.
    populations: Vec<(f64, Gaussian)>,
}

impl Mixture {
    /// Populations with their weights, which are scaled to sum to one.
    ///
    /// # Errors
    /// No population; a weight that is not a finite number above zero; populations of different layouts.
    pub fn new(populations: Vec<(f64, Gaussian)>) -> Result<Self, ModelError> {
        let Some((_, first)) = populations.first() else {
            let field = "number of populations".to_owned();
            return Err(ModelError::TooSmall { field, value: 0.0, relation: ">=", limit: 1.0 });
        };
        let layout = first.layout();
        for (index, (weight, population)) in populations.iter().enumerate() {
            positive(&format!("weight of population {index}"), *weight)?;
            if population.layout() != layout {
                return Err(ModelError::Length {
                    field: format!("population {index}"),
                    found: population.layout().dimension(),
                    expected: layout.dimension(),
                    mend: "give every population the same rank, inputs and readouts",
                });
            }
        }
        let total: f64 = populations.iter().map(|(weight, _)| weight).sum();
        let populations = populations.into_iter().map(|(weight, law)| (weight / total, law)).collect();
        Ok(Self { populations })
    }

    /// How many vectors of each kind there are.
    pub fn layout(&self) -> Layout {
        self.populations[0].1.layout()
    }

    /// The populations with their parts of the neurons, which sum to one.
    pub fn populations(&self) -> &[(f64, Gaussian)] {
        &self.populations
    }

    /// The law of the vectors times these numbers, one a vector.
    pub(super) fn times(&self, by: &[f64]) -> Self {
        Self { populations: self.populations.iter().map(|(weight, law)| (*weight, law.times(by))).collect() }
    }

    /// The Gaussian ensemble with the means and covariances of all neurons together.
    ///
    /// # Errors
    /// Moments that overflow.
    pub fn moments(&self) -> Result<Gaussian, ModelError> {
        let d = self.layout().dimension();
        let average = |f: &dyn Fn(&Gaussian) -> f64| self.populations.iter().map(|(w, p)| w * f(p)).sum::<f64>();
        let mean: Vec<f64> = (0..d).map(|a| average(&|p| p.mean()[a])).collect();
        let mut covariance = vec![0.0; d * d];
        for a in 0..d {
            for b in 0..=a {
                let between = |p: &Gaussian| (p.mean()[a] - mean[a]) * (p.mean()[b] - mean[b]);
                let total = average(&|p| p.covariance(a, b) + between(p));
                covariance[a * d + b] = total;
                covariance[b * d + a] = total;
            }
        }
        Gaussian::new(self.layout(), mean, covariance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Moments,
        Vector::{M, N},
    };

    fn population(mean: f64, variance: f64) -> Gaussian {
        Moments::new(Layout::rank(1)).mean(M(0), mean).variance(M(0), variance).variance(N(0), 1.0).build().unwrap()
    }

    #[test]
    fn weights_are_scaled_and_moments_include_the_spread_of_the_means() {
        let mixture = Mixture::new(vec![(1.0, population(1.0, 0.5)), (3.0, population(-1.0, 1.5))]).unwrap();
        assert_eq!(mixture.populations()[0].0, 0.25);
        let moments = mixture.moments().unwrap();
        assert!((moments.mean()[0] + 0.5).abs() < 1e-15);
        // 0.25 (0.5 + 2.25) + 0.75 (1.5 + 0.25)
        assert!((moments.covariance(0, 0) - 2.0).abs() < 1e-14);
        assert!((moments.covariance(1, 1) - 1.0).abs() < 1e-14);
    }

    #[test]
    fn bad_mixtures_are_refused() {
        assert!(Mixture::new(vec![]).unwrap_err().to_string().contains("number of populations"));
        let error = Mixture::new(vec![(0.0, population(1.0, 1.0))]).unwrap_err();
        assert!(error.to_string().contains("weight of population 0"), "{error}");
        let other = Moments::new(Layout::rank(2)).build().unwrap();
        let error = Mixture::new(vec![(1.0, population(1.0, 1.0)), (1.0, other)]).unwrap_err();
        assert!(error.to_string().contains("population 1"), "{error}");
    }
}
