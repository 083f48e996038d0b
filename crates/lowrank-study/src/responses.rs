//! Activity along m, kappa, against the strength c of an input in three geometries at g = 0.8 (docs/theory.md section 8): (a)
//! m, n and I orthogonal; (b) I overlaps n, m is orthogonal to n; (c) m and n overlap and I lies along n besides: two states
//! for weak input, one beyond a fold. Theory's branches are solid where stable and dashed where not; dots are means over
//! the networks that ended with kappa of one sign, from starts along m and against it.

use lowrank_meanfield::{Branch, EventKind, Stability, branches_along};
use lowrank_model::Vector::{I, M, N};
use lowrank_model::{Initial, Input, Layout, Model, ModelError, Moments, Transfer, Variant};
use lowrank_report::{Colour, Figure, Legend, Line, Mark, Panel, Points, Shape, TWO_COLUMNS};
use serde::Serialize;

use crate::networks::{Ensemble, Estimate, bulk, every, protocol, run};
use crate::style::{axis, dots};
use crate::{Drawing, Options, Progress, StudyError};

/// Input strengths that are simulated.
const INPUTS: usize = 15;
const LARGEST: f64 = 2.0;
const VARIANTS: [Variant; 2] = [Variant::Current, Variant::Rate];

/// How the input lies to m and n.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Geometry {
    Orthogonal,
    InputAlongN,
    Bistable,
}

impl Geometry {
    const ALL: [Self; 3] = [Self::Orthogonal, Self::InputAlongN, Self::Bistable];

    fn title(self) -> &'static str {
        match self {
            Self::Orthogonal => "*m*, *n*, *I* orthogonal",
            Self::InputAlongN => "*I* along *n*",
            Self::Bistable => "*m* along *n*, *I* along *n*",
        }
    }

    /// The model at input strength c.
    fn model(self, c: f64, variant: Variant) -> Result<Model, ModelError> {
        let moments = Moments::new(Layout::rank(1).with_inputs(1)).variance(M(0), 1.0).variance(N(0), 1.0);
        let moments = match self {
            Self::Orthogonal => moments.variance(I(0), c * c),
            Self::InputAlongN => moments.variance(I(0), c * c).covariance(N(0), I(0), 0.8 * c),
            Self::Bistable => {
                let means = moments.mean(M(0), 3.5).mean(N(0), 1.0);
                means.variance(I(0), 1.0 + c * c).covariance(N(0), I(0), c)
            }
        };
        Model::new(0.8, Transfer::Tanh, variant, moments.build()?, Input::constant(&[1.0])?)
    }
}

/// Networks that ended with kappa of one sign, at one input strength from one start.
#[derive(Debug, Clone, Copy, Serialize)]
struct Response {
    c: f64,
    start: f64,
    networks: usize,
    kappa: Estimate,
}

#[derive(Serialize)]
struct Data {
    geometry: Geometry,
    variant: Variant,
    ensemble: Ensemble,
    branches: Vec<Branch>,
    networks: Vec<Response>,
}

fn ensemble(options: Options) -> Ensemble {
    let (neurons, networks) = if options.quick { (500, 4) } else { (1000, 10) };
    Ensemble { neurons, networks, seed: options.seed }
}

pub(crate) fn parts(options: Options) -> usize {
    ensemble(options).networks
}

pub(crate) fn draw(options: Options, progress: Progress<'_>) -> Result<Vec<Drawing>, StudyError> {
    let ensemble = ensemble(options);
    // `[network][geometry][variant][input][start]`, all on one bulk.
    let seen = every(ensemble, |realisation| {
        let bulk = bulk(ensemble.neurons, ensemble.seed, realisation)?;
        let mut seen = Vec::new();
        for (geometry, variant, c, start) in runs() {
            let initial = Initial { along: vec![(M(0), start)], deviation: 0.5 };
            let protocol = protocol(variant, 40.0, 10.0, 1.0)?;
            let (_, observed) =
                run(&bulk, &geometry.model(c, variant)?, &initial, &protocol, (ensemble.seed, realisation), 1)?;
            seen.push(observed.order.kappa[0]);
        }
        progress(1);
        Ok(seen)
    })?;
    let responses: Vec<(Geometry, Variant, Response)> = runs()
        .enumerate()
        .flat_map(|(run, (geometry, variant, c, start))| {
            let kappas: Vec<f64> = seen.iter().map(|seen| seen[run]).collect();
            // Near a fold some networks have left the branch and some have not.
            let split = geometry == Geometry::Bistable;
            let groups = [true, false]
                .map(|up| kappas.iter().copied().filter(|k| !split && up || split && (*k >= 0.0) == up).collect());
            groups.into_iter().filter(|group: &Vec<f64>| !group.is_empty()).map(move |group| {
                let kappa = Estimate::of(group.iter().copied());
                (geometry, variant, Response { c, start, networks: group.len(), kappa })
            })
        })
        .collect();
    let mut panels = Vec::new();
    let mut data = Vec::new();
    for variant in VARIANTS {
        for geometry in Geometry::ALL {
            let branches = branches_along(|c| geometry.model(c, variant), (0.0, LARGEST), 9)?;
            let networks: Vec<Response> = responses
                .iter()
                .filter(|(g, v, _)| (*g, *v) == (geometry, variant))
                .map(|(.., response)| *response)
                .collect();
            panels.push(panel(geometry, variant, &branches, &networks));
            data.push(Data { geometry, variant, ensemble, branches, networks });
        }
    }
    let title = "Activity along *m* under input, *g* = 0.8".to_owned();
    let figure = Figure { title, panels, columns: 3, width: TWO_COLUMNS, panel_height: 38.0 };
    Ok(vec![Drawing::new("responses", figure, &data)?])
}

