//! What this machine can do at most: floating-point operations in registers and bytes read from a buffer, on one thread
//! or several. A kernel's speed is quoted as a share of these, measured in the same run.
//!
//! Peaks are the best of several repetitions, since a busy machine can only lower them. Threads repeat the same work,
//! each for itself; the rate is that of all, over the time of the slowest.

use std::hint::black_box;
use std::sync::Barrier;
use std::time::Instant;

use pulp::{Arch, Simd, WithSimd};

const REPETITIONS: usize = 7;
/// Independent chains of vectors: two units times a latency of 4 cycles need 8, of 5 cycles 10; AVX2 has 16 registers.
const CHAINS: usize = 12;
/// Multiply-adds a chain and call, over all lanes: 2 ms at four lanes, short enough to slip between two interruptions.
const STEPS: usize = 4_000_000;
/// Bytes that each thread reads a repetition, from a buffer read again and again.
const BYTES_READ: usize = 1 << 28;

/// Fused multiply-adds in `f64`, in GFLOP/s, each counted as two operations.
pub fn fma_peak_f64(threads: usize) -> f64 {
    best_of(threads, || Arch::new().dispatch(ChainsF64)) / 1e9
}

/// The same in `f32`.
pub fn fma_peak_f32(threads: usize) -> f64 {
    best_of(threads, || Arch::new().dispatch(ChainsF32)) / 1e9
}

/// The rate, in GB/s, at which each of `threads` sums over its own buffer of `bytes` bytes, all threads together.
pub fn read_bandwidth(bytes: usize, threads: usize) -> f64 {
    let length = (bytes / size_of::<f64>()).max(1);
    let buffers: Vec<Vec<f64>> = (0..threads).map(|_| vec![1.0; length]).collect();
    let passes = (BYTES_READ / (length * size_of::<f64>())).max(1);
    best_of_each(&buffers, |buffer| {
        for _ in 0..passes {
            black_box(Arch::new().dispatch(Sum(black_box(buffer))));
        }
        (passes * length * size_of::<f64>()) as f64
    }) / 1e9
}

struct ChainsF64;
struct ChainsF32;
struct Sum<'a>(&'a [f64]);

macro_rules! chains {
    ($name:ident, $lanes:ident, $splat:ident, $mul_add:ident) => {
        impl WithSimd for $name {
            /// Floating-point operations done.
            type Output = f64;

            #[inline(always)]
            fn with_simd<S: Simd>(self, simd: S) -> f64 {
                // x <- x / 2 + 1 / 2 stays at 1.
                let half = simd.$splat(black_box(0.5));
                let mut x = [simd.$splat(black_box(1.0)); CHAINS];
                for _ in 0..STEPS / S::$lanes {
                    for x in &mut x {
                        *x = simd.$mul_add(*x, half, half);
                    }
                }
                black_box(x);
                (2 * CHAINS * S::$lanes * (STEPS / S::$lanes)) as f64
            }
        }
    };
}

chains!(ChainsF64, F64_LANES, splat_f64s, mul_add_e_f64s);
chains!(ChainsF32, F32_LANES, splat_f32s, mul_add_e_f32s);

impl WithSimd for Sum<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let (vectors, rest) = S::as_simd_f64s(self.0);
        let (blocks, last) = vectors.as_chunks::<8>();
        let mut sums = [simd.splat_f64s(0.0); 8];
        for block in blocks {
            for (sum, x) in sums.iter_mut().zip(block) {
                *sum = simd.add_f64s(*sum, *x);
            }
        }
        for x in last {
            sums[0] = simd.add_f64s(sums[0], *x);
        }
        let total = sums.into_iter().fold(simd.splat_f64s(0.0), |total, sum| simd.add_f64s(total, sum));
        simd.reduce_sum_f64s(total) + rest.iter().sum::<f64>()
    }
}

fn best_of(threads: usize, work: impl Fn() -> f64 + Sync) -> f64 {
    best_of_each(&vec![(); threads], |()| work())
}

/// The largest, over repetitions, of the work of all threads (one for each of `data`) a second.
fn best_of_each<D: Sync>(data: &[D], work: impl Fn(&D) -> f64 + Sync) -> f64 {
    let barrier = Barrier::new(data.len());
    let repetition = || {
        let (barrier, work) = (&barrier, &work);
        let timed = move |data| {
            barrier.wait();
            let start = Instant::now();
            let amount = work(data);
            (amount, start.elapsed().as_secs_f64())
        };
        std::thread::scope(|scope| {
            let threads: Vec<_> = data.iter().map(|data| scope.spawn(move || timed(data))).collect();
            let done = threads.into_iter().filter_map(|thread| thread.join().ok());
            let (amount, slowest) = done.fold((0.0, 0.0_f64), |(a, t), (amount, time)| (a + amount, t.max(time)));
            amount / slowest
        })
    };
    (0..REPETITIONS).map(|_| repetition()).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine that this runs on does more than one operation a nanosecond, and `f32` no worse than `f64`.
    #[test]
    fn rates_are_those_of_a_computer() {
        let (double, single) = (fma_peak_f64(1), fma_peak_f32(1));
        assert!(double > 1.0 && double < 1e3 && single > double, "{double} {single}");
        let cached = read_bandwidth(1 << 14, 1);
        assert!(cached > 1.0 && cached < 1e4, "{cached}");
    }
}
