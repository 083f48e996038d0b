//! What cannot be computed costs itself only: everything else is printed and written, the reason stands in its place, and the
//! exit code is 3.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::disallowed_methods)]

use std::path::Path;
use std::process::{Command, Output};

/// A network along g: at 1e200 the variance of x is beyond the numbers of this machine, so that no solver has an answer.
const BEYOND: &str = r#"
seed = 1
[network]
neurons = 60
[structure]
rank = 1
covariances = { "m[0]" = 1.0, "n[0]" = 1.0, "m[0] n[0]" = 0.5 }
[start]
deviation = 1.0
[run]
transient = 10.0
window = 10.0
[[axis]]
parameter = "g"
values = [0.5, 1.5, 1e200]
"#;

fn lowrank(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lowrank")).args(arguments).output().unwrap()
}

/// Standard output of a command that ends with code 3 and one line that begins with `line`.
#[track_caller]
fn partial(arguments: &[&str], line: &str) -> String {
    let output = lowrank(arguments);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{arguments:?}: {message}");
    let errors: Vec<&str> = message.lines().filter(|line| line.starts_with("error: ")).collect();
    assert!(matches!(errors[..], [error] if error.starts_with(&format!("error: {line}"))), "{arguments:?}: {message}");
    String::from_utf8(output.stdout).unwrap()
}

/// Rows of a table by name of the column.
fn rows(path: &Path) -> Vec<std::collections::HashMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.deserialize().map(Result::unwrap).collect()
}

#[test]
fn a_point_of_an_axis_that_cannot_be_solved_costs_that_point_only() {
    let folder = tempfile::tempdir().unwrap();
    let (spec, out) = (folder.path().join("own.toml"), folder.path().join("out"));
    std::fs::write(&spec, BEYOND).unwrap();
    let (spec, out_text) = (spec.to_str().unwrap(), out.to_str().unwrap());
    let text =
        partial(&["solve", spec, "--json", "--out", out_text], "1 of 3 models could not be solved, the first of them");
    let record: serde_json::Value = serde_json::from_str(&text).unwrap();
    let solutions = record["data"]["solutions"].as_array().unwrap();
    let failures: Vec<usize> = solutions.iter().map(|s| s["failures"].as_array().unwrap().len()).collect();
    assert!(failures[..2] == [0, 0] && failures[2] > 0, "{record}");
    assert!(!solutions[1]["chaotic"].as_array().unwrap().is_empty());
    let rows = rows(&out.join("solve.csv"));
    let reasons: Vec<bool> = rows.iter().map(|row| !row["reason"].is_empty()).collect();
    assert_eq!(reasons, rows.iter().map(|row| row["g"] == "1e200").collect::<Vec<_>>());
    let unsolved = rows.last().unwrap();
    assert_eq!((unsolved["stability"].as_str(), unsolved["delta_0"].as_str()), ("not solved", ""));
}

#[test]
fn an_empty_table_is_never_exit_code_zero() {
    let folder = tempfile::tempdir().unwrap();
    let spec = folder.path().join("own.toml");
    std::fs::write(&spec, BEYOND.replace("values = [0.5, 1.5, 1e200]", "values = [1e200]")).unwrap();
    let text = partial(&["solve", spec.to_str().unwrap(), "-q"], "1 of 1 models could not be solved");
    assert!(text.contains("not solved"), "{text}");
}

#[test]
fn theory_that_cannot_be_computed_leaves_the_tables_and_the_figure() {
    let folder = tempfile::tempdir().unwrap();
    let (spec, out) = (folder.path().join("own.toml"), folder.path().join("out"));
    std::fs::write(&spec, BEYOND).unwrap();
    partial(
        &["diagram", spec.to_str().unwrap(), "--out", out.to_str().unwrap()],
        "theory of 1 rows of cells.csv could not be computed",
    );
    let rows = rows(&out.join("cells.csv"));
    let missing: Vec<(bool, bool)> =
        rows.iter().map(|row| (row["theory_delta_0"].is_empty(), row["theory_reason"].is_empty())).collect();
    assert_eq!(missing, [(false, true), (false, true), (true, false)], "{rows:?}");
    assert!(rows[..2].iter().all(|row| !row["delta_0"].is_empty()));
    assert!(out.join("diagram.svg").exists());
}

/// Two variants of strong inhibition, of which the first decays at a rate of eleven, beyond what the given step can follow.
const TWO: &str = r#"
seed = 1
realisations = 3
[network]
neurons = 60
g = 0.3
tau-s = 1.0
tau-r = 1.0
variants = ["current", "two-timescale"]
[structure]
rank = 1
means = { "I[0]" = 1.0 }
covariances = { "m[0]" = 1.0, "n[0]" = 144.0, "m[0] n[0]" = -10.0 }
[[input]]
amplitude = 0.1
changes = [[0.9, 0.2]]
[start]
deviation = 0.1
[run]
method = "rk4"
step = 0.3
transient = 0.0
window = 3.6
interval = 0.6
"#;

