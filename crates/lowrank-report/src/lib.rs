//! Tables, files and figures of validation runs and the finished blocks of sweeps, each with its provenance. Nothing is
//! computed here, and nothing is written to disk anywhere else.
#![allow(clippy::disallowed_methods, reason = "this is the crate that writes files")]

mod blocks;
mod error;
mod figure;
mod file;
mod memory;
mod provenance;
mod record;
mod table;

pub use blocks::{
    DEFINITION, Damage, Difference, Event, Job, Merged, Shard, Status, Store, Summary, blocks_of, merge, run_blocks,
};
pub use error::ReportError;
pub use figure::{
    Anchor, Axis, Band, Cloud, Colour, Drawn, Figure, FigureFault, Heat, Legend, Line, Map, Mark, Note, ONE_COLUMN,
    Origin, Panel, Points, Shape, TWO_COLUMNS, draw, write_figure,
};
pub use file::{check_folder, read_text, write_file};
pub use memory::available_memory;
pub use provenance::Provenance;
pub use record::{data_json, json};
pub use table::{summary, table};
