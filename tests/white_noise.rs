//! White noise on the inputs does what T2 and T3 say in all three variants, by formulas of the linear problem.
//!
//! Without recurrence (g = 0, rank 0) every current is a filtered noise of known law. With amplitude a + sqrt(2) s xi on
//! the vector I: current and two-timescale (tau_s = 1 and other), tau_s dx/dt = -x + I (a + sqrt(2) s xi), so the variance of
//! x / I is s^2 / tau_s; rate, x = I (a + s eta), d eta/dt = -eta + sqrt(2) xi, variance s^2; and r, for small I, is x
//! filtered once more. Estimates stand against the exact values of the Euler-Maruyama recursion (s^2 / (1 - dt / 2)) and
//! must lie within 5 standard errors, which are those of a Gaussian process with the recursion's autocorrelation. A
//! strength wrong by 20 % must be rejected by the same judgement.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use std::f64::consts::SQRT_2;

use faer::Mat;
use lowrank_connectivity::{GaussianBulk, Network, Sampling};
use lowrank_integrate::Method;
use lowrank_model::{Empirical, Input, Layout, Model, Transfer, Variant, Vector};
use lowrank_simulate::{Observed, Protocol, Timing, simulate};
use lowrank_tests::correlated_input;

const COPIES: usize = 64;
const SAMPLES: usize = 600;
/// Large, so that s^2 / (1 - dt / 2) and s^2 can be told apart.
const STEP: f64 = 0.2;
/// Entries of the two input vectors, each at a neuron of its own: small, so that tanh is linear to 1e-5.
const ENTRIES: [f64; 2] = [1e-3, -2e-3];
const AMPLITUDES: [f64; 2] = [0.7, -0.4];

/// Two neurons, two inputs, neuron q driven by input q alone.
fn network() -> Network {
    let vectors = vec![vec![ENTRIES[0], 0.0], vec![0.0, ENTRIES[1]]];
    let vectors = Empirical::new(Layout::rank(0).with_inputs(2), 2, vectors).unwrap();
    Network::new(0.0, GaussianBulk::draw(2, 1, 0).unwrap(), vectors).unwrap()
}

fn observe(variant: Variant, noise: [f64; 2], timing: Timing, copies: usize, seed: u64) -> Observed {
    let network = network();
    let input = Input::constant(&AMPLITUDES).unwrap().with_noise(&noise).unwrap();
    let model = Model::new(0.0, Transfer::Tanh, variant, network.vectors().clone(), input).unwrap();
    let protocol = Protocol::new(timing, Method::Euler).unwrap().with_trajectory();
    let protocol = protocol.with_kappa_along(vec![Vector::I(0), Vector::I(1)]);
    simulate(&network, &model, Mat::zeros(2, copies).as_ref(), &protocol, (seed, 0)).unwrap()
}

/// x / I of the neuron of input q: `[sample][copy]`.
fn currents(seen: &Observed, q: usize) -> Vec<Vec<f64>> {
    let of_sample = |x: &Mat<f64>| (0..x.ncols()).map(|copy| x[(q, copy)] / ENTRIES[q]).collect();
    seen.trajectory.iter().map(of_sample).collect()
}

/// r / I of the neuron of input q, from (1/N) sum_i I_i r_i: `[sample][copy]`.
fn rates(seen: &Observed, q: usize) -> Vec<Vec<f64>> {
    let of_sample = |kappa: &Vec<Vec<f64>>| kappa.iter().map(|k| 2.0 * k[q] / ENTRIES[q].powi(2)).collect();
    seen.kappa.iter().map(of_sample).collect()
}

/// What x / I and r / I become in later steps after one increment of size one (written anew, not taken from the
/// crates): the noise enters x, or eta, after the step.
fn responses(variant: Variant, dt: f64) -> [Vec<f64>; 2] {
    let (gain, fall_x, fall_r) = match variant {
        Variant::Current | Variant::Rate => (SQRT_2, dt, dt),
        Variant::TwoTimescale { tau_s, tau_r } => (SQRT_2 / tau_s, dt / tau_s, dt / tau_r),
    };
    let (mut x, mut r) = (gain, 0.0);
    let both = (0..2000).map(|_| {
        let now = if variant == Variant::Current { (x, x) } else { (x, r) };
        (x, r) = (x - fall_x * x, r + fall_r * (x - r));
        now
    });
    let (of_x, of_r) = both.unzip();
    [of_x, of_r]
}

