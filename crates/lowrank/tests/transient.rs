//! Time courses and readouts as a user asks for them, against integrals and differential equations that are solved here.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::disallowed_methods)]

use std::process::Command;

/// One outer product without random part: x_i = y(t) m_i, y' = -y + kappa, kappa = 1.6 y <tanh'>(y^2).
const DETERMINISTIC: &str = r#"
seed = 1
[network]
neurons = 400
g = 0.0
[structure]
rank = 1
readouts = 1
covariances = { "m[0]" = 1.0, "n[0]" = 4.0, "w[0]" = 1.0, "m[0] n[0]" = 1.6, "m[0] w[0]" = 0.5 }
[start]
along = { "m[0]" = 0.2 }
[run]
transient = 4.0
window = 4.0
interval = 0.5
"#;

fn lowrank(text: &str, command: &str, arguments: &[&str], code: i32) -> (tempfile::TempDir, serde_json::Value) {
    let folder = tempfile::tempdir().unwrap();
    let spec = folder.path().join("own.toml");
    std::fs::write(&spec, text).unwrap();
    let out = folder.path().join("out");
    let mut shell = Command::new(env!("CARGO_BIN_EXE_lowrank"));
    let shell = shell.args([command, spec.to_str().unwrap(), "--json", "-q", "--out", out.to_str().unwrap()]);
    let output = shell.args(arguments).output().unwrap();
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{command} {arguments:?}: {message}");
    let record = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {message}"));
    (folder, record)
}

/// <f(mu + sqrt(d) z)> over a unit normal z by the trapezoid rule, whose error for entire functions is that of rounding.
fn normal_mean(f: impl Fn(f64) -> f64, mu: f64, d: f64) -> f64 {
    let h = 0.02;
    let weight = |z: f64| h * (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt();
    (-500..=500).map(|i| f64::from(i) * h).map(|z| weight(z) * f(mu + d.sqrt() * z)).sum()
}

fn slope(x: f64) -> f64 {
    1.0 - x.tanh().powi(2)
}

/// y at the times of an interval of 0.5, by Runge-Kutta of order 4 with a step of 0.005.
fn amplitudes(count: usize) -> Vec<f64> {
    let rest = |y: f64| -y + 1.6 * y * normal_mean(slope, 0.0, y * y);
    let (mut y, dt) = (0.2, 0.005);
    let mut all = vec![y];
    for _ in 1..count {
        for _ in 0..100 {
            let k1 = rest(y);
            let k2 = rest(y + 0.5 * dt * k1);
            let k3 = rest(y + 0.5 * dt * k2);
            let k4 = rest(y + dt * k3);
            y += dt * (k1 + 2.0 * k2 + 2.0 * k3 + k4) / 6.0;
        }
        all.push(y);
    }
    all
}

#[test]
fn without_random_part_the_time_course_is_that_of_one_differential_equation() {
    let (folder, record) = lowrank(DETERMINISTIC, "transient", &[], 0);
    let snapshots = record["data"]["courses"][0]["theory"]["two-time"].as_array().unwrap();
    assert_eq!(snapshots.len(), 17);
    for (snapshot, y) in snapshots.iter().zip(amplitudes(17)) {
        let gain = y * normal_mean(slope, 0.0, y * y);
        for (name, value) in [("kappa", 1.6 * gain), ("readouts", 0.5 * gain)] {
            let found = snapshot[name][0].as_f64().unwrap();
            assert!((found - value).abs() < 1e-8, "{name} {}: {found} {value}", snapshot["time"]);
        }
        let found = snapshot["delta_0"].as_f64().unwrap();
        assert!((found - y * y).abs() < 1e-8, "{}: {found}", snapshot["time"]);
    }
    for file in ["transient.csv", "transient.json", "current.npz", "transient.svg", "transient.pdf", "transient.png"] {
        assert!(folder.path().join("out").join(file).exists(), "{file}");
    }
    // The reduced dynamics are exact without a random part, but for a step of 1e-3 of first order.
    let (_folder, record) = lowrank(DETERMINISTIC, "transient", &["--reduced"], 0);
    let states = record["data"]["courses"][0]["theory"]["reduced"].as_array().unwrap();
    for (state, y) in states.iter().zip(amplitudes(17)) {
        let found = state["kappa"][0].as_f64().unwrap();
        assert!((found - 1.6 * y * normal_mean(slope, 0.0, y * y)).abs() < 2e-3, "{found} {y}");
    }
}

#[test]
fn networks_beside_theory_have_means_and_standard_errors() {
    let arguments = ["--networks", "6", "--until", "6", "--interval", "1.5"];
    let (folder, record) = lowrank(&DETERMINISTIC.replace("g = 0.0", "g = 0.5"), "transient", &arguments, 0);
    let course = &record["data"]["courses"][0];
    let networks = course["networks"].as_array().unwrap();
    assert_eq!(networks.len(), 5);
    for (measured, snapshot) in networks.iter().zip(course["theory"]["two-time"].as_array().unwrap()) {
        let kappa = &measured["kappa"][0];
        assert_eq!(kappa["values"].as_array().unwrap().len(), 6);
        let (mean, theory) = (kappa["mean"].as_f64().unwrap(), snapshot["kappa"][0].as_f64().unwrap());
        assert!((mean - theory).abs() < 0.15, "{measured} {snapshot}");
        // In the first sample the vectors' moments are exact, so that networks differ by higher ones only.
        let error = kappa["standard_error"].as_f64().unwrap();
        assert!(error > 0.0 && error < 0.1, "{error}");
    }
    let mut reader = csv::Reader::from_path(folder.path().join("out/transient.csv")).unwrap();
    let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    for name in ["time", "kappa_1", "z_1", "kappa_1_networks", "kappa_1_se", "z_1_networks", "mu_se", "delta_0_se"] {
        assert!(names.iter().any(|given| given == name), "{name}: {names:?}");
    }
    assert_eq!(reader.records().count(), 5);
}

#[test]
fn times_that_are_none_are_refused_and_noise_costs_theory_only() {
    let folder = tempfile::tempdir().unwrap();
    let spec = folder.path().join("own.toml");
    std::fs::write(&spec, DETERMINISTIC).unwrap();
    for (arguments, word) in
        [(["--until", "0"], "--until"), (["--interval", "-1"], "--interval"), (["--networks", "0"], "--networks")]
    {
        let mut shell = Command::new(env!("CARGO_BIN_EXE_lowrank"));
        let output = shell.args(["transient", spec.to_str().unwrap()]).args(arguments).output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && message.contains(word), "{message}");
    }
    let noisy = DETERMINISTIC
        .replace("g = 0.0", "g = 0.0\nnoise = 0.1")
        .replace("[run]", "[run]\nmethod = \"euler\"\nstep = 0.05");
    let (_folder, record) = lowrank(&noisy, "transient", &["--networks", "2"], 3);
    let course = &record["data"]["courses"][0];
    assert!(course["theory"]["unsolved"].as_str().unwrap().contains("noise"), "{course}");
    assert_eq!(course["networks"].as_array().unwrap().len(), 17);
}

