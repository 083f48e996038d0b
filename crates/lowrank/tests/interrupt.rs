//! Ctrl-C: exit code 130, one line, finished blocks stay valid, and what is to be written whole is not there at all.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

/// Two hundred blocks of some milliseconds.
const SWEEP: &str = r#"
seed = 9
realisations = 50
cells-a-block = 3
[network]
neurons = 100
variants = ["current", "rate"]
[structure]
rank = 1
covariances = { "m[0]" = 1.0, "n[0]" = 1.0 }
[start]
along = { "m[0]" = 1.0 }
deviation = 1.0
[run]
transient = 40.0
window = 40.0
leave-at-rest = false
[[axis]]
parameter = "strength"
values = [0.5, 2.5]
[[axis]]
parameter = "g"
values = [1.5, 2.0, 2.5]
"#;

/// Runs until `ready`, interrupts, and gives what came of it.
fn interrupted(arguments: &[&str], ready: impl Fn() -> bool) -> Output {
    let child = Command::new(env!("CARGO_BIN_EXE_lowrank"))
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while !ready() {
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    child.wait_with_output().unwrap()
}

fn blocks(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(|entry| entry.file_name().to_string_lossy().ends_with(".bin")).count()
}

#[test]
fn an_interrupted_sweep_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (spec, out) = (folder.path().join("spec.toml"), folder.path().join("sweep"));
    std::fs::write(&spec, SWEEP).unwrap();
    let (spec, out_text) = (spec.to_str().unwrap(), out.to_str().unwrap());
    let fine = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_lowrank")).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    fine(&["sweep", "plan", spec, "--out", out_text]);
    let output = interrupted(&["sweep", "run", out_text, "--threads", "1"], || blocks(&out) >= 3);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{told}");
    assert!(told.lines().count() == 1 && told.contains("finished blocks are kept"), "{told}");
    let kept = blocks(&out);
    assert!((3..200).contains(&kept), "{kept}");
    let text = fine(&["sweep", "run", out_text]);
    assert!(text.contains(&format!("{kept} were finished before, 0 of 200 are left")), "{kept}: {text}");
    fine(&["sweep", "merge", out_text]);
}

#[test]
fn an_interrupted_simulation_writes_nothing_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (spec, out) = (folder.path().join("spec.toml"), folder.path().join("out"));
    let text = SWEEP.split("[[axis]]").next().unwrap().replace("window = 40.0", "window = 4000.0");
    std::fs::write(
        &spec,
        text.replace("leave-at-rest = false\n", "").replace("neurons = 100", "neurons = 100\ng = 0.5"),
    )
    .unwrap();
    for command in ["simulate", "check"] {
        // The folder is made before anything is run.
        let begun = || {
            let made = out.exists();
            std::thread::sleep(Duration::from_millis(if made { 100 } else { 0 }));
            made
        };
        let arguments = [command, spec.to_str().unwrap(), "--out", out.to_str().unwrap()];
        let output = interrupted(&arguments, begun);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(130), "{command}: {told}");
        assert!(told.lines().count() == 1 && told.contains("nothing was written"), "{command}: {told}");
        assert_eq!(std::fs::read_dir(&out).unwrap().count(), 0, "{command}");
    }
}
