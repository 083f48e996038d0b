//! Draws of the vectors (m, n, I, w) from their ensemble.

use lowrank_model::{Empirical, Ensemble, Gaussian, Layout, Mixture, Role, StreamKey};
use rand_distr::{Distribution, StandardNormal, StandardUniform};

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
        Ensemble::Gaussian(gaussian) => {
            let everyone = vec![(gaussian, (0..n).collect())];
            draw_populations(&everyone, gaussian.layout(), n, sampling, seed, realisation)
        }
        Ensemble::Mixture(mixture) => {
            let members = members(mixture, n, sampling, seed, realisation);
            let populations: Vec<_> = mixture.populations().iter().map(|(_, law)| law).zip(members).collect();
            draw_populations(&populations, mixture.layout(), n, sampling, seed, realisation)
        }
    }
}

/// The neurons of each population: drawn one by one, or (matched) blocks whose sizes are the weights to within a neuron.
fn members(mixture: &Mixture, n: usize, sampling: Sampling, seed: u64, realisation: u64) -> Vec<Vec<usize>> {
    let ends: Vec<f64> = mixture
        .populations()
        .iter()
        .scan(0.0, |sum, (weight, _)| {
            *sum += weight;
            Some(*sum)
        })
        .collect();
    // The line after those of the vectors.
    let line = mixture.layout().dimension() as u64;
    let mut rng = stream(StreamKey { seed, realisation, role: Role::Vectors, line });
    let mut members = vec![Vec::new(); ends.len()];
    for neuron in 0..n {
        let place = match sampling {
            Sampling::Independent => StandardUniform.sample(&mut rng),
            Sampling::Matched => (neuron as f64 + 0.5) / n as f64,
        };
        let population = ends.partition_point(|end| *end <= place).min(ends.len() - 1);
        members[population].push(neuron);
    }
    members
}

fn draw_populations(
    populations: &[(&Gaussian, Vec<usize>)],
    layout: Layout,
    n: usize,
    sampling: Sampling,
    seed: u64,
    realisation: u64,
) -> Result<Empirical, ConnectivityError> {
    let d = layout.dimension();
    let normals: Vec<Vec<f64>> = (0..d)
        .map(|a| {
            let mut rng = stream(StreamKey { seed, realisation, role: Role::Vectors, line: a as u64 });
            (0..n).map(|_| StandardNormal.sample(&mut rng)).collect()
        })
        .collect();
    let mut vectors = vec![vec![0.0; n]; d];
    for (law, members) in populations {
        let mut own: Vec<Vec<f64>> = normals.iter().map(|row| members.iter().map(|&i| row[i]).collect()).collect();
        if sampling == Sampling::Matched && d > 0 {
            if members.len() < d + 2 {
                let (members, limit) = (members.len(), d + 2);
                let why = ": matched vectors need two more neurons than there are vectors";
                return Err(if members == n {
                    ConnectivityError::TooFewNeurons { n, limit, why }
                } else {
                    ConnectivityError::SmallPopulation { members, n, limit }
                });
            }
            whiten(&mut own);
        }
        for (a, vector) in vectors.iter_mut().enumerate() {
            for (position, &neuron) in members.iter().enumerate() {
                vector[neuron] = law.mean()[a] + (0..d).map(|b| law.root(a, b) * own[b][position]).sum::<f64>();
            }
        }
    }
    Ok(Empirical::new(layout, n, vectors)?)
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
    fn a_mixture_has_its_populations_with_their_own_moments() {
        let (first, second) =
            (ensemble(), Moments::new(Layout::rank(1).with_inputs(1)).mean(M(0), -2.0).build().unwrap());
        let mixture = Mixture::new(vec![(0.25, first.clone()), (0.75, second)]).unwrap();
        let drawn = draw_vectors(&mixture.clone().into(), 80, Sampling::Matched, 3, 1).unwrap();
        assert!(drawn.vectors()[0][20..].iter().all(|m| *m == -2.0), "the second population has no variance");
        let (seen, wanted) = (drawn.moments().unwrap(), mixture.moments().unwrap());
        for a in 0..3 {
            assert!((seen.mean()[a] - wanted.mean()[a]).abs() < 1e-13);
            (0..3).for_each(|b| assert!((seen.covariance(a, b) - wanted.covariance(a, b)).abs() < 1e-13));
        }
        let drawn = draw_vectors(&mixture.into(), 4000, Sampling::Independent, 3, 1).unwrap();
        let of_second = drawn.vectors()[0].iter().filter(|m| **m == -2.0).count() as f64;
        // Five standard errors of a binomial count.
        assert!((of_second - 3000.0).abs() < 5.0 * (4000.0_f64 * 0.75 * 0.25).sqrt(), "{of_second}");
    }

    #[test]
    fn too_few_neurons_to_match_are_refused() {
        let error = draw_vectors(&ensemble().into(), 4, Sampling::Matched, 0, 0).unwrap_err();
        assert!(matches!(error, ConnectivityError::TooFewNeurons { n: 4, limit: 5, .. }), "{error}");
    }
}
