//! A sweep gives the same bytes however it was run: killed and resumed, cut into shards, on threads, in any order, by
//! two processes at once, on a disk that was full. The program that is killed is this test itself, run again as
//! [`child`].
//!
//! A killed process is not a power failure: what the system had buffered still reaches the disk.
#![allow(clippy::disallowed_methods, reason = "tests of the crate that writes files")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{env, fs, thread};

use lowrank_report::{Job, Provenance, ReportError, Shard, Status, Store, Summary, blocks_of, merge, run_blocks};

const BLOCKS: usize = 40;
const SEED: u64 = 11;
const DEFINITION: &str = r#"{"g":[0.5,1.5],"realisations":20}"#;
/// Kills of the crash test.
const KILLS: usize = 60;
/// Where the child finds its task: folder, threads, shard and direction, a line each.
const TASK: &str = "LOWRANK_TEST_BLOCKS";

fn open(folder: &Path) -> Store {
    let provenance =
        Provenance { program: "lowrank", version: "0.1.0", commit: "abc".to_owned(), instructions: "avx2" };
    Store::open(folder, Job::new(1, DEFINITION, SEED, BLOCKS), provenance).unwrap()
}

/// SplitMix64.
fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A few ms of work; up to 16 kB that the index alone decides, less than 1 kB for the first five blocks.
fn compute(block: usize) -> Result<Vec<u8>, String> {
    let mut state = SEED ^ (block as u64) << 32;
    thread::sleep(Duration::from_micros(500 + random(&mut state) % 2500));
    let words = random(&mut state) % if block < 5 { 100 } else { 2000 };
    Ok((0..words).flat_map(|_| random(&mut state).to_le_bytes()).collect())
}

fn run(store: &Store, which: Vec<usize>, threads: usize) -> Result<Summary<String>, ReportError> {
    run_blocks(store, which, NonZeroUsize::new(threads).unwrap(), compute, |_, _| {})
}

/// The bytes that every run must end with, from no store's files but one plain run.
fn reference() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    assert_eq!(run(&store, (0..BLOCKS).collect(), 1).unwrap().done, BLOCKS);
    let merged = merge(&store).unwrap();
    assert!((0..BLOCKS).all(|block| merged.payloads[block] == compute(block).unwrap()));
    merged.to_bytes().unwrap()
}

fn merged(folder: &Path) -> Vec<u8> {
    assert_eq!(unfinished(folder), 0, "files left half written");
    merge(&open(folder)).unwrap().to_bytes().unwrap()
}

/// How many files in `folder` are being written, or were when their writer was killed.
fn unfinished(folder: &Path) -> usize {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_str().unwrap().starts_with(".lowrank-")).count()
}

/// That nothing in `folder` with a final name is damaged; how many blocks are finished.
fn finished_and_whole(folder: &Path) -> usize {
    let store = open(folder);
    let statuses: Vec<Status> = (0..BLOCKS).map(|block| store.status(block)).collect();
    let damaged = statuses.iter().filter(|status| matches!(status, Status::Damaged(_))).collect::<Vec<_>>();
    assert!(damaged.is_empty(), "{damaged:?}");
    statuses.iter().filter(|&status| *status == Status::Valid).count()
}

/// This test as another process, with `wrapper` before its command line.
fn child_command(wrapper: &[&str], folder: &Path, threads: usize, shard: &str, direction: &str) -> Command {
    let program = env::current_exe().unwrap();
    let mut words: Vec<&str> = wrapper.to_vec();
    words.extend([program.to_str().unwrap(), "--exact", "child", "--nocapture"]);
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).env(TASK, format!("{}\n{threads}\n{shard}\n{direction}", folder.display()));
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

fn start(folder: &Path, threads: usize, shard: &str, direction: &str) -> Child {
    child_command(&[], folder, threads, shard, direction).spawn().unwrap()
}

