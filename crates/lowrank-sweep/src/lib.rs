//! Sweeps: any parameters of a network on a grid, simulated cell by cell on shared bulks, with theory beside them.
//!
//! A [`Definition`] says everything, and is checked once, into a [`Sweep`]. It fixes the cells, the blocks they are
//! computed in, and what a block's bytes are: a pure function of the definition and the block's index ([`Runner::run`]).
//! Nothing is written here; files, shards and merging are `lowrank-report`'s.

mod block;
mod bulks;
mod cells;
mod definition;
mod error;
mod fields;
mod merge;
mod parameter;
mod sweep;
mod theory;

pub use block::Runner;
pub use cells::Part;
pub use definition::{Axis, BulkFor, Definition, Network, Precision, Run, Sampled, Start, Structure};
pub use error::SweepError;
pub use fields::Phase;
pub use merge::{Tables, tables};
pub use parameter::Parameter;
pub use sweep::{Memory, SCHEMA, Sweep};
