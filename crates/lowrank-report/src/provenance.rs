//! What made a file: program, version, commit.

use std::process::Command;

use serde::Serialize;

/// Where a result comes from; with the seed and the parameters it repeats bit for bit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Provenance {
    /// "lowrank".
    pub program: &'static str,
    /// Version of the workspace.
    pub version: &'static str,
    /// Commit of the working tree, with "-modified" if it holds uncommitted changes; "unknown" outside of git.
    pub commit: String,
}

impl Provenance {
    /// That of this program, the commit asked of git where the program was built.
    pub fn here() -> Self {
        let git = |arguments: &[&str]| {
            let output = Command::new("git")
                .args(["-C", env!("CARGO_MANIFEST_DIR")])
                .args(arguments)
                .output()
                .ok()
                .filter(|o| o.status.success())?;
            String::from_utf8(output.stdout).ok().map(|s| s.trim().to_owned())
        };
        let modified = git(&["status", "--porcelain", "--untracked-files=no"]).is_some_and(|s| !s.is_empty());
        let commit = match git(&["rev-parse", "HEAD"]) {
            Some(commit) if modified => commit + "-modified",
            Some(commit) => commit,
            None => "unknown".to_owned(),
        };
        Self { program: "lowrank", version: env!("CARGO_PKG_VERSION"), commit }
    }
}
