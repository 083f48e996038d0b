//! Eigenvalues of J and of the stability matrix J diag(phi') (docs/theory.md section 5), by faer.

use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, evd_real, evd_scratch};
use faer::{Mat, Par, c64};

use crate::{ConnectivityError, Network};

/// All N eigenvalues of J.
///
/// # Errors
/// If the iteration does not converge.
pub fn eigenvalues(network: &Network) -> Result<Vec<c64>, ConnectivityError> {
    of_dense(&network.dense())
}

/// All N eigenvalues of S_ij = J_ij phi'(x_j), `gains` = phi'(x), N entries.
///
/// # Errors
/// Not one finite gain a neuron; if the iteration does not converge.
pub fn eigenvalues_with_gain(network: &Network, gains: &[f64]) -> Result<Vec<c64>, ConnectivityError> {
    check_gains(network, gains)?;
    let mut dense = network.dense();
    for (column, gain) in dense.col_iter_mut().zip(gains) {
        column.iter_mut().for_each(|entry| *entry *= gain);
    }
    of_dense(&dense)
}

/// One finite gain a neuron.
pub(crate) fn check_gains(network: &Network, gains: &[f64]) -> Result<(), ConnectivityError> {
    let (found, expected) = (gains.len(), network.neurons());
    if found != expected {
        return Err(ConnectivityError::WrongGains { found, expected });
    }
    if let Some(neuron) = gains.iter().position(|g| !g.is_finite()) {
        return Err(ConnectivityError::GainNotFinite { neuron, value: gains[neuron] });
    }
    Ok(())
}

/// Sequential, which is faster here than two threads and leaves the result independent of their number.
fn of_dense(matrix: &Mat<f64>) -> Result<Vec<c64>, ConnectivityError> {
    let n = matrix.nrows();
    let (mut re, mut im) = (Diag::zeros(n), Diag::zeros(n));
    let no = ComputeEigenvectors::No;
    let mut memory = MemBuffer::new(evd_scratch::<f64>(n, no, no, Par::Seq, Default::default()));
    let stack = MemStack::new(&mut memory);
    evd_real(matrix.as_ref(), re.as_mut(), im.as_mut(), None, None, Par::Seq, stack, Default::default())
        .map_err(|_| ConnectivityError::EigenvaluesFailed { n })?;
    Ok((0..n).map(|k| c64::new(re[k], im[k])).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{GaussianBulk, Sampling};
    use lowrank_model::{
        Gaussian, Input, Layout, Model, Moments, Transfer, Variant,
        Vector::{M, N},
    };

    fn draw(g: f64, ensemble: Gaussian, n: usize) -> Network {
        let model = Model::new(g, Transfer::Tanh, Variant::Current, ensemble, Input::none()).unwrap();
        Network::draw(&model, n, Sampling::Matched, 4, 0).unwrap()
    }

    #[test]
    fn the_bulk_fills_a_disc_of_radius_g() {
        // Circular law: |lambda| has mean 2g/3 and mean square g^2 / 2; edge fluctuations at N = 400 are a few per cent.
        let network = draw(1.5, Gaussian::unstructured(), 400);
        let moduli: Vec<f64> = eigenvalues(&network).unwrap().iter().map(|l| l.norm()).collect();
        let largest = moduli.iter().fold(0.0_f64, |a, &b| a.max(b));
        let square = moduli.iter().map(|x| x * x).sum::<f64>() / 400.0;
        assert!((largest - 1.5).abs() < 0.12, "{largest}");
        assert!((square - 1.125).abs() < 0.05, "{square}");
    }

    #[test]
    fn structure_adds_one_outlier_at_the_overlap() {
        let ensemble = Moments::new(Layout::rank(1))
            .mean(M(0), 1.0)
            .mean(N(0), 2.0)
            .variance(M(0), 0.1)
            .variance(N(0), 0.1)
            .build()
            .unwrap();
        let network = draw(0.5, ensemble, 400);
        let mut outliers = eigenvalues(&network).unwrap();
        outliers.retain(|l| l.norm() > 0.8);
        assert_eq!(outliers.len(), 1);
        assert!((outliers[0].re - 2.0).abs() < 0.1 && outliers[0].im == 0.0, "{:?}", outliers);
    }

    #[test]
    fn gains_scale_columns() {
        let network = draw(0.7, Gaussian::unstructured(), 50);
        let halves = eigenvalues_with_gain(&network, &[0.5; 50]).unwrap();
        let sum = |v: &[c64]| v.iter().map(|l| l.norm_sqr()).sum::<f64>();
        assert!((4.0 * sum(&halves) - sum(&eigenvalues(&network).unwrap())).abs() < 1e-10);
        let trace: f64 = (0..50).map(|i| GaussianBulk::draw(50, 4, 0).unwrap().entry(i, i)).sum();
        let re: f64 = halves.iter().map(|l| l.re).sum();
        assert!((re - 0.35 * trace).abs() < 1e-12);
    }

    #[test]
    fn gains_of_the_wrong_length_are_refused() {
        let network = draw(0.7, Gaussian::unstructured(), 5);
        assert_eq!(
            eigenvalues_with_gain(&network, &[1.0; 4]),
            Err(ConnectivityError::WrongGains { found: 4, expected: 5 })
        );
    }
}
