//! `cargo xtask validate --quick` as a user runs it: what it prints, writes and exits with.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

use std::path::Path;
use std::process::{Command, Output};

fn validate(out: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask")).arg("validate").args(arguments).arg("--out").arg(out).output().unwrap()
}

fn record(out: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(out.join("validate.json")).unwrap()).unwrap()
}

/// Number of claims about a variant.
fn claims_of(record: &serde_json::Value, variant: &str) -> usize {
    let part = format!("/{variant}/");
    record["claims"].as_array().unwrap().iter().filter(|c| c["name"].as_str().unwrap().contains(&part)).count()
}

/// Two seeds beside seed 1, which `.ci/run` gives the harness itself.
#[test]
fn other_seeds_pass_every_claim_and_one_or_two_threads_give_the_same_bytes() {
    let out = tempfile::tempdir().unwrap();
    // The last run again, on one thread: the same bytes, which need not be judged again.
    let alone = tempfile::tempdir().unwrap();
    let on_one_thread = validate(alone.path(), &["--quick", "--seed", "3", "--threads", "1"]);
    for seed in ["2", "3"] {
        let output = validate(out.path(), &["--quick", "--seed", seed, "--threads", "2"]);
        assert!(seed != "3" || output.stdout == on_one_thread.stdout, "the output depends on the threads");
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "seed {seed}:\n{text}");
        assert!(text.contains(&format!("seed {seed}, lowrank ")), "{text}");
        assert!(output.stderr.is_empty(), "no progress bar where there is no terminal");
    }
    for name in ["validate.json", "validate.md", "validate.html"] {
        let [two, one] = [&out, &alone].map(|folder| std::fs::read(folder.path().join(name)).unwrap());
        assert!(two == one, "{name} depends on the threads");
    }
    let record = record(out.path());
    let claims = record["claims"].as_array().unwrap();
    assert!(claims.len() > 180 && claims.iter().all(|c| c["verdict"] == "pass"));
    for field in [
        "program",
        "version",
        "commit",
        "seed",
        "effort",
        "sizes",
        "margin_factor",
        "false_alarm_rate",
        "family",
        "points",
    ] {
        assert!(!record[field].is_null(), "{field}");
    }
    let parameters = [
        "model",
        "phase",
        "variants",
        "kappa",
        "initial",
        "neurons",
        "networks",
        "copies",
        "predictor",
        "method",
        "step",
    ];
    for field in parameters.into_iter().chain(["transient", "window", "interval", "lags", "why"]) {
        assert!(!record["points"][0][field].is_null(), "{field}");
    }
    let points: Vec<&str> = record["points"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
    let expected =
        ["quiescent", "structured-stationary", "structured-chaos", "unstructured-chaos", "driven", "rank-two"];
    for point in expected.into_iter().chain(["mixture", "positive-overlap", "spiral", "tangent", "step-input"]) {
        assert!(points.contains(&point), "{point}");
    }
    let of_variant = |variant: &str| claims_of(&record, variant);
    assert!(of_variant("current") > 60 && of_variant("rate") > 60 && of_variant("two-timescale") > 30);
}

/// Each fault with the parts of a run that must catch it, each part on its own.
const CAUGHT_BY: [(&str, &[&str]); 10] = [
    ("gain", &["unstructured-chaos/current"]),
    ("transpose", &["driven/current", "step-input/rate"]),
    ("scaling", &["unstructured-chaos/current"]),
    (
        "variant",
        &[
            "structured-chaos/two-timescale",
            "tangent/two-timescale",
            "step-input/two-timescale",
            "unstructured-chaos/rate",
        ],
    ),
    ("step", &["unstructured-chaos/current", "structured-chaos/two-timescale"]),
    ("kappa", &["driven/rate", "step-input/current"]),
    ("onset", &["step-input/current", "step-input/rate", "step-input/two-timescale"]),
    ("spectrum", &["spiral/current", "positive-overlap/rate"]),
    ("window", &["unstructured-chaos/current", "unstructured-chaos/rate"]),
    ("populations", &["mixture/current"]),
];

#[test]
fn each_planted_fault_is_caught() {
    let out = tempfile::tempdir().unwrap();
    for (plant, parts) in CAUGHT_BY {
        for part in parts {
            let output = validate(out.path(), &["--quick", "--plant", plant, "--only", part]);
            let text = String::from_utf8(output.stdout).unwrap();
            assert_eq!(output.status.code(), Some(1), "{plant} {part}:\n{text}");
            // Not merely too noisy to say: some claim fails. Claims are judged as in a whole run.
            assert!(text.contains("| FAIL"), "{plant} {part}:\n{text}");
            assert_eq!(record(out.path())["plant"], plant);
        }
    }
}

#[test]
fn a_pattern_selects_claims_without_changing_them() {
    let out = tempfile::tempdir().unwrap();
    let claims = |arguments: &[&str]| {
        assert_eq!(validate(out.path(), arguments).status.code(), Some(0));
        record(out.path())["claims"].as_array().unwrap().clone()
    };
    let driven = claims(&["--quick", "--only", "driven"]);
    let one = claims(&["--quick", "--only", "driven/rate/kappa_1"]);
    assert_eq!(one.len(), 1);
    assert!(driven.contains(&one[0]) && driven.len() == 12);
}

#[test]
fn bad_input_is_one_line_and_exit_code_two() {
    let rows: [(&[&str], &[&str]); 12] = [
        (&["--plant", "gian"], &["--plant", "gian", "gain, transpose"]),
        (&["--only", "nonsense"], &["--only", "nonsense", "such as"]),
        (&["--threads", "0"], &["--threads", "0", "between 1 and"]),
        (&["--threads", "99999"], &["--threads", "99999", "between 1 and"]),
        (&["--threads", "two"], &["--threads", "two"]),
        (&["--seed", "-1"], &["-1"]),
        (&["--seed", "1.5"], &["--seed", "1.5"]),
        (&["--seed", "18446744073709551616"], &["--seed", "18446744073709551616"]),
        (&["--quick", "--full"], &["--quick", "--full"]),
        (&["--fast"], &["--fast"]),
        (&["--only", "a\nb"], &["--only", "a\\nb"]),
        (&["--plant", "g\nain"], &["--plant", "g\\nain"]),
    ];
    let out = tempfile::tempdir().unwrap();
    for (arguments, expected) in rows {
        let output = validate(&out.path().join("new"), arguments);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        assert_eq!(message.lines().count(), 1, "{arguments:?}: {message}");
        assert!(output.stdout.is_empty());
        for part in expected {
            assert!(message.contains(part), "{arguments:?}: {message}");
        }
        assert!(!out.path().join("new").exists(), "{arguments:?} left something behind");
    }
}

#[test]
fn a_place_that_cannot_be_written_is_refused_before_anything_is_run() {
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("file");
    std::fs::write(&file, "kept").unwrap();
    let output = validate(&file.join("folder"), &[]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.lines().count() == 1 && message.contains("--out"), "{message}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "kept");
}
