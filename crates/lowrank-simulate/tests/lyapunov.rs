//! Largest Lyapunov exponents against the spectrum at a fixed point (T11), against the divergence of two nearby
//! trajectories, and of two variants of one network against each other.
#![allow(missing_docs, clippy::unwrap_used)]

use faer::{Mat, c64};
use lowrank_connectivity::{Network, Sampling, eigenvalues_with_gain, stream};
use lowrank_integrate::Method;
use lowrank_model::{Ensemble, Gaussian, Input, Layout, Model, Moments, Role, StreamKey, Transfer, Variant, Vector};
use lowrank_simulate::{Protocol, SimulateError, Timing, lyapunov, simulate};
use rand_distr::{Distribution, StandardNormal};

fn protocol(transient: f64, window: f64, interval: f64) -> Protocol {
    Protocol::new(Timing { transient, window, interval, step: 0.05 }, Method::Rk4).unwrap()
}

fn draw(g: f64, ensemble: impl Into<Ensemble>, variant: Variant, neurons: usize) -> (Network, Model) {
    let model = Model::new(g, Transfer::Tanh, variant, ensemble, Input::none()).unwrap();
    (Network::draw(&model, neurons, Sampling::Matched, 9, 0).unwrap(), model)
}

fn started(neurons: usize, copies: usize) -> Mat<f64> {
    Mat::from_fn(neurons, copies, |i, c| 1.0 + (1.3 * i as f64 + 0.7 * c as f64).sin())
}

/// Largest Re s of s = -1 + lambda, or of both roots of (1 + tau_s s)(1 + tau_r s) = lambda (T11).
fn rate_of(variant: Variant, lambda: c64) -> f64 {
    let Variant::TwoTimescale { tau_s, tau_r } = variant else { return lambda.re - 1.0 };
    let (sum, product) = (tau_s + tau_r, tau_s * tau_r);
    let root = (c64::new(sum * sum - 4.0 * product, 0.0) + lambda * 4.0 * product).sqrt();
    (root.re.abs() - sum) / (2.0 * product)
}

#[test]
fn at_a_fixed_point_it_is_the_largest_real_part_of_the_spectrum() {
    let structure = Moments::new(Layout::rank(1)).mean(Vector::M(0), 1.0).mean(Vector::N(0), 1.6);
    let structure = structure.variance(Vector::M(0), 0.3).variance(Vector::N(0), 0.3).build().unwrap();
    let two = |tau_s, tau_r| Variant::two_timescale(tau_s, tau_r).unwrap();
    for variant in [Variant::Current, Variant::Rate, two(1.0, 1.0), two(0.5, 2.0)] {
        let (network, model) = draw(0.4, structure.clone(), variant, 120);
        let x0 = started(120, 1);
        let rest =
            simulate(&network, &model, x0.as_ref(), &protocol(150.0, 0.0, 1.0).with_trajectory(), (0, 0)).unwrap();
        let x: Vec<f64> = rest.trajectory[0].col(0).iter().copied().collect();
        assert!(rest.order.kappa[0].abs() > 0.5, "not the trivial fixed point");
        let gains: Vec<f64> = x.iter().map(|x| Transfer::Tanh.jet(*x).d1).collect();
        let spectrum = eigenvalues_with_gain(&network, &gains).unwrap();
        let expected = spectrum.iter().map(|l| rate_of(variant, *l)).fold(f64::NEG_INFINITY, f64::max);
        let seen = lyapunov(&network, &model, x0.as_ref(), &protocol(150.0, 200.0, 1.0), (1, 0)).unwrap();
        assert!((seen.mean - expected).abs() < 1e-7, "{variant}: {} {expected}", seen.mean);
    }
}