/// Autocovariance for unit strength at a lag of some steps.
fn autocovariance(response: &[f64], dt: f64, lag: usize) -> f64 {
    dt * response.iter().zip(&response[lag..]).map(|(a, b)| a * b).sum::<f64>()
}

/// An estimate of a variance, its expected value and standard error.
#[derive(Debug)]
struct Check {
    estimate: f64,
    expected: f64,
    error: f64,
}

impl Check {
    fn passes(&self) -> bool {
        (self.estimate - self.expected).abs() < 5.0 * self.error
    }
}

/// Mean square deviation from a known mean against `strength`^2 times the response's variance. Its standard error is
/// that of the square of a Gaussian process: 2 v^2 / n (1 + 2 sum_j (1 - j / S) rho_j^2).
fn judge(values: &[Vec<f64>], mean: f64, response: &[f64], strength: f64) -> Check {
    let (samples, copies) = (values.len() as f64, values[0].len() as f64);
    let square: f64 = values.iter().flatten().map(|x| (x - mean).powi(2)).sum();
    let per_interval = (1.0 / STEP).round() as usize;
    let unit = autocovariance(response, STEP, 0);
    let correlated: f64 = (1..40)
        .map(|j| (1.0 - j as f64 / samples) * (autocovariance(response, STEP, j * per_interval) / unit).powi(2))
        .sum();
    let expected = strength * strength * unit;
    let error = expected * (2.0 / (samples * copies) * (1.0 + 2.0 * correlated)).sqrt();
    Check { estimate: square / (samples * copies), expected, error }
}

fn long() -> Timing {
    Timing { transient: 60.0, window: (SAMPLES - 1) as f64, interval: 1.0, step: STEP }
}

fn variants() -> [Variant; 4] {
    let two = |tau_s, tau_r| Variant::two_timescale(tau_s, tau_r).unwrap();
    [Variant::Current, Variant::Rate, two(1.0, 1.0), two(0.5, 2.0)]
}

#[test]
fn the_recursion_has_the_variances_of_the_text() {
    let dt = 1e-2;
    for variant in variants() {
        let (tau_s, tau_r) = match variant {
            Variant::Current => (1.0, 0.0),
            Variant::Rate => (1.0, 1.0), // the noise's filter, then that of r
            Variant::TwoTimescale { tau_s, tau_r } => (tau_s, tau_r),
        };
        let [x, r] = responses(variant, dt).map(|response| autocovariance(&response, dt, 0));
        assert!((x * (tau_s - 0.5 * dt) - 1.0).abs() < 1e-9, "{variant:?}: {x}");
        assert!((r * (tau_s + tau_r) - 1.0).abs() < 2.0 * dt, "{variant:?}: {r}");
    }
}

#[test]
fn variances_are_those_of_the_linear_problem_and_a_wrong_strength_is_seen() {
    let strengths = [0.5, 0.8];
    for (seed, variant) in (100..).zip(variants()) {
        let responses = responses(variant, STEP);
        let checks = |strengths: [f64; 2], expected: [f64; 2]| -> Vec<Check> {
            let seen = observe(variant, strengths, long(), COPIES, seed);
            let of_input = |q: usize| {
                [(currents(&seen, q), &responses[0]), (rates(&seen, q), &responses[1])]
                    .map(|(values, response)| judge(&values, AMPLITUDES[q], response, expected[q]))
            };
            (0..2).flat_map(of_input).collect()
        };
        for check in checks(strengths, strengths) {
            assert!(check.passes(), "{variant:?}: {check:?}");
            assert!(check.error < 0.03 * check.expected, "{variant:?} is too noisy to tell: {check:?}");
        }
        for part in [0.8, 1.2] {
            for check in checks(strengths.map(|s| part * s), strengths) {
                assert!(!check.passes(), "{variant:?}, strength times {part}: {check:?}");
            }
        }
    }
}

#[test]
fn the_step_shows_in_the_variance_as_it_should() {
    // s^2 / (1 - dt / 2), not s^2: at dt = 0.2 an eighth of ten per cent is one standard error.
    let seen = observe(Variant::Current, [0.5, 0.5], long(), COPIES, 7);
    let check = judge(&currents(&seen, 0), AMPLITUDES[0], &responses(Variant::Current, STEP)[0], 0.5);
    assert!((check.expected - 0.25 / (1.0 - 0.5 * STEP)).abs() < 1e-12);
    assert!(check.passes(), "{check:?}");
    assert!(!Check { expected: 0.25, ..check }.passes(), "the limit of small steps fits as well");
}

