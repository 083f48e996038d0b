//! Asks git once, when the program is built, which commit its source is: what is built stays what it says, whatever
//! becomes of the working tree.

use std::path::Path;
use std::process::Command;

fn main() {
    // Source files, and what a commit changes.
    for path in ["../../crates", "../../xtask", "../../Cargo.lock"] {
        println!("cargo::rerun-if-changed={path}");
    }
    let paths = ["HEAD", "index", "packed-refs"].map(|name| git(&["rev-parse", "--git-path", name]));
    let reference = git(&["symbolic-ref", "-q", "HEAD"]).and_then(|name| git(&["rev-parse", "--git-path", &name]));
    for path in paths.into_iter().chain([reference]).flatten() {
        if Path::new(&path).exists() {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    println!("cargo::rustc-env=LOWRANK_COMMIT={}", commit().unwrap_or_else(|| "unknown".to_owned()));
}

/// The commit; of a tree with other changes than to documents, with git's name of those changes besides.
fn commit() -> Option<String> {
    let commit = git(&["rev-parse", "HEAD"])?;
    let source = ["--", "../../crates", "../../xtask", "../../Cargo.toml", "../../Cargo.lock"];
    let changes = git(&[&["diff", "HEAD"], &source[..]].concat())?;
    if changes.is_empty() {
        return Some(commit);
    }
    let name = hash(changes.as_bytes());
    Some(format!("{commit}-modified-{name:016x}"))
}

/// FNV-1a: the same for the same changes on every machine.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// What git says, if it knows this folder and not just one around it that holds an unpacked archive of the source.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
