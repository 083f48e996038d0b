//! The bytes of one block: a line that says what this is, a line of JSON (the head), the payload, and the SHA-256 of
//! all that. `head -2 block-000123.bin` shows the head.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::job::{Difference, Identity};

const MAGIC: &[u8] = b"lowrank block 1\n";
/// Bytes of a SHA-256.
const CHECKSUM: usize = 32;

/// What a block says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    #[serde(flatten)]
    pub(super) job: Identity,
    pub(super) block: usize,
    pub(super) version: String,
    pub(super) commit: String,
    /// Instruction set of the machine.
    pub(super) instructions: String,
    /// Length of the payload.
    pub(super) bytes: usize,
}

/// Why a file is not the block that its name promises; such a block is computed anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Damage {
    /// The system cannot read it, and says this.
    Unreadable(String),
    /// It ends too early, or goes on where it should end.
    Length,
    /// It does not begin like a block.
    NotABlock,
    /// Its bytes are not those that were written.
    Checksum,
    /// It is whole, but belongs elsewhere.
    Foreign(Difference),
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(reason) => write!(f, "cannot be read ({reason})"),
            Self::Length => f.write_str("has the wrong length"),
            Self::NotABlock => f.write_str("does not begin like a block"),
            Self::Checksum => f.write_str("does not match its checksum"),
            Self::Foreign(difference) => write!(f, "belongs elsewhere ({difference})"),
        }
    }
}

/// The file of a block.
pub(super) fn encode(head: &Head, payload: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = MAGIC.to_vec();
    serde_json::to_writer(&mut bytes, head)?;
    bytes.push(b'\n');
    bytes.extend_from_slice(payload);
    let checksum = Sha256::digest(&bytes);
    bytes.extend_from_slice(&checksum);
    Ok(bytes)
}

/// Head and payload of block `block` of `job`, if `bytes` are exactly what [`encode`] made of them.
pub(super) fn decode<'a>(bytes: &'a [u8], job: &Identity, block: usize) -> Result<(Head, &'a [u8]), Damage> {
    if bytes.len() < MAGIC.len() + CHECKSUM {
        return Err(Damage::Length);
    }
    let (content, checksum) = bytes.split_at(bytes.len() - CHECKSUM);
    let content_after_magic = content.strip_prefix(MAGIC).ok_or(Damage::NotABlock)?;
    // A file cut short has lost its checksum too, but deserves the plainer reason if its head can tell.
    let line = content_after_magic.iter().position(|&b| b == b'\n').ok_or(Damage::Length)?;
    let head: Head = serde_json::from_slice(&content_after_magic[..line]).map_err(|_| Damage::NotABlock)?;
    let payload = &content_after_magic[line + 1..];
    if payload.len() != head.bytes {
        return Err(Damage::Length);
    }
    if Sha256::digest(content).as_slice() != checksum {
        return Err(Damage::Checksum);
    }
    if let Some(difference) = job.difference(&head.job) {
        return Err(Damage::Foreign(difference));
    }
    if head.block != block {
        let difference = Difference { field: "block", found: head.block.to_string(), expected: block.to_string() };
        return Err(Damage::Foreign(difference));
    }
    Ok((head, payload))
}

#[cfg(test)]
mod tests {
    use super::super::Job;
    use super::*;

    fn small() -> (Job, Vec<u8>) {
        let job = Job::new(1, "{}", u64::MAX, 9);
        let (job_of_head, version, commit) = (job.identity().clone(), "0.1.0".into(), "abc".into());
        let head = Head { job: job_of_head, block: 4, version, commit, instructions: "avx2".into(), bytes: 11 };
        let bytes = encode(&head, b"hello\nworld").unwrap();
        (job, bytes)
    }

    #[test]
    fn what_was_written_is_read() {
        let (job, bytes) = small();
        let (head, payload) = decode(&bytes, job.identity(), 4).unwrap();
        assert_eq!((head.block, head.commit.as_str(), payload), (4, "abc", b"hello\nworld".as_slice()));
    }

    #[test]
    fn every_flipped_bit_is_found() {
        let (job, bytes) = small();
        for byte in 0..bytes.len() {
            for bit in 0..8 {
                let mut flipped = bytes.clone();
                flipped[byte] ^= 1 << bit;
                assert!(decode(&flipped, job.identity(), 4).is_err(), "bit {bit} of byte {byte}");
            }
        }
    }

    #[test]
    fn every_cut_and_every_extension_is_found() {
        let (job, bytes) = small();
        for length in 0..bytes.len() {
            assert!(decode(&bytes[..length], job.identity(), 4).is_err(), "cut to {length}");
        }
        for byte in 0..=u8::MAX {
            let longer = [bytes.as_slice(), &[byte]].concat();
            assert_eq!(decode(&longer, job.identity(), 4), Err(Damage::Length));
        }
        assert!(decode(&[bytes.as_slice(), &bytes].concat(), job.identity(), 4).is_err());
    }

    #[test]
    fn blocks_of_other_sweeps_are_foreign() {
        let (job, bytes) = small();
        let others = [Job::new(2, "{}", u64::MAX, 9), Job::new(1, "{ }", u64::MAX, 9), Job::new(1, "{}", 3, 9)];
        for other in others.iter().chain([&Job::new(1, "{}", u64::MAX, 10)]) {
            assert!(matches!(decode(&bytes, other.identity(), 4), Err(Damage::Foreign(_))), "{other:?}");
        }
        let told = decode(&bytes, job.identity(), 5).unwrap_err();
        assert_eq!(told.to_string(), "belongs elsewhere (block 4, not 5)");
    }
}