fn own(folder: &tempfile::TempDir, text: &str) -> (String, String) {
    let (spec, out) = (folder.path().join("own.toml"), folder.path().join("out"));
    std::fs::write(&spec, text).unwrap();
    (spec.to_str().unwrap().to_owned(), out.to_str().unwrap().to_owned())
}

#[test]
fn networks_that_fail_leave_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let (spec, out) = own(&folder, TWO);
    let text = partial(
        &["simulate", &spec, "--json", "--out", &out],
        "3 of 6 runs failed, the first of them current, realisation 0: ",
    );
    let record: serde_json::Value = serde_json::from_str(&text).unwrap();
    let [failing, running] = record["data"]["variants"].as_array().unwrap().as_slice() else { panic!("{record}") };
    let kappa = running["observables"].as_array().unwrap().iter().find(|o| o["name"] == "mu").unwrap();
    assert!(kappa["values"].as_array().unwrap().len() == 3 && kappa["mean"].is_number(), "{kappa}");
    let failures = failing["failures"].as_array().unwrap();
    assert!(failures.len() == 3 && running["failures"].as_array().unwrap().is_empty(), "{failing}");
    assert!(failures[2]["realisation"] == 2 && failures[2]["reason"].as_str().unwrap().contains("step"), "{failing}");
    assert!(failing["observables"].as_array().unwrap().is_empty());
    let rows = rows(&folder.path().join("out/observables.csv"));
    let failed: Vec<_> = rows.iter().filter(|row| row["observable"] == "failed").collect();
    assert!(failed.len() == 3 && failed[1]["reason"].starts_with("realisation 1: "), "{failed:?}");
    // Where every run fails there is nothing but the reason, and a given step is the user's to mend.
    let (spec, _) = own(&folder, &TWO.replace(", \"two-timescale\"", ""));
    let output = lowrank(&["simulate", &spec]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
}

#[test]
fn networks_that_fail_leave_the_theory_of_a_time_course() {
    let folder = tempfile::tempdir().unwrap();
    let (spec, out) = own(&folder, TWO);
    let text = partial(
        &["transient", &spec, "--networks", "2", "--json", "--out", &out],
        "2 networks of the current variant failed, the first of them realisation 0: ",
    );
    let record: serde_json::Value = serde_json::from_str(&text).unwrap();
    let courses = record["data"]["courses"].as_array().unwrap();
    let counts = courses.iter().map(|c| c["networks"].as_array().unwrap().len()).collect::<Vec<_>>();
    assert!(counts[1] > 0 && counts[0] == 0 && courses[0]["failures"].as_array().unwrap().len() == 2, "{counts:?}");
    assert!(!courses[0]["theory"]["two-time"].as_array().unwrap().is_empty());
    let rows = rows(&folder.path().join("out/transient.csv"));
    for row in rows {
        let there = row["variant"] == "two-timescale";
        assert_eq!(
            (row["mu_networks"].is_empty(), row["reason"].is_empty(), row["mu"].is_empty()),
            (!there, there, false)
        );
    }
}

#[test]
fn a_variant_that_cannot_be_run_is_listed_beside_the_claims_of_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let (spec, out) = own(&folder, TWO);
    let output = lowrank(&["check", &spec, "--json", "--out", &out]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        message.contains("3 networks could not be run in full, the first of them own, current, realisation 0: "),
        "{message}"
    );
    let record: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let claims = record["claims"].as_array().unwrap();
    assert!(!claims.is_empty() && claims.iter().all(|claim| claim["variant"]["two-timescale"].is_object()), "{record}");
    let failures = record["failures"].as_array().unwrap();
    assert!(failures.len() == 3 && failures[0]["variant"] == "current", "{failures:?}");
    let page = std::fs::read_to_string(folder.path().join("out/check.html")).unwrap();
    assert!(page.contains("3 networks could not be run"), "the page does not say so");
    let passed = record["passed"] == true;
    assert_eq!(output.status.code(), Some(if passed { 3 } else { 1 }), "{message}");
}

