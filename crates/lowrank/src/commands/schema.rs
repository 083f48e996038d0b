//! `lowrank schema`: the JSON schema of spec files.

use clap::Args;
use lowrank_report::write_file;

use crate::{Common, Failure, print};

/// Options of `lowrank schema`.
#[derive(Debug, Args)]
#[command(after_help = "Example: lowrank schema > spec.schema.json\n\n\
    An editor with a TOML language server completes and checks a spec whose first line is\n  \
    #:schema ./spec.schema.json")]
pub struct Options {}

/// Prints the schema, or writes spec.schema.json.
///
/// # Errors
/// A folder that cannot be written.
pub fn run(_: &Options, common: &Common) -> Result<(), Failure> {
    let schema = lowrank_spec::schema()?;
    match &common.out {
        Some(out) => {
            let path = out.join("spec.schema.json");
            write_file(&path, schema.as_bytes())?;
            print(&format!("{}\n", path.display()))
        }
        None => print(&schema),
    }
}
