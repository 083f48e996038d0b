//! White noise of every unit's own (T24) without coupling: x is an Ornstein-Uhlenbeck process in every variant, of
//! variance sigma^2 (current, rate) or sigma^2 / tau_s (two-timescale) and autocovariance e^(-lag / tau_s).
//!
//! The Euler-Maruyama recursion x <- (1 - h) x + a sqrt(dt) z, h = dt / tau, has exactly the variance of the process over
//! (1 - h/2) and the autocovariance (1 - h)^(lag / dt): estimates stand against those, within 5 standard errors of a
//! Gaussian process with that autocovariance (false alarm 6e-7 each, 2e-5 in all). The same judgement must reject a
//! strength sigma in place of sqrt(2) sigma, and one without the recursion's bias.
#![allow(missing_docs, clippy::unwrap_used)]

use faer::Mat;
use lowrank_connectivity::{GaussianBulk, Network};
use lowrank_integrate::Method;
use lowrank_model::{Empirical, Input, Layout, Model, Transfer, Variant};
use lowrank_simulate::{Observed, Protocol, SimulateError, Timing, simulate};

const NEURONS: usize = 200;
const COPIES: usize = 2;
const SIGMA: f64 = 0.7;
const STEP: f64 = 0.2;
const WINDOW: f64 = 1000.0;
const LAGS: [f64; 4] = [0.0, 0.4, 1.0, 2.0];
/// A relative error above this many standard errors is one.
const JUDGED: f64 = 5.0;

fn variants() -> [(Variant, f64); 4] {
    let two = |tau_s, tau_r| Variant::two_timescale(tau_s, tau_r).unwrap();
    [(Variant::Current, 1.0), (Variant::Rate, 1.0), (two(0.5, 1.0), 0.5), (two(2.0, 0.5), 2.0)]
}

fn uncoupled(variant: Variant, vectors: Empirical, input: Input) -> (Network, Model) {
    let network = Network::new(0.0, GaussianBulk::draw(vectors.neurons(), 1, 0).unwrap(), vectors).unwrap();
    let model = Model::new(0.0, Transfer::Tanh, variant, network.vectors().clone(), input).unwrap();
    (network, model)
}

fn observe(variant: Variant, method: Method) -> Result<Observed, SimulateError> {
    let vectors = Empirical::new(Layout::rank(0), NEURONS, vec![]).unwrap();
    let (network, model) = uncoupled(variant, vectors, Input::none());
    let model = model.with_noise(SIGMA).unwrap();
    let timing = Timing { transient: 20.0, window: WINDOW, interval: 0.2, step: STEP };
    let protocol = Protocol::new(timing, method).unwrap().with_lags(&LAGS).unwrap();
    simulate(&network, &model, Mat::zeros(NEURONS, COPIES).as_ref(), &protocol, (4, 0))
}

#[test]
fn variance_and_autocovariance_are_those_of_the_recursion() {
    for (variant, tau) in variants() {
        let seen = observe(variant, Method::Euler).unwrap();
        let h = STEP / tau;
        let exact = SIGMA * SIGMA / tau / (1.0 - 0.5 * h);
        // The mean of x(t) x(t + lag) over S samples of a unit has variance sum_j (rho_j^2 + rho_(j+lag) rho_(j-lag)) / S
        // <= 2 sum_j rho_j^2 / S, rho_j = (1 - h)^|j|.
        let per_unit = 2.0 * (1.0 + (1.0 - h).powi(2)) / (1.0 - (1.0 - h).powi(2)) * STEP / WINDOW;
        let se = (per_unit / (NEURONS * COPIES) as f64).sqrt();
        let far = |found: f64, expected: f64| (found - expected).abs() > JUDGED * se * exact;
        for (lag, found) in LAGS.iter().zip(&seen.autocovariance) {
            let expected = exact * (1.0 - h).powf(lag / STEP);
            assert!(!far(*found, expected), "{variant} lag {lag}: {found} {expected} {se}");
            assert!(far(*found, 0.5 * expected) || *lag > 1.0, "{variant}: half the variance passes");
        }
        assert!(far(seen.order.delta_0, exact * (1.0 - 0.5 * h)), "{variant}: the bias of the step passes");
        let mean: f64 = seen.delta_0_of_time.iter().sum::<f64>() / seen.times.len() as f64;
        assert!((mean - seen.order.delta_0).abs() < 1e-12);
        assert!((seen.r_autocovariance[0] - seen.order.r_second_moment).abs() < 1e-12);
        assert!(seen.mu_of_time.iter().all(|mu| mu.abs() < 6.0 * (exact / (NEURONS * COPIES) as f64).sqrt()));
    }
}

#[test]
fn units_have_noises_of_their_own_beside_that_of_the_inputs() {
    // One input with noise on neuron 0 alone: its variance is the sum of both, neuron 1 has its own, and they are
    // uncorrelated. 64 copies of 300 samples at intervals of 4 are 19200 nearly independent numbers each.
    for (variant, tau) in variants() {
        let vectors = Empirical::new(Layout::rank(0).with_inputs(1), 2, vec![vec![1.0, 0.0]]).unwrap();
        let input = Input::constant(&[0.0]).unwrap().with_noise(&[1.3]).unwrap();
        let (network, model) = uncoupled(variant, vectors, input);
        let model = model.with_noise(SIGMA).unwrap();
        let timing = Timing { transient: 20.0, window: 4.0 * 299.0, interval: 4.0, step: STEP };
        let protocol = Protocol::new(timing, Method::Euler).unwrap().with_trajectory();
        let seen = simulate(&network, &model, Mat::zeros(2, 64).as_ref(), &protocol, (4, 0)).unwrap();
        let count = (64 * seen.times.len()) as f64;
        let product = |a: usize, b: usize| -> f64 {
            seen.trajectory.iter().flat_map(|x| (0..64).map(move |c| x[(a, c)] * x[(b, c)])).sum::<f64>() / count
        };
        let bias = tau * (1.0 - 0.5 * STEP / tau);
        let (own, shared) = (SIGMA * SIGMA / bias, 1.3 * 1.3 / bias);
        // Samples e^-2 apart (tau = 2) count as 0.96 each in a square.
        let se = (1.1 / count).sqrt();
        let close = |found: f64, expected: f64, scale: f64| {
            assert!((found - expected).abs() < JUDGED * se * scale, "{variant}: {found} {expected}");
        };
        close(product(0, 0), own + shared, 2.0_f64.sqrt() * (own + shared));
        close(product(1, 1), own, 2.0_f64.sqrt() * own);
        close(product(0, 1), 0.0, ((own + shared) * own).sqrt());
    }
}

#[test]
fn another_method_than_euler_is_refused() {
    for method in [Method::Rk4, Method::Heun, Method::ExponentialEuler] {
        assert_eq!(observe(Variant::Current, method).unwrap_err(), SimulateError::NoiseNeedsEuler { method });
    }
}
