//! A small sweep alone, and beside another process that wants every core: it should slow in proportion, not collapse.

use std::hint::black_box;
use std::io::Read;
use std::process::{Child, Command, Stdio};

use lowrank_benches::spent::Spent;

use crate::diagram::{Diagram, run};

/// The argument that makes this program the other process.
pub(crate) const HOG: &str = "--hog";
const PAIRS: usize = 5;

/// Prints both times, their ratio, and what a fair share of the cores would make of it.
pub(crate) fn measure(threads: usize) {
    let sweep = Diagram { neurons: 200, points: 32, ..Diagram::FULL }.sweep();
    let mut pairs: Vec<[Spent; 2]> = Vec::new();
    for _ in 0..PAIRS {
        let (_, alone) = run(&sweep, threads);
        let Ok(hog) = Hog::start() else {
            println!("load left out: no second process");
            return;
        };
        let (_, beside) = run(&sweep, threads);
        drop(hog);
        pairs.push([alone, beside]);
    }
    let slower = |[alone, beside]: &[Spent; 2]| beside.wall / alone.wall;
    pairs.sort_by(|a, b| slower(a).total_cmp(&slower(b)));
    let [alone, beside] = pairs[PAIRS / 2];
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as f64;
    // As many threads as cores on the other side; alone the sweep has a core a thread.
    let ideal = ((threads as f64 + cores) / cores).max(1.0);
    let cpu = beside.cpu.zip(alone.cpu).map(|(beside, alone)| {
        format!("; processor time {alone:.2} s and {beside:.2} s, ratio {:.2} (ideal 1)", beside / alone)
    });
    println!(
        "sweep under load, {threads} threads beside {cores} of another process: alone {:.2} s, beside {:.2} s, ratio {:.2} \
         (median of {PAIRS} pairs, min {:.2}, max {:.2}; a fair share of idle cores: {ideal:.2}){}",
        alone.wall,
        beside.wall,
        slower(&[alone, beside]),
        slower(&pairs[0]),
        slower(&pairs[PAIRS - 1]),
        cpu.unwrap_or_default()
    );
}

/// The other process; it ends with this value, or when this process ends.
struct Hog(Child);

impl Hog {
    fn start() -> std::io::Result<Self> {
        let program = std::env::current_exe()?;
        Command::new(program).arg(HOG).stdin(Stdio::piped()).spawn().map(Self)
    }
}

impl Drop for Hog {
    fn drop(&mut self) {
        // An error says that it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The other process: one busy thread a core until its input ends.
pub(crate) fn hog() {
    for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
        std::thread::spawn(|| {
            let mut x = 1.0_f64;
            loop {
                x = black_box(0.5 * x + 0.5);
            }
        });
    }
    let end = std::io::stdin().read_to_end(&mut Vec::new());
    debug_assert!(end.is_ok(), "the input of a child is a pipe");
}
