//! `lowrank schema`: the JSON schema of spec files, and those of what `--json` prints.

use clap::Args;
use lowrank_report::{DataRecord, VerdictRecord, write_file};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};

use super::{diagram, figure, init, simulate, solve, sweep, task, transient};
use crate::{Common, Failure, print};

/// The commands whose `--json` has a schema.
pub const OUTPUTS: [&str; 14] = [
    "init",
    "init --list",
    "solve",
    "simulate",
    "check",
    "sweep plan",
    "sweep run",
    "sweep merge",
    "diagram",
    "figure",
    "task",
    "task --search",
    "transient",
    "validate",
];

/// Options of `lowrank schema`.
#[derive(Debug, Args)]
#[command(after_help = "Example: lowrank schema > spec.schema.json\n\n\
    An editor with a TOML language server completes and checks a spec whose first line is\n  \
    #:schema ./spec.schema.json\n\n\
    lowrank schema --output solve prints the schema of what lowrank solve --json prints.")]
pub struct Options {
    /// The schema of what this command prints with --json, in place of that of specs: "solve", "sweep merge", "init --list"
    #[arg(long, value_name = "COMMAND")]
    output: Option<String>,
}

/// Prints the schema, or writes it to a folder: spec.schema.json, or a name such as solve.schema.json.
///
/// # Errors
/// A command without JSON; a folder that cannot be written.
pub fn run(options: &Options, common: &Common) -> Result<(), Failure> {
    let (name, schema) = match &options.output {
        None => ("spec".to_owned(), lowrank_spec::schema()?),
        Some(command) => {
            let schema = output_schema(command).ok_or_else(|| {
                Failure::Input(format!("--output is {command:?}: choose one of {}", OUTPUTS.join(", ")))
            })?;
            let text = serde_json::to_string_pretty(&schema).map_err(Failure::could_not)? + "\n";
            (command.replace(" --", "-").replace(' ', "-"), text)
        }
    };
    match &common.out {
        Some(out) => {
            let path = out.join(format!("{name}.schema.json"));
            write_file(&path, schema.as_bytes())?;
            print(&format!("{}\n", path.display()))
        }
        None => print(&schema),
    }
}

/// The schema of what a command prints with `--json`; none for a command that has no such thing.
pub fn output_schema(command: &str) -> Option<Schema> {
    Some(match command {
        "init" => of::<init::Written<'_>>(),
        "init --list" => of::<Vec<init::Example>>(),
        "solve" => of::<DataRecord<'_, solve::Record<'_>>>(),
        "simulate" => of::<DataRecord<'_, simulate::Record<'_>>>(),
        "check" | "validate" => of::<VerdictRecord<'_>>(),
        "sweep plan" => of::<sweep::Planned<'_>>(),
        "sweep run" => of::<sweep::Ran>(),
        "sweep merge" => of::<sweep::Merged<'_>>(),
        "diagram" => of::<diagram::Steps<'_>>(),
        "figure" => of::<figure::Drawn>(),
        "transient" => of::<DataRecord<'_, transient::Record<'_>>>(),
        "task" => of::<Vec<DataRecord<'_, task::Record<'_>>>>(),
        "task --search" => of::<DataRecord<'_, task::Searched>>(),
        _ => return None,
    })
}

/// The schema of a type as it is written.
fn of<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>()
}

#[cfg(test)]
#[path = "../../../../tests/schema_check.rs"]
mod schema_check;

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use lowrank_report::{Provenance, data_json};
    use lowrank_tasks::TaskName;

    use super::schema_check::faults;
    use super::*;
    use crate::Cli;

    /// Commands that print what they are with --json or without.
    const WITHOUT: [&str; 3] = ["schema", "completions", "man"];

    fn leaves(command: &clap::Command, before: &str) -> Vec<String> {
        let of = |sub: &clap::Command| {
            let name = format!("{before}{}", sub.get_name());
            if sub.has_subcommands() { leaves(sub, &format!("{name} ")) } else { vec![name] }
        };
        command.get_subcommands().filter(|sub| sub.get_name() != "help").flat_map(of).collect()
    }

    #[test]
    fn every_command_with_json_has_a_schema() {
        let commands = leaves(&Cli::command(), "");
        for command in commands.iter().filter(|name| !WITHOUT.contains(&name.as_str())) {
            assert!(OUTPUTS.contains(&command.as_str()), "{command} has no schema");
        }
        for output in OUTPUTS {
            let command = output.split(" --").next().unwrap_or_default();
            assert!(commands.iter().any(|name| name == command), "{output} is no command");
            assert!(output_schema(output).is_some(), "{output}");
        }
        assert!(commands.len() > 12, "{commands:?}");
    }

    #[test]
    fn a_short_search_is_as_its_schema_says() {
        let task: TaskName = "evidence-integration".parse().expect("a task");
        let mut search = task.search(1).expect("the task has a search");
        (search.rounds, search.iterations, search.networks) = (1, 1, 2);
        let found = search.run(&|_| {}).expect("the start is a geometry that does the task");
        let record = data_json(&vec![(task.name(), found)], 1, &Provenance::here());
        let record: serde_json::Value = serde_json::from_str(&record.expect("plain values")).expect("JSON");
        let schema = serde_json::to_value(output_schema("task --search")).expect("JSON");
        let found = faults(&schema, &record, true);
        assert!(found.is_empty(), "{found:?}");
        assert_eq!(record["data"][0][0], "evidence-integration");
    }
}
