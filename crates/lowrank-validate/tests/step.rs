//! What the step of the operating points does to what is claimed, in units of the standard errors of a standard run.
//!
//! At rest and in transients networks are run at the step and at half of it: the same networks, so that the difference is that
//! of the steps. In chaos the two would part. There the mean-field theory of the network in discrete time is solved: its
//! filter in place of 1 / (1 + i omega) in (T12), from the method's own response to e^(i omega t).
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use std::f64::consts::PI;
use std::sync::Arc;

use lowrank_connectivity::{Bulk, GaussianBulk, Network, draw_vectors};
use lowrank_integrate::{Stepper, VectorField};
use lowrank_simulate::{initial_currents, lyapunov, simulate};
use lowrank_validate::{Findings, OperatingPoint, Phase, Statistic, all_points};

const SEED: u64 = 21;

fn point(name: &str) -> OperatingPoint {
    all_points().unwrap().into_iter().find(|p| p.name == name).unwrap()
}

/// A standard run has networks of this many neurons, so many of them.
const STANDARD: (f64, f64) = (1000.0, 96.0);
/// Networks here.
const NEURONS: usize = 300;
const NETWORKS: u64 = 12;

#[test]
fn half_the_step_moves_no_statistic_by_a_tenth_of_a_standard_error_at_rest_and_in_transients() {
    let mut coarser_is_seen = false;
    for point in all_points().unwrap().iter().filter(|p| p.phase != Phase::Chaotic) {
        for (variant, _) in &point.variants {
            let model = point.model.with_variant(*variant).unwrap();
            let of_network = |realisation: u64| -> [Findings; 3] {
                let bulk = Bulk::from(GaussianBulk::draw(NEURONS, SEED, realisation).unwrap());
                let vectors = draw_vectors(model.ensemble(), NEURONS, point.sampling(), SEED, realisation).unwrap();
                let network = Network::new(model.g(), Arc::new(bulk), vectors).unwrap();
                let x0 = initial_currents(&network, &point.initial, 1, SEED, realisation).unwrap();
                [1.0, 0.5, 4.0].map(|factor| {
                    let protocol = point.protocol(factor).unwrap();
                    simulate(&network, &model, x0.as_ref(), &protocol, (SEED, realisation)).unwrap().into()
                })
            };
            let networks: Vec<[Findings; 3]> = (0..NETWORKS).map(of_network).collect();
            for (statistic, _) in point.statistics_of(*variant) {
                if matches!(statistic, Statistic::OutlierRe(_) | Statistic::OutlierIm(_)) {
                    continue;
                }
                let values = |k: usize| -> Vec<f64> { networks.iter().map(|n| statistic.of(&n[k]).unwrap()).collect() };
                let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
                let [at_step, at_half, at_four] = [values(0), values(1), values(2)];
                let of_one = at_half.iter().map(|v| (v - mean(&at_half)).powi(2)).sum::<f64>() / (NETWORKS - 1) as f64;
                let error = (of_one * NEURONS as f64 / STANDARD.0 / STANDARD.1).sqrt();
                let moved = (mean(&at_step) - mean(&at_half)).abs() / error;
                assert!(moved < 0.1, "{} {variant} {statistic}: moved by {moved} standard errors", point.name);
                coarser_is_seen |= (mean(&at_four) - mean(&at_half)).abs() > error;
            }
        }
    }
    assert!(coarser_is_seen, "the comparison would not notice a step four times as long");
}

/// dx/dt = a (cos(omega t) - x), and the same with sin.
struct Driven {
    a: f64,
    omega: f64,
}

impl VectorField for Driven {
    fn dimension(&self) -> usize {
        2
    }

    fn derivative(&mut self, t: f64, x: &[f64], out: &mut [f64]) {
        let (sin, cos) = (self.omega * t).sin_cos();
        out.copy_from_slice(&[self.a * (cos - x[0]), self.a * (sin - x[1])]);
    }

    fn decay_rate(&self, _: usize) -> f64 {
        self.a
    }
}

/// |response|^2 of the filter of rate a; exactly, if there is no step.
fn gain(a: f64, omega: f64, step: Option<f64>) -> f64 {
    let Some(step) = step else { return a * a / (a * a + omega * omega) };
    let mut field = Driven { a, omega };
    let mut stepper = Stepper::new(OperatingPoint::METHOD, &field);
    let mut state = [0.0; 2];
    // The start decays as e^-40.
    for i in 0..(40.0 / step) as usize {
        stepper.step(&mut field, i as f64 * step, step, &mut state);
    }
    state[0] * state[0] + state[1] * state[1]
}

/// Half the period of Delta(tau).
const PERIOD: f64 = 40.0;
/// Terms of the series of tanh in Hermite polynomials.
const TERMS: usize = 120;

/// c_k = \<tanh(s z) He_k(z)> / sqrt(k!), by the trapezoidal rule.
fn hermite(s: f64) -> Vec<f64> {
    let (points, end) = (4000, 12.0);
    let h = 2.0 * end / f64::from(points);
    let mut c = vec![0.0; TERMS];
    for i in 0..=points {
        let z = h * f64::from(i) - end;
        let f = (s * z).tanh() * h * (-z * z / 2.0).exp() / (2.0 * PI).sqrt();
        let (mut before, mut last) = (1.0, z);
        c[0] += f;
        c[1] += f * z;
        for (k, c) in c.iter_mut().enumerate().skip(2) {
            let next = (z * last - ((k - 1) as f64).sqrt() * before) / (k as f64).sqrt();
            (before, last) = (last, next);
            *c += f * next;
        }
    }
    c
}

