//! Success against the size of the networks and against the random strength, with 95 % intervals, and theory's beside it.

use lowrank_report::{Axis, Band, Colour, Figure, Legend, Line, Mark, Panel, Points, Shape, TWO_COLUMNS};
use lowrank_tasks::Score;

use super::OfTask;
use crate::style::{axis, colour, shape};
use crate::{Drawing, StudyError};

/// Against N, where there are several.
pub(super) fn against_neurons(of: &OfTask<'_>) -> Result<Option<Drawing>, StudyError> {
    let own: Vec<&Score> = of.scores.iter().filter(|score| score.g == of.networks.strengths[0]).collect();
    along(of, "sizes", &own, |score| score.neurons as f64, Axis { log: true, ..axis("neurons *N*") })
}

/// Against g, where there are several.
pub(super) fn against_strength(of: &OfTask<'_>) -> Result<Option<Drawing>, StudyError> {
    let own: Vec<&Score> = of.scores.iter().filter(|score| score.neurons == of.networks.neurons).collect();
    along(of, "strengths", &own, |score| score.g, axis("random strength *g*"))
}

fn along(
    of: &OfTask<'_>,
    name: &'static str,
    scores: &[&Score],
    place: fn(&Score) -> f64,
    x: Axis,
) -> Result<Option<Drawing>, StudyError> {
    let mut panels = Vec::new();
    for form in &of.networks.variants {
        let own: Vec<&&Score> = scores.iter().filter(|score| score.variant == form.name()).collect();
        if own.len() < 2 {
            return Ok(None);
        }
        let points = |value: fn(&Score) -> f64| own.iter().map(|s| (place(s), value(s))).collect::<Vec<_>>();
        let band = Band {
            x: own.iter().map(|s| place(s)).collect(),
            lower: own.iter().map(|s| s.success.low).collect(),
            upper: own.iter().map(|s| s.success.high).collect(),
            colour: colour(*form),
            label: "95 % interval".to_owned(),
        };
        let seen = Points {
            points: points(|s| s.success.value()),
            label: "networks".to_owned(),
            colour: colour(*form),
            shape: shape(*form),
            ..Points::default()
        };
        let theory =
            Line { points: points(|s| s.predicted_success.value()), label: "theory".to_owned(), ..Line::default() };
        let right = Points {
            points: points(|s| s.right.mean),
            label: "right trials".to_owned(),
            colour: Colour::Grey,
            shape: Shape::Cross,
            ..Points::default()
        };
        let marks = vec![Mark::Band(band), Mark::Line(theory), Mark::Points(seen), Mark::Points(right)];
        let y = Axis { range: Some((-0.05, 1.05)), ..axis("part that succeeds") };
        panels.push(Panel {
            title: form.to_string(),
            x: x.clone(),
            y,
            marks,
            legend: Legend::Below,
            ..Panel::default()
        });
    }
    let title = format!("{}: success", of.name);
    let figure = Figure { title, panels, columns: 3, width: TWO_COLUMNS, panel_height: 38.0 };
    Ok(Some(of.drawing(name, figure, scores)?))
}
