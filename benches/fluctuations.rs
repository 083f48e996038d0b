//! Two time scales (T16), Lyapunov exponents (T17) and transients (T19), each against the usual way to get them, in Rust.
//!
//! Unstructured, g = 2, tanh. Two time scales: damped iteration on a cosine grid of 400 lags, filtered by a sum of cosines;
//! pair averages by the library. Exponent: ground state of the finite-difference Hamiltonian on 2000 lags by bisection on
//! the signs of its Sturm sequence (second order: five digits). Transient: the march of C(t, s) in equal steps of 0.05, first
//! order, with the nested rule at every pair of times (two digits), against 400 times or more to ten digits.

#![allow(clippy::unwrap_used, reason = "the models are constants and have solutions")]

use std::f64::consts::PI;
use std::hint::black_box;

use lowrank_benches::{criterion, ratio};
use lowrank_meanfield::{Autocovariance, PairAverage, chaotic_from, chaotic_solutions, transient};
use lowrank_model::{Gaussian, Initial, Input, Model, Transfer, Variant};

const G: f64 = 2.0;
const GRID: usize = 400;
const DAMPING: f64 = 0.5;
const TOLERANCE: f64 = 1e-9;
const MOST_ITERATIONS: usize = 2000;
const LAGS: usize = 2000;
const END: f64 = 20.0;
const STEP: f64 = 0.05;

fn main() {
    let mut c = criterion();
    let mut group = c.benchmark_group("fluctuations");
    let current = model(Variant::Current);
    let two = model(Variant::two_timescale(1.0, 1.0).unwrap());
    let start = chaotic_solutions(&current).unwrap().remove(0);
    let shape = start.autocovariance().unwrap();

    let orders = [start.order.clone()];
    let library = || chaotic_from(black_box(&two), &orders).unwrap().remove(0).order.delta_0;
    let baseline = || damped_grid(&shape);
    assert!((library() - baseline()).abs() < 1e-4, "{} {}", library(), baseline());
    group.bench_function("two time scales", |b| b.iter(library));
    ratio("fluctuations two time scales", "damped iteration on a cosine grid", library, baseline);

    let library = || black_box(&start).lyapunov().unwrap().exponent;
    let baseline = || sturm(&shape, start.order.delta_0);
    assert!((library() - baseline()).abs() < 1e-4, "{} {}", library(), baseline());
    group.bench_function("Lyapunov exponent", |b| b.iter(library));
    ratio("fluctuations Lyapunov exponent", "bisection on a finite-difference matrix", library, baseline);

    let initial = Initial { along: Vec::new(), deviation: 1.0 };
    let library = || transient(black_box(&current), &initial, END).unwrap();
    let count = library().snapshots.len();
    let baseline = || march();
    assert!((library().at(END).unwrap().delta_0 - baseline()).abs() < 0.1);
    group.bench_function(format!("transient, {count} times"), |b| b.iter(library));
    ratio("fluctuations transient", "a first-order march of as many times", library, baseline);

    group.finish();
    c.final_summary();
}

fn model(variant: Variant) -> Model {
    Model::new(G, Transfer::Tanh, variant, Gaussian::unstructured(), Input::none()).unwrap()
}

