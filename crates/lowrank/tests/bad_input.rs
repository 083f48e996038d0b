//! Bad input of every kind: one line on standard error, the right exit code, and nothing half written.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

use std::process::{Command, Output};

const SMALL: &str = r#"
seed = 3
realisations = 2
[network]
neurons = 50
g = 0.6
[structure]
rank = 1
means = { "m[0]" = 1.0, "n[0]" = 2.0 }
[start]
along = { "m[0]" = 1.0 }
[run]
transient = 2.0
window = 2.0
"#;

fn lowrank(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lowrank")).args(arguments).output().unwrap()
}

/// The one line of a refusal.
#[track_caller]
fn refused(arguments: &[&str], code: i32, parts: &[&str]) {
    let output = lowrank(arguments);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
    assert!(told.lines().count() == 1 && told.starts_with("error: "), "{arguments:?}: {told}");
    assert!(parts.iter().all(|part| told.contains(part)), "{arguments:?}: {told}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
}

#[test]
fn bad_specs_are_one_line_with_the_file_and_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bad.toml");
    let (spec, out) = (file.to_str().unwrap(), folder.path().join("out"));
    let rows: [(&str, &str, &[&str]); 12] = [
        ("neurons = 50", "nueron = 50", &["line 5", "[network]", "did you mean `neurons`?"]),
        ("neurons = 50", "neurons = \"many\"", &["line 5", "\"many\"", "whole number"]),
        ("neurons = 50", "neurons = 1", &["network.neurons", ">= 2"]),
        ("g = 0.6", "g = -1.0", &["g", "-1", ">= 0"]),
        ("g = 0.6", "g = nan", &["g", "NaN", "finite"]),
        ("g = 0.6", "g = 0.6\nprecision = \"f32\"", &["network.precision", "leave it out"]),
        ("g = 0.6", "g = 0.6\nnoise = -0.1", &["network.noise", "-0.1", ">= 0"]),
        ("rank = 1", "rank = 1\nsampling = \"none\"", &["`none`", "`independent`"]),
        ("means = { \"m[0]\" = 1.0, \"n[0]\" = 2.0 }", "vectors = \"gone.npy\"", &["structure.vectors", "gone.npy"]),
        ("window = 2.0", "window = -2.0", &["window", "-2", ">= 0"]),
        ("window = 2.0", "window = 2.0\nlags = [0.3]", &["0.3"]),
        ("realisations = 2", "realisations = 0", &["realisations", "0", ">= 1"]),
    ];
    for (good, bad, parts) in rows {
        assert!(SMALL.contains(good), "{good}");
        std::fs::write(&file, SMALL.replacen(good, bad, 1)).unwrap();
        for command in ["simulate", "check"] {
            refused(&[command, spec, "--out", out.to_str().unwrap()], 2, &[parts, &["bad.toml"]].concat());
        }
        assert!(!out.exists(), "{bad} left something behind");
    }
}

