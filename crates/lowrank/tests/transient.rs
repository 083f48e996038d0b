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

/// One outer product of overlap 4, threshold-linear, without random part: x_i = y m_i and y' = -y + 4 y / 2, so that y = 0.2 e^t, which
/// grows for ever: kappa = 2 y, Delta_0 = y^2, and the mean and second moment of r are y / sqrt(2 pi) and y^2 / 2.
const GROWING: &str = r#"
seed = 1
realisations = 8
[network]
neurons = 400
g = 0.0
transfer = "threshold-linear"
[structure]
rank = 1
readouts = 1
covariances = { "m[0]" = 1.0, "n[0]" = 30.0, "w[0]" = 1.0, "m[0] n[0]" = 4.0, "m[0] w[0]" = 0.5 }
[start]
along = { "m[0]" = 0.2 }
[run]
transient = 8.0
window = 12.0
interval = 1.0
"#;

/// When y^2 of [`GROWING`] is 1e6, beyond which averages of phi without a bound are not taken.
fn end_of_growing() -> f64 {
    0.5 * (1e6 / 0.04_f64).ln()
}

#[test]
fn a_course_without_bound_is_followed_until_it_leaves_the_range_of_theory() {
    let (folder, record) = lowrank(GROWING, "transient", &["--networks", "3"], 3);
    let course = &record["data"]["courses"][0];
    let snapshots = course["theory"]["two-time"].as_array().unwrap();
    assert_eq!((snapshots.len(), course["times"].as_array().unwrap().len()), (9, 21));
    for snapshot in snapshots {
        let y = 0.2 * snapshot["time"].as_f64().unwrap().exp();
        let expected = [2.0 * y, 0.25 * y, y * y, y / (2.0 * std::f64::consts::PI).sqrt(), 0.5 * y * y];
        let found = [&snapshot["kappa"][0], &snapshot["readouts"][0]].into_iter();
        let found = found.chain(["delta_0", "r_mean", "r_second_moment"].map(|name| &snapshot[name]));
        for (found, expected) in found.map(|value| value.as_f64().unwrap()).zip(expected) {
            assert!((found - expected).abs() < 1e-8 * expected, "{snapshot}: {found} {expected}");
        }
    }
    let (time, reason) = (course["stopped"]["time"].as_f64().unwrap(), course["stopped"]["reason"].as_str().unwrap());
    assert!(time < end_of_growing() && time > end_of_growing() - 0.01, "{time}");
    assert!(reason.contains("unbounded, at the rate 1.0000"), "{reason}");
    // Networks have numbers to the end: each grows exponentially, at a rate of its own near one.
    let networks = course["networks"].as_array().unwrap();
    assert_eq!((networks.len(), course["unbounded"].as_u64()), (21, Some(3)));
    let value = |t: usize, network: usize| networks[t]["kappa"][0]["values"][network].as_f64().unwrap();
    for network in 0..3 {
        let rates = [2, 10].map(|t| (value(t + 8, network) / value(t, network)).ln() / 8.0);
        assert!((rates[0] - 1.0).abs() < 0.3 && (rates[0] - rates[1]).abs() < 1e-3, "{rates:?}");
    }
    let mut reader = csv::Reader::from_path(folder.path().join("out/transient.csv")).unwrap();
    let rows: Vec<std::collections::HashMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
    for row in rows {
        let beyond = row["time"].parse::<f64>().unwrap() > end_of_growing();
        assert_eq!((row["delta_0"].is_empty(), row["delta_0_networks"].is_empty()), (beyond, false), "{row:?}");
        assert_eq!(row["reason"].contains("ends at time 8.5"), beyond, "{row:?}");
    }
    // The reduced dynamics, exact here, end at the same time but for their step.
    let (_folder, record) = lowrank(GROWING, "transient", &["--reduced"], 3);
    let course = &record["data"]["courses"][0];
    assert_eq!(course["theory"]["reduced"].as_array().unwrap().len(), 9);
    assert!((course["stopped"]["time"].as_f64().unwrap() - end_of_growing()).abs() < 0.02, "{course}");
}

#[test]
fn networks_without_bound_have_numbers_until_they_leave_the_range_of_numbers() {
    let arguments = ["--networks", "3", "--until", "400", "--interval", "50"];
    let (folder, record) = lowrank(GROWING, "transient", &arguments, 3);
    let networks = record["data"]["courses"][0]["networks"].as_array().unwrap();
    // e^t passes 1e70 near 161, times a rate of every network's own.
    assert!((3..=6).contains(&networks.len()), "{}", networks.len());
    for t in [1, 2] {
        let delta_0 = &networks[t]["delta_0"];
        assert!(delta_0["mean"].is_number() && delta_0["standard_error"].is_number(), "{delta_0}");
    }
    // Where one is missing the others make no mean.
    for of in networks {
        let values = of["mu"]["values"].as_array().unwrap();
        assert_eq!(of["mu"]["mean"].is_null(), values.iter().any(serde_json::Value::is_null), "{of}");
    }
    let mut reader = csv::Reader::from_path(folder.path().join("out/transient.csv")).unwrap();
    let rows: Vec<std::collections::HashMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
    assert!(rows[1]["reason"].contains("3 networks are unbounded"), "{rows:?}");
    assert_eq!((rows.len(), rows[8]["mu_networks"].as_str(), rows[1]["mu_networks"].is_empty()), (9, "", false));
}