/// Every run on one bulk, in a fixed order.
fn runs() -> impl Iterator<Item = (Geometry, Variant, f64, f64)> {
    let inputs = (0..INPUTS).map(|i| LARGEST * i as f64 / (INPUTS - 1) as f64);
    let starts = inputs.flat_map(|c| [(c, 1.0), (c, -1.0)]);
    Geometry::ALL.into_iter().flat_map(move |geometry| {
        let starts = starts.clone();
        VARIANTS
            .into_iter()
            .flat_map(move |variant| starts.clone().map(move |(c, start)| (geometry, variant, c, start)))
    })
}

fn panel(geometry: Geometry, variant: Variant, branches: &[Branch], networks: &[Response]) -> Panel {
    let mut marks = Vec::new();
    for (stable, label) in [(true, "theory, stable"), (false, "theory, unstable")] {
        let points = branches.iter().flat_map(|branch| segments(branch, 0, stable)).collect();
        marks.push(Mark::Line(Line { points, label: label.to_owned(), dashed: !stable, ..Line::default() }));
    }
    let folds: Vec<(f64, f64)> = branches
        .iter()
        .flat_map(|branch| &branch.events)
        .filter(|event| event.kind == EventKind::Fold)
        .map(|event| (event.parameter, event.solution.order.kappa[0]))
        .collect();
    if !folds.is_empty() {
        let (colour, shape) = (Colour::Green, Shape::Diamond);
        marks.push(Mark::Points(Points {
            points: folds,
            label: "fold".to_owned(),
            colour,
            shape,
            ..Points::default()
        }));
    }
    let points: Vec<(f64, Estimate)> = networks.iter().map(|response| (response.c, response.kappa)).collect();
    marks.push(dots(&points, &format!("{variant}, networks"), variant));
    Panel {
        title: format!("{variant}: {}", geometry.title()),
        x: axis("input strength *c*"),
        y: lowrank_report::Axis { range: Some((-1.1, 1.2)), ..axis("activity along *m*, *κ*") },
        marks,
        legend: Legend::Below,
        ..Panel::default()
    }
}

/// The stable or the unstable parts of kappa_k on a branch, with gaps between them; parts meet at the point where stability changes.
pub(crate) fn segments(branch: &Branch, k: usize, stable: bool) -> Vec<(f64, f64)> {
    const GAP: (f64, f64) = (f64::NAN, f64::NAN);
    let mut points = Vec::new();
    let mut last: Option<(f64, f64)> = None;
    for point in &branch.points {
        let place = (point.parameter, point.solution.order.kappa[k]);
        if (point.solution.stability == Stability::Stable) == stable {
            if points.last().is_none_or(|p: &(f64, f64)| p.0.is_nan()) {
                points.extend(last.filter(|_| !stable));
            }
            points.push(place);
        } else if points.last().is_some_and(|p| !p.0.is_nan()) {
            if !stable {
                points.push(place);
            }
            points.push(GAP);
        }
        last = Some(place);
    }
    points.push(GAP);
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_geometries_respond_as_described() {
        let kappas = |geometry: Geometry, c: f64| -> Vec<f64> {
            let model = geometry.model(c, Variant::Current).unwrap();
            let all = lowrank_meanfield::stationary_branches(&model).unwrap();
            all.into_iter().filter(|s| s.stability == Stability::Stable).map(|s| s.order.kappa[0]).collect()
        };
        assert!(kappas(Geometry::Orthogonal, 2.0).iter().all(|kappa| kappa.abs() < 1e-9));
        let [weak, strong] = [0.2, 2.0].map(|c| kappas(Geometry::InputAlongN, c));
        assert!(weak.len() == 1 && strong.len() == 1 && strong[0] > weak[0] && weak[0] > 0.1);
        assert_eq!((kappas(Geometry::Bistable, 0.0).len(), kappas(Geometry::Bistable, 2.0).len()), (2, 1));
    }
}
