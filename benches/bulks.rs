//! Bulks by kind: draws on all threads (criterion's elements are entries, 1 / (Gelem/s) reads ns an entry), and products
//! with one state on one thread.
//!
//! The sign product in `f32` is set against the dense product in `f32` of a Gaussian bulk of the same size, which is
//! bound by memory; criterion's bytes are those of the bulk, GB/s.

#![allow(clippy::unwrap_used, reason = "sizes are constants")]

use criterion::{BenchmarkId, Throughput};
use faer::Mat;
use lowrank_benches::{assert_agreement, criterion, is_trial, ratio};
use lowrank_connectivity::{Bulk, BulkKind, GaussianBulk, SignBulk, SparseBulk};

const SIZES: [usize; 3] = [2000, 8000, 20_000];
const TRIAL_SIZES: [usize; 1] = [500];
const INPUTS: usize = 200;
/// The largest draw, and the largest check of a product against a matrix of signs.
const LARGEST_DRAW: usize = 8000;
const LARGEST_CHECK: usize = 2000;

fn main() {
    let mut c = criterion();
    let sizes: &[usize] = if is_trial() { &TRIAL_SIZES } else { &SIZES };
    let mut group = c.benchmark_group("draw");
    for &n in sizes.iter().filter(|n| **n <= LARGEST_DRAW) {
        for kind in [BulkKind::Gaussian, BulkKind::Sign, BulkKind::Sparse { inputs: INPUTS }] {
            let entries = if matches!(kind, BulkKind::Sparse { .. }) { n * INPUTS } else { n * n };
            group.throughput(Throughput::Elements(entries as u64));
            group.bench_function(BenchmarkId::new(kind.name(), n), |b| {
                b.iter(|| Bulk::<f64>::draw(kind, n, 1, 0).unwrap());
            });
        }
    }
    group.finish();

    let mut group = c.benchmark_group("product");
    for &n in sizes {
        let v = Mat::<f32>::from_fn(n, 1, |i, _| (0.7 * i as f32).sin());
        let (mut out, mut dense_out) = (Mat::zeros(n, 1), Mat::zeros(n, 1));
        let sign = SignBulk::draw(n, 1, 0).unwrap();
        if n <= LARGEST_CHECK {
            sign.apply(v.as_ref(), out.as_mut()).unwrap();
            let widened = |m: &Mat<f32>| m.col(0).iter().map(|x| f64::from(*x)).collect::<Vec<_>>();
            assert_agreement("signs", &widened(&out), &widened(&(sign.dense::<f32>() * &v)));
        }
        group.throughput(Throughput::Bytes(sign.bytes()));
        group.bench_function(BenchmarkId::new("sign", n), |b| b.iter(|| sign.apply(v.as_ref(), out.as_mut())));
        group.bench_function(BenchmarkId::new("sign, all threads", n), |b| {
            b.iter(|| sign.apply_par(v.as_ref(), out.as_mut()));
        });

        let dense = GaussianBulk::<f32>::draw_as(n, 1.0, 1, 0).unwrap();
        let subject = || sign.apply(v.as_ref(), out.as_mut()).unwrap();
        let baseline = || dense.apply(v.as_ref(), dense_out.as_mut()).unwrap();
        ratio(&format!("sign product f32 N={n}"), "the dense one", subject, baseline);

        let sparse = SparseBulk::<f32>::draw(n, INPUTS, 1, 0).unwrap();
        group.throughput(Throughput::Bytes(sparse.bytes()));
        group.bench_function(BenchmarkId::new("sparse", n), |b| b.iter(|| sparse.apply(v.as_ref(), out.as_mut())));
    }
    group.finish();
    c.final_summary();
}
