//! Sines and tables as inputs of a spec: what every command makes of them.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::disallowed_methods)]

use std::path::Path;
use std::process::{Command, Output};

/// One unit's input without coupling.
const SINE: &str = r#"
seed = 1
realisations = 2
[network]
neurons = 20
g = 0.0
[structure]
rank = 1
means = { "I[0]" = 0.8 }
[[input]]
amplitude = 0.5
sine = { amplitude = 1.5, period = 3.0 }
[start]
deviation = 0.0
[run]
step = 0.05
transient = 0.0
window = 6.0
interval = 1.5
"#;

/// A NumPy matrix of so many rows, version 1.0 of the format.
fn matrix(path: &Path, rows: usize, values: &[f64]) {
    let shape = format!("({rows}, {})", values.len() / rows);
    let mut head = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}");
    while (10 + head.len() + 1) % 64 != 0 {
        head.push(' ');
    }
    head.push('\n');
    let length = u16::try_from(head.len()).unwrap().to_le_bytes();
    let numbers = values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    std::fs::write(path, [b"\x93NUMPY\x01\x00".as_slice(), &length, head.as_bytes(), &numbers].concat()).unwrap();
}

fn lowrank(folder: &Path, text: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    std::fs::write(folder.join("own.toml"), text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_lowrank"));
    let Output { status, stdout, stderr } =
        command.args(arguments).arg("own.toml").current_dir(folder).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// The mean of x over time, theory's and the networks'.
fn courses(folder: &Path, text: &str) -> Vec<(f64, f64, f64)> {
    let (code, out, message) = lowrank(folder, text, &["transient", "--json", "-q", "--networks", "1"]);
    assert_eq!(code, Some(0), "{message}");
    let record: serde_json::Value = serde_json::from_str(&out).unwrap();
    let course = &record["data"]["courses"][0];
    let both = course["theory"]["two-time"].as_array().unwrap().iter().zip(course["networks"].as_array().unwrap());
    let number = |value: &serde_json::Value| value.as_f64().unwrap();
    both.map(|(s, m)| (number(&s["time"]), number(&s["mu"]), number(&m["mu"]["mean"]))).collect()
}

#[test]
fn theory_and_networks_follow_a_sine_in_closed_form() {
    let folder = tempfile::tempdir().unwrap();
    let w = std::f64::consts::TAU / 3.0;
    for (t, theory, network) in courses(folder.path(), SINE) {
        let sine = ((w * t).sin() - w * (w * t).cos() + w * (-t).exp()) / (1.0 + w * w);
        let expected = 0.8 * (0.5 * (1.0 - (-t).exp()) + 1.5 * sine);
        assert!((theory - expected).abs() < 1e-9, "{t}: {theory} {expected}");
        assert!((network - expected).abs() < 1e-3, "{t}: {network} {expected}");
    }
}

#[test]
fn a_table_is_read_either_way_round_where_that_is_certain() {
    let folder = tempfile::tempdir().unwrap();
    let text = SINE.replace("sine = { amplitude = 1.5, period = 3.0 }", "from = \"table.npy\"");
    let table = folder.path().join("table.npy");
    // A ramp from 0 to 1 between times 1 and 2, constant beyond.
    for (rows, values) in [(2, [1.0, 2.0, 9.0, 0.0, 1.0, 1.0]), (3, [1.0, 0.0, 2.0, 1.0, 9.0, 1.0])] {
        matrix(&table, rows, &values);
        for (t, theory, network) in courses(folder.path(), &text) {
            let ramp = |end: f64| (end - 2.0) + (1.0 - end).exp();
            let extra = if t <= 1.0 {
                0.0
            } else if t <= 2.0 {
                ramp(t)
            } else {
                1.0 + (ramp(2.0) - 1.0) * (2.0 - t).exp()
            };
            let expected = 0.8 * (0.5 * (1.0 - (-t).exp()) + extra);
            assert!((theory - expected).abs() < 1e-9, "{rows} {t}: {theory} {expected}");
            assert!((network - expected).abs() < 1e-3, "{rows} {t}: {network} {expected}");
        }
        // The state at rest is that under the last amplitude.
        let (code, out, _) = lowrank(folder.path(), &text, &["solve", "--json"]);
        let record: serde_json::Value = serde_json::from_str(&out).unwrap();
        let mu = record["data"]["solutions"][0]["stationary"][0]["order"]["mu"].as_f64().unwrap();
        assert!(code == Some(0) && (mu - 0.8 * 1.5).abs() < 1e-12, "{mu}");
    }
    for (rows, values, word) in [
        (2, vec![1.0, 2.0, 0.0, 1.0], "third time"),
        (1, vec![1.0, 2.0, 3.0], "[2, K]"),
        (2, vec![1.0, 1.0, 2.0, 0.0, 1.0, 1.0], "must be finite and increase"),
    ] {
        matrix(&table, rows, &values);
        let (code, _, message) = lowrank(folder.path(), &text, &["transient"]);
        assert!(code == Some(2) && message.contains(word) && message.contains("table.npy"), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
    }
    std::fs::remove_file(&table).unwrap();
    let (code, _, message) = lowrank(folder.path(), &text, &["simulate"]);
    assert!(code == Some(2) && message.contains("table.npy"), "{message}");
}

#[test]
fn what_cannot_take_a_sine_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (code, out, message) = lowrank(folder.path(), SINE, &["solve"]);
    assert!(code == Some(3) && out.contains("not solved"), "{out}{message}");
    assert!(message.contains("input 0 is a sine of period 3") && message.contains("lowrank transient"), "{message}");
    // Theory of time courses takes no noise: networks do.
    let noisy = SINE.replace("[network]\n", "[network]\nnoise = 0.1\n");
    let (code, _, message) = lowrank(folder.path(), &noisy, &["solve"]);
    assert!(code == Some(3) && message.contains("input 0 is a sine of period 3"), "{message}");
    assert!(message.contains("networks with lowrank simulate") && !message.contains("lowrank transient"), "{message}");
    for (text, command) in [(&noisy, "simulate"), (&SINE.to_owned(), "transient")] {
        let (code, _, message) = lowrank(folder.path(), text, &[command]);
        assert_eq!(code, Some(0), "what is recommended is refused: {command}: {message}");
    }
    let axis = format!("{SINE}[[axis]]\nparameter = \"g\"\nvalues = [0.5, 1.0]\n");
    let (code, _, message) = lowrank(folder.path(), &axis, &["sweep", "plan", "--out", "sweep"]);
    assert!(code == Some(2) && message.contains("input.sine") && message.contains("lowrank simulate"), "{message}");
    for (bad, word) in [("period = 0.0", "period"), ("periode = 3.0", "periode")] {
        let (code, _, message) = lowrank(folder.path(), &SINE.replace("period = 3.0", bad), &["simulate"]);
        assert!(code == Some(2) && message.contains(word), "{message}");
    }
    let (code, out, message) = lowrank(folder.path(), SINE, &["check"]);
    assert!(code == Some(0) && out.contains("own mu(1.5)"), "{out}{message}");
}