#[test]
fn a_check_claims_a_course_without_bound_as_far_as_it_can_be_foretold() {
    let driven = GROWING
        .replace("readouts = 1\n", "readouts = 1\nmeans = { \"I[0]\" = 1.0 }\n")
        .replace("transient = 8.0", "transient = 0.0")
        .replace("interval = 1.0", "interval = 0.5")
        + "[[input]]\namplitude = 0.0\nchanges = [[0.5, 0.2]]\n";
    // Eight networks are too few for some margins, which is no failure.
    let (_folder, record) = lowrank(&driven, "check", &[], 1);
    let claims = record["claims"].as_array().unwrap();
    // 0.1 sqrt(400) is two units of time, four samples of three statistics.
    assert_eq!((claims.len(), record["failures"].as_array().unwrap().len()), (12, 0), "{record}");
    assert!(claims.iter().all(|claim| claim["verdict"] != "fail"), "{claims:?}");
    assert!(claims.iter().any(|claim| claim["verdict"] == "pass"), "{claims:?}");
    let rest = &record["unclaimed"][0];
    assert_eq!(rest["from"].as_f64(), Some(2.0), "{rest}");
    assert!(rest["reason"].as_str().unwrap().contains("grows without bound"), "{rest}");
}

#[test]
fn every_file_of_a_course_names_the_same_columns_and_the_exact_seed() {
    // One more than 2^53: no number with a point is this seed.
    let seed = "9007199254740993";
    let text = DETERMINISTIC.replace("seed = 1", &format!("seed = {seed}"));
    for (arguments, theory) in [(&["--networks", "2"][..], "two-time"), (&["--reduced"], "reduced")] {
        let (folder, record) = lowrank(&text, "transient", arguments, 0);
        let out = folder.path().join("out");
        let names = |header: &csv::StringRecord| -> Vec<String> {
            let skipped = |name: &&str| !(["variant", "time", "reason"].contains(name) || name.ends_with("_se"));
            let mut names: Vec<String> = header
                .iter()
                .filter(skipped)
                .map(|name| {
                    let (name, networks) =
                        name.strip_suffix("_networks").map_or((name, ""), |name| (name, "networks_"));
                    let name = if name.starts_with("kappa_") { "kappa" } else { name };
                    format!("{networks}{}", if name.starts_with("z_") { "z" } else { name })
                })
                .collect();
            names.sort();
            names
        };
        let table = names(csv::Reader::from_path(out.join("transient.csv")).unwrap().headers().unwrap());
        let beside: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(out.join("current.npz.json")).unwrap()).unwrap();
        let arrays = beside["arrays"].as_object().unwrap().keys().cloned();
        let mut arrays: Vec<String> = arrays.filter(|name| name != "time").collect();
        arrays.sort();
        assert_eq!(table, arrays);
        let snapshot = record["data"]["courses"][0]["theory"][theory][0].as_object().unwrap();
        let of_theory = |name: &str| if name == "readouts" { "z".to_owned() } else { name.to_owned() };
        let mut json: Vec<String> = snapshot.keys().map(|name| of_theory(name)).filter(|name| name != "time").collect();
        json.sort();
        assert_eq!(table.into_iter().filter(|name| !name.starts_with("networks_")).collect::<Vec<_>>(), json);
        for file in ["transient.json", "transient.csv.json", "current.npz.json"] {
            let text = std::fs::read_to_string(out.join(file)).unwrap();
            // Beside the data and in the spec's own echo.
            assert_eq!(text.matches(&format!("\"seed\": {seed}")).count(), 2, "{file}");
            let written: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert!(file != "transient.json" || written == record, "{file} is not what --json prints");
        }
        assert_eq!(record["seed"].as_u64(), Some(9_007_199_254_740_993), "{record}");
    }
}

#[test]
fn axes_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let spec = folder.path().join("own.toml");
    std::fs::write(&spec, format!("{DETERMINISTIC}[[axis]]\nparameter = \"g\"\nvalues = [0.0, 0.5]\n")).unwrap();
    for command in ["transient", "simulate", "check"] {
        let mut shell = Command::new(env!("CARGO_BIN_EXE_lowrank"));
        let output = shell.args([command, spec.to_str().unwrap()]).output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && message.contains("[[axis]] is given"), "{message}");
        assert!(message.contains("lowrank solve") && message.lines().count() == 1, "{message}");
    }
}
