//! The finished blocks of a sweep, one immutable file each.
//!
//! A sweep is cut into blocks by its definition alone. The result of a block is a string of bytes that means nothing
//! here; it depends on the definition and the seed, never on who computed it. So a sweep may be killed, resumed, cut
//! into shards and run by several processes on one folder at once, and its merged bytes are the same. Processes on one folder
//! share the blocks: each claims a block while it computes it, and takes over what a killed one had claimed.
//!
//! The folder holds `definition.json` (the canonical text), `job.json` (what identifies the sweep) and one
//! `block-000123.bin` a finished block. Whatever has one of these names is whole, short of a fault of the disk, and
//! then its checksum tells. Names that begin with `.lowrank-` are files being written.

mod claim;
mod format;
mod job;
mod merge;
mod run;
mod shard;
mod store;

pub use format::Damage;
pub use job::{Difference, Job};
pub use merge::{Merged, merge};
pub use run::{Event, Summary, run_blocks};
pub use shard::{Shard, blocks_of};
pub use store::{DEFINITION, Status, Store};

/// How many indices an error message names.
const NAMED: usize = 8;

/// "3, 5, 8" or, where there are more than a line should hold, the first few and "...".
fn first_few(indices: &[usize]) -> String {
    let mut text = indices.iter().take(NAMED).map(usize::to_string).collect::<Vec<_>>().join(", ");
    if indices.len() > NAMED {
        text += ", ...";
    }
    text
}
