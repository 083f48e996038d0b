//! The phase diagram: four phases where theory puts them, boundaries where the fields change, values of
//! docs/theory.md section 7.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use lowrank_meanfield::{Cell, Stability, chaotic_solutions, phase_boundaries, phase_diagram, stationary_branches};
use lowrank_model::Vector::{M, N};
use lowrank_model::{Input, Layout, Model, ModelError, Moments, Phase, Thresholds, Transfer, Variant};

/// Where the boundaries of theory lie: any structure and any chaos beyond rounding counts.
const EXACT: Thresholds = Thresholds { structure: 1e-7, chaoticity: 1e-7 };

/// The overlap M_m M_n, both means its root; S_m = S_n = 1.
fn family(g: f64, overlap: f64) -> Result<Model, ModelError> {
    let ensemble = Moments::new(Layout::rank(1))
        .mean(M(0), overlap.sqrt())
        .mean(N(0), overlap.sqrt())
        .variance(M(0), 1.0)
        .variance(N(0), 1.0);
    Model::new(g, Transfer::Tanh, Variant::Current, ensemble.build()?, Input::none())
}

fn grid(from: f64, to: f64, count: usize) -> Vec<f64> {
    (0..count).map(|i| from + (to - from) * i as f64 / (count as f64 - 1.0)).collect()
}

/// The curve's g or strength at the other coordinate, between its points.
fn interpolated(points: &[(f64, f64)], at: f64) -> Option<f64> {
    let pair = points.windows(2).find(|w| (w[0].0..=w[1].0).contains(&at))?;
    Some(pair[0].1 + (pair[1].1 - pair[0].1) * (at - pair[0].0) / (pair[1].0 - pair[0].0))
}

#[test]
fn every_cell_lies_on_its_side_of_every_boundary() {
    let (gs, strengths) = (grid(0.13, 3.03, 30), grid(0.05, 3.05, 13));
    let cells = phase_diagram(family, &gs, &strengths, &EXACT).unwrap();
    let boundaries = phase_boundaries(family, &grid(0.0, 3.5, 71), &grid(0.0, 4.0, 81)).unwrap();
    let curves = [&boundaries.onset_of_structure, &boundaries.structured_onset_of_chaos, &boundaries.end_of_structure];
    assert!(curves.iter().all(|c| c.residual < 1e-9 && c.points.len() > 10));
    let flipped: Vec<(f64, f64)> = boundaries.structured_onset_of_chaos.points.iter().map(|(g, s)| (*s, *g)).collect();
    for (row, &strength) in cells.iter().zip(&strengths) {
        for (cell, &g) in row.iter().zip(&gs) {
            // The strength at which structure appears, and the g at which the structured branch becomes chaotic.
            let structure = if g <= 1.0 { Some(1.0) } else { interpolated(&boundaries.end_of_structure.points, g) };
            let chaos = if strength <= 1.0 { Some(1.0) } else { interpolated(&flipped, strength) };
            let structured = structure.is_some_and(|s| strength > s);
            let chaotic = chaos.is_some_and(|c| g > c);
            let expected = match (structured, chaotic) {
                (false, false) => Phase::Quiescent,
                (true, false) => Phase::StructuredStationary,
                (true, true) => Phase::StructuredChaos,
                (false, true) => Phase::UnstructuredChaos,
            };
            assert_eq!(cell.phase, Some(expected), "g = {g}, overlap = {strength}: {cell:?}");
            consistent(cell);
        }
    }
}

fn consistent(cell: &Cell) {
    let (chaotic, structured) = match cell.phase.unwrap() {
        Phase::Unbounded => panic!("{cell:?}"),
        Phase::Quiescent => (false, false),
        Phase::StructuredStationary => (false, true),
        Phase::StructuredChaos => (true, true),
        Phase::UnstructuredChaos => (true, false),
    };
    assert_eq!(cell.chaoticity > 0.0, chaotic, "{cell:?}");
    assert_eq!(cell.structure > 0.0, structured, "{cell:?}");
    assert_eq!(cell.lambda_max > 0.0, chaotic, "{cell:?}");
}

