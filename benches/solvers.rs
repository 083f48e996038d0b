//! The mean-field solvers on \[MO18\]'s ensemble (M_m = 1.1, M_n = 2, S_m = S_n = 1, tanh).
//!
//! `stationary_branches` (T6-T8, g = 1.2) and `chaotic_solutions` (T13, T14 with T8, g = 2) find every branch, stable
//! or not, here four and three, each to rounding. The baselines are what codes written for one figure do: damped
//! iteration x <- x + 0.2 (F(x) - x) from one start to 1e-10. It follows one stable branch and never sees the others,
//! and the start must be well chosen: a solver that is slower than it still does more.

#![allow(clippy::unwrap_used, reason = "the models are constants and have solutions")]

use std::f64::consts::PI;
use std::hint::black_box;

use lowrank_benches::{assert_agreement, criterion, ratio};
use lowrank_meanfield::{Averages, average, chaotic_solutions, stationary_branches};
use lowrank_model::{
    Input, Layout, Model, Moments, Transfer, Variant,
    Vector::{M, N},
};

const M_M: f64 = 1.1;
const M_N: f64 = 2.0;
const S_M: f64 = 1.0;
const G_STATIONARY: f64 = 1.2;
const G_CHAOTIC: f64 = 2.0;

const DAMPING: f64 = 0.2;
const TOLERANCE: f64 = 1e-10;
const MOST_ITERATIONS: usize = 100_000;
const BASELINE: &str = "a damped iteration to one of them";
/// (kappa, Delta_0).
const STATIONARY_START: [f64; 2] = [1.0, 1.0];
/// (kappa, Delta_0, Delta_inf) from which the damped iteration converges; from (1, 2, 1) Delta_0 falls below Delta_inf.
const CHAOTIC_START: [f64; 3] = [1.0, 3.0, 1.0];
/// Nodes of the nested quadrature on +-10: 1e-12 for variances up to 3.
const NODES: usize = 101;
const WINDOW: f64 = 10.0;

fn main() {
    let mut c = criterion();
    let mut group = c.benchmark_group("solvers");

    let model_at_rest = model(G_STATIONARY);
    let library = || stationary_branches(black_box(&model_at_rest)).unwrap();
    let baseline = || damped(STATIONARY_START, damped_stationary);
    let mut branches = library();
    assert_eq!(branches.len(), 4);
    let upper = branches.swap_remove(0).order;
    assert_agreement("stationary", &[upper.kappa[0], upper.delta_0], &baseline());
    group.bench_function("stationary, all branches", |b| b.iter(library));
    ratio("solvers stationary, all branches", BASELINE, library, baseline);

    let model_in_chaos = model(G_CHAOTIC);
    let grid = trapezoid();
    let library = || chaotic_solutions(black_box(&model_in_chaos)).unwrap();
    let baseline = || damped(CHAOTIC_START, |x| damped_chaotic(&grid, x));
    let mut branches = library();
    assert_eq!(branches.len(), 3);
    let upper = branches.swap_remove(0).order;
    assert_agreement("chaotic", &[upper.kappa[0], upper.delta_0, upper.delta_inf], &baseline());
    group.bench_function("chaotic, all branches", |b| b.iter(library));
    ratio("solvers chaotic, all branches", BASELINE, library, baseline);

    group.finish();
    c.final_summary();
}

fn model(g: f64) -> Model {
    let ensemble = Moments::new(Layout::rank(1))
        .mean(M(0), M_M)
        .mean(N(0), M_N)
        .variance(M(0), S_M)
        .variance(N(0), 1.0)
        .build()
        .unwrap();
    Model::new(g, Transfer::Tanh, Variant::Current, ensemble, Input::none()).unwrap()
}

/// x <- x + 0.2 (F(x) - x) until |F(x) - x| is small.
fn damped<const D: usize>(mut x: [f64; D], f: impl Fn([f64; D]) -> [f64; D]) -> [f64; D] {
    for _ in 0..MOST_ITERATIONS {
        let image = f(x);
        let mut farthest = 0.0_f64;
        for (x, image) in x.iter_mut().zip(image) {
            farthest = farthest.max((image - *x).abs());
            *x += DAMPING * (image - *x);
        }
        if farthest < TOLERANCE {
            break;
        }
    }
    x
}

/// (kappa, Delta_0): T8, T7.
fn damped_stationary([kappa, delta_0]: [f64; 2]) -> [f64; 2] {
    let a = Averages::new(Transfer::Tanh, M_M * kappa, delta_0).unwrap();
    [M_N * a.phi, G_STATIONARY.powi(2) * a.phi_sq + S_M * kappa * kappa]
}

/// (kappa, Delta_0, Delta_inf): T8, T13 solved for its Delta_0^2, T14.
fn damped_chaotic(grid: &[(f64, f64)], [kappa, zero, inf]: [f64; 3]) -> [f64; 3] {
    let (mu, g_squared, from_drive) = (M_M * kappa, G_CHAOTIC * G_CHAOTIC, S_M * kappa * kappa);
    let phi = Averages::new(Transfer::Tanh, mu, zero).unwrap().phi;
    let primitive_sq = average(mu, zero, |x| Transfer::Tanh.primitive(x).powi(2)).unwrap();
    let far_primitive = nested(grid, mu, zero, inf, |x| Transfer::Tanh.primitive(x));
    let far = nested(grid, mu, zero, inf, f64::tanh);
    let square = inf * inf + 2.0 * (g_squared * (primitive_sq - far_primitive) + from_drive * (zero - inf));
    [M_N * phi, square.sqrt(), g_squared * far + from_drive]
}

/// Nodes z and weights of the trapezoid rule for a standard normal.
fn trapezoid() -> Vec<(f64, f64)> {
    let step = 2.0 * WINDOW / (NODES as f64 - 1.0);
    let node = |i: usize| -WINDOW + step * i as f64;
    (0..NODES).map(|i| (node(i), step * (-0.5 * node(i) * node(i)).exp() / (2.0 * PI).sqrt())).collect()
}

/// int Dz \[int Dy f(mu + sqrt(D - c) y + sqrt(c) z)\]^2.
fn nested(grid: &[(f64, f64)], mu: f64, d: f64, c: f64, f: impl Fn(f64) -> f64) -> f64 {
    let (own, shared) = ((d - c).sqrt(), c.sqrt());
    let inner = |z: f64| grid.iter().map(|(y, w)| w * f(mu + own * y + shared * z)).sum::<f64>();
    grid.iter().map(|(z, w)| w * inner(*z).powi(2)).sum()
}
