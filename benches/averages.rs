//! Gaussian averages (T4) and pair averages (T5) of tanh.
//!
//! `Averages::new` fits its grid to the variance and takes all eight averages from one evaluation of the function a
//! node; the baseline sums each average by itself over one fixed grid, fine enough for every variance here.
//! `PairAverage` pays once for its series and then little a covariance; the baseline is the nested quadrature anew
//! for every covariance, on the coarsest grid that is accurate to 1e-12 here.

#![allow(clippy::unwrap_used, reason = "arguments are constants")]

use std::f64::consts::PI;
use std::hint::black_box;

use lowrank_benches::{assert_agreement, criterion, ratio};
use lowrank_meanfield::{Averages, PairAverage};
use lowrank_model::Transfer;

/// Half width of the baselines' grids, in standard deviations.
const WINDOW: f64 = 10.0;
const MU: f64 = 0.5;
/// Numbers of covariances asked of one pair average: one, and a table.
const COVARIANCES: [usize; 2] = [1, 20];
const PAIR_VARIANCE: f64 = 3.0;

fn main() {
    let mut c = criterion();
    let fine = trapezoid(4001);
    let mut group = c.benchmark_group("averages");
    for d in [0.1, 3.0, 50.0] {
        let library = || Averages::new(Transfer::Tanh, black_box(MU), black_box(d)).unwrap();
        let baseline = || plain_averages(&fine, black_box(MU), black_box(d));
        let name = format!("averages D={d}");
        for (a, b) in in_order(&library()).iter().zip(baseline()) {
            assert_agreement(&name, &[*a], &[b]);
        }
        group.bench_function(format!("D={d}"), |b| b.iter(library));
        ratio(&name, "eight plain sums over a fixed grid", library, baseline);
    }
    group.finish();

    let coarse = trapezoid(101);
    let mut group = c.benchmark_group("pair-average");
    for count in COVARIANCES {
        let covariances: Vec<f64> = (1..=count).map(|i| PAIR_VARIANCE * i as f64 / (count as f64 + 1.0)).collect();
        let library = || -> Vec<f64> {
            let pair = PairAverage::new(Transfer::Tanh, black_box(MU), black_box(PAIR_VARIANCE)).unwrap();
            covariances.iter().map(|c| pair.covariance(*c).unwrap()).collect()
        };
        let baseline = || -> Vec<f64> {
            covariances.iter().map(|c| nested(&coarse, black_box(MU), black_box(PAIR_VARIANCE), *c)).collect()
        };
        let name = format!("pair-average D={PAIR_VARIANCE} covariances={count}");
        assert_agreement(&name, &library(), &baseline());
        group.bench_function(format!("D={PAIR_VARIANCE} covariances={count}"), |b| b.iter(library));
        ratio(&name, "nested quadrature", library, baseline);
    }
    group.finish();
    c.final_summary();
}

fn in_order(a: &Averages) -> [f64; 8] {
    [a.phi, a.d1, a.d2, a.d3, a.phi_sq, a.d1_sq, a.phi_d1, a.phi_d2]
}

/// Nodes z and weights of the trapezoid rule for a standard normal.
fn trapezoid(nodes: usize) -> Vec<(f64, f64)> {
    let step = 2.0 * WINDOW / (nodes as f64 - 1.0);
    let node = |i: usize| -WINDOW + step * i as f64;
    (0..nodes).map(|i| (node(i), step * (-0.5 * node(i) * node(i)).exp() / (2.0 * PI).sqrt())).collect()
}

fn plain_averages(grid: &[(f64, f64)], mu: f64, d: f64) -> [f64; 8] {
    let deviation = d.sqrt();
    let average = |f: fn(f64) -> f64| grid.iter().map(|(z, w)| w * f(mu + deviation * z)).sum::<f64>();
    let d1 = |x: f64| 1.0 - x.tanh().powi(2);
    [
        average(f64::tanh),
        average(d1),
        average(|x| {
            let t = x.tanh();
            -2.0 * t * (1.0 - t * t)
        }),
        average(|x| {
            let t = x.tanh();
            (1.0 - t * t) * (6.0 * t * t - 2.0)
        }),
        average(|x| x.tanh().powi(2)),
        average(|x| (1.0 - x.tanh().powi(2)).powi(2)),
        average(|x| {
            let t = x.tanh();
            t * (1.0 - t * t)
        }),
        average(|x| {
            let t = x.tanh();
            -2.0 * t * t * (1.0 - t * t)
        }),
    ]
}

/// int Dz \[int Dy tanh(mu + sqrt(D - c) y + sqrt(c) z)\]^2.
fn nested(grid: &[(f64, f64)], mu: f64, d: f64, c: f64) -> f64 {
    let (own, shared) = ((d - c).sqrt(), c.sqrt());
    let inner = |z: f64| grid.iter().map(|(y, w)| w * (mu + own * y + shared * z).tanh()).sum::<f64>();
    grid.iter().map(|(z, w)| w * inner(*z).powi(2)).sum()
}
