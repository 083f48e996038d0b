//! The product J v on a batch of columns: `Network::apply`, blocked and vectorised, the structured part in factors,
//! against a plain loop over the rows of the dense J for every column. One thread each, double precision, rank one.
//! Criterion's elements are floating-point operations, 2 N^2 a column: Gelem/s reads GFLOP/s.

#![allow(clippy::unwrap_used, reason = "the model is a constant")]

use criterion::{BenchmarkId, Throughput};
use faer::Mat;
use lowrank_benches::{assert_agreement, criterion, is_trial, ratio};
use lowrank_connectivity::{Network, Sampling};
use lowrank_model::{
    Input, Layout, Model, Moments, Transfer, Variant,
    Vector::{M, N},
};

const SIZES: [usize; 4] = [500, 1000, 2000, 4000];
const BATCHES: [usize; 5] = [1, 4, 16, 64, 256];

fn main() {
    let mut c = criterion();
    let mut group = c.benchmark_group("product");
    let sizes = if is_trial() { &SIZES[..1] } else { &SIZES };
    for &n in sizes {
        let network = Network::draw(&model(), n, Sampling::Independent, 1, 0).unwrap();
        let rows = row_major(&network.dense());
        for batch in BATCHES {
            let v = Mat::from_fn(n, batch, |i, j| ((7 * i + 13 * j) as f64).sin());
            let columns: Vec<f64> = v.col_iter().flat_map(|column| column.iter().copied()).collect();
            let mut out = Mat::zeros(n, batch);
            let mut plain_out = vec![0.0; n * batch];

            let name = format!("product N={n} batch={batch}");
            network.apply(v.as_ref(), out.as_mut()).unwrap();
            plain(&rows, n, &columns, &mut plain_out);
            let flat: Vec<f64> = out.col_iter().flat_map(|column| column.iter().copied()).collect();
            assert_agreement(&name, &flat, &plain_out);

            group.throughput(Throughput::Elements(2 * (n * n * batch) as u64));
            group.bench_function(BenchmarkId::new(format!("N={n}"), batch), |b| {
                b.iter(|| network.apply(v.as_ref(), out.as_mut()));
            });
            let library = || network.apply(v.as_ref(), out.as_mut()).unwrap();
            ratio(&name, "the plain row loop", library, || plain(&rows, n, &columns, &mut plain_out));
        }
    }
    group.finish();
    c.final_summary();
}

fn model() -> Model {
    let ensemble = Moments::new(Layout::rank(1))
        .mean(M(0), 1.1)
        .mean(N(0), 2.0)
        .variance(M(0), 1.0)
        .variance(N(0), 1.0)
        .build()
        .unwrap();
    Model::new(2.0, Transfer::Tanh, Variant::Current, ensemble, Input::none()).unwrap()
}

fn row_major(matrix: &Mat<f64>) -> Vec<f64> {
    matrix.row_iter().flat_map(|row| row.iter().copied()).collect()
}

/// J v, one column and one row at a time.
fn plain(rows: &[f64], n: usize, columns: &[f64], out: &mut [f64]) {
    for (v, out) in columns.chunks_exact(n).zip(out.chunks_exact_mut(n)) {
        for (row, out) in rows.chunks_exact(n).zip(out) {
            *out = row.iter().zip(v).map(|(j, v)| j * v).sum();
        }
    }
}
