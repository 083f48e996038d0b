//! Files of arrays, tables, figures and reports, and the finished blocks of sweeps, each with its provenance. Nothing is
//! computed here, and nothing is written to disk anywhere else.
#![allow(clippy::disallowed_methods, reason = "this is the crate that writes files")]

mod arrays;
mod blocks;
mod csv;
mod error;
mod figure;
mod file;
#[cfg(feature = "hdf5")]
mod hdf5;
mod html;
mod memory;
mod npy;
mod npz;
mod provenance;
mod record;
mod table;

pub use arrays::{Array, Arrays, Origin, array};
pub use blocks::{
    DEFINITION, Damage, Difference, Event, Job, Merged, Shard, Status, Store, Summary, blocks_of, merge, run_blocks,
};
pub use csv::{Cells, Column, write_csv, write_table};
pub use error::ReportError;
pub use figure::{
    Anchor, Axis, Band, Cloud, Colour, Drawn, Figure, FigureFault, FigureOrigin, Heat, Legend, Line, Map, Mark, Note,
    ONE_COLUMN, Panel, Points, Shape, TWO_COLUMNS, draw, write_figure,
};
pub use file::{check_folder, read_text, write_file};
#[cfg(feature = "hdf5")]
pub use hdf5::write_hdf5;
pub use html::{evidence, html, quoted};
pub use memory::available_memory;
pub use npy::{Numbers, read_npy};
pub use npz::{sidecar, write_npz};
pub use provenance::Provenance;
pub use record::{DataRecord, VerdictRecord, data_json, json};
pub use table::{summary, table};