#[test]
fn the_inputs_rise_and_the_noise_grows_as_the_filters_say() {
    // Mean a (1 - e^(-t / tau_s)), at once in the rate variant; variance s^2 (1 - e^(-2 t / tau)) / tau. Step 0.01:
    // bias below 1 %, a tenth of the standard errors 1 / sqrt(copies) and sqrt(2 / copies).
    let (copies, s, a) = (400, 0.5, AMPLITUDES[0]);
    let timing = Timing { transient: 0.0, window: 3.0, interval: 0.5, step: 0.01 };
    let deviations = |variant: Variant, strength: f64| {
        let tau = if let Variant::TwoTimescale { tau_s, .. } = variant { tau_s } else { 1.0 };
        let seen = observe(variant, [strength, 0.0], timing, copies, 9);
        let rows = seen.times.iter().zip(currents(&seen, 0)).skip(1);
        rows.map(|(t, x)| {
            let mean = if variant == Variant::Rate { a } else { a * (1.0 - (-t / tau).exp()) };
            let variance = s * s * (1.0 - (-2.0 * t / tau).exp()) / tau;
            let (n, found) = (copies as f64, x.iter().sum::<f64>() / copies as f64);
            let square = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
            ((found - mean) / (variance / n).sqrt(), (square / variance - 1.0) / (2.0 / n).sqrt())
        })
        .fold((0.0_f64, 0.0_f64), |worst, z| (worst.0.max(z.0.abs()), worst.1.max(z.1.abs())))
    };
    for variant in variants() {
        let (mean, variance) = deviations(variant, s);
        assert!(mean < 5.0 && variance < 5.0, "{variant:?}: z {mean} {variance}");
        let (mean, variance) = deviations(variant, 1.2 * s);
        assert!(mean < 6.0 && variance > 5.0, "{variant:?}, strength 20 % too large: z {mean} {variance}");
    }
}

#[test]
fn noise_stays_with_its_input() {
    // Only the second input is noisy: the first neuron is still, and the second does not change with the order.
    for variant in variants() {
        let seen = observe(variant, [0.0, 0.8], long(), 4, 3);
        let last = seen.trajectory.last().unwrap();
        for copy in 0..4 {
            assert!((last[(0, copy)] / ENTRIES[0] - AMPLITUDES[0]).abs() < 1e-9, "{variant:?}");
        }
        let check = judge(&currents(&seen, 1), AMPLITUDES[1], &responses(variant, STEP)[0], 0.8);
        assert!(check.passes(), "{variant:?}: {check:?}");
    }
}

#[test]
fn inputs_and_copies_have_independent_noises() {
    // Correlation of two independent processes: SE sqrt((1 + 2 sum rho_j^2) / n). The control is a process with itself.
    let seen = observe(Variant::Current, [0.5, 0.8], long(), COPIES, 11);
    let values = [0, 1].map(|q| currents(&seen, q));
    let rho = (1.0 - STEP).powi(5);
    let se = ((1.0 + rho * rho) / (1.0 - rho * rho) / (SAMPLES * COPIES) as f64).sqrt();
    let correlation = |q: usize, p: usize, shift: usize| {
        let variance = |q: usize| [0.5_f64, 0.8][q].powi(2) / (1.0 - 0.5 * STEP);
        let products = values[q].iter().zip(&values[p]).flat_map(|(x, y)| {
            (0..COPIES).map(move |c| (x[c] - AMPLITUDES[q]) * (y[(c + shift) % COPIES] - AMPLITUDES[p]))
        });
        products.sum::<f64>() / (SAMPLES * COPIES) as f64 / (variance(q) * variance(p)).sqrt()
    };
    for (q, p, shift) in [(0, 1, 0), (0, 0, 1), (1, 1, 1), (0, 1, 5)] {
        let found = correlation(q, p, shift);
        assert!(found.abs() < 5.0 * se, "inputs {q} {p}, copies {shift} apart: {found}, SE {se}");
    }
    assert!((correlation(0, 0, 0) - 1.0).abs() < 0.1 && se < 0.01);
}

