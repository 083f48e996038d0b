//! `cargo xtask sweep` as a user runs it: whatever happens on the way, the merged files are the same to the byte.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

/// Kills of the crash test.
const KILLS: u64 = 50;

/// Forty blocks of some ten milliseconds.
const DEFINITION: &str = r#"
seed = 9
realisations = 4
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
transient = 20.0
window = 20.0
[[axis]]
parameter = "strength"
values = [0.5, 2.5, 3.5]
[[axis]]
parameter = "g"
values = [0.5, 1.5, 2.0, 2.5, 3.0]
"#;

fn sweep(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask")).arg("sweep").args(arguments).output().unwrap()
}

#[track_caller]
fn fine(arguments: &[&str]) -> String {
    let output = sweep(arguments);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// A planned sweep in a folder of its own.
fn planned() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let definition = folder.path().join("definition.toml");
    std::fs::write(&definition, DEFINITION).unwrap();
    let out = folder.path().join("sweep").to_str().unwrap().to_owned();
    fine(&["plan", definition.to_str().unwrap(), "--out", &out]);
    (folder, out)
}

fn merged(out: &str) -> [Vec<u8>; 2] {
    fine(&["merge", out]);
    ["networks.csv", "cells.csv"].map(|name| std::fs::read(Path::new(out).join(name)).unwrap())
}

#[test]
fn the_merged_files_do_not_depend_on_shards_threads_order_or_damage() {
    let (_kept, whole) = planned();
    let text = fine(&["run", &whole, "--threads", "1"]);
    assert!(
        text.contains("seed 9") && text.contains("40 blocks computed") && text.contains("0 of 40 are left"),
        "{text}"
    );
    let expected = merged(&whole);
    let table = String::from_utf8(expected[1].clone()).unwrap();
    assert!(table.starts_with("variant,"), "{table}");
    assert_eq!(table.lines().count(), 1 + 2 * 15);
    let beside = std::fs::read_to_string(Path::new(&whole).join("cells.csv.json")).unwrap();
    assert!(beside.contains("\"program\": \"lowrank\"") && beside.contains("\"seed\": 9"), "{beside}");

    let (_kept, sharded) = planned();
    for shard in ["2/3", "0/3", "1/3"] {
        fine(&["run", &sharded, "--shard", shard, "--threads", "3"]);
    }
    assert!(merged(&sharded) == expected);

    // Blocks that are cut, flipped or gone are computed anew, and no others.
    let block = |index: usize| Path::new(&sharded).join(format!("block-{index:06}.bin"));
    let cut = std::fs::read(block(3)).unwrap();
    std::fs::write(block(3), &cut[..cut.len() / 2]).unwrap();
    let mut flipped = std::fs::read(block(17)).unwrap();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    std::fs::write(block(17), flipped).unwrap();
    std::fs::remove_file(block(39)).unwrap();
    let refused = sweep(&["merge", &sharded]);
    let message = String::from_utf8(refused.stderr).unwrap();
    assert_eq!((refused.status.code(), message.lines().count()), (Some(2), 1), "{message}");
    assert!(message.contains("3 of 40") && message.contains("3, 17, 39"), "{message}");
    let text = fine(&["run", &sharded]);
    assert!(text.contains("3 blocks computed, 37 were finished before"), "{text}");
    assert!(merged(&sharded) == expected);

    // One block at a time, the last first; finished ones are left alone.
    let (_kept, single) = planned();
    for index in (0..40).rev() {
        fine(&["run", &single, "--block", &index.to_string()]);
    }
    assert!(fine(&["run", &single]).contains("0 blocks computed, 40 were finished before"));
    assert!(merged(&single) == expected);
}