#[test]
fn bad_arguments_are_one_line_with_the_option() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("spec.toml");
    std::fs::write(&file, SMALL).unwrap();
    let occupied = folder.path().join("occupied");
    std::fs::write(&occupied, "kept").unwrap();
    let (spec, inside) = (file.to_str().unwrap(), occupied.join("folder"));
    let (occupied_text, inside) = (occupied.to_str().unwrap(), inside.to_str().unwrap());
    let rows: [(&[&str], &[&str]); 34] = [
        (&["solve", "nowhere.toml"], &["nowhere.toml", "cannot read"]),
        (&["solve"], &["SPEC"]),
        (&["solv", spec], &["solv", "solve"]),
        (&["solve", spec, "--threads", "0"], &["--threads", "0", "between 1 and"]),
        (&["solve", spec, "--threads", "many"], &["--threads", "many"]),
        (&["solve", spec, "--seed", "-1"], &["-1"]),
        (&["solve", spec, "--fast"], &["--fast"]),
        (&["solve", spec, "--quiet", "--verbose"], &["--quiet", "--verbose"]),
        (&["solve", spec, "--out", inside], &["cannot write", "--out"]),
        (&["simulate", spec, "--out", inside], &["cannot write", "--out"]),
        (&["check", spec, "--out", inside], &["cannot write", "--out"]),
        (&["simulate", spec, "--trajectories"], &["--trajectories", "--out"]),
        (&["check", spec, "--only", "nonsense"], &["--only", "nonsense", "such as"]),
        (&["check", spec, "--plant", "gian"], &["--plant", "gian", "gain"]),
        (&["sweep", "plan", spec], &["--out"]),
        (&["sweep", "run", "nowhere"], &["nowhere", "lowrank sweep plan"]),
        (&["sweep", "merge", "nowhere"], &["nowhere", "lowrank sweep plan"]),
        (&["diagram", spec], &["--out"]),
        (&["init", occupied_text], &["occupied", "--force"]),
        (&["init", "new.toml", "--example", "nothing"], &["--example", "nothing", "bistable"]),
        (&["validate", "--plant", "gian"], &["--plant", "gian", "gain"]),
        (&["completions", "cmd"], &["cmd", "bash"]),
        (&["task", "gonogo"], &["gonogo", "go-nogo"]),
        (&["task", "ring", "--networks", "1"], &["--networks", "1", "between 2 and"]),
        (&["task", "ring", "--neurons", "1000,5"], &["--neurons", "5", "between 20 and"]),
        (&["task", "ring", "--neurons", "50,50"], &["--neurons", "50", "twice"]),
        (&["task", "ring", "--g=-1"], &["--g", "-1", ">= 0"]),
        (&["task", "ring", "--variant", "slow"], &["--variant", "slow", "current, rate"]),
        (&["task", "ring", "--variant", "rate", "--variant", "rate"], &["--variant", "rate", "twice"]),
        (&["task", "ring", "ring"], &["ring", "twice"]),
        (&["task", "evidence-integration", "--search", "--networks", "9"], &["--search", "--networks"]),
        (&["task", "ring", "--published"], &["--published", "ring", "context-discrimination"]),
        (&["task", "ring", "--search"], &["--search", "ring", "evidence-integration"]),
        (&["task", "ring", "--neurons", "900000"], &["GB are needed", "smaller N"]),
    ];
    for (arguments, parts) in rows {
        refused(arguments, 2, parts);
    }
    assert_eq!(std::fs::read_to_string(&occupied).unwrap(), "kept");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn what_cannot_be_computed_is_exit_code_three() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("beyond.toml");
    // Steps of no length integrate this, and no average of theory holds there.
    std::fs::write(&file, SMALL.replace("g = 0.6", "g = 1e200")).unwrap();
    for command in ["simulate", "check"] {
        refused(&[command, file.to_str().unwrap()], 3, &["current"]);
    }
    // Threshold-linear with overlap 5: activity grows without bound, which is a state that networks and theory agree in.
    let text = SMALL.replace("g = 0.6", "g = 0.6\ntransfer = \"threshold-linear\"").replace("= 2.0 }", "= 5.0 }");
    std::fs::write(&file, text.replace("window = 2.0", "window = 600.0")).unwrap();
    for command in ["simulate", "check"] {
        let output = lowrank(&[command, file.to_str().unwrap()]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && text.contains("unbounded"), "{command}: {text}");
    }
}

#[test]
fn a_network_that_does_not_fit_is_refused_before_it_is_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("huge.toml");
    std::fs::write(&file, SMALL.replace("neurons = 50", "neurons = 3000000")).unwrap();
    for command in ["simulate", "check"] {
        refused(&[command, file.to_str().unwrap()], 2, &["GB are needed", "smaller N"]);
    }
    // What is too much is not the network but what is kept of it.
    let long = SMALL.replace("window = 2.0", "window = 2000000.0\ninterval = 0.2").replace("= 50", "= 20000");
    std::fs::write(&file, &long).unwrap();
    let (spec, out) = (file.to_str().unwrap(), folder.path().join("out"));
    let arguments = ["simulate", spec, "--trajectories", "--out", out.to_str().unwrap()];
    refused(&arguments, 2, &["--trajectories: ", "GB are needed", "run.interval"]);
    std::fs::write(&file, long.replace("[run]", "[run]\noutliers = 2")).unwrap();
    refused(&["simulate", spec], 2, &["run.outliers: ", "GB are needed", "run.interval"]);
}
