//! What identifies a sweep.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A sweep as its store sees it: a definition, a seed, and a number of blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    definition: String,
    identity: Identity,
}

impl Job {
    /// `definition` is the canonical text, the same bytes for the same sweep; `schema` the version of what the payloads
    /// mean.
    pub fn new(schema: u32, definition: impl Into<String>, seed: u64, blocks: usize) -> Self {
        let definition = definition.into();
        let identity = Identity { schema, definition: sha256_hex(definition.as_bytes()), seed, blocks };
        Self { definition, identity }
    }

    /// Version of what the payloads mean.
    pub fn schema(&self) -> u32 {
        self.identity.schema
    }

    /// The canonical text.
    pub fn definition(&self) -> &str {
        &self.definition
    }

    /// SHA-256 of the canonical text in hexadecimal, as `sha256sum definition.json` prints it.
    pub fn spec_hash(&self) -> &str {
        &self.identity.definition
    }

    /// Seed of the sweep.
    pub fn seed(&self) -> u64 {
        self.identity.seed
    }

    /// Number of blocks.
    pub fn blocks(&self) -> usize {
        self.identity.blocks
    }

    pub(super) fn identity(&self) -> &Identity {
        &self.identity
    }
}

/// What `job.json` and the head of every block say about the sweep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    pub(super) schema: u32,
    /// Hash of the definition.
    pub(super) definition: String,
    pub(super) seed: u64,
    pub(super) blocks: usize,
}

impl Identity {
    /// Where `found` first differs from this one.
    pub(super) fn difference(&self, found: &Self) -> Option<Difference> {
        let all = [
            ("definition", found.definition.clone(), self.definition.clone()),
            ("schema", found.schema.to_string(), self.schema.to_string()),
            ("seed", found.seed.to_string(), self.seed.to_string()),
            ("blocks", found.blocks.to_string(), self.blocks.to_string()),
        ];
        let (field, found, expected) = all.into_iter().find(|(_, found, expected)| found != expected)?;
        Some(Difference { field, found, expected })
    }
}

/// Where a file on disk differs from what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// "definition" (by its hash), "schema", "seed", "blocks" or "block".
    pub field: &'static str,
    /// Its value in the file.
    pub found: String,
    /// Its value here.
    pub expected: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}, not {}", self.field, self.found, self.expected)
    }
}

/// SHA-256 in hexadecimal.
pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_the_text_alone() {
        let job = Job::new(1, "abc", 7, 3);
        // FIPS 180-2, example B.1.
        assert_eq!(job.spec_hash(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(job.spec_hash(), Job::new(2, "abc", 8, 4).spec_hash());
    }

    #[test]
    fn a_difference_names_the_field_and_both_values() {
        let job = Job::new(1, "abc", 7, 3);
        let told = |other: Job| job.identity().difference(other.identity()).map(|d| d.to_string());
        assert_eq!(told(Job::new(1, "abc", 7, 3)), None);
        assert_eq!(told(Job::new(2, "abc", 7, 3)).unwrap(), "schema 2, not 1");
        assert_eq!(told(Job::new(1, "abc", 8, 3)).unwrap(), "seed 8, not 7");
        assert_eq!(told(Job::new(1, "abc", 7, 4)).unwrap(), "blocks 4, not 3");
        assert!(told(Job::new(1, "abd", 7, 3)).unwrap().starts_with("definition a52d"));
    }
}
