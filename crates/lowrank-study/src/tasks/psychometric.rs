//! Psychometric curves: how often the readout ends high, against the level, for tasks with levels. Theory of the same networks
//! and the same noise as lines; the fold of the lower state where there is one.

use lowrank_report::{Anchor, Axis, Figure, Legend, Line, Mark, Note, ONE_COLUMN, Panel, Points, TWO_COLUMNS};
use lowrank_tasks::{Decision, Mean, Ran, part_high};

use super::OfTask;
use crate::style::{axis, colour, shape};
use crate::{Drawing, StudyError};

/// Level, part that ends high over networks and theory's, over all conditions of the level in one group.
type At = (f64, Mean, Mean);

/// The curve of one variant.
fn curve(of: &OfTask<'_>, variant: usize, group: &str) -> Vec<At> {
    let own = |ran: &&Ran| (ran.variant, ran.strength) == (variant, 0);
    let networks: Vec<Vec<&Ran>> = of.ran.iter().map(|ran| ran.iter().filter(own).collect()).collect();
    let at = |level: f64| {
        // A network is one observation, whatever the number of its trials.
        let part =
            |high: fn(&Ran) -> bool| Mean::of(networks.iter().map(|ran| part_high(of.task, ran, (group, level), high)));
        (level, part(|ran| ran.seen.high), part(|ran| ran.predicted.high))
    };
    of.task.levels(group).into_iter().map(at).collect()
}

pub(super) fn draw(of: &OfTask<'_>) -> Result<Option<Drawing>, StudyError> {
    if !matches!(of.task.decision, Decision::Readout { .. }) {
        return Ok(None);
    }
    let groups = of.task.groups();
    if groups.is_empty() {
        return Ok(None);
    }
    let mut panels = Vec::new();
    let mut shown = Vec::new();
    for group in &groups {
        let mut marks = Vec::new();
        for (variant, form) in of.networks.variants.iter().enumerate() {
            let curve = curve(of, variant, group);
            let points = curve.iter().map(|(level, _, theory)| (*level, theory.mean)).collect();
            let label = format!("{form}, theory of them");
            marks.push(Mark::Line(Line { points, label, colour: colour(*form), ..Line::default() }));
            marks.push(Mark::Points(Points {
                points: curve.iter().map(|(level, high, _)| (*level, high.mean)).collect(),
                errors: curve.iter().map(|(_, high, _)| high.half_width).collect(),
                label: format!("{form}, networks"),
                colour: colour(*form),
                shape: shape(*form),
            }));
            shown.push((group.to_string(), form.name(), curve));
        }
        if let Some(fold) = of.fold(group) {
            marks.push(Mark::VerticalLine(fold));
            let text = "fold".to_owned();
            marks.push(Mark::Note(Note { at: (fold, 0.02), text, anchor: Anchor::Start }));
        }
        let y = Axis { range: Some((-0.05, 1.05)), ..axis("part of trials that end high") };
        let x = axis(of.level());
        panels.push(Panel { title: (*group).to_owned(), x, y, marks, legend: Legend::Below, ..Panel::default() });
    }
    let (columns, width) = if panels.len() > 1 { (2, TWO_COLUMNS) } else { (1, ONE_COLUMN) };
    let title = format!("{}: {} networks of {} neurons", of.name, of.ran.len(), of.networks.neurons);
    let figure = Figure { title, panels, columns, width, panel_height: 45.0 };
    Ok(Some(of.drawing("psychometric", figure, shown)?))
}
