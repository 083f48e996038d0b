//! Draws of the vectors (m, n, I, w) from their ensemble.

use lowrank_model::{Empirical, Ensemble, Gaussian, Role, StreamKey};
use rand_distr::{Distribution, StandardNormal};

use crate::ConnectivityError;
use crate::random::stream;

/// How Gaussian vectors are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sampling {
    /// Each neuron independently: sample overlaps fluctuate as 1/sqrt(N).
    Independent,
    /// Whitened, so that the sample means and covariances (divisor N) are exactly those of the ensemble.
    Matched,
}

/// The vectors of one network of `n` neurons. Given vectors are returned as they are.
///
/// # Errors
/// `n` zero; given vectors of another length; matched sampling with fewer than d + 2 neurons for d vectors.
pub fn draw_vectors(
    ensemble: &Ensemble,
    n: usize,
    sampling: Sampling,
    seed: u64,
    realisation: u64,
) -> Result<Empirical, ConnectivityError> {
    if n == 0 {
        return Err(ConnectivityError::TooFewNeurons { n, limit: 1, why: "" });
    }
    match ensemble {
        Ensemble::Empirical(given) if given.neurons() == n => Ok(given.clone()),
        Ensemble::Empirical(given) => Err(ConnectivityError::SizeMismatch { n, entries: given.neurons() }),
        Ensemble::Gaussian(gaussian) => draw_gaussian(gaussian, n, sampling, seed, realisation),
    }
}

fn draw_gaussian(
    gaussian: &Gaussian,
    n: usize,
    sampling: Sampling,
    seed: u64,
    realisation: u64,
) -> Result<Empirical, ConnectivityError> {
    let d = gaussian.layout().dimension();
    let mut normals: Vec<Vec<f64>> = (0..d)
        .map(|a| {
            let mut rng = stream(StreamKey { seed, realisation, role: Role::Vectors, line: a as u64 });
            (0..n).map(|_| StandardNormal.sample(&mut rng)).collect()
        })
        .collect();
    if sampling == Sampling::Matched && d > 0 {
        if n < d + 2 {
            let why = ": matched vectors need two more neurons than there are vectors";
            return Err(ConnectivityError::TooFewNeurons { n, limit: d + 2, why });
        }
        whiten(&mut normals);
    }
    let entry =
        |a: usize, i: usize| gaussian.mean()[a] + (0..d).map(|b| gaussian.root(a, b) * normals[b][i]).sum::<f64>();
    let vectors = (0..d).map(|a| (0..n).map(|i| entry(a, i)).collect()).collect();
    Ok(Empirical::new(gaussian.layout(), n, vectors)?)
}

/// Makes the columns centred, orthogonal and of mean square one, by Gram-Schmidt applied twice.
fn whiten(columns: &mut [Vec<f64>]) {
    let n = columns[0].len() as f64;
    for _ in 0..2 {
        for a in 0..columns.len() {
            let (done, rest) = columns.split_at_mut(a);
            let column = &mut rest[0];
            let mean = column.iter().sum::<f64>() / n;
            column.iter_mut().for_each(|x| *x -= mean);
            for other in done.iter() {
                let overlap = column.iter().zip(other).map(|(x, y)| x * y).sum::<f64>() / n;
                column.iter_mut().zip(other).for_each(|(x, y)| *x -= overlap * y);
            }
            let norm = (column.iter().map(|x| x * x).sum::<f64>() / n).sqrt();
            column.iter_mut().for_each(|x| *x /= norm);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lowrank_model::{
        Layout, Moments,
        Vector::{I, M, N},
    };

    fn ensemble() -> Gaussian {
        Moments::new(Layout::rank(1).with_inputs(1))
            .mean(M(0), 1.0)
            .mean(N(0), 1.2)
            .mean(I(0), 0.3)
            .variance(M(0), 1.0)
            .variance(N(0), 2.0)
            .variance(I(0), 0.6)
            .covariance(M(0), N(0), 0.8)
            .covariance(M(0), I(0), 0.2)
            .covariance(N(0), I(0), 0.5)
            .build()
            .unwrap()
    }

    #[test]
    fn matched_vectors_have_the_moments_of_the_ensemble_exactly() {
        let wanted = ensemble();
        let drawn = draw_vectors(&wanted.clone().into(), 50, Sampling::Matched, 3, 1).unwrap().moments().unwrap();
        for a in 0..3 {
            assert!((drawn.mean()[a] - wanted.mean()[a]).abs() < 1e-13);
            for b in 0..3 {
                assert!((drawn.covariance(a, b) - wanted.covariance(a, b)).abs() < 1e-13);
            }
        }
    }

    #[test]
    fn independent_vectors_have_them_within_five_standard_errors_and_not_exactly() {
        let (wanted, n) = (ensemble(), 40_000);
        let drawn = draw_vectors(&wanted.clone().into(), n, Sampling::Independent, 3, 1).unwrap().moments().unwrap();
        for a in 0..3 {
            for b in 0..3 {
                let product = wanted.covariance(a, a) * wanted.covariance(b, b);
                let se = ((product + wanted.covariance(a, b).powi(2)) / n as f64).sqrt();
                let off = (drawn.covariance(a, b) - wanted.covariance(a, b)).abs();
                assert!(off < 5.0 * se && off > 1e-9, "{a} {b}: {off} {se}");
            }
        }
    }

    #[test]
    fn too_few_neurons_to_match_are_refused() {
        let error = draw_vectors(&ensemble().into(), 4, Sampling::Matched, 0, 0).unwrap_err();
        assert!(matches!(error, ConnectivityError::TooFewNeurons { n: 4, limit: 5, .. }), "{error}");
    }
}
