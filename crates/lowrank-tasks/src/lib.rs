//! Computations of low-rank random networks: the four tasks of \[MO18\], a ring attractor and a limit cycle, built from the
//! geometry of their vectors (docs/theory.md section 10), measured in drawn networks of any variant and predicted.
//!
//! One task a file, each a [`Task`]: what the vectors are, what is put in, what is right. Networks ([`run_networks`]) and theory
//! ([`predict()`]) run the same task under the same noise; [`scores`] compares them. Nothing is printed or written here.

pub mod context;
mod cycle;
mod decide;
pub mod detection;
pub mod discrimination;
mod error;
pub mod fold;
mod geometry;
mod go_nogo;
pub mod integration;
mod names;
mod networks;
pub mod population;
mod predict;
pub mod ring;
mod score;
pub mod search;
mod task;

pub use cycle::cycle;
pub use decide::{Decision, Judged};
pub use error::TaskError;
pub use geometry::{Geometry, Source};
pub use go_nogo::go_nogo;
pub use names::TaskName;
pub use networks::{COLUMNS, Lost, Networks, Ran, record, run_networks, vectors};
pub use predict::predict;
pub use score::{Agreement, Mean, OfCondition, OfGroup, Proportion, Score, part_high, scores};
pub use task::{Condition, Task, Wanted};
