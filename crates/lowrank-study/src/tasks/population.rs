//! Activity of the first network: in a plane of its vectors, along its principal components, and what single units follow.

use lowrank_model::Vector::{I, M};
use lowrank_model::{Layout, Vector};
use lowrank_report::{Cloud, Colour, Figure, Legend, Line, Mark, Panel, TWO_COLUMNS};
use lowrank_tasks::population::{Regression, plane, principal_components, regress};
use lowrank_tasks::{Decision, TaskError, vectors};
use serde::Serialize;

use super::OfTask;
use crate::style::{axis, colour};
use crate::{Drawing, StudyError};

/// One colour a condition.
const COLOURS: [Colour; 4] = [Colour::Blue, Colour::Vermillion, Colour::Green, Colour::Purple];

#[derive(Serialize)]
struct Shown {
    variant: &'static str,
    /// Part of the variance in each of the first ten components.
    explained: Vec<f64>,
}

/// r of network 1: `[variant][condition][sample]`, N entries each.
type States = [Vec<Vec<Vec<f32>>>];

/// Planes above, principal components below.
pub(super) fn draw(of: &OfTask<'_>, states: &States) -> Result<Drawing, StudyError> {
    let own = vectors(of.task, of.networks, 0)?;
    let pairs = pairs(of.task.ensemble.layout());
    let mut planes: Vec<Vec<Panel>> = vec![Vec::new(); pairs.len()];
    let (mut components, mut shown) = (Vec::new(), Vec::new());
    for (form, states) in of.networks.variants.iter().zip(states) {
        let all: Vec<Vec<f32>> = of.shown().into_iter().flat_map(|condition| states[condition].clone()).collect();
        let found = principal_components(&all, 10)?;
        let samples = all.len() / of.shown().len();
        let mut in_planes: Vec<Vec<Mark>> = vec![Vec::new(); pairs.len()];
        let mut along = Vec::new();
        for (i, condition) in of.shown().into_iter().enumerate() {
            let label = of.task.conditions[condition].label.clone();
            let line =
                |points| Mark::Line(Line { points, label: label.clone(), colour: COLOURS[i], ..Line::default() });
            for ((first, second), marks) in pairs.iter().zip(&mut in_planes) {
                let [first, second] = [first, second].map(|vector| own.layout().index(*vector));
                let (first, second) = (&own.vectors()[first?], &own.vectors()[second?]);
                marks.push(line(plane(&states[condition], first, second)));
            }
            let own = &found.coordinates[i * samples..(i + 1) * samples];
            along.push(line(own.iter().map(|c| (c[0], c.get(1).copied().unwrap_or(0.0))).collect()));
        }
        let panel = |title: String, x: &str, y: &str, marks| Panel {
            title,
            x: axis(x),
            y: axis(y),
            marks,
            legend: Legend::Below,
            ..Panel::default()
        };
        for (((first, second), marks), row) in pairs.iter().zip(in_planes).zip(&mut planes) {
            let [x, y] = [first, second].map(|vector| format!("*r* along {}", symbol(*vector)));
            row.push(panel(form.to_string(), &x, &y, marks));
        }
        let part = |k: usize| 100.0 * found.explained.get(k).copied().unwrap_or(0.0);
        let [x, y] = [0, 1].map(|k| format!("component {} ({:.0} %)", k + 1, part(k)));
        components.push(panel(form.to_string(), &x, &y, along));
        shown.push(Shown { variant: form.name(), explained: found.explained });
    }
    let columns = components.len();
    let panels = planes.into_iter().flatten().chain(components).collect();
    let title = format!("{}: *r* of network 1 of {} neurons", of.name, of.networks.neurons);
    let figure = Figure { title, panels, columns, width: TWO_COLUMNS, panel_height: 38.0 };
    of.drawing("population", figure, shown)
}

/// The planes of a layout: m^(k) and I^(k) where there is a readout, with all inputs for rank one; else m^(1) and m^(2).
fn pairs(layout: Layout) -> Vec<(Vector, Vector)> {
    match (layout.rank, layout.readouts) {
        (1, _) => (0..layout.inputs.min(2)).map(|q| (M(0), I(q))).collect(),
        (rank, 1..) => (0..rank).map(|k| (M(k), I(k))).collect(),
        _ => vec![(M(0), M(1))],
    }
}

fn symbol(vector: Vector) -> String {
    match vector {
        M(k) => format!("*m*^{{({})}}", k + 1),
        I(q) => format!("*I*^{{({})}}", q + 1),
        other => other.to_string(),
    }
}

/// What single units of one variant follow.
#[derive(Serialize)]
struct Followed {
    variant: &'static str,
    /// The choice, then inputs.
    regressors: Vec<String>,
    found: Regression,
}

/// Coefficients of single units on the choice and on every input whose amplitude can be told from the choice and from the inputs before it.
pub(super) fn regression(of: &OfTask<'_>, states: &States) -> Result<Option<Drawing>, StudyError> {
    let conditions = &of.task.conditions;
    let Decision::Readout { from, .. } = of.task.decision else { return Ok(None) };
    let late = of.task.times().partition_point(|t| *t < from);
    let (mut panels, mut shown) = (Vec::new(), Vec::new());
    for (variant, (form, states)) in of.networks.variants.iter().zip(states).enumerate() {
        let choice: Vec<f64> = (0..conditions.len())
            .filter_map(|condition| of.first(0, variant, condition))
            .map(|ran| if ran.seen.high { 1.0 } else { -1.0 })
            .collect();
        let activity: Vec<Vec<f32>> = states
            .iter()
            .map(|states| {
                let late = &states[late.min(states.len() - 1)..];
                let mean = |i: usize| late.iter().map(|r| r[i]).sum::<f32>() / late.len() as f32;
                (0..late[0].len()).map(mean).collect()
            })
            .collect();
        let (mut regressors, mut names, mut best) = (vec![choice], vec!["choice".to_owned()], None);
        for q in 0..of.task.ensemble.layout().inputs {
            regressors.push(conditions.iter().map(|condition| condition.input.last()[q]).collect());
            match regress(&activity, &regressors) {
                Ok(found) => {
                    names.push(symbol(I(q)));
                    best = Some(found);
                }
                Err(TaskError::BadNumber { .. }) => {
                    regressors.pop();
                }
                Err(error) => return Err(error.into()),
            }
        }
        let Some(found) = best else { continue };
        let points = found.coefficients[1].iter().copied().zip(found.coefficients[0].iter().copied()).collect();
        let cloud = Cloud { points, colour: colour(*form), label: String::new() };
        panels.push(Panel {
            title: form.to_string(),
            x: axis(&format!("coefficient of the input along {}", names[1])),
            y: axis("coefficient of the choice"),
            marks: vec![Mark::Cloud(cloud)],
            ..Panel::default()
        });
        shown.push(Followed { variant: form.name(), regressors: names, found });
    }
    if panels.is_empty() {
        return Ok(None);
    }
    let title = format!("{}: units of network 1 of {} neurons", of.name, of.networks.neurons);
    let figure = Figure { title, panels, columns: 3, width: TWO_COLUMNS, panel_height: 45.0 };
    Ok(Some(of.drawing("regression", figure, shown)?))
}
