//! Initial states: x_i(0) = a_i = sum_v c_v v_i + sigma xi_i, which choose the branch a network settles on.

use serde::Serialize;

use crate::error::{finite, non_negative};
use crate::{Ensemble, ModelError, Vector};

/// The law of the initial currents; where rates are part of the state, r(0) = phi(x(0)).
#[derive(Debug, Clone, PartialEq, Default, Serialize, schemars::JsonSchema)]
pub struct Initial {
    /// Vectors of the network with their coefficients.
    #[serde(serialize_with = "named")]
    #[schemars(with = "Vec<(String, f64)>")]
    pub along: Vec<(Vector, f64)>,
    /// Standard deviation of the independent part.
    pub deviation: f64,
}

fn named<S: serde::Serializer>(along: &[(Vector, f64)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(along.iter().map(|(vector, coefficient)| (vector.to_string(), coefficient)))
}

impl Initial {
    /// The coefficients as one row over the layout of an ensemble.
    ///
    /// # Errors
    /// A vector the ensemble does not have; a number that is not finite; a negative deviation.
    pub fn coefficients(&self, ensemble: &Ensemble) -> Result<Vec<f64>, ModelError> {
        non_negative("deviation of the initial state", self.deviation)?;
        let layout = ensemble.layout();
        let mut row = vec![0.0; layout.dimension()];
        for &(vector, coefficient) in &self.along {
            finite("coefficient of the initial state", coefficient)?;
            row[layout.index(vector)?] += coefficient;
        }
        Ok(row)
    }
}
