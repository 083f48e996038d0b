//! `cargo xtask bench`: the benches, with ratios to their baselines and shares of the machine's peaks.

use std::process::Command;

use clap::Args;

use crate::Failure;

/// Names the benches.
const MANIFEST: &str = include_str!("../../benches/Cargo.toml");

/// Options of `cargo xtask bench`.
#[derive(Args)]
#[command(after_help = "Example: cargo xtask bench sweep kernels\n\n\
    Arguments after -- go to the benches: cargo xtask bench sweep -- study")]
pub(crate) struct Options {
    /// Names of benches, all unless given
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Arguments of the benches: a pattern of what to run
    #[arg(last = true, value_name = "ARGUMENT")]
    arguments: Vec<String>,
}

/// Runs `cargo bench`, whose output passes through.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let known: Vec<&str> = known();
    if let Some(name) = options.names.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(Failure::Input(format!("no bench is called {name:?}; known: {}", known.join(", "))));
    }
    let names = if options.names.is_empty() { known } else { options.names.iter().map(String::as_str).collect() };
    // The cargo that runs this command, if one does.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["bench", "--package", "lowrank-benches"]);
    names.iter().for_each(|name| {
        command.args(["--bench", name]);
    });
    command.arg("--").args(&options.arguments);
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::Computation(format!("cargo bench ended with {status}; its own lines say why"))),
        Err(error) => Err(Failure::Computation(format!("cargo could not be started: {error}"))),
    }
}

/// The names of the benches in their manifest.
fn known() -> Vec<&'static str> {
    let name = |section: &'static str| section.lines().find_map(|line| line.strip_prefix("name = "));
    MANIFEST.split("[[bench]]").skip(1).filter_map(name).map(|name| name.trim_matches('"')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_names_the_benches() {
        let known = known();
        assert!(
            known.contains(&"sweep") && known.contains(&"roofline") && !known.contains(&"lowrank-benches"),
            "{known:?}"
        );
        assert_eq!(known.len(), MANIFEST.matches("harness = false").count());
    }
}
