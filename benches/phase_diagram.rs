//! The theory's phase diagram with all fields, g in \[0, 4\] by overlap in \[0, 4\], 50 x 50, rows followed from cell to cell,
//! against a full search and all exponents in every cell.

#![allow(clippy::unwrap_used, reason = "the models are constants and have solutions")]

use std::hint::black_box;

use lowrank_benches::{criterion, ratio};
use lowrank_meanfield::{chaotic_solutions, phase_diagram, stationary_branches};
use lowrank_model::{
    Input, Layout, Model, ModelError, Moments, Thresholds, Transfer, Variant,
    Vector::{M, N},
};

fn main() {
    let mut c = criterion();
    let mut group = c.benchmark_group("phase_diagram");
    let axis: Vec<f64> = (0..50).map(|i| 4.0 * f64::from(i) / 49.0).collect();
    let library = || phase_diagram(family, black_box(&axis), &axis, &Thresholds::default()).unwrap();
    // Every cell on its own, by a full search.
    let baseline = || {
        for strength in &axis {
            for g in &axis {
                let model = family(*g, *strength).unwrap();
                let exponents = chaotic_solutions(&model)
                    .unwrap()
                    .iter()
                    .map(|c| c.lyapunov().unwrap().exponent)
                    .fold(0.0, f64::max);
                black_box((stationary_branches(&model).unwrap(), exponents));
            }
        }
    };
    group.bench_function("50 x 50 with fields", |b| b.iter(library));
    ratio("phase_diagram 50 x 50 with fields", "a full search and exponents in every cell", library, baseline);
    group.finish();
    c.final_summary();
}

fn family(g: f64, overlap: f64) -> Result<Model, ModelError> {
    let mean = overlap.sqrt();
    let moments =
        Moments::new(Layout::rank(1)).mean(M(0), mean).mean(N(0), mean).variance(M(0), 1.0).variance(N(0), 1.0);
    Model::new(g, Transfer::Tanh, Variant::Current, moments.build()?, Input::none())
}
