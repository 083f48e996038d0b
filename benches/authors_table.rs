//! The table behind \[MO18\]'s figure 1: 200 values of g in \[1e-4, 4\], M_m = 1.1, M_n = 2, S_m = 1, tanh; at each the three
//! stationary branches with radius and outlier, and the chaotic solutions where they exist.
//!
//! The baseline is the usual way to make it, in Rust: damped iteration x <- x + 0.2 (F(x) - x) from the last value's
//! solution, upper and central branch, stationary and chaotic, with plain sums over 101 nodes a dimension. Its cap on
//! iterations and its start decide what it finds; near the transitions it stops early. The library searches every
//! branch, each to a residual below 1e-10.

#![allow(clippy::unwrap_used, reason = "the models are constants and have solutions")]

use std::f64::consts::PI;
use std::hint::black_box;

use lowrank_benches::{assert_agreement, criterion, ratio};
use lowrank_meanfield::{Solutions, solutions_along};
use lowrank_model::{
    Input, Layout, Model, ModelError, Moments, Transfer, Variant,
    Vector::{M, N},
};

const M_M: f64 = 1.1;
const M_N: f64 = 2.0;
const S_M: f64 = 1.0;
const VALUES: usize = 200;

const DAMPING: f64 = 0.2;
const TOLERANCE: f64 = 1e-8;
const MOST_ITERATIONS: usize = 2000;
const NODES: usize = 101;
const WINDOW: f64 = 10.0;

fn main() {
    let mut c = criterion();
    let mut group = c.benchmark_group("authors_table");
    let grid = trapezoid();
    let library = || solutions_along(family, black_box(&values())).unwrap();
    let baseline = || damped_table(&grid);
    check(&library(), &baseline());
    group.bench_function("200 values of g", |b| b.iter(library));
    ratio("authors_table 200 values of g", "damped iteration with plain sums", library, baseline);
    group.finish();
    c.final_summary();
}

fn values() -> Vec<f64> {
    (0..VALUES).map(|i| 1e-4 + (4.0 - 1e-4) * i as f64 / (VALUES as f64 - 1.0)).collect()
}

fn family(g: f64) -> Result<Model, ModelError> {
    let ensemble = Moments::new(Layout::rank(1))
        .mean(M(0), M_M)
        .mean(N(0), M_N)
        .variance(M(0), S_M)
        .variance(N(0), 1.0)
        .build()?;
    Model::new(g, Transfer::Tanh, Variant::Current, ensemble, Input::none())
}

/// Where both have converged, away from transitions, they say the same.
fn check(library: &[Solutions], baseline: &[Row]) {
    for (solutions, row) in library.iter().zip(baseline) {
        let g = solutions.parameter;
        if g < 1.7 {
            let upper = &solutions.stationary[0];
            let seen = [upper.order.kappa[0], upper.order.delta_0, upper.rho];
            assert_agreement("upper branch", &seen, &[row.upper[0], row.upper[1], row.radius]);
        }
        if (1.9..2.05).contains(&g) {
            let chaos = &solutions.chaotic[0].order;
            let seen = [chaos.kappa[0], chaos.delta_0, chaos.delta_inf];
            assert_agreement("structured chaos", &seen, &row.structured_chaos);
        }
        if g > 2.3 {
            let chaos = &solutions.chaotic[0].order;
            assert_agreement("central chaos", &[chaos.delta_0], &[row.central_chaos[1]]);
        }
    }
}

/// The baseline's row: (kappa, Delta_0) at rest, (kappa, Delta_0, Delta_inf) in chaos.
struct Row {
    upper: [f64; 2],
    radius: f64,
    structured_chaos: [f64; 3],
    central_chaos: [f64; 3],
}

fn damped_table(grid: &[(f64, f64)]) -> Vec<Row> {
    let mut upper = [1.5, 1.5];
    let mut central = [0.0, 0.5];
    let (mut structured_chaos, mut central_chaos) = ([1.0, 3.0, 1.0], [0.0, 1.0, 0.0]);
    values()
        .into_iter()
        .map(|g| {
            upper = damped(upper, |x| at_rest(grid, g, x));
            central = damped(central, |x| at_rest(grid, g, x));
            central[1] = central[1].max(0.01);
            let square = |x: f64| 1.0 - x.tanh().powi(2);
            let radius = g * single(grid, M_M * upper[0], upper[1], |x| square(x).powi(2)).sqrt();
            // Chaos is looked for where a branch is unstable to the bulk.
            if radius > 1.0 {
                structured_chaos = damped(structured_chaos, |x| in_chaos(grid, g, x));
            }
            if g > 1.0 {
                central_chaos = damped(central_chaos, |x| in_chaos(grid, g, x));
            }
            Row { upper, radius, structured_chaos, central_chaos }
        })
        .collect()
}

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
fn at_rest(grid: &[(f64, f64)], g: f64, [kappa, delta_0]: [f64; 2]) -> [f64; 2] {
    let average = |f: &dyn Fn(f64) -> f64| single(grid, M_M * kappa, delta_0, f);
    [M_N * average(&f64::tanh), g * g * average(&|x| x.tanh().powi(2)) + S_M * kappa * kappa]
}

/// (kappa, Delta_0, Delta_inf): T8, T13 solved for its Delta_0^2, T14. Started afresh where Delta_0 falls below Delta_inf.
fn in_chaos(grid: &[(f64, f64)], g: f64, [kappa, zero, inf]: [f64; 3]) -> [f64; 3] {
    let zero = zero.max(inf * (1.0 + 1e-6));
    let (mu, g_squared, from_drive) = (M_M * kappa, g * g, S_M * kappa * kappa);
    let primitive = |x: f64| x.abs() - 2.0_f64.ln() + (-2.0 * x.abs()).exp().ln_1p();
    let primitive_sq = single(grid, mu, zero, |x| primitive(x).powi(2));
    let far_primitive = nested(grid, mu, zero, inf, primitive);
    let far = nested(grid, mu, zero, inf, f64::tanh);
    let square = inf * inf + 2.0 * (g_squared * (primitive_sq - far_primitive) + from_drive * (zero - inf));
    [M_N * single(grid, mu, zero, f64::tanh), square.max(0.0).sqrt(), g_squared * far + from_drive]
}

/// Nodes z and weights of the trapezoid rule for a standard normal.
fn trapezoid() -> Vec<(f64, f64)> {
    let step = 2.0 * WINDOW / (NODES as f64 - 1.0);
    let node = |i: usize| -WINDOW + step * i as f64;
    (0..NODES).map(|i| (node(i), step * (-0.5 * node(i) * node(i)).exp() / (2.0 * PI).sqrt())).collect()
}

fn single(grid: &[(f64, f64)], mu: f64, d: f64, f: impl Fn(f64) -> f64) -> f64 {
    grid.iter().map(|(z, w)| w * f(mu + d.sqrt() * z)).sum()
}

/// int Dz \[int Dy f(mu + sqrt(D - c) y + sqrt(c) z)\]^2.
fn nested(grid: &[(f64, f64)], mu: f64, d: f64, c: f64, f: impl Fn(f64) -> f64) -> f64 {
    let (own, shared) = ((d - c).max(0.0).sqrt(), c.max(0.0).sqrt());
    let inner = |z: f64| grid.iter().map(|(y, w)| w * f(mu + own * y + shared * z)).sum::<f64>();
    grid.iter().map(|(z, w)| w * inner(*z).powi(2)).sum()
}
