//! The landscape of a task of rank two: the speed of kappa in its plane, one panel a condition, with the stable states of theory
//! and the paths of networks.

use lowrank_meanfield::{Stability, flow, stationary_branches};
use lowrank_model::Variant;
use lowrank_report::{Axis, Colour, Figure, Heat, Legend, Line, Mark, Panel, Points, Shape, TWO_COLUMNS};
use lowrank_tasks::{Decision, TaskName};

use super::OfTask;
use crate::style::axis;
use crate::{Drawing, StudyError};

/// Points of the plane each way.
const GRID: usize = 41;
/// The plane goes beyond what was seen by this part.
const BEYOND: f64 = 0.25;

pub(super) fn draw(of: &OfTask<'_>) -> Result<Option<Drawing>, StudyError> {
    match (of.name, of.task.ensemble.layout().rank) {
        (TaskName::Cycle, _) => Ok(None),
        (_, 2) => Ok(Some(plane(of)?)),
        _ => Ok(None),
    }
}

fn plane(of: &OfTask<'_>) -> Result<Drawing, StudyError> {
    let kept = || of.ran.iter().flatten().filter(|ran| ran.strength == 0).flat_map(|ran| &ran.courses[0]);
    let largest = kept().flat_map(|row| [row[0].abs(), row[1].abs()]).fold(0.1, f64::max) * (1.0 + BEYOND);
    let line: Vec<f64> = (0..GRID).map(|i| largest * (2.0 * i as f64 / (GRID - 1) as f64 - 1.0)).collect();
    let grid: Vec<Vec<f64>> = line.iter().flat_map(|y| line.iter().map(move |x| vec![*x, *y])).collect();
    // The flow is that of kappa itself in the rate variant.
    let variants = &of.networks.variants;
    let place = variants.iter().position(|variant| *variant == Variant::Rate).unwrap_or(0);
    let form = variants[place];
    let (mut panels, mut shown) = (Vec::new(), Vec::new());
    for condition in of.shown() {
        let given = &of.task.conditions[condition];
        let model = of.task.model(given, form)?.with_input(given.input.without_noise())?;
        let speed: Vec<f64> = flow(&model, &grid)?.iter().map(|f| f[0].hypot(f[1])).collect();
        // On a ring all states of a circle are stationary, of which a solver finds any.
        let ring = matches!(of.task.decision, Decision::Angle { .. });
        let states = if ring { Vec::new() } else { stationary_branches(&model)? };
        let stable: Vec<(f64, f64)> = states
            .iter()
            .filter(|state| state.stability == Stability::Stable)
            .map(|state| (state.order.kappa[0], state.order.kappa[1]))
            .collect();
        let heat = Heat {
            x: line.clone(),
            y: line.clone(),
            values: speed.chunks(GRID).map(<[f64]>::to_vec).collect(),
            label: "speed |d*κ*/d*t*|".to_owned(),
            ..Heat::default()
        };
        let mut marks = vec![Mark::Heat(heat)];
        for network in 0..of.networks.kept {
            let Some(ran) = of.first(network, place, condition) else { continue };
            let points = ran.courses[0].iter().map(|row| (row[0], row[1])).collect();
            let label = format!("networks, {form}");
            marks.push(Mark::Line(Line { points, label, colour: Colour::White, width: 0.8, ..Line::default() }));
        }
        if !stable.is_empty() {
            let label = "stable states of theory".to_owned();
            let (colour, shape) = (Colour::Vermillion, Shape::Circle);
            marks.push(Mark::Points(Points { points: stable.clone(), label, colour, shape, ..Points::default() }));
        }
        let range = Some((-largest, largest));
        let [x, y] = [1, 2].map(|k| Axis { range, ..axis(&format!("*κ*^{{({k})}}")) });
        let title = given.label.clone();
        panels.push(Panel { title, x, y, marks, legend: Legend::Below, ..Panel::default() });
        shown.push((given.label.clone(), stable));
    }
    let title = format!("{}: the landscape of *κ* after the onset", of.name);
    let figure = Figure { title, panels, columns: 2, width: TWO_COLUMNS, panel_height: 55.0 };
    of.drawing("landscape", figure, shown)
}