/// Delta_0 for (1, 1), from the current variant's Delta.
fn damped_grid(shape: &Autocovariance) -> f64 {
    let window = 16.0 * 2.0_f64.sqrt() / shape.decay_rate();
    let mut delta: Vec<f64> =
        (0..=GRID).map(|i| shape.at(window * i as f64 / GRID as f64 / 2.0_f64.sqrt()).unwrap()).collect();
    let cosines: Vec<f64> = (0..2 * GRID).map(|i| (PI * i as f64 / GRID as f64).cos()).collect();
    let transform = |values: &[f64]| -> Vec<f64> {
        (0..=GRID)
            .map(|k| {
                let end = 0.5 * (values[0] + values[GRID] * cosines[k * GRID % (2 * GRID)]);
                end + (1..GRID).map(|j| values[j] * cosines[j * k % (2 * GRID)]).sum::<f64>()
            })
            .collect()
    };
    for _ in 0..MOST_ITERATIONS {
        let pair = PairAverage::new(Transfer::Tanh, 0.0, delta[0]).unwrap();
        let source: Vec<f64> =
            delta.iter().map(|d| G * G * pair.covariance(d.clamp(-delta[0], delta[0])).unwrap()).collect();
        let filter = |k: usize| (1.0 + (PI * k as f64 / window).powi(2)).powi(-2) * 2.0 / GRID as f64;
        let filtered: Vec<f64> = transform(&source).iter().enumerate().map(|(k, s)| s * filter(k)).collect();
        let image = transform(&filtered);
        let mut farthest = 0.0_f64;
        for (d, i) in delta.iter_mut().zip(image) {
            farthest = farthest.max((i - *d).abs());
            *d += DAMPING * (i - *d);
        }
        if farthest < TOLERANCE {
            break;
        }
    }
    delta[0]
}

/// -1 + sqrt(1 - E_0), E_0 by the number of negative pivots of H - E on an even grid.
fn sturm(shape: &Autocovariance, delta_0: f64) -> f64 {
    let window = 16.0 / shape.decay_rate();
    let h = window / LAGS as f64;
    let pair = PairAverage::new(Transfer::Tanh, 0.0, delta_0).unwrap();
    let gain = |i: usize| G * G * pair.slope(shape.at(h * i as f64).unwrap().min(delta_0)).unwrap();
    let potential: Vec<f64> = (0..LAGS).map(|i| 1.0 - gain(i)).collect();
    let below = |energy: f64| {
        let mut pivot = 0.5 * (2.0 / (h * h) + potential[0] - energy);
        let mut negative = pivot < 0.0;
        for v in &potential[1..] {
            pivot = 2.0 / (h * h) + v - energy - (h * h * h * h * pivot).recip();
            negative |= pivot < 0.0;
        }
        negative
    };
    let (mut low, mut high) = (-3.0, 1.0);
    for _ in 0..50 {
        let middle = 0.5 * (low + high);
        if below(middle) { high = middle } else { low = middle }
    }
    -1.0 + (1.0 - low).sqrt()
}

/// Delta_0 at the end: (1 + d_t)(1 + d_s) C = g^2 C_phi by explicit first-order steps on the square of times.
fn march() -> f64 {
    let steps = (END / STEP) as usize;
    let nodes: Vec<(f64, f64)> =
        (-16..=16).map(|i| 0.5 * f64::from(i)).map(|z| (z, 0.5 * (-0.5 * z * z).exp() / (2.0 * PI).sqrt())).collect();
    let mut c = vec![vec![0.0; steps + 1]; steps + 1];
    let start = |i: usize, j: usize| (-STEP * (i + j) as f64).exp();
    let decay = 1.0 - STEP;
    for i in 0..steps {
        for j in 0..=i {
            let (di, dj) = (c[i][i] + start(i, i), c[j][j] + start(j, j));
            let covariance: f64 = c[i][j] + start(i, j);
            let r = (covariance / (di * dj).sqrt()).clamp(-1.0, 1.0);
            let (along, across) = (r, (1.0 - r * r).max(0.0).sqrt());
            let product: f64 = nodes
                .iter()
                .map(|(z, w)| {
                    let inner: f64 = nodes.iter().map(|(y, v)| v * (dj.sqrt() * (along * z + across * y)).tanh()).sum();
                    w * (di.sqrt() * z).tanh() * inner
                })
                .sum();
            let next = decay * (c[i + 1][j] + c[i][j + 1]) - decay * decay * c[i][j] + STEP * STEP * G * G * product;
            c[i + 1][j + 1] = next;
            c[j + 1][i + 1] = next;
        }
    }
    c[steps][steps] + start(steps, steps)
}
