//! Every table of every command in pandas and polars, without an option. They are Python packages, which `.ci/run` puts into
//! `target/readers`; where that folder is not there, tables are held only to what every reader needs.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::disallowed_methods)]

use std::path::{Path, PathBuf};
use std::process::Command;

const SPEC: &str = r#"
seed = 3
realisations = 2
[network]
neurons = 60
g = 0.6
tau-r = 0.5
variants = ["current", "two-timescale"]
[structure]
rank = 1
readouts = 1
covariances = { "m[0]" = 1.0, "n[0]" = 4.0, "w[0]" = 1.0, "m[0] n[0]" = 1.6, "m[0] w[0]" = 0.5 }
[start]
along = { "m[0]" = 0.5 }
deviation = 1.0
[run]
transient = 4.0
window = 4.0
"#;

const AXIS: &str = "[[axis]]\nparameter = \"g\"\nvalues = [0.5, 1.5, 1e200]\n";
const SECOND: &str = "[[axis]]\nparameter = \"covariance m[0] n[0]\"\nvalues = [0.5, 1.5]\n";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// All tables that the command writes; points that cannot be solved among them.
fn write_tables(folder: &Path) {
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (one, along, grid) = (path("one.toml"), path("along.toml"), path("grid.toml"));
    std::fs::write(&one, SPEC).unwrap();
    std::fs::write(&along, SPEC.to_owned() + AXIS).unwrap();
    let swept = SPEC.replace("readouts = 1\n", "").replace(", \"w[0]\" = 1.0", "").replace(", \"m[0] w[0]\" = 0.5", "");
    std::fs::write(&grid, swept + &AXIS.replace(", 1e200", "") + SECOND).unwrap();
    let (solve, simulate, transient, diagram, task) =
        (path("solve"), path("simulate"), path("transient"), path("diagram"), path("task"));
    let commands: [(&[&str], i32); 5] = [
        (&["solve", &along, "--autocovariance", "--eigenvalues", "--branches", "--out", &solve], 3),
        (&["simulate", &one, "--out", &simulate], 0),
        (&["transient", &one, "--networks", "2", "--out", &transient], 0),
        (&["diagram", &grid, "--out", &diagram], 0),
        (&["task", "detection", "ring", "--networks", "2", "--neurons", "60", "--out", &task], 0),
    ];
    for (arguments, code) in commands {
        let output = Command::new(env!("CARGO_BIN_EXE_lowrank")).args(arguments).arg("-q").output().unwrap();
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        let ended = output.status.code();
        // With so few networks a task's claim may fail.
        assert!(ended == Some(code) || arguments[0] == "task" && ended == Some(1), "{arguments:?}: {message}");
    }
}

#[test]
fn tables_are_read_without_an_option() {
    let folder = tempfile::tempdir().unwrap();
    write_tables(folder.path());
    let mut written: Vec<String> = Vec::new();
    let mut folders = vec![folder.path().to_owned()];
    while let Some(next) = folders.pop() {
        for path in std::fs::read_dir(next).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "csv") {
                written.push(path.file_name().unwrap().to_str().unwrap().to_owned());
                well_formed(&path);
            }
        }
    }
    for name in [
        "solve.csv",
        "autocovariance.csv",
        "eigenvalues.csv",
        "branches.csv",
        "observables.csv",
        "transient.csv",
        "cells.csv",
        "networks.csv",
        "scores.csv",
        "conditions.csv",
    ] {
        assert!(written.iter().any(|file| file == name), "{name}: {written:?}");
    }
    let python = root().join("target/readers/bin/python");
    if python.exists() {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers/read.py");
        let output = Command::new(python).arg(script).arg(folder.path()).output().unwrap();
        let (told, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{told}{error}");
        assert_eq!(told.trim(), format!("{} tables", written.len()));
    }
}

/// What every reader takes from a table by itself: one line of names that differ, rows of as many cells, and in a column either
/// numbers and nothing else, or text that no reader takes for a missing value.
fn well_formed(path: &Path) {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
    assert!(distinct.len() == names.len() && names.iter().all(|name| !name.is_empty()), "{names:?}");
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    for (column, name) in names.iter().enumerate() {
        let filled: Vec<&str> = rows.iter().map(|row| &row[column]).filter(|cell| !cell.is_empty()).collect();
        let numbers = filled.iter().filter(|cell| cell.parse::<f64>().is_ok()).count();
        assert!(numbers == 0 || numbers == filled.len(), "{}: {name} mixes numbers and text", path.display());
        let missing = ["NA", "N/A", "nan", "NaN", "null", "NULL", "None", "n/a", "-nan"];
        let none = filled.iter().find(|cell| missing.contains(cell));
        assert_eq!(none, None, "{}: {name}", path.display());
    }
}
