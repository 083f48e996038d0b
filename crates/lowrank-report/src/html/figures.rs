//! The figures of a report: how far every claim is from theory, and how errors shrink as networks grow.

use lowrank_validate::{Claim, Outcome};

use crate::ReportError;
use crate::figure::{Axis, Band, Colour, Figure, Legend, Line, Mark, Panel, Points, TWO_COLUMNS, draw};

/// What a run shows at a glance: captions with complete SVG documents, for [`super::html`]. None for a run without claims
/// that can be drawn.
///
/// # Errors
/// None in practice: the figures are well formed.
pub fn evidence(outcome: &Outcome) -> Result<Vec<(String, String)>, ReportError> {
    let distances = distances(&outcome.claims).map(|figure| {
        let caption = "Every claim, in the order of the record: estimate minus theory in margins, with the simultaneous \
            confidence interval. A claim passes where the whole interval lies within the band. Vertical lines divide \
            operating points.";
        (caption.to_owned(), figure)
    });
    let scaling = scaling(outcome).map(|figure| {
        let caption = "Root mean square deviation of single networks from theory against the number of neurons, every claim; \
            the dashed line falls as 1 / sqrt(N), as that of independent fluctuations does.";
        (caption.to_owned(), figure)
    });
    let drawn = |(caption, figure): (String, Figure)| Ok((caption, draw(&figure)?.svg));
    distances.into_iter().chain(scaling).map(drawn).collect()
}

/// One panel a form of the dynamics.
fn distances(claims: &[Claim]) -> Option<Figure> {
    let mut variants: Vec<&str> = Vec::new();
    for claim in claims {
        if !variants.contains(&claim.variant.name()) {
            variants.push(claim.variant.name());
        }
    }
    let panels: Vec<Panel> =
        variants.into_iter().enumerate().filter_map(|(i, variant)| panel(claims, variant, i)).collect();
    (!panels.is_empty()).then(|| Figure {
        panels,
        columns: 1,
        width: TWO_COLUMNS,
        panel_height: 36.0,
        ..Figure::default()
    })
}

fn panel(claims: &[Claim], variant: &str, index: usize) -> Option<Panel> {
    let of_variant: Vec<&Claim> = claims.iter().filter(|claim| claim.variant.name() == variant).collect();
    let mut points = Points { colour: Colour::nth(index), ..Points::default() };
    for (i, claim) in of_variant.iter().enumerate() {
        let off = (claim.judgement.estimate - claim.theory) / claim.margin;
        let half = claim.judgement.half_width / claim.margin;
        if off.is_finite() && half.is_finite() {
            points.points.push(((i + 1) as f64, off));
            points.errors.push(half);
        }
    }
    if points.points.is_empty() {
        return None;
    }
    let end = of_variant.len() as f64 + 0.5;
    let band = Band {
        x: vec![0.5, end],
        lower: vec![-1.0; 2],
        upper: vec![1.0; 2],
        colour: Colour::Grey,
        label: String::new(),
    };
    let mut marks = vec![Mark::Band(band), Mark::HorizontalLine(0.0)];
    let borders = of_variant.windows(2).enumerate().filter(|(_, pair)| pair[0].point != pair[1].point);
    marks.extend(borders.map(|(i, _)| Mark::VerticalLine(i as f64 + 1.5)));
    marks.push(Mark::Points(points));
    Some(Panel {
        title: variant.to_string(),
        x: Axis { label: "claim".to_owned(), range: Some((0.5, end)), ..Axis::default() },
        y: Axis { label: "off, in margins".to_owned(), ..Axis::default() },
        marks,
        legend: Legend::Nowhere,
        ..Panel::default()
    })
}

fn scaling(outcome: &Outcome) -> Option<Figure> {
    let mut marks = Vec::new();
    let (mut sizes, mut largest) = ((f64::INFINITY, 0.0_f64), 0.0_f64);
    for scaling in &outcome.scaling {
        let points: Vec<(f64, f64)> = scaling
            .neurons
            .iter()
            .zip(&scaling.error)
            .map(|(n, e)| (*n as f64, *e))
            .filter(|(_, e)| *e > 0.0)
            .collect();
        for (n, error) in &points {
            sizes = (sizes.0.min(*n), sizes.1.max(*n));
            largest = largest.max(*error);
        }
        marks.push(Mark::Line(Line { points, colour: Colour::nth(0), width: 0.4, ..Line::default() }));
    }
    if largest == 0.0 {
        return None;
    }
    let reference = [sizes.0, sizes.1].map(|n| (n, largest * (sizes.0 / n).sqrt())).to_vec();
    marks.push(Mark::Line(Line { points: reference, dashed: true, ..Line::default() }));
    let log = |label: &str| Axis { label: label.to_owned(), log: true, ..Axis::default() };
    let panel = Panel { x: log("neurons *N*"), y: log("|error| of one network"), marks, ..Panel::default() };
    Some(Figure { panels: vec![panel], ..Figure::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html::tests::outcome;

    #[test]
    fn every_claim_is_drawn_and_errors_where_there_are_sizes() {
        let run = outcome();
        let figure = distances(&run.claims).unwrap();
        let [panel] = &figure.panels[..] else { panic!("{figure:?}") };
        let drawn = panel.marks.iter().find_map(|mark| match mark {
            Mark::Points(points) => Some(points),
            _ => None,
        });
        let (drawn, claim) = (drawn.unwrap(), &run.claims[0]);
        let finite =
            run.claims.iter().filter(|c| c.judgement.estimate.is_finite() && c.judgement.half_width.is_finite());
        assert!(
            drawn.points.len() > 1 && drawn.points.len() == finite.count() && drawn.errors.len() == drawn.points.len()
        );
        assert_eq!(drawn.points[0], (1.0, (claim.judgement.estimate - claim.theory) / claim.margin));
        assert_eq!(drawn.errors[0], claim.judgement.half_width / claim.margin);
        let figures = evidence(&run).unwrap();
        assert_eq!(figures.len(), if run.scaling.is_empty() { 1 } else { 2 });
        assert!(figures.iter().all(|(caption, svg)| !caption.is_empty() && svg.starts_with("<svg")));
        assert!(evidence(&lowrank_validate::Outcome { claims: vec![], scaling: vec![], ..run }).unwrap().is_empty());
    }
}
