//! Prints what this machine can do at most (`lowrank_benches::roofline`): the rates against which kernels are judged.

#![allow(clippy::print_stdout, reason = "the lines are the output of a bench")]

use lowrank_benches::is_trial;
use lowrank_benches::roofline::{fma_peak_f32, fma_peak_f64, read_bandwidth};

/// 16 KiB (first cache), 256 KiB (second), 4 MiB (third), 256 MiB (memory).
const BUFFERS: [usize; 4] = [1 << 14, 1 << 18, 1 << 22, 1 << 28];

fn main() {
    let most = if is_trial() { 1 } else { std::thread::available_parallelism().map_or(1, usize::from) };
    let mut counts = vec![1, most];
    counts.dedup();
    for threads in counts {
        println!("roofline threads={threads}: f64 {:.1} GFLOP/s", fma_peak_f64(threads));
        println!("roofline threads={threads}: f32 {:.1} GFLOP/s", fma_peak_f32(threads));
        for bytes in if is_trial() { &BUFFERS[..1] } else { &BUFFERS } {
            let rate = read_bandwidth(*bytes, threads);
            println!("roofline threads={threads}: read {} KiB a thread, {rate:.1} GB/s", bytes >> 10);
        }
    }
}
