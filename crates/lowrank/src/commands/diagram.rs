//! `lowrank diagram`: a sweep in one go, with theory beside it and the boundaries of the phases.

use std::path::PathBuf;

use clap::Args;
use lowrank_meanfield::{Boundaries, MeanFieldError, phase_boundaries};
use lowrank_model::ModelError;
use lowrank_report::{
    FigureOrigin, Origin, Provenance, data_json, quoted, read_text, sidecar, write_csv, write_figure, write_file,
};
use lowrank_spec::{Draft, Parameter, SpecError};
use lowrank_sweep::Sweep;
use schemars::JsonSchema;

use super::picture::picture;
use super::sweep::{Merged, Planned, Ran, Said, compute, merge_all, plan};
use crate::common::{in_file, unwritten};
use crate::table::{Table, Value};
use crate::{Common, Failure, on_interrupt, print};

/// Points of a boundary along its axis.
const POINTS: usize = 61;

/// Options of `lowrank diagram`.
#[derive(Debug, Args)]
#[command(after_help = "Example: lowrank diagram examples/specs/diagram.toml --out target/diagram\n\n\
    What it writes: cells.csv (means, standard errors, phases, theory), networks.csv, and where the axes are g and strength\n\
    boundaries.csv and boundaries.json; over one or two axes the figure, diagram.svg, .pdf and .png. It may be interrupted and run again: finished blocks are kept.")]
pub struct Options {
    /// The spec, a TOML file with axes
    spec: PathBuf,
}

/// What a diagram says: what each of its steps does.
#[derive(JsonSchema)]
#[allow(dead_code, reason = "the steps have written their parts; this is the schema of all of them")]
pub(super) struct Steps<'a> {
    plan: Planned<'a>,
    run: Ran,
    merge: Merged<'a>,
}

/// Plans, runs and merges, and computes the boundaries.
///
/// # Errors
/// Bad input; blocks that could not be computed; theory or boundaries that could not, when everything else is there.
pub fn run(options: &Options, common: &Common) -> Result<(), Failure> {
    let Some(out) = &common.out else {
        return Err(Failure::Input("--out is missing: give a folder for the diagram".to_owned()));
    };
    let spec = common.read(&options.spec)?;
    let sweep = Sweep::new(spec).map_err(|error| in_file(&options.spec, error))?;
    let text = |said: &Said| if common.json { String::new() } else { said.text.clone() };
    let (store, planned) = plan(&sweep, out, common)?;
    print(&text(&planned))?;
    let ran = compute(&sweep, &store, (0..sweep.blocks()).collect(), common)?;
    print(&text(&ran))?;
    let (mut merged, failed) = merge_all(&sweep, &store, common)?;
    let mut failures: Vec<String> = failed.into_iter().collect();
    on_interrupt("the tables are written, the figure is not; run it again");
    let found = common.waiting("boundaries of the phases", || boundaries(&sweep)).unwrap_or_else(|failure| {
        failures.push(format!("the boundaries of the phases could not be computed: {failure}"));
        None
    });
    if let Some(found) = &found
        && let Some(first) = found.unsolved.first()
    {
        let count = found.unsolved.len();
        let (boundary, reason) = (first.boundary, &first.reason);
        failures.push(format!("{count} points of boundaries could not be computed, the first of {boundary}: {reason}"));
    }
    if let Some(found) = &found {
        let record = data_json(found, sweep.spec().seed, &Provenance::here())?;
        failures.extend(unwritten(out, |out| {
            let [json, csv] = ["boundaries.json", "boundaries.csv"].map(|name| out.join(name));
            write_file(&json, record.as_bytes())?;
            let provenance = Provenance::here();
            let origin = Origin { provenance: &provenance, seed: Some(sweep.spec().seed), spec: sweep.spec() };
            write_csv(&csv, &table(found).columns(), &origin)?;
            let beside = sidecar(&csv);
            [json, csv, beside].into_iter().for_each(|path| merged.add(path));
            Ok(())
        }));
    }
    let cells = read_text(&out.join("cells.csv"))?;
    match picture(&sweep, &cells, found.as_ref()) {
        Some(figure) => {
            let seed = sweep.spec().seed;
            let [spec, folder] = [&options.spec, out].map(|path| quoted(&path.to_string_lossy()));
            let command = format!("lowrank diagram {spec} --seed {seed} --out {folder}");
            let origin = FigureOrigin { provenance: Provenance::here(), seed, command };
            failures.extend(unwritten(out, |out| {
                write_figure(&out.join("diagram"), &figure, &figure, &origin)?
                    .into_iter()
                    .for_each(|path| merged.add(path));
                Ok(())
            }));
        }
        None => common.remark("no figure: it needs one or two axes of several rising values, and a value to draw"),
    }
    let all = serde_json::json!({ "plan": planned.record, "run": ran.record, "merge": merged.record });
    common.print_either(&merged.text, &all)?;
    Failure::partial(failures)
}

/// The boundaries of the phases, where the axes are g and strength and the network has such phases.
fn boundaries(sweep: &Sweep) -> Result<Option<Boundaries>, Failure> {
    let values = |wanted: Parameter| {
        let axis = sweep.axes().iter().find(|(parameter, _)| *parameter == wanted);
        let ends = axis.and_then(|(_, values)| Some((*values.first()?, *values.last()?)));
        // As smooth a curve for a coarse grid as for a fine one.
        let point = |(low, high): (f64, f64), i: usize| low + (high - low) * i as f64 / (POINTS - 1) as f64;
        ends.filter(|(low, high)| low < high).map(|ends| (0..POINTS).map(|i| point(ends, i)).collect::<Vec<f64>>())
    };
    // Along a third axis there is a diagram a value.
    if sweep.axes().iter().filter(|(_, values)| values.len() > 1).count() > 2 {
        return Ok(None);
    }
    let (Some(gs), Some(strengths)) = (values(Parameter::G), values(Parameter::Strength)) else { return Ok(None) };
    let draft = Draft::new(sweep.spec(), None)?;
    let Some(variant) = sweep.spec().variants()?.first().copied() else { return Ok(None) };
    let family = |g: f64, strength: f64| {
        let mut draft = draft.clone();
        let set = draft.set(Parameter::G, g).and_then(|()| draft.set(Parameter::Strength, strength));
        match set {
            Ok(()) => draft.model(variant),
            Err(SpecError::Model(error)) => Err(error),
            Err(_) => Err(ModelError::NotFinite { field: "a parameter of the grid".to_owned(), value: strength }),
        }
    };
    match phase_boundaries(family, &gs, &strengths) {
        Ok(found) => Ok(Some(found)),
        // Another kind of network has no such boundaries.
        Err(MeanFieldError::WrongModel { .. }) => Ok(None),
        Err(error) => Err(Failure::could_not(error)),
    }
}

fn table(found: &Boundaries) -> Table {
    let mut table = Table::new(["boundary", "g", "strength", "reason"].map(str::to_owned).to_vec());
    for (name, boundary) in [
        ("onset-of-structure", &found.onset_of_structure),
        ("onset-of-chaos", &found.onset_of_chaos),
        ("structured-onset-of-chaos", &found.structured_onset_of_chaos),
        ("end-of-structure", &found.end_of_structure),
    ] {
        for (g, strength) in &boundary.points {
            table.push(vec![name.into(), (*g).into(), (*strength).into(), "".into()]);
        }
    }
    for point in &found.unsolved {
        let [g, strength] = [point.g, point.strength].map(|value| Value::from(value.unwrap_or(f64::NAN)));
        table.push(vec![point.boundary.into(), g, strength, point.reason.as_str().into()]);
    }
    table
}
