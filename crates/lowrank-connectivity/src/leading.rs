//! The eigenvalues of largest modulus of the stability matrix S = J diag(phi') (docs/theory.md section 5): the outliers
//! (T10) without all of the spectrum, from products with J alone.
//!
//! Arnoldi's method with thick restarts: K. Wu, H. Simon, SIAM J. Matrix Anal. Appl. 22:602 (2000); G. W. Stewart,
//! ibid. 23:601 (2002). Kept between restarts is an orthonormal basis of the leading Ritz vectors, real because complex
//! ones come in pairs. Every loop is capped, and a subspace that S maps into itself (S = 0, low rank without a bulk)
//! is continued by a new vector; faer's own routine orthogonalises such a vector for ever.

mod ritz;

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par, c64};
use lowrank_model::{Role, StreamKey};
use rand_distr::{Distribution, StandardNormal};

use self::ritz::Ritz;
use crate::random::stream;
use crate::spectrum::check_gains;
use crate::{ConnectivityError, Network};

/// Largest ||S v - lambda v|| in units of the largest ||S v|| met, all v of length 1: the error of S that would explain
/// it. An eigenvalue of condition 10 then has eight digits.
const RESIDUAL: f64 = 1e-9;
/// The iteration goes on until its own estimate is this part of that.
const MARGIN: f64 = 0.1;
/// The least dimension of the subspace: enough for the outliers to stand clear of the bulk.
const LEAST_DIMENSION: usize = 48;
/// Restarts after which the rest of the bulk's edge is too dense to be told apart.
const MOST_RESTARTS: usize = 1000;
/// What is left of a product after orthogonalisation counts as nothing below this part of it: rounding of N terms.
const BREAKDOWN: f64 = 1e-14;

/// The leading part of a spectrum.
#[derive(Debug, Clone, PartialEq)]
pub struct Leading {
    /// By decreasing modulus; of a complex pair the one above the real axis first, and alone if `count` cuts the pair.
    pub values: Vec<c64>,
    /// Largest ||S v - lambda v|| of the eigenvectors found, in units of the largest ||S v|| met, ||v|| = 1.
    pub residual: f64,
    /// Restarts made.
    pub restarts: usize,
    /// Products S v made.
    pub products: usize,
}

/// The `count` eigenvalues of largest modulus of S_ij = J_ij phi'(x_j), `gains` = phi'(x), N entries. Memory beyond the
/// network: N times max(48, 3 `count`). Outliers take 48 products, the edge of the
/// bulk hundreds.
///
/// # Errors
/// Not one finite gain a neuron; a count of zero or above N; eigenvectors that do not meet the tolerance of 1e-9.
pub fn leading_eigenvalues(network: &Network, gains: &[f64], count: usize) -> Result<Leading, ConnectivityError> {
    check_gains(network, gains)?;
    let n = network.neurons();
    if count == 0 || count > n {
        return Err(ConnectivityError::BadCount { count, n });
    }
    let dimension = (3 * count).max(LEAST_DIMENSION).min(n);
    let failed = |residual: f64, restarts| {
        let residual = if residual.is_nan() { f64::INFINITY } else { residual };
        ConnectivityError::LeadingFailed { count, residual, restarts, limit: RESIDUAL }
    };
    // S V = V H + v h^T: V the first `dimension` columns of the basis, v the next, h the last row of `projected`.
    let mut basis = Mat::<f64>::zeros(n, dimension + 1);
    let mut projected = Mat::<f64>::zeros(dimension + 1, dimension);
    let start = new_direction(basis.as_ref().subcols(0, 0), 0);
    basis.col_mut(0).copy_from(start.col(0));
    let (mut kept, mut products, mut scale, mut residual) = (0, 0_u64, 0.0_f64, f64::INFINITY);
    for restarts in 0..MOST_RESTARTS {
        for j in kept..dimension {
            let mut next = apply(network, gains, basis.as_ref().subcols(j, 1))?;
            products += 1;
            let before = next.norm_l2();
            let overlaps = orthogonalise(basis.as_ref().subcols(0, j + 1), &mut next);
            let left = next.norm_l2();
            if !(before.is_finite() && left.is_finite()) {
                return Err(failed(f64::INFINITY, restarts));
            }
            scale = scale.max(before);
            projected.as_mut().submatrix_mut(0, j, j + 1, 1).copy_from(&overlaps);
            if left > BREAKDOWN * before && j + 1 < n {
                projected[(j + 1, j)] = left;
                next.col_mut(0).iter_mut().for_each(|entry| *entry /= left);
            } else {
                projected[(j + 1, j)] = 0.0;
                next = new_direction(basis.as_ref().subcols(0, j + 1), products);
            }
            basis.col_mut(j + 1).copy_from(next.col(0));
        }
        let Some(ritz) = Ritz::new(&projected) else { return Err(failed(residual, restarts)) };
        residual = relative(ritz.residual(count), scale);
        let vectors = basis.as_ref().subcols(0, dimension);
        if residual <= MARGIN * RESIDUAL {
            let residual = relative(ritz.true_residual(network, gains, vectors, count)?, scale);
            let values = ritz.values(count);
            let found = Leading { values, residual, restarts, products: products as usize };
            return if residual <= RESIDUAL { Ok(found) } else { Err(failed(residual, restarts)) };
        }
        let q = ritz.real_basis(count + (dimension - count) / 2);
        let square = times(projected.as_ref().subrows(0, dimension), q.as_ref());
        let square = times(q.transpose(), square.as_ref());
        let row = times(projected.as_ref().subrows(dimension, 1), q.as_ref());
        let vectors = times(vectors, q.as_ref());
        kept = q.ncols();
        let last = basis.col(dimension).to_owned();
        basis.as_mut().subcols_mut(0, kept).copy_from(&vectors);
        basis.col_mut(kept).copy_from(&last);
        projected.fill(0.0);
        projected.as_mut().submatrix_mut(0, 0, kept, kept).copy_from(&square);
        projected.as_mut().submatrix_mut(kept, 0, 1, kept).copy_from(&row);
    }
    Err(failed(residual, MOST_RESTARTS))
}

