//! The stationary states along the levels of each group of conditions, where one of them ends in a fold that trials pass; last
//! states of networks as points.

use lowrank_meanfield::{Branch, EventKind};
use lowrank_report::{Colour, Figure, Legend, Line, Mark, ONE_COLUMN, Panel, Points, Shape, TWO_COLUMNS};
use lowrank_tasks::fold::branches;

use super::OfTask;
use crate::responses::segments;
use crate::style::{axis, colour, shape};
use crate::{Drawing, StudyError};

/// Folds that are no farther apart along the levels are one.
const SAME: f64 = 1e-6;

/// The component of kappa with the largest range over all branches.
fn most_moved(branches: &[Branch]) -> usize {
    let rank = branches.iter().flat_map(|branch| &branch.points).map(|point| point.solution.order.kappa.len()).min();
    let range = |k: usize| {
        let all = branches.iter().flat_map(|branch| &branch.points).map(|point| point.solution.order.kappa[k]);
        let (low, high) = all.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), k| (low.min(k), high.max(k)));
        high - low
    };
    (0..rank.unwrap_or(1)).max_by(|a, b| range(*a).total_cmp(&range(*b))).unwrap_or(0)
}

pub(super) fn draw(of: &OfTask<'_>) -> Result<Option<Drawing>, StudyError> {
    let (mut panels, mut shown) = (Vec::new(), Vec::new());
    for group in of.task.groups() {
        let Some(fold) = of.fold(group) else { continue };
        let highest = of.task.levels(group).last().copied().unwrap_or_default();
        let all = branches(of.task, group, of.networks.variants[0], highest)?;
        let k = most_moved(&all);
        let mut marks = Vec::new();
        for (stable, label) in [(true, "theory, stable"), (false, "theory, unstable")] {
            let points = all.iter().flat_map(|branch| segments(branch, k, stable)).collect();
            marks.push(Mark::Line(Line { points, label: label.to_owned(), dashed: !stable, ..Line::default() }));
        }
        let folds = all.iter().flat_map(|branch| &branch.events);
        let folds = folds.filter(|event| event.kind == EventKind::Fold && (event.parameter - fold).abs() < SAME);
        marks.push(Mark::Points(Points {
            points: folds.map(|event| (event.parameter, event.solution.order.kappa[k])).collect(),
            label: "fold".to_owned(),
            colour: Colour::Black,
            shape: Shape::Diamond,
            ..Points::default()
        }));
        for (variant, form) in of.networks.variants.iter().enumerate() {
            let last = |network: usize| {
                let own = of.task.conditions.iter().enumerate().filter(|(_, condition)| condition.group == group);
                own.filter_map(move |(place, condition)| {
                    Some((condition.level, of.first(network, variant, place)?.courses[0].last()?[k]))
                })
            };
            marks.push(Mark::Points(Points {
                points: (0..of.networks.kept).flat_map(last).collect(),
                label: format!("{form}, networks"),
                colour: colour(*form),
                shape: shape(*form),
                ..Points::default()
            }));
        }
        let y = if of.task.ensemble.layout().rank == 1 { axis("*κ*") } else { axis(&format!("*κ*^{{({})}}", k + 1)) };
        let (title, x) = (group.to_owned(), axis(of.level()));
        panels.push(Panel { title, x, y, marks, legend: Legend::Below, ..Panel::default() });
        shown.push((group.to_owned(), all));
    }
    if panels.is_empty() {
        return Ok(None);
    }
    let (columns, width) = if panels.len() > 1 { (2, TWO_COLUMNS) } else { (1, ONE_COLUMN) };
    let title = format!("{}: states and their fold", of.name);
    let figure = Figure { title, panels, columns, width, panel_height: 50.0 };
    Ok(Some(of.drawing("branches", figure, shown)?))
}
