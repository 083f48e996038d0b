//! `lowrank init`: a commented spec to begin with.

use std::path::PathBuf;

use clap::Args;
use lowrank_report::{check_folder, write_file};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{Common, Failure};

/// The examples by name, the first one for whoever names none.
pub const EXAMPLES: [(&str, &str); 15] = [
    ("network", include_str!("../../../../examples/specs/network.toml")),
    ("bistable", include_str!("../../../../examples/specs/bistable.toml")),
    ("chaos", include_str!("../../../../examples/specs/chaos.toml")),
    ("structured-chaos", include_str!("../../../../examples/specs/structured-chaos.toml")),
    ("geometry-a", include_str!("../../../../examples/specs/geometry-a.toml")),
    ("geometry-b", include_str!("../../../../examples/specs/geometry-b.toml")),
    ("geometry-c", include_str!("../../../../examples/specs/geometry-c.toml")),
    ("rank-two", include_str!("../../../../examples/specs/rank-two.toml")),
    ("oscillation", include_str!("../../../../examples/specs/oscillation.toml")),
    ("two-timescale", include_str!("../../../../examples/specs/two-timescale.toml")),
    ("populations", include_str!("../../../../examples/specs/populations.toml")),
    ("step-input", include_str!("../../../../examples/specs/step-input.toml")),
    ("noise", include_str!("../../../../examples/specs/noise.toml")),
    ("diagram", include_str!("../../../../examples/specs/diagram.toml")),
    ("large", include_str!("../../../../examples/specs/large.toml")),
];

/// Options of `lowrank init`.
#[derive(Debug, Args)]
#[command(after_help = "Example: lowrank init mine.toml --example structured-chaos")]
pub struct Options {
    /// The file to write, in --out if that is given
    #[arg(default_value = "network.toml")]
    file: PathBuf,
    /// Which example
    #[arg(long, value_name = "NAME", default_value = "network")]
    example: String,
    /// List the examples, and write nothing
    #[arg(long)]
    list: bool,
    /// Replace the file if it is there
    #[arg(long)]
    force: bool,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Example {
    name: &'static str,
    about: String,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Written<'a> {
    example: &'a str,
    file: PathBuf,
}

/// Writes an example, or lists them.
///
/// # Errors
/// An example that is not there; a file that is there; a place that cannot be written.
pub fn run(options: &Options, common: &Common) -> Result<(), Failure> {
    if options.list {
        let examples: Vec<Example> = EXAMPLES.iter().map(|(name, text)| Example { name, about: about(text) }).collect();
        let width = EXAMPLES.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let text: String = examples.iter().map(|e| format!("{:<width$}  {}\n", e.name, e.about)).collect();
        return common.print_either(&text, &examples);
    }
    let Some((_, text)) = EXAMPLES.iter().find(|(name, _)| *name == options.example) else {
        let known = EXAMPLES.map(|(name, _)| name).join(", ");
        return Err(Failure::Input(format!("--example is {:?}: choose one of {known}", options.example)));
    };
    let file = common.out.as_ref().map_or_else(|| options.file.clone(), |out| out.join(&options.file));
    if !options.force && file.exists() {
        return Err(Failure::Input(format!(
            "{} is there already: choose another name, or --force to replace it",
            file.display()
        )));
    }
    if let Some(out) = &common.out {
        check_folder(out)?;
    }
    let seeded = common.seed.map(|seed| text.replacen("seed = 1\n", &format!("seed = {seed}\n"), 1));
    write_file(&file, seeded.as_deref().unwrap_or(text).as_bytes())?;
    let said = format!("{0}\nnow: lowrank solve {0}\n", file.display());
    common.print_either(&said, &Written { example: &options.example, file })
}

/// What an example says of itself in its first lines.
fn about(text: &str) -> String {
    let first = text.lines().map_while(|line| line.strip_prefix('#')).map(str::trim);
    first.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}
