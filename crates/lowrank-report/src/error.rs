//! Why something could not be written, read or put together.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::FigureFault;
use crate::blocks::Difference;

/// What went wrong, in one line with its mend.
#[derive(Debug, Error)]
pub enum ReportError {
    /// The file system refused.
    #[error("cannot write {path}: {source}; choose another place with --out")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The record could not be turned into JSON.
    #[error("cannot write the record as JSON: {0}; report this as a fault of the program")]
    Json(#[from] serde_json::Error),
    /// The figure cannot be drawn as it is.
    #[error("figure '{figure}': {fault}")]
    BadFigure {
        /// Its title.
        figure: String,
        /// What is wrong with it, and the mend.
        fault: FigureFault,
    },
    /// The report could not be put together.
    #[error("cannot write the report as HTML: {0}; report this as a fault of the program")]
    Html(#[from] minijinja::Error),
    /// The figure could not be drawn.
    #[error("cannot draw {name}: {reason}; report this as a fault of the program")]
    Figure {
        /// Name of the figure.
        name: String,
        /// What the encoder said.
        reason: String,
    },
    /// The file system refused a file of a sweep.
    #[error(
        "cannot write {name} in {folder}: {source}; make room there or make it writable, then run again: finished \
         blocks are kept"
    )]
    Disk {
        /// The file.
        name: String,
        /// Folder of the sweep.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file cannot be read.
    #[error("cannot read {path}: {source}; {}", remedy_of_reading(source))]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The folder is that of another sweep.
    #[error("{folder} holds the blocks of another sweep, with {difference}; choose another folder")]
    OtherJob {
        /// Folder of the sweep.
        folder: PathBuf,
        /// Where they differ first.
        difference: Difference,
    },
    /// The sweep has no such block.
    #[error("there is no block {block}: the sweep has {blocks}; choose one from 0 to {blocks} - 1")]
    NoSuchBlock {
        /// The index asked for.
        block: usize,
        /// Number of blocks.
        blocks: usize,
    },
    /// The block is not there to be read.
    #[error("block {block} in {folder} {state}; run it first: sweep run {folder} --block {block}")]
    Unfinished {
        /// Its index.
        block: usize,
        /// Folder of the sweep.
        folder: PathBuf,
        /// "is missing", or how it is damaged.
        state: String,
    },
    /// Two computations of one block disagree.
    #[error(
        "block {block} in {folder} was computed twice with different results; delete it, run it again with one \
         version, and if that repeats, report it as a fault of the program"
    )]
    Unequal {
        /// Its index.
        block: usize,
        /// Folder of the sweep.
        folder: PathBuf,
    },
    /// Blocks cannot be merged yet.
    #[error(
        "{count} of {blocks} blocks in {folder} are missing or damaged ({first}); run them first: sweep run {folder} --block {next}"
    )]
    Incomplete {
        /// How many are not valid.
        count: usize,
        /// Number of blocks.
        blocks: usize,
        /// Folder of the sweep.
        folder: PathBuf,
        /// Indices of the first few.
        first: String,
        /// The first.
        next: usize,
    },
    /// Blocks were made by different programs.
    #[error(
        "{count} of the blocks in {folder} ({first}) come from {field} {found}, block 0 from {expected}; a merged \
         result has one: delete the blocks of the other and run those again"
    )]
    MixedOrigin {
        /// How many differ from block 0.
        count: usize,
        /// Folder of the sweep.
        folder: PathBuf,
        /// Indices of the first few.
        first: String,
        /// "version", "commit" or "instruction set".
        field: &'static str,
        /// That of the first that differs.
        found: String,
        /// That of block 0.
        expected: String,
    },
    /// Not a shard.
    #[error("shard = '{text}' {reason}; give k/n with 0 <= k < n, such as 0/4 for the first of four")]
    Shard {
        /// What was given.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Arrays that do not make a file.
    #[error("array '{name}' {reason}")]
    Arrays {
        /// Which array.
        name: String,
        /// What is wrong with it and how to mend it.
        reason: String,
    },
    /// Columns that do not make a table.
    #[error("column '{name}' {reason}")]
    Columns {
        /// Which column.
        name: String,
        /// What is wrong with it and how to mend it.
        reason: String,
    },
    /// A file that holds no vector or matrix of numbers.
    #[error("cannot take numbers from {path}: {reason}")]
    Npy {
        /// The file.
        path: PathBuf,
        /// What is wrong with it and how to mend it.
        reason: String,
    },
}

/// What to do about a file that cannot be read, by what the system says.
fn remedy_of_reading(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::NotFound => "no file has this name: correct the path",
        io::ErrorKind::PermissionDenied => "make it readable for this user",
        io::ErrorKind::IsADirectory => "this is a folder: give a file in it",
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
            "it is damaged or a file of another kind: replace it, or give another file"
        }
        _ => "give a file that can be read",
    }
}

#[cfg(test)]
mod tests {

    #[test]
    fn what_cannot_be_read_has_a_remedy_for_its_cause() {
        let folder = tempfile::tempdir().unwrap();
        let message = |name: &str| crate::read_text(&folder.path().join(name)).unwrap_err().to_string();
        std::fs::write(folder.path().join("image"), [0xff, 0xfe, 0x00]).unwrap();
        for (name, remedy) in [("gone.toml", "correct the path"), ("", "give a file in it"), ("image", "another kind")]
        {
            assert!(message(name).ends_with(remedy) || message(name).contains(remedy), "{}", message(name));
        }
    }
}