/// S `v`, `[n x columns]`.
fn apply(network: &Network, gains: &[f64], v: MatRef<'_, f64>) -> Result<Mat<f64>, ConnectivityError> {
    let scaled = Mat::from_fn(v.nrows(), v.ncols(), |i, j| gains[i] * v[(i, j)]);
    let mut out = Mat::zeros(v.nrows(), v.ncols());
    network.apply(scaled.as_ref(), out.as_mut())?;
    Ok(out)
}

fn times(a: MatRef<'_, f64>, b: MatRef<'_, f64>) -> Mat<f64> {
    let mut out = Mat::zeros(a.nrows(), b.ncols());
    matmul(out.as_mut(), Accum::Replace, a, b, 1.0, Par::Seq);
    out
}

/// Takes from one column its part along the orthonormal `basis`, whose coefficients are returned: Gram-Schmidt, twice.
fn orthogonalise(basis: MatRef<'_, f64>, column: &mut Mat<f64>) -> Mat<f64> {
    let mut overlaps = Mat::zeros(basis.ncols(), 1);
    for _ in 0..2 {
        let pass = times(basis.transpose(), column.as_ref());
        matmul(column.as_mut(), Accum::Add, basis, pass.as_ref(), -1.0, Par::Seq);
        overlaps += pass;
    }
    overlaps
}

/// A random unit vector orthogonal to the basis, from a stream of its own; zero if the basis is full.
fn new_direction(basis: MatRef<'_, f64>, line: u64) -> Mat<f64> {
    let mut rng = stream(StreamKey { seed: 0, realisation: 0, role: Role::Krylov, line });
    let mut column = Mat::from_fn(basis.nrows(), 1, |_, _| StandardNormal.sample(&mut rng));
    if basis.ncols() >= basis.nrows() {
        return Mat::zeros(basis.nrows(), 1);
    }
    orthogonalise(basis, &mut column);
    let norm = column.norm_l2();
    column.col_mut(0).iter_mut().for_each(|entry| *entry /= norm);
    column
}

