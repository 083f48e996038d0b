//! Sweeps: any parameters of a network on a grid, simulated cell by cell on shared bulks, with theory beside them.
//!
//! A spec with axes ([`lowrank_spec::Spec`]) says everything, and is checked once, into a [`Sweep`]. It fixes the cells, the blocks they are
//! computed in, and what a block's bytes are: a pure function of the spec and the block's index ([`Runner::run`]).
//! Nothing is written here; files, shards and merging are `lowrank-report`'s.

mod block;
mod bulks;
mod cells;
mod error;
mod fields;
mod merge;
mod refusals;
mod sweep;
mod theory;

pub use block::Runner;
pub use cells::Part;
pub use error::SweepError;
pub use merge::{Tables, column, tables, words};
pub use sweep::{Memory, SCHEMA, Sweep};
