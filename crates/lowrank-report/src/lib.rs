//! Tables, files and figures of validation runs, each with its provenance. Nothing is computed here.

mod figure;
mod file;
mod provenance;
mod record;
mod table;

pub use figure::{Curve, Figure, Panel, Points, draw};
pub use file::{ReportError, write_file};
pub use provenance::Provenance;
pub use record::{data_json, json};
pub use table::{summary, table};
