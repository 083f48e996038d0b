//! What every command prints with `--json` has a schema, `lowrank schema --output COMMAND`, and is as it says: nothing of another
//! type, nothing that it does not name.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::disallowed_methods)]

#[path = "../../../tests/schema_check.rs"]
mod schema_check;

use std::path::Path;
use std::process::Command;

use lowrank::commands::schema::OUTPUTS;
use serde_json::{Value, json};

use self::schema_check::faults;

/// Standard output as JSON, whatever the verdict.
#[track_caller]
fn json_of(arguments: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_lowrank")).args(arguments).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let message = String::from_utf8_lossy(&output.stderr);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {text}{message}"))
}

#[track_caller]
fn holds(command: &str, arguments: &[&str]) {
    let schema = json_of(&["schema", "--output", command]);
    let value = json_of(&[arguments, &["--json", "--quiet"]].concat());
    let found = faults(&schema, &value, true);
    assert!(found.is_empty(), "{arguments:?}: {}", found.join("\n"));
}

fn examples() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/specs");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .map(|path| path.to_str().unwrap().into())
        .collect()
}

/// An example as a small and short one.
fn small(folder: &Path, path: &str) -> String {
    let mut spec: toml::Table = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    if spec.get("structure").is_some_and(|structure| structure.get("vectors").is_some()) {
        // Given vectors are as many as they are.
        return path.to_owned();
    }
    spec.insert("realisations".into(), toml::Value::Integer(2));
    spec["network"].as_table_mut().unwrap().insert("neurons".into(), toml::Value::Integer(40));
    spec["network"].as_table_mut().unwrap().remove("bulk");
    spec["network"].as_table_mut().unwrap().remove("precision");
    if let Some(run) = spec.get_mut("run").and_then(toml::Value::as_table_mut) {
        for (field, longest) in [("transient", 6.0), ("window", 4.0)] {
            if run.get(field).and_then(toml::Value::as_float).is_some_and(|time| time > longest) {
                run.insert(field.into(), toml::Value::Float(longest));
            }
        }
        run.remove("lags");
    }
    let small = folder.join(Path::new(path).file_name().unwrap());
    std::fs::write(&small, toml::to_string(&spec).unwrap()).unwrap();
    small.to_str().unwrap().to_owned()
}

#[test]
fn every_output_has_a_schema_that_describes_its_fields() {
    for command in OUTPUTS {
        let schema = json_of(&["schema", "--output", command]);
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{command}");
    }
    let refused = Command::new(env!("CARGO_BIN_EXE_lowrank")).args(["schema", "--output", "man"]).output().unwrap();
    let message = String::from_utf8(refused.stderr).unwrap();
    assert!(refused.status.code() == Some(2) && message.contains("sweep merge"), "{message}");
}

/// The search itself takes minutes: the record of a short one is held to its schema beside the schemas.
const ELSEWHERE: &str = "task --search";

#[test]
fn every_output_is_held_to_its_schema_here() {
    let this = include_str!("json.rs");
    for command in OUTPUTS.iter().filter(|command| **command != ELSEWHERE) {
        assert!(this.contains(&format!("holds(\"{command}\"")), "{command} is held to its schema nowhere");
    }
}

#[test]
fn theory_and_networks_of_the_examples_are_as_their_schemas_say() {
    let folder = tempfile::tempdir().unwrap();
    for example in examples() {
        let name = Path::new(&example).file_stem().unwrap().to_str().unwrap();
        if !["diagram", "large"].contains(&name) {
            holds("solve", &["solve", &example]);
        }
        let small = small(folder.path(), &example);
        let axes = std::fs::read_to_string(&small).unwrap().contains("[[axis]]");
        if !axes {
            holds("simulate", &["simulate", &small]);
        }
        if ["step-input", "network"].contains(&name) {
            holds("transient", &["transient", &small]);
        }
        if name == "network" || name == "chaos" {
            holds("check", &["check", &small]);
        }
    }
}

#[test]
fn the_other_commands_are_as_their_schemas_say() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/specs/diagram.toml");
    let mut text: toml::Table = toml::from_str(&std::fs::read_to_string(example).unwrap()).unwrap();
    text["network"].as_table_mut().unwrap().insert("neurons".into(), toml::Value::Integer(40));
    text.insert("realisations".into(), toml::Value::Integer(2));
    for axis in text["axis"].as_array_mut().unwrap() {
        let axis = axis.as_table_mut().unwrap();
        ["from", "to", "points"].iter().for_each(|field| drop(axis.remove(*field)));
        axis.insert("values".into(), toml::Value::Array(vec![toml::Value::Float(0.5), toml::Value::Float(1.5)]));
    }
    let spec = path("diagram.toml");
    std::fs::write(&spec, toml::to_string(&text).unwrap()).unwrap();
    let (sweep, diagram) = (path("sweep"), path("diagram"));
    holds("sweep plan", &["sweep", "plan", &spec, "--out", &sweep]);
    holds("sweep run", &["sweep", "run", &sweep]);
    holds("sweep merge", &["sweep", "merge", &sweep]);
    holds("diagram", &["diagram", &spec, "--out", &diagram]);
    holds("init", &["init", &path("new.toml")]);
    holds("init --list", &["init", "--list"]);
    holds("figure", &["figure", "transients", "--quick", "--out", &path("figures")]);
    holds("task", &["task", "detection", "ring", "limit-cycle", "--networks", "2", "--neurons", "60"]);
    let own = path("own.toml");
    let axis = "[[axis]]\nparameter = \"g\"\nvalues = [0.5, 1.5]\n";
    std::fs::write(&own, format!("seed = 1\n[network]\nneurons = 40\n{axis}")).unwrap();
    std::fs::write(path("one.toml"), "seed = 1\n[network]\nneurons = 40\n[run]\ntransient = 1.0\nwindow = 1.0\n")
        .unwrap();
    holds("transient", &["transient", &path("one.toml"), "--networks", "2"]);
    holds("solve", &["solve", &own, "--autocovariance", "--branches", "--eigenvalues"]);
    let out = path("validate");
    holds("validate", &["validate", "--quick", "--only", "step-input/rate/kappa_1", "--out", &out]);
}

#[test]
fn the_check_finds_what_does_not_fit() {
    let schema = json!({
        "type": "object",
        "properties": { "a": { "type": ["number", "null"], "minimum": 0 }, "b": { "$ref": "#/$defs/pair" } },
        "required": ["a"],
        "$defs": { "pair": { "type": "array", "prefixItems": [{ "type": "integer" }], "minItems": 1, "maxItems": 1 } },
    });
    for (value, count) in [
        (json!({ "a": 1.5, "b": [2] }), 0),
        (json!({ "a": null }), 0),
        (json!({ "a": -1 }), 1),
        (json!({ "b": [2] }), 1),
        (json!({ "a": 1, "b": [0.5] }), 1),
        (json!({ "a": 1, "b": [1, 2] }), 1),
        (json!({ "a": 1, "c": 1 }), 1),
        (json!([]), 1),
    ] {
        assert_eq!(faults(&schema, &value, true).len(), count, "{value}");
    }
}
