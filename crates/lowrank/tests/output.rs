//! Standard output that cannot be written, readers that go away, and the number of threads.
#![cfg(target_os = "linux")]
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A network that every command can take in a fraction of a second.
const SMALL: &str = r#"
seed = 3
realisations = 12
[network]
neurons = 60
g = 0.6
[structure]
rank = 1
means = { "m[0]" = 1.1, "n[0]" = 2.0 }
covariances = { "m[0]" = 1.0, "n[0]" = 1.0 }
[start]
along = { "m[0]" = 1.0 }
deviation = 1.0
[run]
transient = 20.0
window = 4.0
"#;

const AXES: &str = r#"
[[axis]]
parameter = "g"
values = [0.5, 1.5]
"#;

/// A disk without room.
fn full() -> File {
    OpenOptions::new().write(true).open("/dev/full").unwrap()
}

fn run(arguments: &[&str], stdout: impl Into<Stdio>) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lowrank")).args(arguments).stdout(stdout).output().unwrap()
}

#[test]
fn a_full_disk_under_standard_output_is_exit_code_three_and_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (spec, axes) = (path("own.toml"), path("axes.toml"));
    std::fs::write(&spec, SMALL).unwrap();
    std::fs::write(&axes, SMALL.to_owned() + AXES).unwrap();
    let (sweep, diagram, out) = (path("sweep"), path("diagram"), path("out"));
    let commands: [&[&str]; 17] = [
        &["--help"],
        &["--version"],
        &["sweep", "--help"],
        &["init", "--list"],
        &["schema"],
        &["completions", "zsh"],
        &["man"],
        &["solve", &spec],
        &["solve", &spec, "--json"],
        &["simulate", &spec, "--json", "--out", &out],
        &["check", &spec, "-q"],
        &["sweep", "plan", &axes, "--out", &sweep],
        &["sweep", "run", &sweep, "--json", "-q"],
        &["sweep", "merge", &sweep, "-q"],
        &["diagram", &axes, "--out", &diagram, "-q"],
        &["task", "ring", "--networks", "2", "--neurons", "50", "--variant", "rate", "-q"],
        &["validate", "--quick", "--only", "step-input/two-timescale/kappa_1(1.6)", "--out", &out, "-q"],
    ];
    for arguments in commands {
        let output = run(arguments, full());
        let message = String::from_utf8(output.stderr).unwrap();
        let last = message.lines().last().unwrap_or_default();
        assert_eq!(output.status.code(), Some(3), "{arguments:?}: {message}");
        assert!(last.starts_with("error: cannot write to standard output: No space left"), "{arguments:?}: {message}");
    }
    // Files are written before anything is printed.
    assert!(Path::new(&out).join("simulate.json").exists() && Path::new(&sweep).join("cells.csv").exists());
}

/// Files that cannot be written when all is computed: a folder in the place of each, or no room for more than a few lines.
#[test]
fn what_was_computed_is_printed_where_its_files_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (spec, axes) = (path("own.toml"), path("axes.toml"));
    std::fs::write(&spec, SMALL).unwrap();
    std::fs::write(&axes, SMALL.to_owned() + AXES).unwrap();
    let rows: [(&[&str], &str, &str); 8] = [
        (&["solve", &spec], "solve.json", "lambda_max"),
        (&["solve", &spec, "--json"], "solve.json", "\"solutions\""),
        (&["simulate", &spec], "simulate.json", "delta_0"),
        (&["transient", &spec, "--until", "1"], "transient.json", "delta_0"),
        (&["check", &spec, "-q"], "check.json", "kappa_1"),
        (
            &["task", "detection", "--networks", "2", "--neurons", "50", "--variant", "rate", "-q"],
            "detection/task.json",
            "detection",
        ),
        (&["diagram", &axes, "-q"], "diagram.svg", "cells.csv"),
        (
            &["validate", "--quick", "--only", "step-input/two-timescale/kappa_1(1.6)", "-q"],
            "validate.json",
            "step-input",
        ),
    ];
    for (index, (arguments, file, part)) in rows.into_iter().enumerate() {
        let out = path(&format!("out{index}"));
        std::fs::create_dir_all(Path::new(&out).join(file)).unwrap();
        let output = run(&[arguments, &["--out", &out]].concat(), Stdio::piped());
        let message = String::from_utf8(output.stderr).unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(part), "{arguments:?}: {text} {message}");
        let errors: Vec<&str> = message.lines().filter(|line| line.contains("cannot write")).collect();
        assert!(matches!(errors[..], [line] if line.contains(file)), "{arguments:?}: {message}");
        // A claim that does not pass comes first.
        let claims = ["check", "task", "validate"].contains(&arguments[0]);
        let code = output.status.code().unwrap();
        assert!(code == 3 || claims && code == 1, "{arguments:?}: {code} {message}");
    }
    // Files of at most half a kilobyte or a kilobyte, as the shell counts.
    let limited = format!(
        "trap '' XFSZ; ulimit -f 1; exec {} solve {spec} --out {}",
        env!("CARGO_BIN_EXE_lowrank"),
        path("small")
    );
    let output = Command::new("sh").args(["-c", &limited]).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(3) && message.contains("solve.json"), "{message}");
    assert!(String::from_utf8(output.stdout).unwrap().contains("lambda_max"));
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    let folder = tempfile::tempdir().unwrap();
    let spec = folder.path().join("own.toml");
    std::fs::write(&spec, SMALL).unwrap();
    let spec = spec.to_str().unwrap();
    for arguments in [&["--help"][..], &["schema"], &["man"], &["solve", spec, "--json"], &["solve", spec]] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lowrank"))
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // What head does to it.
        drop(child.stdout.take());
        let mut message = String::new();
        child.stderr.take().unwrap().read_to_string(&mut message).unwrap();
        assert_eq!((child.wait().unwrap().code(), message.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn a_standard_error_that_cannot_be_written_changes_no_exit_code() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lowrank"));
    let status = command.args(["solve", "nowhere.toml"]).stderr(full()).status().unwrap();
    assert_eq!(status.code(), Some(2));
}

/// The largest number of threads of a process while it runs.
fn most_threads(arguments: &[&str]) -> usize {
    let mut child = Command::new(env!("CARGO_BIN_EXE_lowrank"))
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let tasks = format!("/proc/{}/task", child.id());
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        most = most.max(std::fs::read_dir(&tasks).map_or(0, Iterator::count));
    }
    most
}

#[test]
fn a_command_has_the_threads_that_it_was_given_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let spec = folder.path().join("own.toml");
    std::fs::write(&spec, SMALL).unwrap();
    let spec = spec.to_str().unwrap();
    for command in ["solve", "simulate"] {
        for threads in [1, 5] {
            // Beside the pool there are the main thread and the one that waits for Ctrl-C.
            let number = threads.to_string();
            assert_eq!(most_threads(&[command, spec, "-q", "--threads", &number]), threads + 2, "{command}");
            let output = run(&[command, spec, "--verbose", "--threads", &number], Stdio::null());
            let remarks = String::from_utf8(output.stderr).unwrap();
            assert!(remarks.lines().any(|line| line == format!("{threads} threads")), "{command}: {remarks}");
        }
    }
}
