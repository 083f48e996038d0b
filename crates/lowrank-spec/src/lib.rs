//! The spec file: one TOML format for a network, its inputs over time, its start, how it is run and measured, and the axes
//! along which it is varied. Theory, single networks and sweeps all read it.
//!
//! A [`Spec`] is what was written down. A [`Draft`] holds the numbers that an axis can set and makes the model; an
//! [`Experiment`] is a checked spec of one point. No file is read here.

mod draft;
mod error;
mod experiment;
mod grid;
mod limits;
mod parameter;
mod parse;
mod ranges;
mod run;
mod spec;
mod structure;
mod whole;

pub use draft::Draft;
pub use error::{SpecError, out_of_range};
pub use experiment::Experiment;
pub use grid::Grid;
pub use limits::{MOST_NETWORKS, check_numbers, check_step};
pub use parameter::Parameter;
pub use parse::schema;
pub use run::{InputCourse, Run, SineInput, Start, Step};
pub use spec::{Axis, BulkFor, Network, Precision, Spec};
pub use structure::{Bistable, Driven, Geometry, Orthogonal, Population, Sampled, Strength, Structure};