#[test]
fn readouts_of_solutions_are_the_averages_over_neurons() {
    let text = DETERMINISTIC.replace("readouts = 1", "readouts = 1\nmeans = { \"w[0]\" = 0.3, \"I[0]\" = 0.7 }")
        + "[[input]]\namplitude = 0.5\n";
    let (_folder, record) = lowrank(&text, "solve", &[], 0);
    let states = record["data"]["solutions"][0]["stationary"].as_array().unwrap();
    assert!(!states.is_empty());
    for state in states {
        let kappa = state["order"]["kappa"][0].as_f64().unwrap();
        let mean = normal_mean(f64::tanh, 0.35, kappa * kappa);
        let expected = 0.3 * mean + 0.5 * kappa * normal_mean(slope, 0.35, kappa * kappa);
        let found = state["readouts"][0].as_f64().unwrap();
        assert!((found - expected).abs() < 1e-10, "{found} {expected}");
    }
    // A network that rests at one of them.
    let (folder, record) = lowrank(&text, "simulate", &["--trajectories"], 0);
    let observables = record["data"]["variants"][0]["observables"].as_array().unwrap();
    let value = |name: &str| observables.iter().find(|o| o["name"] == name).unwrap()["mean"].as_f64().unwrap();
    let kappa = value("kappa_1");
    let nearest = states.iter().map(|state| (state["order"]["kappa"][0].as_f64().unwrap() - kappa).abs());
    let index = nearest.clone().position(|d| d == nearest.clone().fold(f64::INFINITY, f64::min)).unwrap();
    let expected = states[index]["readouts"][0].as_f64().unwrap();
    assert!((value("z_1") - expected).abs() < 0.1 && expected.abs() > 0.1, "{} {expected}", value("z_1"));
    assert!(folder.path().join("out/current.npz").exists());
}