/// Nothing by itself: the process that other tests start, kill and start again.
#[test]
fn child() {
    let Ok(task) = env::var(TASK) else { return };
    let words: Vec<&str> = task.lines().collect();
    let mut which: Vec<usize> = blocks_of(Shard::parse(words[2]).unwrap(), BLOCKS).collect();
    if words[3] == "down" {
        which.reverse();
    }
    let store = open(Path::new(words[0]));
    match run(&store, which, words[1].parse().unwrap()) {
        Ok(summary) => eprintln!("computed {}", summary.done),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn shards_threads_and_order_leave_no_trace() {
    let expected = reference();
    for shards in [1, 2, 3, 7] {
        for threads in [1, 2] {
            for reversed in [false, true] {
                let folder = tempfile::tempdir().unwrap();
                let mut order: Vec<usize> = (0..shards).collect();
                if reversed {
                    order.reverse();
                }
                for k in order {
                    let shard = Shard::parse(&format!("{k}/{shards}")).unwrap();
                    let mut which: Vec<usize> = blocks_of(shard, BLOCKS).collect();
                    if reversed {
                        which.reverse();
                    }
                    // Each shard opens the store for itself, as a process would.
                    assert_eq!(run(&open(folder.path()), which.clone(), threads).unwrap().done, which.len());
                }
                assert!(merged(folder.path()) == expected, "{shards} shards, {threads} threads, reversed {reversed}");
            }
        }
    }
}

#[test]
fn two_processes_on_one_folder_agree() {
    let expected = reference();
    for [first, second] in [["0/1", "0/1"], ["0/2", "1/2"]] {
        for direction in ["up", "down"] {
            let folder = tempfile::tempdir().unwrap();
            let children = [start(folder.path(), 2, first, "up"), start(folder.path(), 2, second, direction)];
            for child in children {
                let output = child.wait_with_output().unwrap();
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            }
            assert!(merged(folder.path()) == expected, "{first} and {second} {direction}");
        }
    }
}

/// How often each block was computed is written down by the processes themselves.
#[test]
fn two_processes_share_the_blocks_and_one_takes_over_from_a_killed_one() {
    let expected = reference();
    for killed in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let mut first = start(folder.path(), 1, "0/1", "up");
        let second = start(folder.path(), 1, "0/1", "up");
        if killed {
            while finished_and_whole(folder.path()) < 5 {
                thread::sleep(Duration::from_millis(1));
            }
            first.kill().unwrap();
        }
        let counts: Vec<usize> = [first, second]
            .map(|child| child.wait_with_output().unwrap())
            .iter()
            .map(|output| {
                assert!(output.status.success() || killed, "{}", String::from_utf8_lossy(&output.stderr));
                let report = String::from_utf8_lossy(&output.stderr);
                report.lines().find_map(|line| line.strip_prefix("computed ")?.parse().ok()).unwrap_or(0)
            })
            .collect();
        // Without a kill no block is computed twice.
        assert!(killed || counts.iter().sum::<usize>() == BLOCKS, "{counts:?}");
        // What the killed one left half done goes when the folder is opened.
        drop(open(folder.path()));
        assert!(merged(folder.path()) == expected, "killed {killed}");
    }
}

#[test]
fn killed_at_any_moment_it_resumes_to_the_same_bytes() {
    let expected = reference();
    let mut state = 2024;
    let (mut kills, mut sweeps, mut while_writing) = (0, 0, 0);
    while kills < KILLS {
        let folder = tempfile::tempdir().unwrap();
        loop {
            let mut child = start(folder.path(), 1 + kills % 2, "0/1", if kills % 3 == 0 { "down" } else { "up" });
            if kills < KILLS {
                thread::sleep(Duration::from_micros(random(&mut state) % 60_000));
                child.kill().unwrap();
                kills += 1;
            }
            let output = child.wait_with_output().unwrap();
            while_writing += unfinished(folder.path());
            let finished = finished_and_whole(folder.path());
            if output.status.code().is_some() {
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
                assert_eq!(finished, BLOCKS);
            }
            if finished == BLOCKS {
                break;
            }
        }
        sweeps += 1;
        assert!(merged(folder.path()) == expected, "after {kills} kills");
    }
    println!("{kills} kills over {sweeps} sweeps left {while_writing} files half written, none under a final name");
}

/// `cause` must be why the run of a process stopped; blocks that were finished are whole, and nothing else is left.
#[cfg(unix)]
fn stops_because_of(cause: &str, mut command: Command, folder: &Path) -> usize {
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    let line = told.lines().find(|line| line.starts_with("cannot write block-")).unwrap_or_else(|| panic!("{told}"));
    for part in [cause, folder.to_str().unwrap(), "then run again: finished blocks are kept"] {
        assert!(line.contains(part), "{part}: {line}");
    }
    assert!(!output.status.success());
    assert_eq!(unfinished(folder), 0);
    finished_and_whole(folder)
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_grow_stops_the_run_cleanly() {
    let folder = tempfile::tempdir().unwrap();
    // Shells count in 512 or 1024 bytes; ignored, the signal becomes an error of the write.
    let limited = ["sh", "-c", r#"trap "" XFSZ; ulimit -f 4; exec "$0" "$@""#];
    let finished =
        stops_because_of("File too large", child_command(&limited, folder.path(), 2, "0/1", "up"), folder.path());
    assert!((1..BLOCKS).contains(&finished), "{finished}");
    run(&open(folder.path()), (0..BLOCKS).collect(), 2).unwrap();
    assert!(merged(folder.path()) == reference());
}

/// A small disk of its own, unmounted when dropped.
#[cfg(target_os = "linux")]
struct Disk(PathBuf);

#[cfg(target_os = "linux")]
impl Disk {
    fn mount(options: &str, place: &Path) -> Result<(), String> {
        let output = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(place).output();
        match output {
            Ok(output) if output.status.success() => Ok(()),
            Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}

#[cfg(target_os = "linux")]
impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_and_a_read_only_disk_stop_the_run_cleanly() {
    let folder = tempfile::tempdir().unwrap();
    if let Err(reason) = Disk::mount("size=100k", folder.path()) {
        println!("skipped: no disk can be mounted here ({reason})");
        return;
    }
    let disk = Disk(folder.path().to_owned());
    let command = |threads| child_command(&[], &disk.0, threads, "0/1", "up");
    let finished = stops_because_of("No space left on device", command(2), &disk.0);
    assert!((1..BLOCKS).contains(&finished), "{finished}");
    // Stopped again at once, with nothing lost.
    assert!(stops_because_of("No space left on device", command(1), &disk.0) >= finished);

    Disk::mount("remount,ro", &disk.0).unwrap();
    stops_because_of("Read-only file system", command(2), &disk.0);

    Disk::mount("remount,rw,size=2m", &disk.0).unwrap();
    run(&open(&disk.0), (0..BLOCKS).collect(), 2).unwrap();
    // What is finished can be merged from a disk that cannot be written. A process that another test starts just now holds the files
    // that were open when it was forked, and the disk with them, until it becomes another program.
    let mut tries = 0..100;
    while let Err(reason) = Disk::mount("remount,ro", &disk.0) {
        assert!(tries.next().is_some() && reason.contains("busy"), "{reason}");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert!(merged(&disk.0) == reference());
}
