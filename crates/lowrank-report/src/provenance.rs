//! What made a file: program, version, commit.

use serde::Serialize;

/// Where a result comes from; with the seed and the parameters it repeats bit for bit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Provenance {
    /// "lowrank".
    pub program: &'static str,
    /// Version of the workspace.
    pub version: &'static str,
    /// Commit that the program was built from, with "-modified-" and a hash of the changes if there were any to its
    /// source; "unknown" where it was built outside of git.
    pub commit: String,
    /// Instruction set of the machine that computed: the last digits of sums depend on it.
    pub instructions: &'static str,
}

impl Provenance {
    /// That of this program.
    pub fn here() -> Self {
        let (version, commit) = (env!("CARGO_PKG_VERSION"), env!("LOWRANK_COMMIT").to_owned());
        Self { program: "lowrank", version, commit, instructions: instructions() }
    }
}

/// The widest vectors that products use here.
fn instructions() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") {
            return "avx512";
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            return "avx2";
        }
    }
    std::env::consts::ARCH
}