#[test]
fn a_time_course_under_too_many_changes_is_refused_before_anything_is_solved() {
    let folder = tempfile::tempdir().unwrap();
    let changes: Vec<String> = (1..2000).map(|i| format!("[{}, {}]", f64::from(i) * 0.01, i % 7)).collect();
    let text = TWO.replace("changes = [[0.9, 0.2]]", &format!("changes = [{}]", changes.join(", ")));
    let text = text.replace("window = 3.6", "window = 30.0").replace("\"current\", \"two-timescale\"", "\"current\"");
    let (spec, _) = own(&folder, &text);
    let output = lowrank(&["check", &spec]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(3) && message.contains("input.sine"), "{message}");
    assert!(!message.contains("--tolerance") && message.contains("run.window"), "{message}");
}

/// A covariance of m and n along an axis: 1.5 is more than their variances allow.
const COVARIANCES: &str = r#"
seed = 1
realisations = 2
[network]
neurons = 60
g = 0.5
variants = ["current", "rate"]
[structure]
rank = 1
covariances = { "m[0]" = 1.0, "n[0]" = 1.0 }
[start]
deviation = 1.0
[run]
transient = 10.0
window = 10.0
[[axis]]
parameter = "covariance m[0] n[0]"
values = [0.5, 1.5, -1.0]
"#;