/// A chaotic network: the exponent is the mean rate at which ln |x' - x| grows, if the second trajectory starts along
/// the tangent vector. The distance stays below 1e-3 of |x|, so that it is linear to about that part of 1 / window.
#[test]
fn in_chaos_it_is_the_divergence_of_two_nearby_trajectories() {
    let (network, model) = draw(3.0, Gaussian::unstructured(), Variant::Current, 400);
    let mut x0 = started(400, 2);
    let mut rng = stream(StreamKey { seed: 1, realisation: 0, role: Role::Tangent, line: 0 });
    for i in 0..400 {
        let normal: f64 = StandardNormal.sample(&mut rng);
        x0[(i, 1)] = x0[(i, 0)] + 1e-8 * normal;
    }
    let times = protocol(5.0, 30.0, 1.0);
    let seen = simulate(&network, &model, x0.as_ref(), &times.clone().with_trajectory(), (0, 0)).unwrap();
    let distance = |x: &Mat<f64>| (x.col(0) - x.col(1)).norm_l2().ln();
    let expected = (distance(&seen.trajectory[30]) - distance(&seen.trajectory[0])) / 30.0;
    let exponent = lyapunov(&network, &model, x0.as_ref().subcols(0, 1), &times, (1, 0)).unwrap();
    assert!(distance(&seen.trajectory[30]).exp() < 1e-3 * seen.trajectory[30].norm_l2());
    assert!(exponent.mean > 0.1 && (exponent.mean - expected).abs() < 1e-5, "{expected} {exponent:?}");
    let [first, second] = exponent.halves[0];
    assert!((0.5 * (first + second) - exponent.mean).abs() < 1e-12);
}

/// x = J r turns one variant into the other (T3), step by step of the method too. Started from x(0) = J r(0) they share
/// the trajectory until rounding has grown, and the exponents differ by what two random tangent vectors differ by.
#[test]
fn current_and_rate_variant_agree_in_chaos_and_the_two_timescale_one_is_slower() {
    let run = |variant: Variant| {
        let (network, model) = draw(3.0, Gaussian::unstructured(), variant, 200);
        let mut x0 = started(200, 4);
        if variant != Variant::Rate {
            let rates = Mat::from_fn(200, 4, |i, c| Transfer::Tanh.value(x0[(i, c)]));
            network.apply(rates.as_ref(), x0.as_mut()).unwrap();
        }
        lyapunov(&network, &model, x0.as_ref(), &protocol(40.0, 100.0, 0.5), (1, 0)).unwrap()
    };
    let (current, rate) = (run(Variant::Current), run(Variant::Rate));
    for (a, b) in current.exponents.iter().zip(&rate.exponents) {
        // Two tangent vectors differ in length by a factor of a few: e^1.5 over 100 units of time.
        assert!(*a > 0.1 && (a - b).abs() < 0.015, "{current:?} {rate:?}");
    }
    assert!((current.mean - rate.mean).abs() < 0.006, "{current:?} {rate:?}");
    let slower = run(Variant::two_timescale(1.0, 1.0).unwrap());
    assert!(slower.mean > 0.02 && slower.mean < 0.6 * current.mean, "{slower:?}");
}

#[test]
fn noise_short_windows_and_lost_vectors_are_typed_errors() {
    let (network, model) = draw(0.5, Gaussian::unstructured(), Variant::Current, 20);
    let x0 = started(20, 1);
    let run = |model: &Model, times: &Protocol| lyapunov(&network, model, x0.as_ref(), times, (1, 0));
    let noisy = run(&model.with_noise(0.1).unwrap(), &protocol(0.0, 4.0, 1.0));
    assert_eq!(noisy, Err(SimulateError::NoisyTangent));
    let short = run(&model, &protocol(0.0, 1.9, 1.0)).unwrap_err().to_string();
    assert!(short.contains("measuring window is 1.9") && short.contains(">= 2"), "{short}");
    // A vector that shrinks as e^(-t/2) has no square after 800 units of time.
    let lost = run(&model, &protocol(0.0, 4000.0, 2000.0));
    assert!(matches!(lost, Err(SimulateError::TangentLost { time: 2000.0, .. })), "{lost:?}");
    // No copies is a shape, and the transient is cut into sample intervals whatever its length.
    let none = lyapunov(&network, &model, started(20, 0).as_ref(), &protocol(0.0, 4.0, 1.0), (1, 0));
    assert!(matches!(none, Err(SimulateError::BadShape { .. })));
    let long = run(&model, &protocol(3000.7, 4.0, 1.0)).unwrap();
    assert!(long.mean < -0.3 && long.mean > -1.0, "{long:?}");
}
