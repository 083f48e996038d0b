//! The engine against `peers/diagram.py`, in alternation.

use std::process::Command;

use lowrank_benches::print_ratios;
use lowrank_spec::Precision;
use serde_json::Value;

use crate::diagram::{Diagram, run};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/diagram.py");
const PAIRS: usize = 3;

/// Prints the ratios, or that there is no NumPy.
pub(crate) fn compare(diagram: Diagram, threads: usize) {
    let Some(peer) = python(&["-c", "import numpy; print(numpy.__version__)"]) else {
        println!("numpy left out: python3 with numpy is not there");
        return;
    };
    println!("numpy {}", peer.trim());
    for (precision, name) in [(Precision::F64, "f64"), (Precision::F32, "f32")] {
        let diagram = diagram.in_precision(precision);
        for kind in ["batched", "cells"] {
            pairs(&diagram, threads, &format!("{kind}-{name}"));
        }
    }
    pairs(&Diagram::FULL.single(), 1, "single-f64");
}

/// The ratios of one part of the script.
fn pairs(diagram: &Diagram, threads: usize, part: &str) {
    let sweep = diagram.sweep();
    let (mut ratios, mut of_cpu, mut shown) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..PAIRS {
        let (_, spent) = run(&sweep, threads);
        let Some([seconds, cpu]) = seconds(diagram, part) else {
            println!("numpy left out: {part} did not run");
            return;
        };
        ratios.push(seconds / spent.wall);
        of_cpu.extend(spent.cpu.map(|own| cpu / own));
        shown.push(format!("{:.2} : {seconds:.2}", spent.wall));
    }
    let name = format!("sweep {}", diagram.name());
    println!("sweep {}: seconds against NumPy {part}: {}", diagram.name(), shown.join(", "));
    print_ratios(&name, &format!("NumPy {part}"), ratios);
    if !of_cpu.is_empty() {
        print_ratios(&format!("{name}, processor time"), &format!("NumPy {part}"), of_cpu);
    }
}

/// Seconds and seconds of processors.
fn seconds(diagram: &Diagram, part: &str) -> Option<[f64; 2]> {
    let [neurons, time, points] = [diagram.neurons.to_string(), diagram.time.to_string(), diagram.points.to_string()];
    let options = match part {
        "single-f64" => ["--single-neurons", &neurons, "--single-time", &time, "--points", &points],
        _ => ["--neurons", &neurons, "--time", &time, "--points", &points],
    };
    let record: Value = serde_json::from_str(&python(&[&[SCRIPT, part][..], &options].concat())?).ok()?;
    let of = |field: &str| record[part][field].as_f64();
    Some([of("seconds")?, of("cpu_seconds")?])
}

/// What `python3` prints, if it succeeds.
fn python(arguments: &[&str]) -> Option<String> {
    let output = Command::new("python3").args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
