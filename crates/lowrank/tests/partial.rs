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
