//! Tables along a parameter: what is followed is what a search finds anywhere, and what codes written for the figure
//! are known to get wrong is right.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use lowrank_meanfield::{chaotic_solutions, solutions_along, stationary_branches};
use lowrank_model::Vector::{I, M, N};
use lowrank_model::{Input, Layout, Model, ModelError, Moments, Transfer, Variant};

fn published(g: f64) -> Result<Model, ModelError> {
    let ensemble =
        Moments::new(Layout::rank(1)).mean(M(0), 1.1).mean(N(0), 2.0).variance(M(0), 1.0).variance(N(0), 1.0);
    Model::new(g, Transfer::Tanh, Variant::Current, ensemble.build()?, Input::none())
}

/// Geometry (c) of docs/theory.md section 8 at input strength c: a fold at c = 0.7268.
fn driven(c: f64) -> Result<Model, ModelError> {
    let ensemble = Moments::new(Layout::rank(1).with_inputs(1))
        .mean(M(0), 3.5)
        .mean(N(0), 1.0)
        .variance(M(0), 1.0)
        .variance(N(0), 1.0)
        .covariance(N(0), I(0), c)
        .variance(I(0), c * c + 1.0)
        .build()?;
    Model::new(0.8, Transfer::Tanh, Variant::Current, ensemble, Input::constant(&[1.0])?)
}

fn grid(from: f64, to: f64, count: usize) -> Vec<f64> {
    (0..count).map(|i| from + (to - from) * i as f64 / (count as f64 - 1.0)).collect()
}

#[test]
fn what_is_followed_is_what_a_search_finds_everywhere() {
    for row in solutions_along(published, &grid(1e-4, 4.0, 97)).unwrap() {
        let model = published(row.parameter).unwrap();
        let (stationary, chaotic) = (stationary_branches(&model).unwrap(), chaotic_solutions(&model).unwrap());
        assert_eq!(
            (row.stationary.len(), row.chaotic.len()),
            (stationary.len(), chaotic.len()),
            "g = {}",
            row.parameter
        );
        for (a, b) in row.stationary.iter().zip(&stationary) {
            assert!((a.order.kappa[0] - b.order.kappa[0]).abs() < 1e-9 && (a.rho - b.rho).abs() < 1e-9);
            assert_eq!(a.stability, b.stability);
        }
        for (a, b) in row.chaotic.iter().zip(&chaotic) {
            let off = (a.order.delta_0 - b.order.delta_0).abs() + (a.order.delta_inf - b.order.delta_inf).abs();
            assert!(off < 1e-9 && (a.order.kappa[0] - b.order.kappa[0]).abs() < 1e-9, "g = {}: {off}", row.parameter);
        }
    }
    let folds: Vec<usize> =
        solutions_along(driven, &grid(0.0, 1.5, 61)).unwrap().iter().map(|row| row.stationary.len()).collect();
    let counts: Vec<usize> =
        grid(0.0, 1.5, 61).iter().map(|c| stationary_branches(&driven(*c).unwrap()).unwrap().len()).collect();
    assert_eq!(folds, counts);
}

/// Just above onset Delta_inf stays below Delta_0, the branch goes on between 2.06 and its end, and the radius at g = 4
/// has no quadrature error: all three are wrong in published code.
#[test]
fn the_table_is_right_where_damped_iterations_are_wrong() {
    let rows = solutions_along(published, &grid(1e-4, 4.0, 200)).unwrap();
    for row in &rows {
        let g = row.parameter;
        assert!(row.chaotic.iter().all(|c| c.order.delta_inf < c.order.delta_0 && c.residual <= 1e-10), "g = {g}");
        assert!(row.stationary.iter().all(|s| s.residual <= 1e-10), "g = {g}");
        // 1.795899300, 2.135791690 and 1: docs/theory.md section 7.
        let structured = row.chaotic.iter().filter(|c| c.order.kappa[0] > 1e-9).count();
        assert_eq!(structured, usize::from((1.795899300..2.135791690).contains(&g)), "g = {g}");
        let central = row.chaotic.iter().filter(|c| c.order.kappa[0].abs() <= 1e-9).count();
        assert_eq!(central, usize::from(g > 1.0), "g = {g}");
        // The structured stationary branch ends in the central one at g = 2.05931862.
        let upper = row.stationary.iter().filter(|s| s.order.kappa[0] > 1e-9).count();
        assert_eq!(upper, usize::from(g < 2.05931862), "g = {g}");
    }
    // At g = 4, where Gauss-Hermite rules err by 2.5e-3: plain sums over 24001 points.
    let active = rows[199].stationary.iter().filter(|s| s.order.delta_0 > 0.0);
    let central = active.min_by(|a, b| a.rho.total_cmp(&b.rho)).unwrap();
    let normal = |z: f64| (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let average = |f: &dyn Fn(f64) -> f64| -> f64 {
        let points = (-12_000..=12_000).map(|i| 1e-3 * f64::from(i));
        points.map(|z| 1e-3 * normal(z) * f(central.order.delta_0.sqrt() * z)).sum()
    };
    assert!((16.0 * average(&|x| x.tanh().powi(2)) / central.order.delta_0 - 1.0).abs() < 1e-12);
    assert!((4.0 * average(&|x| x.cosh().powi(-4)).sqrt() / central.rho - 1.0).abs() < 1e-12);
}
