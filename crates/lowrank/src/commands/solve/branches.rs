//! Points of the axis at which branches of stationary solutions fold, cross, or change their stability.

use lowrank_meanfield::{Branch, BranchEnd, BranchesThrough, Event, EventKind, branches_through};
use lowrank_model::{ModelError, Variant};
use lowrank_spec::{Draft, Grid, SpecError};
use schemars::JsonSchema;
use serde::Serialize;

use crate::Failure;
use crate::table::{Table, Value};

/// Evenly spaced values of the axis from which branches are followed, besides the axis' own; a closed branch that lies between two is
/// missed. A value costs some ten milliseconds.
const SAMPLES: usize = 33;

/// The points of one variant.
#[derive(Serialize, JsonSchema)]
pub(super) struct BranchPoints {
    variant: Variant,
    /// The axis.
    parameter: String,
    /// How many branches were followed; mirror images count.
    branches: usize,
    events: Vec<Event>,
    /// The reason why some or all are missing; absent where every branch that was met was followed.
    reason: Option<String>,
}

/// Follows all branches of every variant along the one axis of a grid.
///
/// # Errors
/// A grid with no axis or with several, or an axis of a single value.
pub(super) fn branch_points(draft: &Draft, grid: &Grid, variants: &[Variant]) -> Result<Vec<BranchPoints>, Failure> {
    let [(parameter, values)] = grid.axes() else {
        let found = grid.axes().len();
        let line = format!("--branches: the spec has {found} axes: branches are followed along one; give one [[axis]]");
        return Err(Failure::Input(line));
    };
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let followed = |variant: &Variant| {
        let family = |value: f64| {
            let mut here = draft.clone();
            // Whatever an axis refuses it refuses at one of its own values, before any branch is followed.
            here.set(*parameter, value).map_err(|error| match error {
                SpecError::Model(error) | SpecError::BadModel { source: error, .. } => error,
                other => ModelError::NotFinite { field: other.to_string(), value },
            })?;
            here.model(*variant)
        };
        let even = (0..SAMPLES).map(|i| low + (high - low) * i as f64 / (SAMPLES - 1) as f64);
        let mut starts: Vec<f64> = values.iter().copied().chain(even).collect();
        starts.sort_by(f64::total_cmp);
        starts.dedup();
        // Branches are followed where there are networks.
        let (mut found, mut unsolved): (Vec<Event>, Vec<(f64, String)>) = (Vec::new(), Vec::new());
        let mut count = 0;
        for part in starts.chunk_by(|a, b| family(*a).is_ok() == family(*b).is_ok()) {
            if let Err(error) = family(part[0]) {
                unsolved.extend(part.iter().map(|value| (*value, error.to_string())));
            } else if let [low, .., high] = part {
                match branches_through(family, (*low, *high), part) {
                    Ok(BranchesThrough { branches, continua, unsolved: lost }) => {
                        let (apart, lasting) = apart(continua, part);
                        found.extend(apart);
                        unsolved.extend(lasting.into_iter().map(|value| (value, LASTING.to_owned())));
                        count += branches.len();
                        unsolved.extend(branches.iter().flat_map(cut_short));
                        found.extend(branches.into_iter().flat_map(|branch| branch.events));
                        unsolved.extend(lost.into_iter().map(|(value, error)| (value, error.to_string())));
                    }
                    Err(error) => unsolved.extend(part.iter().map(|value| (*value, error.to_string()))),
                }
            }
        }
        let (failed, all) = (unsolved.len(), starts.len());
        let of = |(value, error)| format!("from {failed} of {all} values, the first of them {value}: {error}");
        let reason = unsolved.into_iter().next().map(of);
        found.sort_by(|a, b| a.parameter.total_cmp(&b.parameter));
        // A branch point is an event of each branch that passes through it.
        let mut events: Vec<Event> = Vec::new();
        for event in found {
            if !events.iter().any(|known| known.kind == event.kind && same(known, &event)) {
                events.push(event);
            }
        }
        BranchPoints { variant: *variant, parameter: parameter.to_string(), branches: count, events, reason }
    };
    Ok(variants.iter().map(followed).collect())
}

/// The reason why a ring that exists all along the axis has no events.
const LASTING: &str = "the solutions are a continuous family (a ring) over a range of the axis, and are not followed along it: they are listed at its \
    values; overlaps that differ a little leave branches that are followed";