#[test]
fn fifty_kills_leave_no_trace_in_the_merged_files() {
    let (_kept, whole) = planned();
    fine(&["run", &whole]);
    let expected = merged(&whole);
    let (_kept, killed) = planned();
    let mut state = 1_u64;
    for _ in 0..KILLS {
        let mut child = Command::new(env!("CARGO_BIN_EXE_xtask"))
            .args(["sweep", "run", &killed, "--threads", "2"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Up to 40 ms: before the first block, within a block, within a file.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        std::thread::sleep(Duration::from_micros((state >> 33) % 40_000));
        child.kill().unwrap();
        child.wait().unwrap();
        // A later kill must find work: forget a finished block now and then.
        let finished = Path::new(&killed).join(format!("block-{:06}.bin", (state >> 20) % 40));
        let _ = std::fs::remove_file(finished);
    }
    fine(&["run", &killed]);
    assert!(merged(&killed) == expected);
    let stray = std::fs::read_dir(&killed)
        .unwrap()
        .filter(|e| e.as_ref().unwrap().file_name().to_str().unwrap().starts_with('.'));
    assert_eq!(stray.count(), 0);
}

#[test]
fn bad_input_is_one_line_and_exit_code_two() {
    let (folder, out) = planned();
    let definition = folder.path().join("definition.toml");
    let bad = folder.path().join("bad.toml");
    std::fs::write(&bad, DEFINITION.replace("neurons = 100", "neurons = 100\nneuron = 1")).unwrap();
    let other = folder.path().join("other.toml");
    std::fs::write(&other, DEFINITION.replace("seed = 9", "seed = 10")).unwrap();
    let huge = folder.path().join("huge.toml");
    std::fs::write(&huge, DEFINITION.replace("neurons = 100", "neurons = 2000000")).unwrap();
    let huge_out = folder.path().join("huge");
    fine(&["plan", huge.to_str().unwrap(), "--out", huge_out.to_str().unwrap()]);
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let (definition, bad, other, huge_out) = (text(&definition), text(&bad), text(&other), text(&huge_out));
    let rows: [(&[&str], &[&str]); 12] = [
        (&["plan", "nowhere.toml", "--out", &out], &["nowhere.toml"]),
        (&["plan", &bad, "--out", &out], &["bad.toml", "neuron", "bulk"]),
        (&["plan", &other, "--out", &out], &["another sweep", "choose another folder"]),
        (&["plan", &definition], &["--out"]),
        (&["plan", &definition, "--out", &out, "--threads", "0"], &["--threads", "0", "between 1 and"]),
        (&["run", "nowhere"], &["nowhere", "sweep plan"]),
        (&["run", &out, "--block", "40"], &["--block", "40", "counted from 0"]),
        (&["run", &out, "--shard", "3/3"], &["--shard", "3/3", "0 <= k < n"]),
        (&["run", &out, "--shard", "0/3", "--block", "1"], &["--shard", "--block"]),
        (&["run", &huge_out], &["GB are needed", "smaller N"]),
        (&["merge", "nowhere"], &["nowhere", "sweep plan"]),
        (&["merge", &out], &["40 of 40", "run them first"]),
    ];
    for (arguments, parts) in rows {
        let output = sweep(arguments);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        assert_eq!(message.lines().count(), 1, "{arguments:?}: {message}");
        assert!(parts.iter().all(|part| message.contains(part)), "{arguments:?}: {message}");
    }
}

/// The process holds what `plan` says and little more: code, tables. On one thread, since whether the most memory of two
/// blocks is held at the same moment is chance; the plan of two threads is that of one and the same again.
#[test]
#[cfg(target_os = "linux")]
fn memory_stays_what_was_planned() {
    let folder = tempfile::tempdir().unwrap();
    let definition = folder.path().join("definition.toml");
    let text = DEFINITION.replace("neurons = 100", "neurons = 3000").replace("cells-a-block = 3", "cells-a-block = 15");
    let text = text.replace("transient = 20.0", "transient = 0.0").replace("window = 20.0", "window = 2.0");
    std::fs::write(&definition, text.replace("realisations = 4", "realisations = 2")).unwrap();
    let out = folder.path().join("sweep").to_str().unwrap().to_owned();
    let [one, two] = ["1", "2"].map(|threads| {
        let plan = fine(&["plan", definition.to_str().unwrap(), "--out", &out, "--threads", threads]);
        let stated = plan.lines().find_map(|line| line.strip_prefix("memory ")).unwrap();
        stated.split_whitespace().next().unwrap().parse::<f64>().unwrap()
    });
    assert!(two > 1.7 * one && two < 2.0 * one, "{one} MB for one thread, {two} MB for two");
    let mut child = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["sweep", "run", &out, "--threads", "1"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // The system's own account of the most memory held so far, asked until the process ends.
    let mut peak = 0.0_f64;
    while child.try_wait().unwrap().is_none() {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let held = line.and_then(|line| line.trim().strip_suffix(" kB")).and_then(|kilobytes| kilobytes.parse().ok());
        peak = held.map_or(peak, |kilobytes: f64| peak.max(kilobytes * 1.024e-3));
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(child.wait().unwrap().success());
    assert!(peak < 1.2 * one && peak > 0.8 * one, "peak {peak} MB where {one} MB were planned");
}
