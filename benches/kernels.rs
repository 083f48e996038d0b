//! Transfer functions on slices, in nanoseconds an element (criterion's Melem/s: 1000 over it), at the size of a state
//! that fits the first cache. The baseline of tanh is the standard library's in a loop.

use std::hint::black_box;

use criterion::{BenchmarkId, Throughput};
use lowrank_benches::{assert_agreement, criterion, ratio};
use lowrank_model::{Real, Transfer};

const LENGTH: usize = 2000;

fn main() {
    let mut c = criterion();
    let mut group = c.benchmark_group("kernels");
    group.throughput(Throughput::Elements(LENGTH as u64));
    bench::<f64>(&mut group, f64::tanh);
    bench::<f32>(&mut group, f32::tanh);
    group.finish();
    c.final_summary();
}

type Group<'a> = criterion::BenchmarkGroup<'a, criterion::measurement::WallTime>;

fn bench<T: Real>(group: &mut Group<'_>, std_tanh: fn(T) -> T) {
    let x: Vec<T> = (0..LENGTH).map(|i| T::from_f64(4.0 * (0.7 * i as f64).sin())).collect();
    let (mut out, mut slope, mut plain) = (x.clone(), x.clone(), x.clone());
    for transfer in [Transfer::Tanh, Transfer::Logistic, Transfer::OnePlusTanh] {
        group.bench_function(BenchmarkId::new(transfer.name(), T::NAME), |b| {
            b.iter(|| {
                out.copy_from_slice(black_box(&x));
                transfer.apply(&mut out);
            });
        });
        group.bench_function(BenchmarkId::new(format!("{transfer} with slope"), T::NAME), |b| {
            b.iter(|| {
                out.copy_from_slice(black_box(&x));
                transfer.apply_with_slope(&mut out, &mut slope);
            });
        });
    }

    let mut library = || {
        out.copy_from_slice(black_box(&x));
        T::tanh_in_place(&mut out);
    };
    let mut baseline = || {
        plain.copy_from_slice(black_box(&x));
        plain.iter_mut().for_each(|x| *x = std_tanh(*x));
    };
    library();
    baseline();
    ratio(&format!("kernels tanh {}", T::NAME), "the standard library's tanh", library, baseline);
    let in_f64 = |x: &[T]| -> Vec<f64> { x.iter().map(|x| x.to_f64()).collect() };
    assert_agreement("tanh", &in_f64(&out), &in_f64(&plain));
}
