//! How deviations from theory shrink as networks grow: the slope of |error| against N on log-log axes (docs/theory.md
//! section 12). The error is that of one network, root mean square over networks; theory is exact if it goes to zero.

use serde::Serialize;

use crate::realisation::{Pairs, claimed};
use crate::run::{Case, claim_name};

/// The error of one claim at every size.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Scaling {
    /// Name of the claim.
    pub name: String,
    /// Network sizes N.
    pub neurons: Vec<usize>,
    /// Root mean square over networks of observed - theory.
    pub error: Vec<f64>,
    /// Slope of ln(error) against ln(N), -1/2 where networks fluctuate independently.
    pub slope: f64,
}

/// The scaling of every claim; none if there is only one size.
pub(crate) fn scaling(cases: &[Case], sizes: &[(usize, Vec<Pairs>)]) -> Vec<Scaling> {
    if sizes.len() < 2 {
        return Vec::new();
    }
    let mut all = Vec::new();
    for (c, case) in cases.iter().enumerate() {
        for (s, (statistic, _)) in case.statistics.iter().enumerate() {
            let square = |(theory, observed): (f64, f64)| (observed - theory).powi(2);
            let rms = |pairs: &[Pairs]| {
                let squares: Vec<f64> = claimed(pairs, c, s).map(square).collect();
                (squares.iter().sum::<f64>() / squares.len().max(1) as f64).sqrt()
            };
            let neurons: Vec<usize> = sizes.iter().map(|(n, _)| *n).collect();
            let error: Vec<f64> = sizes.iter().map(|(_, pairs)| rms(pairs)).collect();
            let slope = log_log_slope(&neurons, &error);
            all.push(Scaling {
                name: claim_name(&case.point, case.model.variant(), *statistic),
                neurons,
                error,
                slope,
            });
        }
    }
    all
}

/// Least squares; 0 where an error vanishes and its logarithm with it.
fn log_log_slope(neurons: &[usize], error: &[f64]) -> f64 {
    if error.iter().any(|e| *e <= 0.0) {
        return 0.0;
    }
    let count = neurons.len() as f64;
    let x: Vec<f64> = neurons.iter().map(|n| (*n as f64).ln()).collect();
    let y: Vec<f64> = error.iter().map(|e| e.ln()).collect();
    let (mx, my) = (x.iter().sum::<f64>() / count, y.iter().sum::<f64>() / count);
    let covariance: f64 = x.iter().zip(&y).map(|(x, y)| (x - mx) * (y - my)).sum();
    covariance / x.iter().map(|x| (x - mx).powi(2)).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_power_law_has_its_exponent_as_slope() {
        let error: Vec<f64> = [500.0_f64, 1000.0, 2000.0].iter().map(|n| 3.0 * n.powf(-0.5)).collect();
        assert!((log_log_slope(&[500, 1000, 2000], &error) + 0.5).abs() < 1e-12);
        assert_eq!(log_log_slope(&[500, 1000], &[0.0, 1.0]), 0.0);
    }
}
