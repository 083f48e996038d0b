//! Readout against time in some conditions: the first network in each variant, and theory of the same trial dashed.

use lowrank_report::{Colour, Figure, Legend, Line, Mark, Panel, TWO_COLUMNS};

use super::OfTask;
use crate::style::{axis, colour};
use crate::{Drawing, StudyError};

pub(super) fn draw(of: &OfTask<'_>) -> Result<Drawing, StudyError> {
    let (rank, times) = (of.task.ensemble.layout().rank, of.task.times());
    // Without a readout kappa itself is shown.
    let (component, label) =
        if of.task.ensemble.layout().readouts > 0 { (rank, "readout *z*") } else { (0, "*κ*^{(1)}") };
    let mut panels = Vec::new();
    let mut shown = Vec::new();
    for condition in of.shown() {
        let mut marks = vec![Mark::VerticalLine(of.task.onset)];
        for (variant, form) in of.networks.variants.iter().enumerate() {
            let Some(ran) = of.first(0, variant, condition) else { continue };
            let points = |course: &[Vec<f64>]| -> Vec<(f64, f64)> {
                times.iter().zip(course).map(|(t, row)| (*t, row[component])).collect()
            };
            let [network, theory] = ran.courses.each_ref().map(|course| points(course));
            let label = format!("network, {form}");
            marks.push(Mark::Line(Line { points: network.clone(), label, colour: colour(*form), ..Line::default() }));
            let label = "theory of the same trials".to_owned();
            let (dashed, colour) = (true, Colour::Black);
            marks.push(Mark::Line(Line { points: theory.clone(), label, dashed, colour, width: 0.8 }));
            shown.push((of.task.conditions[condition].label.clone(), form.name(), network, theory));
        }
        let title = of.task.conditions[condition].label.clone();
        let (x, y) = (axis("time *t*"), axis(label));
        panels.push(Panel { title, x, y, marks, legend: Legend::Below, ..Panel::default() });
    }
    let title = format!("{}: network 1 of {} neurons", of.name, of.networks.neurons);
    let figure = Figure { title, panels, columns: 2, width: TWO_COLUMNS, panel_height: 35.0 };
    of.drawing("courses", figure, shown)
}