#[test]
fn values_that_do_not_go_together_cost_their_point_only() {
    let folder = tempfile::tempdir().unwrap();
    let (spec, out) = own(&folder, COVARIANCES);
    partial(&["solve", &spec, "--out", &out], "2 of 6 models could not be solved, the first of them current at");
    let solved = rows(&folder.path().join("out/solve.csv"));
    for row in &solved {
        let beyond = row["covariance m[0] n[0]"] == "1.5";
        assert_eq!((row["reason"].contains("semidefinite"), row["delta_0"].is_empty()), (beyond, beyond), "{row:?}");
    }
    assert_eq!(solved.len(), 6, "{solved:?}");
    for bulk in ["realisation", "cell"] {
        let text = COVARIANCES.replace("realisations = 2", &format!("realisations = 2\nbulk-for = \"{bulk}\""));
        let (spec, _) = own(&folder, &text);
        let out = folder.path().join(bulk);
        partial(
            &["diagram", &spec, "--out", out.to_str().unwrap()],
            "theory of 2 rows of cells.csv could not be computed",
        );
        let cells = rows(&out.join("cells.csv"));
        let seen: Vec<_> =
            cells.iter().map(|row| (row["delta_0"].is_empty(), row["theory_delta_0"].is_empty())).collect();
        let one = [(false, false), (true, true), (false, false)];
        assert_eq!(seen, [one, one].concat(), "{cells:?}");
        assert!(cells[1]["theory_reason"].contains("semidefinite") && cells[1]["phase"].is_empty(), "{cells:?}");
        let networks = rows(&out.join("networks.csv"));
        assert_eq!(networks.iter().filter(|row| row["end"] == "no-model").count(), 4);
        assert_eq!((&*cells[1]["networks"], &*cells[1]["error_estimate"]), ("0", ""), "{cells:?}");
        // The others are what they are without it.
        let (spec, _) = own(&folder, &text.replace("0.5, 1.5, -1.0", "0.5"));
        let alone = folder.path().join(format!("{bulk}-alone"));
        let output = lowrank(&["diagram", &spec, "--out", alone.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(0));
        let alone = rows(&alone.join("networks.csv"));
        assert_eq!(alone[0]["delta_0"], networks[0]["delta_0"]);
    }
    // Branches are followed where there are networks, to variances that allow an overlap of two; rest loses its stability at one.
    let text = COVARIANCES.replace(r#""n[0]" = 1.0"#, r#""n[0]" = 4.0"#).replace("[0.5, 1.5, -1.0]", "[0.0, 3.0]");
    let (spec, _) = own(&folder, &text);
    let branches = folder.path().join("branches");
    partial(&["solve", &spec, "--branches", "--out", branches.to_str().unwrap()], "2 of 4 models could not be solved");
    let events = rows(&branches.join("branches.csv"));
    for variant in ["current", "rate"] {
        let of_variant: Vec<_> =
            events.iter().filter(|row| row["variant"] == variant && row["event"] == "branch point").collect();
        let at: f64 = of_variant[0]["covariance m[0] n[0]"].parse().unwrap();
        assert!(of_variant.len() == 1 && (at - 1.0).abs() < 1e-6, "{events:?}");
    }
    // Where no point has a network the spec is wrong, and so is a value that can never be had.
    for (values, part) in [("1.5, 2.0", "semidefinite"), ("0.5, nan", "finite")] {
        let (spec, _) = own(&folder, &COVARIANCES.replace("0.5, 1.5, -1.0", values));
        for command in [&["solve", &spec][..], &["sweep", "plan", &spec, "--out", &out]] {
            let output = lowrank(command);
            let message = String::from_utf8(output.stderr).unwrap();
            assert!(output.status.code() == Some(2) && message.contains(part), "{command:?}: {message}");
        }
    }
}

#[test]
fn networks_without_bound_are_no_failures_of_a_time_course() {
    let folder = tempfile::tempdir().unwrap();
    let text = "seed = 1\n[network]\nneurons = 100\ng = 3.0\ntransfer = \"threshold-linear\"\n\
                [run]\ntransient = 10.0\nwindow = 600.0\ninterval = 10.0\n";
    let (spec, _) = own(&folder, text);
    let text = partial(&["transient", &spec, "--networks", "2", "--json"], "theory of the current variant");
    let course: serde_json::Value = serde_json::from_str(&text).unwrap();
    let course = &course["data"]["courses"][0];
    assert_eq!((course["unbounded"].as_u64(), course["failures"].as_array().unwrap().len()), (Some(2), 0));
}

/// Between two samples 400 units apart the tangent vector of a network at rest shrinks by e^-400, which the range of squares does not hold:
/// the exponent is lost, and nothing else.
const AT_REST: &str = r#"
seed = 1
realisations = 3
[network]
neurons = 40
g = 0.0
variants = ["current"]
[structure]
rank = 1
means = { "m[0]" = 1.0, "n[0]" = 2.0 }
[start]
along = { "m[0]" = 1.0 }
[run]
lyapunov = true
transient = 400.0
window = 1200.0
interval = 400.0
"#;

#[test]
fn an_exponent_that_fails_leaves_the_observables() {
    let folder = tempfile::tempdir().unwrap();
    let (spec, out) = own(&folder, AT_REST);
    let text = partial(
        &["simulate", &spec, "--json", "--out", &out],
        "3 of 3 runs have no exponent, the first of them current, realisation 0: a tangent vector changed",
    );
    let record: serde_json::Value = serde_json::from_str(&text).unwrap();
    let of = &record["data"]["variants"][0];
    let observable = |name: &str| of["observables"].as_array().unwrap().iter().find(|o| o["name"] == name).unwrap();
    // mu = kappa = 2 tanh(kappa).
    let mu = (0..200).fold(2.0, |mu: f64, _| 2.0 * mu.tanh());
    assert!((observable("mu")["mean"].as_f64().unwrap() - mu).abs() < 1e-6, "{}", observable("mu"));
    assert!(observable("lambda_max")["mean"].is_null() && observable("lambda_max_step")["values"][2].is_null());
    assert!(of["failures"].as_array().unwrap().is_empty());
    let without = of["without_exponent"].as_array().unwrap();
    assert!(without.len() == 3 && without[1]["realisation"] == 1, "{of}");
    let rows = rows(&folder.path().join("out/observables.csv"));
    assert_eq!(rows.iter().filter(|row| row["observable"] == "without exponent").count(), 3);
    // A shorter interval keeps it: the growth rate of rest, 2 phi'(mu) - 1.
    let (spec, _) = own(&folder, &AT_REST.replace("interval = 400.0", "interval = 2.0"));
    let output = lowrank(&["simulate", &spec, "--json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let record: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let of = &record["data"]["variants"][0]["observables"];
    let exponent = of.as_array().unwrap().iter().find(|o| o["name"] == "lambda_max").unwrap();
    let rate = 2.0 * (1.0 - mu.tanh().powi(2)) - 1.0;
    assert!((exponent["mean"].as_f64().unwrap() - rate).abs() < 0.1, "{exponent} {rate}");
}

/// In chaos it grows instead, beyond the largest number.
const CHAOS: &str = r#"
seed = 1
realisations = 3
[network]
neurons = 120
g = 5.0
variants = ["current"]
[structure]
rank = 1
[run]
lyapunov = true
step = 0.1
transient = 20.0
window = 5000.0
interval = 2500.0
"#;

#[test]
fn an_exponent_that_fails_leaves_the_claims_of_a_check() {
    let folder = tempfile::tempdir().unwrap();
    let (spec, _) = own(&folder, CHAOS);
    let output = lowrank(&["check", &spec, "--json"]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains(" networks could not be run in full, the first of them own, current"), "{message}");
    let record: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let claims = record["claims"].as_array().unwrap();
    let claimed = |name: &str| claims.iter().any(|claim| claim["statistic"] == name);
    assert!(claimed("delta_0") && claimed("mu") && !claimed("lyapunov"), "{record}");
    let reason = record["failures"][0]["reason"].as_str().unwrap();
    assert!(reason.starts_with("no Lyapunov exponent: "), "{reason}");
    let passed = record["passed"] == true;
    assert_eq!(output.status.code(), Some(if passed { 3 } else { 1 }), "{message}");
}