/// Continuous families that exist at one of these values alone, and the values of all others.
fn apart(continua: Vec<Event>, values: &[f64]) -> (Vec<Event>, Vec<f64>) {
    let at: Vec<bool> = values.iter().map(|value| continua.iter().any(|event| event.parameter == *value)).collect();
    let lasts = |event: &Event| {
        let index = values.iter().position(|value| *value == event.parameter).unwrap_or(0);
        (index > 0 && at[index - 1]) || at.get(index + 1).is_some_and(|next| *next)
    };
    let (lasting, apart): (Vec<Event>, Vec<Event>) = continua.into_iter().partition(lasts);
    let mut values: Vec<f64> = lasting.into_iter().map(|event| event.parameter).collect();
    values.dedup();
    (apart, values)
}

/// The ends of a branch beyond which it is not followed though it goes on: where it runs to infinity there is an event.
fn cut_short(branch: &Branch) -> impl Iterator<Item = (f64, String)> {
    let Branch { points, events, ends } = branch;
    let sides = [(ends[0], points.first(), events.first()), (ends[1], points.last(), events.last())];
    sides.into_iter().filter_map(|(end, point, event)| {
        let told = event.is_some_and(|event| event.kind == EventKind::Infinity);
        let point = point.filter(|_| end == BranchEnd::Unbounded && !told)?;
        let size = (point.solution.order.mu.powi(2) + point.solution.order.delta_0).sqrt();
        Some((
            point.parameter,
            format!("the root mean square of x is {size:.1e} there, beyond which no branch is followed: choose a shorter axis"),
        ))
    })
}

/// Two events nearer than this in the parameter and in kappa, relative to one, are one: the accuracy at which they are found.
const SAME: f64 = 1e-6;

fn same(a: &Event, b: &Event) -> bool {
    let near = |x: f64, y: f64| (x - y).abs() <= SAME * x.abs().max(1.0);
    if a.kind == EventKind::Continuum {
        // Any of its solutions stands for it.
        return near(a.parameter, b.parameter) && near(a.solution.order.delta_0, b.solution.order.delta_0);
    }
    let kappa = a.solution.order.kappa.iter().zip(&b.solution.order.kappa);
    near(a.parameter, b.parameter) && kappa.into_iter().all(|(x, y)| near(*x, *y))
}

/// The first variant whose branches could not be followed, as a line.
pub(super) fn partial(points: &[BranchPoints]) -> Option<String> {
    let (variant, reason) = points.iter().find_map(|of| Some((of.variant, of.reason.as_ref()?)))?;
    Some(format!("some branches of {variant} could not be followed: {reason}"))
}

fn name(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Fold => "fold",
        EventKind::BranchPoint => "branch point",
        EventKind::BulkInstability => "onset of chaos",
        EventKind::Hopf => "hopf",
        EventKind::Infinity => "runs to infinity",
        EventKind::Continuum => "continuum",
    }
}

/// One row an event, one a variant on whose branches nothing happens, and one a variant whose branches could not all be followed.
pub(super) fn table(points: &[BranchPoints], rank: usize) -> Table {
    let parameter = points.first().map_or_else(String::new, |points| points.parameter.clone());
    let kappa = (1..=rank).map(|k| format!("kappa_{k}"));
    let head = ["variant".to_owned(), "event".to_owned(), parameter].into_iter().chain(kappa);
    let mut table = Table::new(head.chain(["delta_0", "rho", "reason"].map(str::to_owned)).collect());
    for of in points {
        for event in &of.events {
            let solution = &event.solution;
            let mut row: Vec<Value> = vec![of.variant.name().into(), name(event.kind).into(), event.parameter.into()];
            if event.kind == EventKind::Infinity {
                // The solution is the last one before.
                let last = event.parameter - event.residual;
                row.extend(vec![Value::from(f64::NAN); rank + 2]);
                row.push(format!("followed to {last:.4}, where delta_0 is {:.1e}", solution.order.delta_0).into());
                table.push(row);
                continue;
            }
            row.extend(solution.order.kappa.iter().map(|kappa| Value::from(*kappa)));
            row.extend([solution.order.delta_0.into(), solution.rho.into(), "".into()]);
            table.push(row);
        }
        if of.events.is_empty() && of.reason.is_none() {
            let reason = match of.branches {
                0 => "there is no stationary solution along the axis".to_owned(),
                1 => "one branch was followed, and nothing happens on it".to_owned(),
                count => format!("{count} branches were followed, and nothing happens on them"),
            };
            let mut row: Vec<Value> = vec![of.variant.name().into(), "none".into()];
            row.extend(vec![Value::from(f64::NAN); rank + 3]);
            row.push(reason.into());
            table.push(row);
        }
        if let Some(reason) = &of.reason {
            let mut row: Vec<Value> = vec![of.variant.name().into(), "not solved".into()];
            row.extend(vec![Value::from(f64::NAN); rank + 3]);
            row.push(reason.as_str().into());
            table.push(row);
        }
    }
    table
}
