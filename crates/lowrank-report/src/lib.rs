//! Tables, files and figures of validation runs, each with its provenance. Nothing is computed here, and nothing is
//! written to disk anywhere else.
#![allow(clippy::disallowed_methods, reason = "this is the crate that writes files")]

mod figure;
mod file;
mod memory;
mod provenance;
mod record;
mod table;

pub use figure::{Curve, Figure, Panel, Points, draw};
pub use file::{ReportError, check_folder, write_file};
pub use memory::available_memory;
pub use provenance::Provenance;
pub use record::{data_json, json};
pub use table::{summary, table};
