//! The figure of a time course: kappa, mu and Delta_0 over time, theory as lines and networks as points with standard errors.

use lowrank_model::Variant;
use lowrank_report::{Axis, Colour, Figure, Legend, Line, Mark, Panel, Points, Shape, TWO_COLUMNS};

use super::{Course, Estimate, Measured, Theory};

/// More points than this on one axis hide each other.
const MOST_POINTS: usize = 60;

/// The figure; none where theory was not solved and no network was run.
pub(super) fn figure(courses: &[Course]) -> Option<Figure> {
    let rank = courses.iter().find_map(|course| match &course.theory {
        Theory::TwoTime(s) => s.first().map(|s| s.kappa.len()),
        Theory::Reduced(s) => s.first().map(|s| s.kappa.len()),
        Theory::Unsolved(_) => course.networks.first().map(|m| m.kappa.len()),
    })?;
    let mut panels: Vec<Panel> = (0..rank)
        .map(|k| {
            let label = if rank == 1 { "*κ*(*t*)".to_owned() } else { format!("*κ*_{{{}}}(*t*)", k + 1) };
            let theory = move |course: &Course| match &course.theory {
                Theory::TwoTime(s) => s.iter().map(|s| s.kappa[k]).collect(),
                Theory::Reduced(s) => s.iter().map(|s| s.kappa[k]).collect(),
                Theory::Unsolved(_) => Vec::new(),
            };
            panel(&label, courses, &theory, &move |m| &m.kappa[k])
        })
        .collect();
    let full = |of: fn(&lowrank_meanfield::Snapshot) -> f64| {
        move |course: &Course| match &course.theory {
            Theory::TwoTime(s) => s.iter().map(of).collect(),
            _ => Vec::new(),
        }
    };
    panels.push(panel("mean of *x*, *μ*(*t*)", courses, &full(|s| s.mu), &|m| &m.mu));
    panels.push(panel("variance of *x*, Δ₀(*t*)", courses, &full(|s| s.delta_0), &|m| &m.delta_0));
    panels.retain(|panel| !panel.marks.is_empty());
    (!panels.is_empty()).then(|| Figure {
        panels,
        columns: 3,
        width: TWO_COLUMNS,
        panel_height: 40.0,
        ..Figure::default()
    })
}

fn panel(
    label: &str,
    courses: &[Course],
    theory: &dyn Fn(&Course) -> Vec<f64>,
    networks: &dyn Fn(&Measured) -> &Estimate,
) -> Panel {
    let mut marks = Vec::new();
    for course in courses {
        let (colour, shape) = style(course.variant);
        let line: Vec<(f64, f64)> = course.times.iter().copied().zip(theory(course)).collect();
        if !line.is_empty() {
            let label = format!("{}, theory", course.variant);
            marks.push(Mark::Line(Line { points: line, label, colour, ..Line::default() }));
        }
        let each = course.networks.len().div_ceil(MOST_POINTS).max(1);
        let shown = course.networks.iter().step_by(each);
        let shown: Vec<(f64, f64, f64)> = shown
            .filter_map(|m| Some((m.time, networks(m).mean?, networks(m).standard_error.unwrap_or(0.0))))
            .collect();
        if !shown.is_empty() {
            marks.push(Mark::Points(Points {
                points: shown.iter().map(|(time, mean, _)| (*time, *mean)).collect(),
                errors: shown.iter().map(|(_, _, error)| *error).collect(),
                label: format!("{}, networks", course.variant),
                colour,
                shape,
            }));
        }
    }
    let axis = |label: &str| Axis { label: label.to_owned(), ..Axis::default() };
    Panel { x: axis("time *t*"), y: axis(label), marks, legend: Legend::Below, ..Panel::default() }
}

/// Colour and shape of a variant, those of the study's figures.
fn style(variant: Variant) -> (Colour, Shape) {
    match variant {
        Variant::Current => (Colour::Blue, Shape::Circle),
        Variant::Rate => (Colour::Vermillion, Shape::OpenSquare),
        Variant::TwoTimescale { .. } => (Colour::Green, Shape::Triangle),
    }
}