/// A chaotic recurrent network with a noisy input: three copies from one and the same state.
fn recurrent(variant: Variant, strength: f64, key: (u64, u64), interval: f64) -> Observed {
    let input = Input::constant(&[1.0]).unwrap().with_noise(&[strength]).unwrap();
    let model = Model::new(2.8, Transfer::Tanh, variant, correlated_input(), input).unwrap();
    let network = Network::draw(&model, 30, Sampling::Matched, 5, 0).unwrap();
    let timing = Timing { transient: 1.0, window: 4.0, interval, step: 0.05 };
    let protocol = Protocol::new(timing, Method::Euler).unwrap().with_trajectory();
    let x0 = Mat::from_fn(30, 3, |i, _| (i as f64).sin());
    simulate(&network, &model, x0.as_ref(), &protocol, key).unwrap()
}

#[test]
fn equal_keys_give_equal_noise_and_others_do_not() {
    let between = |seen: &Observed, a: usize, b: usize| {
        let last = seen.trajectory.last().unwrap();
        (0..30).map(|i| (last[(i, a)] - last[(i, b)]).abs()).fold(0.0, f64::max)
    };
    for variant in variants() {
        let seen = recurrent(variant, 0.4, (1, 0), 1.0);
        assert_eq!(seen, recurrent(variant, 0.4, (1, 0), 1.0), "{variant:?}");
        assert_ne!(seen.kappa, recurrent(variant, 0.4, (2, 0), 1.0).kappa, "{variant:?}, another seed");
        assert_ne!(seen.kappa, recurrent(variant, 0.4, (1, 1), 1.0).kappa, "{variant:?}, another realisation");
        for (a, b) in [(0, 1), (0, 2), (1, 2)] {
            assert!(between(&seen, a, b) > 0.05, "{variant:?}: copies {a} and {b} share their noise");
        }
        // The control: without noise the copies are one.
        assert_eq!(between(&recurrent(variant, 0.0, (1, 0), 1.0), 0, 2), 0.0, "{variant:?}");
        // Looking more often does not change the path (the steps are the same up to rounding).
        let often = recurrent(variant, 0.4, (1, 0), 0.25);
        let same = seen.trajectory.last().unwrap() - often.trajectory.last().unwrap();
        assert!(same.norm_max() < 1e-9, "{variant:?}: {}", same.norm_max());
    }
}

#[test]
fn the_noises_of_inputs_and_of_units_have_one_convention() {
    // Strength s on an input of entries one, and on every unit: the variance of x is s^2 / (1 - dt / 2) of the recursion in both,
    // current and rate alike. 32 neurons and copies are as many processes of units, 32 copies those of an input.
    let variance = |of_input: f64, of_units: f64, variant: Variant| {
        let neurons = if of_units > 0.0 { 32 } else { 1 };
        let vectors = Empirical::new(Layout::rank(0).with_inputs(1), neurons, vec![vec![1.0; neurons]]).unwrap();
        let network = Network::new(0.0, GaussianBulk::draw(neurons, 1, 0).unwrap(), vectors).unwrap();
        let input = Input::constant(&[0.0]).unwrap().with_noise(&[of_input]).unwrap();
        let model = Model::new(0.0, Transfer::Tanh, variant, network.vectors().clone(), input).unwrap();
        let model = model.with_noise(of_units).unwrap();
        let timing = Timing { transient: 20.0, window: 600.0, interval: 3.0, step: STEP };
        let protocol = Protocol::new(timing, Method::Euler).unwrap().with_trajectory();
        let copies = 32 / neurons * 2;
        let seen = simulate(&network, &model, Mat::zeros(neurons, copies).as_ref(), &protocol, (6, 0)).unwrap();
        let all = || seen.trajectory.iter().flat_map(|x| x.col_iter().flat_map(|x| x.iter()));
        let (count, square) = all().fold((0.0, 0.0), |(n, sum), x| (n + 1.0, sum + x * x));
        (square / count, (2.2_f64 / count).sqrt())
    };
    for variant in [Variant::Current, Variant::Rate] {
        for (of_input, of_units) in [(0.7, 0.0), (0.0, 0.7)] {
            let (found, error) = variance(of_input, of_units, variant);
            let expected = 0.7 * 0.7 / (1.0 - 0.5 * STEP);
            assert!((found / expected - 1.0).abs() < 5.0 * error, "{variant}: {found} {expected}");
            assert!(5.0 * error < 0.1, "too noisy to tell");
        }
    }
}
