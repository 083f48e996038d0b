//! The tables of a finished sweep: one row a network, and one row a cell with its average and theory.

use std::fmt::Write;

use lowrank_model::{Phase, Variant};

use crate::fields::{End, Row};
use crate::theory::{Missing, Theory};
use crate::{Sweep, SweepError};

/// The tables as comma-separated text, each with a line of names. The same bytes for the same blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tables {
    /// One row a cell, start and realisation: what was measured.
    pub networks: String,
    /// One row a cell and start: how many networks came to rest, grew without bound, and had no step that is accurate
    /// enough; the smallest step and the largest error estimate (T37); mean and standard error over networks with numbers; phase;
    /// theory.
    pub cells: String,
    /// Why theory has no answer for some cells, each reason once; each stands in the row of its cell too.
    pub without_theory: Vec<String>,
    /// Rows of `cells` for which theory could not be computed, though there may be a state.
    pub failed: usize,
}

/// Puts the results of all blocks, by index, into tables, theory beside them.
///
/// # Errors
/// Bytes that are not those of this sweep's blocks.
pub fn tables(sweep: &Sweep, payloads: &[Vec<u8>]) -> Result<Tables, SweepError> {
    let rows = read(sweep, payloads)?;
    let axes: Vec<String> = sweep.axes().iter().map(|(parameter, _)| quoted(&parameter.to_string())).collect();
    let place = [vec!["variant".to_owned()], axes, vec!["start".to_owned()]].concat();
    let fields = sweep.fields();
    let mut networks = line(
        place
            .iter()
            .cloned()
            .chain(["realisation".to_owned()])
            .chain(fields.clone())
            .chain(["end", "end_time", "step", "error_estimate"].map(str::to_owned)),
    );
    let spread = fields.iter().flat_map(|name| [name.clone(), format!("{name}_se")]);
    let beside = fields.iter().map(|name| format!("theory_{name}"));
    let ends = ["networks", "at_rest", "unbounded", "inaccurate", "undecided", "step", "error_estimate", "phase"];
    let ends = ends.map(str::to_owned);
    let mut cells = line(
        place
            .into_iter()
            .chain(ends)
            .chain(spread)
            .chain(beside)
            .chain(["theory_phase", "theory_reason"].map(str::to_owned)),
    );
    let (mut without_theory, mut failed) = (Vec::new(), 0);
    for (v, variant) in sweep.variants.iter().enumerate() {
        let theories = sweep.theory(v);
        for cell in 0..sweep.grid() {
            for start in 0..sweep.starts() {
                let place = place_of(sweep, *variant, cell, start);
                let of_cell: Vec<&Row> =
                    rows.iter().map(|realisation| &realisation[v][cell * sweep.starts() + start]).collect();
                for (realisation, row) in of_cell.iter().enumerate() {
                    networks += &network(&place, realisation, row);
                }
                let theory = &theories[cell][start];
                cells += &summary(sweep, &place, &of_cell, theory);
                // Growth without bound is an answer.
                let missing = theory.missing.as_ref().filter(|missing| !matches!(missing, Missing::Unbounded(_)));
                without_theory.extend(missing.map(Missing::to_string));
                failed += usize::from(matches!(theory.missing, Some(Missing::Failed(_))));
            }
        }
    }
    without_theory.sort();
    without_theory.dedup();
    Ok(Tables { networks, cells, without_theory, failed })
}

/// A column of a table by its name; NaN where nothing, or no number, stands. Only the last column may hold commas.
pub fn column(table: &str, name: &str) -> Vec<f64> {
    words(table, name).into_iter().map(|value| value.parse().unwrap_or(f64::NAN)).collect()
}

/// The same as text; empty where nothing stands.
pub fn words<'a>(table: &'a str, name: &str) -> Vec<&'a str> {
    let mut lines = table.lines();
    let place = lines.next().and_then(|head| head.split(',').position(|found| found == name));
    lines.map(|line| place.and_then(|place| line.split(',').nth(place)).unwrap_or_default()).collect()
}

