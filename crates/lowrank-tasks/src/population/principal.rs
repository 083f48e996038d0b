//! Principal components of trajectories: directions of largest variance over time and conditions.

use faer::{Mat, Side};
use serde::Serialize;

use crate::TaskError;

/// Components in the order of their variances.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Principal {
    /// Part of the variance that each component carries; they sum to one over all components.
    pub explained: Vec<f64>,
    /// Unit vectors, N entries each.
    #[serde(skip)]
    pub directions: Vec<Vec<f64>>,
    /// Coordinates of every state about the mean: `[state][component]`.
    pub coordinates: Vec<Vec<f64>>,
}

/// The first `count` principal components of these states, N entries each: trajectories of all conditions one after the other.
///
/// By the S x S matrix of inner products of S states, whose eigenvectors are the coordinates: S is below N here.
///
/// # Errors
/// Fewer than two states, or states that are all the same; eigenvalues that do not converge.
pub fn principal_components(states: &[Vec<f32>], count: usize) -> Result<Principal, TaskError> {
    let (s, n) = (states.len(), states.first().map_or(0, Vec::len));
    let bad = |value: f64| TaskError::BadNumber { field: "number of different states", value, limit: ">= 2" };
    if s < 2 || n == 0 {
        return Err(bad(s as f64));
    }
    let mean: Vec<f64> = (0..n).map(|i| states.iter().map(|x| f64::from(x[i])).sum::<f64>() / s as f64).collect();
    let centred = Mat::from_fn(n, s, |i, t| f64::from(states[t][i]) - mean[i]);
    let inner = centred.transpose() * &centred;
    let eigen = inner.self_adjoint_eigen(Side::Lower).map_err(|_| bad(s as f64))?;
    let total: f64 = (0..s).map(|t| inner[(t, t)]).sum();
    if total.is_nan() || total <= 0.0 {
        return Err(bad(1.0));
    }
    // Eigenvalues come in increasing order.
    let kept: Vec<usize> = (0..s).rev().take(count).filter(|k| eigen.S()[*k] > 1e-12 * total).collect();
    let directions: Vec<Vec<f64>> = kept
        .iter()
        .map(|k| {
            let direction = &centred * eigen.U().col(*k);
            let norm = eigen.S()[*k].sqrt();
            direction.iter().map(|x| x / norm).collect()
        })
        .collect();
    let coordinate = |t: usize, k: usize| eigen.U()[(t, k)] * eigen.S()[k].sqrt();
    Ok(Principal {
        explained: kept.iter().map(|k| eigen.S()[*k] / total).collect(),
        directions,
        coordinates: (0..s).map(|t| kept.iter().map(|k| coordinate(t, *k)).collect()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_orthogonal_waves_come_out_with_their_variances() {
        // x(t) = 3 cos(t) a + sin(t) b over whole periods, a and b orthogonal: variances 9 : 1.
        let (a, b) = ([1.0, 1.0, 1.0, 1.0], [1.0, -1.0, 1.0, -1.0]);
        let states: Vec<Vec<f32>> = (0..200)
            .map(|t| {
                let angle = f64::from(t) * std::f64::consts::TAU / 50.0;
                a.iter().zip(b).map(|(a, b)| (7.0 + 3.0 * angle.cos() * a + angle.sin() * b) as f32).collect()
            })
            .collect();
        let found = principal_components(&states, 3).unwrap();
        assert!((found.explained[0] - 0.9).abs() < 1e-5 && (found.explained[1] - 0.1).abs() < 1e-5, "{found:?}");
        assert!(found.directions[0].iter().all(|x| (x.abs() - 0.5).abs() < 1e-5));
        let overlap: f64 = found.directions[0].iter().zip(&found.directions[1]).map(|(x, y)| x * y).sum();
        assert!(overlap.abs() < 1e-6);
        // Coordinates are the projections on the directions.
        let along: f64 = found.directions[0].iter().zip(&states[3]).map(|(d, x)| d * (f64::from(*x) - 7.0)).sum();
        assert!((along - found.coordinates[3][0]).abs() < 1e-5);
    }

    #[test]
    fn states_that_do_not_differ_are_refused() {
        assert!(principal_components(&[vec![1.0; 3]], 1).is_err());
        assert!(principal_components(&[vec![1.0; 3], vec![1.0; 3]], 1).is_err());
    }
}