/// Fields of cells next to onset (axes of real diagrams come within 1e-3 of it) and far from it are those of the solvers.
#[test]
fn the_fields_of_a_cell_are_those_of_its_solution() {
    let (gs, strengths) = ([0.5, 0.999, 1.001, 1.002004, 1.1, 1.9, 3.0], [0.5, 2.2]);
    let cells = phase_diagram(family, &gs, &strengths, &EXACT).unwrap();
    for (row, strength) in cells.iter().zip(strengths) {
        for (cell, g) in row.iter().zip(gs) {
            let model = family(g, strength).unwrap();
            let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "g = {g}, overlap {strength}: {cell:?}");
            let (rest, chaos) = (stationary_branches(&model).unwrap().remove(0), chaotic_solutions(&model).unwrap());
            let calm = rest.stability == Stability::Stable;
            match chaos.first().filter(|c| !calm || c.order.kappa[0] > rest.order.kappa[0]) {
                Some(chaos) => {
                    close(cell.structure, chaos.order.kappa[0].abs());
                    close(cell.chaoticity * cell.chaoticity, chaos.order.delta_0 - chaos.order.delta_inf);
                    close(cell.lambda_max, chaos.lyapunov().unwrap().exponent);
                }
                None => {
                    close(cell.structure, rest.order.kappa[0].abs());
                    close(cell.chaoticity, 0.0);
                    close(cell.lambda_max, rest.growth_rate);
                }
            }
        }
    }
}

#[test]
fn the_boundaries_pass_through_the_known_points() {
    let boundaries = phase_boundaries(family, &[0.5, 2.135791690], &[0.5, 2.2]).unwrap();
    assert!(boundaries.onset_of_structure.points.iter().all(|(_, s)| (s - 1.0).abs() < 1e-12));
    assert!(boundaries.onset_of_chaos.points.iter().all(|(g, _)| *g == 1.0));
    // At overlap 2.2 chaos sets in at 1.8123 for M_m = M_n; structure ends at 2.135791690 however it is made.
    let [_, (g, strength)] = boundaries.structured_onset_of_chaos.points[..] else { panic!("{boundaries:?}") };
    assert!((g - 1.8123).abs() < 5e-5 && strength == 2.2, "{g}");
    let [(1.0, _), (_, strength)] = boundaries.end_of_structure.points[..] else { panic!("{boundaries:?}") };
    assert!((strength - 2.2).abs() < 1e-8, "{strength}");
}

#[test]
fn a_plane_of_other_models_is_refused() {
    // In whichever row they are.
    let mixed = |g, s: f64| if s < 2.0 { family(g, s) } else { family(g, s)?.with_noise(0.1) };
    assert!(phase_diagram(mixed, &[0.5, 1.5], &[1.0, 2.5], &EXACT).unwrap_err().to_string().contains("no noise"));
    let logistic =
        |g, s| Model::new(g, Transfer::Logistic, Variant::Current, family(g, s)?.ensemble().clone(), Input::none());
    let error = phase_diagram(logistic, &[0.5], &[1.0], &EXACT).unwrap_err().to_string();
    assert!(error.contains("phase diagram") && error.contains("logistic"), "{error}");
}

/// Just above the onset of structure, (T6) and (T8) at g = 0.5 and an overlap of 1.02, |kappa| is small: whether it counts is said by the
/// threshold. Just above g = 1 so is sqrt(Delta_T).
#[test]
fn thresholds_tell_the_phase() {
    let at = |g: f64, overlap: f64, thresholds: Thresholds| {
        phase_diagram(family, &[g], &[overlap], &thresholds).unwrap()[0][0]
    };
    let structure = at(0.5, 1.02, EXACT).structure;
    let chaoticity = at(1.1, 0.5, EXACT).chaoticity;
    assert!(structure > 0.01 && chaoticity > 0.01);
    for (part, [of_structure, of_chaos]) in
        [(0.99, [Phase::StructuredStationary, Phase::UnstructuredChaos]), (1.01, [Phase::Quiescent, Phase::Quiescent])]
    {
        let thresholds = Thresholds { structure: part * structure, chaoticity: part * chaoticity };
        assert_eq!(at(0.5, 1.02, thresholds).phase, Some(of_structure));
        assert_eq!(at(1.1, 0.5, thresholds).phase, Some(of_chaos));
    }
}