/// `[realisation][variant][cell and start]`.
fn read(sweep: &Sweep, payloads: &[Vec<u8>]) -> Result<Vec<Vec<Vec<Row>>>, SweepError> {
    let realisations = sweep.spec().realisations as usize;
    let mut rows = vec![vec![Vec::new(); sweep.variants.len()]; realisations];
    for (block, payload) in payloads.iter().enumerate() {
        let part = sweep.part(block)?;
        let expected = sweep.payload(&part);
        if payload.len() != expected {
            return Err(SweepError::WrongBlock { block, found: payload.len(), expected });
        }
        let read = payload.chunks_exact(Row::bytes(sweep.rank())).map(Row::read);
        rows[part.realisation as usize][part.variant].extend(read);
    }
    Ok(rows)
}

fn place_of(sweep: &Sweep, variant: Variant, cell: usize, start: usize) -> Vec<String> {
    let start = if start == 0 { "given" } else { "mirrored" };
    let values = sweep.values(cell).into_iter().map(number);
    [variant.to_string()].into_iter().chain(values).chain([start.to_owned()]).collect()
}

fn network(place: &[String], realisation: usize, row: &Row) -> String {
    let values = row.values.iter().map(|value| number(*value));
    line(
        place
            .iter()
            .cloned()
            .chain([realisation.to_string()])
            .chain(values)
            .chain([row.end.name().to_owned()])
            .chain([row.end_time, row.step, row.error_estimate].map(number)),
    )
}

fn summary(sweep: &Sweep, place: &[String], rows: &[&Row], theory: &Theory) -> String {
    let fields = sweep.fields().len();
    let finite: Vec<&Row> = rows.iter().copied().filter(|row| row.end.is_measured()).collect();
    let count = finite.len() as f64;
    let mean = |field: usize| finite.iter().map(|row| row.values[field]).sum::<f64>() / count;
    let standard_error = |field: usize| {
        let mean = mean(field);
        let squares = finite.iter().map(|row| (row.values[field] - mean).powi(2)).sum::<f64>();
        (squares / (count - 1.0) / count).sqrt()
    };
    let count_of = |end: End| rows.iter().filter(|row| row.end == end).count();
    let unbounded = count_of(End::Unbounded);
    // What most networks do, of those that tell; where most were served by no step, or still grew, no phase is drawn.
    let ran = rows.len() - count_of(End::NoModel);
    let telling = finite.len() + unbounded;
    let phase = match () {
        () if 2 * telling < ran => None,
        () if 2 * unbounded > telling => Some(Phase::Unbounded),
        () => Phase::of(mean(0), mean(1), &sweep.spec().thresholds),
    };
    let phase = phase.map(|phase| phase.to_string()).unwrap_or_default();
    let counts = [ran, count_of(End::AtRest), unbounded, count_of(End::Inaccurate), count_of(End::Undecided)];
    let counts = counts.map(|count| count.to_string());
    let step = rows.iter().map(|row| row.step).fold(f64::INFINITY, f64::min);
    let error = rows.iter().map(|row| row.error_estimate).fold(f64::NAN, f64::max);
    let ends = counts.into_iter().chain([number(step), number(error), phase]);
    let values = (0..fields).flat_map(|field| [number(mean(field)), number(standard_error(field))]);
    let beside = theory.values.iter().map(|value| number(*value));
    let theory_phase = theory.phase.map(|phase| phase.to_string()).unwrap_or_default();
    let reason = theory.missing.as_ref().map(|missing| quoted(&missing.to_string())).unwrap_or_default();
    line(place.iter().cloned().chain(ends).chain(values).chain(beside).chain([theory_phase, reason]))
}

/// The shortest text that gives the number back; nothing for what is none.
fn number(value: f64) -> String {
    if value.is_finite() { format!("{value:?}") } else { String::new() }
}

/// Text as RFC 4180 has it.
fn quoted(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

fn line(entries: impl IntoIterator<Item = String>) -> String {
    let mut text = String::new();
    for (i, entry) in entries.into_iter().enumerate() {
        // Writing to a string does not fail.
        let _ = write!(text, "{}{entry}", if i == 0 { "" } else { "," });
    }
    text + "\n"
}
