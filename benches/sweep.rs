//! Sweeps on the block engine: the phase diagram of 50 x 50 networks of 500 neurons (random strength g against structure
//! strength, both in \[0, 4\], current variant, T = 100, a sample every unit of time), and one single network.
//!
//! Rates are shares of what the machine can do at most, measured in the same run: floating-point operations of the
//! products for the diagram (2 N^2 a cell and step), bytes read for the single network (its matrix, every step). A share is
//! given of the clock and, where others share the machine, of the processor time that the run was given.
//!
//! Baselines: a plain loop over cells and rows on one thread, and `peers/diagram.py` in NumPy where `python3` has it.
//!
//! Parts, by name: `peaks`, `diagram`, `single`, `plain`, `numpy`, `load`, all of them unless some are named;
//! `study`, `examples/sweeps/study.toml`, which takes minutes, only by its name.

#![allow(clippy::print_stdout, reason = "the lines are the output of a bench")]
#![allow(clippy::unwrap_used, reason = "the sweeps are constants")]

#[path = "sweep/diagram.rs"]
mod diagram;
#[path = "sweep/load.rs"]
mod load;
#[path = "sweep/numpy.rs"]
mod numpy;
#[path = "sweep/plain.rs"]
mod plain;

use lowrank_benches::roofline::{fma_peak_f32, fma_peak_f64, read_bandwidth};
use lowrank_benches::spent::Spent;
use lowrank_benches::{assert_agreement, is_trial, ratio_to_part};
use lowrank_spec::{Precision, Spec};
use lowrank_sweep::{Runner, Sweep};

use self::diagram::{Diagram, Outcome, run};

const STUDY: &str = include_str!("../examples/sweeps/study.toml");
/// Bytes a thread: in the second cache, in the third, in memory.
const BUFFERS: [usize; 3] = [1 << 18, 1 << 22, 1 << 28];
/// Cells that the plain loop advances.
const PLAIN_CELLS: usize = 4;

fn main() {
    if std::env::args().any(|argument| argument == load::HOG) {
        return load::hog();
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(2);
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let asked = |part: &str| words.iter().any(|word| word == part);
    let wanted = |part: &str| words.is_empty() || asked(part);
    let full = if is_trial() { Diagram::TRIAL } else { Diagram::FULL };
    if wanted("peaks") {
        peaks(threads);
    }
    if wanted("diagram") {
        diagrams(full, threads);
    }
    if wanted("single") {
        single();
    }
    if wanted("plain") {
        against_plain(full.short());
    }
    if wanted("numpy") && !is_trial() {
        numpy::compare(full.short(), threads);
    }
    if wanted("load") && !is_trial() {
        load::measure(threads);
    }
    if asked("study") {
        study(threads);
    }
}

/// What the machine can do at most.
fn peaks(threads: usize) {
    for threads in if threads == 1 { vec![1] } else { vec![1, threads] } {
        let (double, single) = (fma_peak_f64(threads), fma_peak_f32(threads));
        println!("peak threads={threads}: f64 {double:.1} GFLOP/s, f32 {single:.1} GFLOP/s");
    }
    for bytes in if is_trial() { &BUFFERS[..1] } else { &BUFFERS } {
        println!("peak threads=1: read {} KiB, {:.1} GB/s", bytes >> 10, read_bandwidth(*bytes, 1));
    }
}

/// The diagram by forward Euler with all cells kept, and by ETD-AB3 with cells leaving.
fn diagrams(full: Diagram, threads: usize) {
    for precision in [Precision::F64, Precision::F32] {
        for diagram in [full.in_precision(precision), full.in_precision(precision).etd_ab3()] {
            let sweep = diagram.sweep();
            let (outcome, spent) = run(&sweep, threads);
            print_rate(&diagram.name(), &sweep, &outcome, spent, threads);
        }
    }
}

/// The study's diagram.
fn study(threads: usize) {
    let sweep = Sweep::new(Spec::from_toml(STUDY).unwrap()).unwrap();
    let (outcome, spent) = run(&sweep, threads);
    print_rate("study.toml", &sweep, &outcome, spent, threads);
}

/// One line: seconds, cells left, operations a second and their share of the peak.
fn print_rate(name: &str, sweep: &Sweep, outcome: &Outcome, spent: Spent, threads: usize) {
    let (peak, one) = match sweep.spec().network.precision {
        Precision::F64 => (fma_peak_f64(threads), fma_peak_f64(1)),
        Precision::F32 => (fma_peak_f32(threads), fma_peak_f32(1)),
    };
    let operations = 1e-9 * outcome.operations(sweep);
    let of_wall = operations / spent.wall;
    let of_cpu = spent.cpu.map(|cpu| {
        format!(", {cpu:.1} s of processors at {:.0} % of one thread's {one:.1}", 100.0 * operations / cpu / one)
    });
    println!(
        "sweep {name}: {:.2} s on {threads} threads, {:.0} % of all steps made, {of_wall:.1} GFLOP/s, {:.0} % of the peak {peak:.1}{}",
        spent.wall,
        100.0 * outcome.steps / (outcome.cells * outcome.all_steps),
        100.0 * of_wall / peak,
        of_cpu.unwrap_or_default()
    );
}

/// One network of 1000 neurons, T = 200: bound by the reads of its matrix.
fn single() {
    let single = if is_trial() { Diagram::TRIAL.single() } else { Diagram::FULL.single() };
    let sweep = single.sweep();
    let (outcome, spent) = run(&sweep, 1);
    let bytes = single.neurons * single.neurons * size_of::<f64>();
    let (rate, peak) = (1e-9 * bytes as f64 * outcome.all_steps / spent.wall, read_bandwidth(bytes, 1));
    let cpu = spent.cpu.map(|cpu| {
        let of_cpu = 1e-9 * bytes as f64 * outcome.all_steps / cpu;
        format!(", {cpu:.2} s of a processor at {:.0} %", 100.0 * of_cpu / peak)
    });
    println!(
        "sweep {}: {:.2} s, matrix of {} KiB read at {rate:.1} GB/s, {:.0} % of the {peak:.1} that a sum over it reads{}",
        single.name(),
        spent.wall,
        bytes >> 10,
        100.0 * rate / peak,
        cpu.unwrap_or_default()
    );
}

/// One block of the diagram against a plain loop over some of its cells, one thread each.
fn against_plain(diagram: Diagram) {
    for precision in [Precision::F64, Precision::F32] {
        let sweep = diagram.in_precision(precision).sweep();
        let block = sweep.blocks() / 2;
        let part = sweep.part(block).unwrap();
        let cells: Vec<usize> = (0..PLAIN_CELLS).map(|i| part.first + i * part.cells / PLAIN_CELLS).collect();
        let plain = plain::Plain::new(&sweep, &cells);
        let runner = Runner::new(&sweep);
        if precision == Precision::F64 {
            let outcome = Outcome::of(&sweep, &runner.run(block).unwrap());
            let seen: Vec<f64> = cells.iter().flat_map(|cell| outcome.seen[cell - part.first]).collect();
            assert_agreement("sweep", &seen, &plain.run());
        }
        let parts = part.cells as f64 / PLAIN_CELLS as f64;
        let name = format!("sweep one block {}", diagram.in_precision(precision).name());
        ratio_to_part(&name, "a plain loop in f64", || runner.run(block).unwrap(), || plain.run(), parts);
    }
}