/// Delta(tau) at multiples of `grid`, u = 0, phi = tanh, J = g chi, behind filters of these rates. Delta_0 is given and g
/// follows, the largest eigenvalue of the iteration; a secant then finds the Delta_0 of this g.
fn autocovariance(g: f64, rates: &[f64], grid: f64, step: Option<f64>) -> Vec<f64> {
    let l = (PERIOD / grid).round() as usize;
    let cosine: Vec<f64> = (0..2 * l).map(|i| (PI * i as f64 / l as f64).cos()).collect();
    let transform = |v: &[f64]| -> Vec<f64> {
        let inner = |q: usize| (1..l).map(|j| 2.0 * v[j] * cosine[q * j % (2 * l)]).sum::<f64>();
        (0..=l).map(|q| v[0] + v[l] * cosine[q * l % (2 * l)] + inner(q)).collect()
    };
    let of_omega = |q: usize| rates.iter().map(|a| gain(*a, PI * q as f64 / PERIOD, step)).product::<f64>();
    let gains: Vec<f64> = (0..=l).map(of_omega).collect();
    let mut shape: Vec<f64> = (0..=l).map(|j| 1.0 / (0.5 * j as f64 * grid).cosh()).collect();
    let mut g_squared = |delta_0: f64| -> f64 {
        let c = hermite(delta_0.sqrt());
        let mut found = 0.0;
        for _ in 0..400 {
            let of_phi = |r: &f64| (1..TERMS).step_by(2).map(|k| c[k] * c[k] * r.powi(k as i32)).sum::<f64>();
            let mut spectrum = transform(&shape.iter().map(of_phi).collect::<Vec<_>>());
            spectrum.iter_mut().zip(&gains).for_each(|(s, gain)| *s *= gain);
            let next = transform(&spectrum);
            let last = std::mem::replace(&mut found, 2.0 * l as f64 * delta_0 / next[0]);
            shape = next.iter().map(|x| x / next[0]).collect();
            if (last - found).abs() < 1e-13 * found {
                break;
            }
        }
        found
    };
    let (mut before, mut delta_0) = (0.55 * g * g, 0.6 * g * g);
    let mut off_before = g_squared(before) - g * g;
    for _ in 0..20 {
        let off = g_squared(delta_0) - g * g;
        if off.abs() < 1e-10 {
            break;
        }
        let next = delta_0 - off * (delta_0 - before) / (off - off_before);
        (before, off_before, delta_0) = (delta_0, off, next);
    }
    shape.iter().map(|r| delta_0 * r).collect()
}

/// Standard errors of a standard run at the lags 0, 1.6, 3.2, 4.8: g = 3, the smaller of current and rate, and two time scales.
const ERRORS: [[f64; 4]; 2] = [[0.0134, 0.0166, 0.0230, 0.0297], [0.0133, 0.0148, 0.0187, 0.0234]];
/// The most that the step may move, of them.
const MOST: f64 = 0.125;

#[test]
fn the_step_moves_the_autocovariance_of_chaos_by_an_eighth_of_a_standard_error_or_less() {
    let chaos = point("unstructured-chaos");
    let (g, step, interval) = (chaos.model.g(), chaos.timing.step, chaos.timing.interval);
    for (rates, errors) in [[1.0].as_slice(), &[1.0, 1.0]].into_iter().zip(ERRORS) {
        let exact = autocovariance(g, rates, step, None);
        let moved = |step: f64| -> Vec<f64> {
            let seen = autocovariance(g, rates, step, Some(step));
            let every = (interval / step).round() as usize;
            let of_exact = (interval / chaos.timing.step).round() as usize;
            (0..4).map(|lag| (seen[lag * every] - exact[lag * of_exact]) / errors[lag]).collect()
        };
        let (here, planted) = (moved(step), moved(4.0 * step));
        println!("{rates:?}: {here:?}, at four times the step {planted:?}");
        assert!(here.iter().all(|m| m.abs() < MOST), "{rates:?}: {here:?}");
        assert!(planted[0].abs() > 10.0, "the planted fault would go unnoticed: {planted:?}");
    }
}

/// `cargo test -p lowrank-validate --test step -- --ignored --nocapture`.
#[test]
#[ignore = "minutes: exponents of networks at several steps"]
fn exponents_at_several_steps() {
    let tangent = point("tangent");
    for (variant, _) in &tangent.variants {
        let model = tangent.model.with_variant(*variant).unwrap();
        for factor in [0.5, 1.0, 2.0] {
            let protocol = tangent.protocol(factor).unwrap();
            let of_network = |realisation: u64| {
                let bulk = Bulk::from(GaussianBulk::draw(NEURONS, SEED, realisation).unwrap());
                let vectors = draw_vectors(model.ensemble(), NEURONS, tangent.sampling(), SEED, realisation).unwrap();
                let network = Network::new(model.g(), Arc::new(bulk), vectors).unwrap();
                let x0 = initial_currents(&network, &tangent.initial, 1, SEED, realisation).unwrap();
                lyapunov(&network, &model, x0.as_ref(), &protocol, (SEED, realisation)).unwrap().mean
            };
            let all: Vec<f64> = (0..8 * NETWORKS).map(of_network).collect();
            let count = all.len() as f64;
            let mean = all.iter().sum::<f64>() / count;
            let error = (all.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count / (count - 1.0)).sqrt();
            println!("{variant}, step times {factor}: {mean:.5} +- {error:.5}");
        }
    }
}