/// residual / scale, zero if both are.
fn relative(residual: f64, scale: f64) -> f64 {
    if residual == 0.0 { 0.0 } else { residual / scale }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{GaussianBulk, Sampling, eigenvalues_with_gain};
    use lowrank_model::{
        Empirical, Gaussian, Input, Layout, Model, Moments, Transfer, Variant,
        Vector::{M, N},
    };

    fn draw(g: f64, ensemble: Gaussian, n: usize) -> Network {
        let model = Model::new(g, Transfer::Tanh, Variant::Current, ensemble, Input::none()).unwrap();
        Network::draw(&model, n, Sampling::Matched, 4, 0).unwrap()
    }

    fn gains(n: usize) -> Vec<f64> {
        (0..n).map(|i| 0.8 + 0.2 * (0.7 * i as f64).sin()).collect()
    }

    /// All eigenvalues, in the order of the leading ones.
    fn sorted(network: &Network, gains: &[f64]) -> Vec<c64> {
        let mut all = eigenvalues_with_gain(network, gains).unwrap();
        all.sort_by(|a, b| b.norm().total_cmp(&a.norm()).then(b.im.total_cmp(&a.im)));
        all
    }

    fn off(found: &Leading, all: &[c64]) -> f64 {
        found.values.iter().zip(all).map(|(a, b)| (a - b).norm()).fold(0.0, f64::max)
    }

    fn one() -> Gaussian {
        let moments = Moments::new(Layout::rank(1)).mean(M(0), 1.0).mean(N(0), 2.0);
        moments.variance(M(0), 1.0).variance(N(0), 0.5).covariance(M(0), N(0), 0.3).build().unwrap()
    }

    fn two() -> Gaussian {
        let moments = (0..2).fold(Moments::new(Layout::rank(2)), |m, k| m.variance(M(k), 1.5).variance(N(k), 4.0));
        let moments = moments.covariance(M(0), N(0), 1.0).covariance(M(1), N(1), 1.0);
        moments.covariance(M(0), N(1), 1.6).covariance(M(1), N(0), -1.6).build().unwrap()
    }

    #[test]
    fn they_are_those_of_the_dense_matrix() {
        for (ensemble, outliers, complex) in [(one(), 1, false), (two(), 2, true)] {
            let (network, gains) = (draw(0.8, ensemble, 300), gains(300));
            let all = sorted(&network, &gains);
            assert!(all[outliers - 1].norm() > 1.2 && all[outliers].norm() < 0.9 && (all[0].im != 0.0) == complex);
            for count in [1, outliers, 6, 20] {
                let found = leading_eigenvalues(&network, &gains, count).unwrap();
                assert_eq!(found.values.len(), count);
                // A residual of 1e-10 and conditions of up to sqrt(N) at the edge of the bulk.
                assert!(off(&found, &all) < 2e-9 && found.residual < RESIDUAL, "{count}: {found:?}");
            }
            // The outliers alone need no restart.
            assert_eq!(leading_eigenvalues(&network, &gains, outliers).unwrap().restarts, 0);
        }
    }

    #[test]
    fn low_rank_without_a_bulk_and_no_connectivity_at_all_are_no_trap() {
        // The nonzero eigenvalues are those of N^T D M / N.
        let (network, gains) = (draw(0.0, two(), 90), gains(90));
        let entry = |k, l| -> f64 {
            let (n, m) = (network.vector(N(k)).unwrap(), network.vector(M(l)).unwrap());
            n.iter().zip(m).zip(&gains).map(|((n, m), gain)| n * gain * m).sum::<f64>() / 90.0
        };
        let (trace, det) = (entry(0, 0) + entry(1, 1), entry(0, 0) * entry(1, 1) - entry(0, 1) * entry(1, 0));
        let expected = c64::new(0.5 * trace, (det - 0.25 * trace * trace).sqrt());
        let found = leading_eigenvalues(&network, &gains, 5).unwrap();
        assert!(off(&found, &[expected, expected.conj()]) < 1e-12, "{found:?}");
        assert!(found.values[2..].iter().all(|l| l.norm() < 1e-7), "{found:?}");
        let nothing = leading_eigenvalues(&network, &[0.0; 90], 2).unwrap();
        assert_eq!((nothing.values, nothing.residual), (vec![c64::ZERO; 2], 0.0));
        // Three active neurons: a subspace of three dimensions, continued at random.
        let network = draw(0.8, one(), 90);
        let few: Vec<f64> = (0..90).map(|i| if i % 30 == 0 { 1.0 } else { 0.0 }).collect();
        let found = leading_eigenvalues(&network, &few, 3).unwrap();
        assert!(off(&found, &sorted(&network, &few)) < 1e-12, "{found:?}");
    }

    #[test]
    fn small_networks_give_all_of_their_eigenvalues_and_a_cut_pair_its_upper_half() {
        for n in [1, 2, 7, 41] {
            let network = Network::new(1.3, GaussianBulk::draw(n, 3, 0).unwrap(), empty(n)).unwrap();
            let all = sorted(&network, &vec![1.0; n]);
            for count in 1..=n {
                let found = leading_eigenvalues(&network, &vec![1.0; n], count).unwrap();
                assert!(off(&found, &all) < 1e-8 && found.values.len() == count, "{n} {count}: {found:?} {all:?}");
            }
        }
    }

    #[test]
    fn bad_counts_gains_and_overflow_are_typed_errors() {
        let network = Network::new(1e300, GaussianBulk::draw(6, 3, 0).unwrap(), empty(6)).unwrap();
        let run = |gains: &[f64], count| leading_eigenvalues(&network, gains, count).unwrap_err();
        assert_eq!(run(&[1.0; 6], 0), ConnectivityError::BadCount { count: 0, n: 6 });
        assert_eq!(run(&[1.0; 6], 7), ConnectivityError::BadCount { count: 7, n: 6 });
        assert_eq!(run(&[1.0; 5], 1), ConnectivityError::WrongGains { found: 5, expected: 6 });
        let overflow = run(&[1e300; 6], 1);
        assert!(matches!(overflow, ConnectivityError::LeadingFailed { residual: f64::INFINITY, .. }), "{overflow}");
    }

    fn empty(n: usize) -> Empirical {
        Empirical::new(Layout::rank(0), n, vec![]).unwrap()
    }
}
