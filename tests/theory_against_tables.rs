//! Mean-field theory against tables of independent high-precision values and published anchors.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use lowrank_meanfield::{
    Averages, MeanFieldError, PairAverage, average, chaotic_solutions, end_of_structured_chaos, onset_of_chaos,
    stationary_branches,
};
use lowrank_model::Vector::I;
use lowrank_model::{Empirical, Gaussian, Input, Layout, Model, Moments, Transfer, Variant};
use lowrank_tests::{correlated_input, model, number, published, reference, reference_table, transfer};

#[test]
fn averages_agree_with_the_table_to_1e_12() {
    let mut worst = 0.0_f64;
    for row in reference_table("gaussian_averages.csv") {
        let (phi, mu, d) = (transfer(&row), number(&row, "mu"), number(&row, "d"));
        let a = Averages::new(phi, mu, d).unwrap();
        let found = [
            ("phi", a.phi),
            ("dphi", a.d1),
            ("d2phi", a.d2),
            ("d3phi", a.d3),
            ("phi_sq", a.phi_sq),
            ("dphi_sq", a.d1_sq),
            ("phi_dphi", a.phi_d1),
            ("phi_d2phi", a.phi_d2),
        ];
        for (column, value) in found {
            let expected = number(&row, column);
            // Threshold-linear has averages far above one; rounding counts relative to them.
            let off = (value - expected).abs() / expected.abs().max(1.0);
            worst = worst.max(off);
            assert!(off < 1e-12, "{phi} <{column}>({mu}, {d}): {value} {expected}");
        }
    }
    println!("worst {worst:e}");
}

/// The constant of integration that the table adds: its primitive of erf is not zero at zero.
fn constant(phi: Transfer) -> f64 {
    if phi == Transfer::Erf { std::f64::consts::FRAC_2_PI } else { 0.0 }
}

#[test]
fn averages_of_primitives_agree_with_the_table() {
    for row in reference_table("gaussian_averages.csv") {
        let (phi, mu, d) = (transfer(&row), number(&row, "mu"), number(&row, "d"));
        if phi == Transfer::ThresholdLinear {
            continue;
        }
        let primitive = |x: f64| phi.primitive(x) + constant(phi);
        let first = average(mu, d, primitive).unwrap();
        let second = average(mu, d, |x| primitive(x).powi(2)).unwrap();
        for (column, value) in [("primitive", first), ("primitive_sq", second)] {
            let expected = number(&row, column);
            assert!(
                (value - expected).abs() < 1e-12 * expected.abs().max(1.0),
                "{phi} {column} ({mu}, {d}): {value} {expected}"
            );
        }
    }
}

#[test]
fn pair_averages_agree_with_the_table_to_1e_12() {
    for row in reference_table("pair_averages.csv") {
        let (phi, mu, d, c) = (transfer(&row), number(&row, "mu"), number(&row, "d"), number(&row, "c"));
        let pair = PairAverage::new(phi, mu, d).unwrap();
        let found = [("c_phi", pair.covariance(c).unwrap()), ("c_dphi", pair.slope(c).unwrap())];
        for (column, value) in found {
            let expected = number(&row, column);
            assert!(
                (value - expected).abs() < 1e-12 * expected.abs().max(1.0),
                "{phi} {column} ({mu}, {d}, {c}): {value} {expected}"
            );
        }
        // dC_Phi / dc = C_phi, so the excess over [c, D] is known from <Phi^2> - C_Phi(c).
        if phi != Transfer::ThresholdLinear && c < d {
            let square = average(mu, d, |x| (phi.primitive(x) + constant(phi)).powi(2)).unwrap();
            let excess = pair.mean_excess(c, d).unwrap() * (d - c).powi(2);
            let expected = square - number(&row, "c_primitive") - (d - c) * number(&row, "c_phi");
            assert!(
                (excess - expected).abs() < 1e-11 * square.max(1.0),
                "{phi} excess ({mu}, {d}, {c}): {excess} {expected}"
            );
        }
    }
}

/// On both sides of the change to the forms of large variances, D = 900.
#[test]
fn averages_at_large_variances_agree_with_the_table() {
    for row in reference_table("large_averages.csv") {
        let (phi, mu, d) = (transfer(&row), number(&row, "mu"), number(&row, "d"));
        let a = Averages::new(phi, mu, d).unwrap();
        // Averages of what is local are of the order 1 / sqrt(D).
        let local = 1.0 / d.sqrt();
        let mut found =
            vec![("phi", a.phi, 1.0), ("phi_sq", a.phi_sq, 1.0), ("dphi", a.d1, local), ("dphi_sq", a.d1_sq, local)];
        if phi != Transfer::Erf {
            found.push(("phi_d2phi", a.phi_d2, local));
        }
        if d <= 1e6 && phi != Transfer::Erf {
            found.push(("phi_cubed", average(mu, d, |x| phi.value(x).powi(3)).unwrap(), 10.0));
        }
        for (column, value, scale) in found {
            let expected = number(&row, column);
            assert!((value - expected).abs() < 2e-14 * scale, "{phi} <{column}>({mu}, {d}): {value} {expected}");
        }
    }
}

#[test]
fn pair_averages_at_large_variances_agree_with_the_table() {
    let mut last: Option<(Transfer, f64, PairAverage)> = None;
    for row in reference_table("large_pair_averages.csv") {
        let (phi, mu, d, c) = (transfer(&row), number(&row, "mu"), number(&row, "d"), number(&row, "c"));
        // One table serves all covariances.
        let known = last.take().filter(|(p, m, pair)| *p == phi && *m == mu && pair.variance() == d);
        let (_, _, pair) = last.insert(known.unwrap_or_else(|| (phi, mu, PairAverage::new(phi, mu, d).unwrap())));
        let (value, expected) = (pair.covariance(c).unwrap(), number(&row, "c_phi"));
        assert!((value - expected).abs() < 1e-13, "{phi} C_phi ({mu}, {d}, {c}): {value} {expected}");
        let (value, expected) = (pair.slope(c).unwrap(), number(&row, "c_dphi"));
        // Below the change the Hermite series has lost some digits of its slope near c = D.
        let tolerance = if d < 900.0 { 2e-10 } else { 1e-12 };
        assert!((value / expected - 1.0).abs() < tolerance, "{phi} slope ({mu}, {d}, {c}): {value} {expected}");
    }
}

#[test]
fn the_stationary_branch_agrees_with_the_table() {
    let branches = stationary_branches(&model(1.2, Transfer::Tanh, Variant::Current, published())).unwrap();
    let upper = &branches[0];
    let expect = |quantity, value: f64| {
        let expected = reference("stationary_upper", quantity);
        assert!((value - expected).abs() < 1e-12, "{quantity}: {value} {expected}");
    };
    expect("kappa", upper.order.kappa[0]);
    expect("mu", upper.order.mu);
    expect("delta_0", upper.order.delta_0);
    expect("phi", upper.order.r_mean);
    expect("phi_sq", upper.order.r_second_moment);
    expect("rho", upper.rho);
    assert!(upper.residual <= 1e-12);
}

#[test]
fn chaotic_solutions_agree_with_the_table() {
    let check = |name: &str, g: f64, ensemble: Gaussian| {
        let solutions = chaotic_solutions(&model(g, Transfer::Tanh, Variant::Current, ensemble)).unwrap();
        let first = &solutions[0];
        let o = &first.order;
        let mut found =
            vec![("delta_0", o.delta_0), ("delta_inf", o.delta_inf), ("phi_sq", o.r_second_moment), ("rho", first.rho)];
        if let Some(kappa) = o.kappa.first() {
            found.extend([("kappa", *kappa), ("mu", o.mu), ("phi", o.r_mean)]);
        }
        for (quantity, value) in found {
            let expected = reference(name, quantity);
            assert!((value - expected).abs() < 1e-10 * expected.max(1.0), "{name} {quantity}: {value} {expected}");
        }
        first.clone()
    };
    check("structured_chaos", 2.0, published());
    for g in ["1.5", "2", "3", "5"] {
        check(&format!("central_chaos_g{g}"), g.parse().unwrap(), Gaussian::unstructured());
    }
    for (name, g, ensemble) in
        [("central_chaos_g2", 2.0, Gaussian::unstructured()), ("correlated_input", 2.8, correlated_input())]
    {
        let solution = check(name, g, ensemble);
        for lag in [1.0, 2.0, 4.0] {
            let (value, expected) =
                (solution.autocovariance().unwrap().at(lag).unwrap(), reference(name, &format!("delta_tau_{lag}")));
            assert!((value - expected).abs() < 1e-10 * expected, "{name} Delta({lag}): {value} {expected}");
        }
    }
}

#[test]
fn the_rate_variant_has_smoothed_rates() {
    // T15, docs/theory.md section 6: g = 2: 0.513 current, 0.481 rate.
    let second_moment = |variant| {
        let solutions = chaotic_solutions(&model(2.0, Transfer::Tanh, variant, Gaussian::unstructured())).unwrap();
        solutions[0].order.r_second_moment
    };
    assert!((second_moment(Variant::Current) - reference("central_chaos_g2", "phi_sq")).abs() < 1e-12);
    assert!((second_moment(Variant::Rate) - reference("central_chaos_g2", "delta_0_over_g2")).abs() < 1e-12);
}

#[test]
fn the_published_transitions_are_met() {
    let published = model(1.0, Transfer::Tanh, Variant::Current, published());
    let onset = onset_of_chaos(&published, (1.5, 2.0)).unwrap();
    assert!(onset.residual.abs() < 1e-10);
    let onset = onset.g;
    assert!((onset - 1.795_899_300).abs() < 1e-9, "{onset}");
    assert!((onset - reference("instability", "g")).abs() < 1e-11, "{onset}");
    let end = end_of_structured_chaos(&published, (2.0, 2.4)).unwrap().g;
    assert!((end - 2.135_791_690).abs() < 1e-9, "{end}");
    assert!((end - reference("end_structured", "g")).abs() < 1e-10, "{end}");
}

#[test]
fn structured_chaos_is_found_up_to_its_end() {
    // It outlives the stationary branch, which ends near 2.06, and dies in a pitchfork at 2.135791690.
    for (g, structured) in [(2.0, true), (2.05, true), (2.08, true), (2.12, true), (2.1357, true), (2.1359, false)] {
        let solutions = chaotic_solutions(&model(g, Transfer::Tanh, Variant::Current, published())).unwrap();
        assert_eq!(solutions.len(), if structured { 3 } else { 1 }, "g = {g}");
        assert_eq!(solutions[0].order.kappa[0] > 1e-3, structured, "g = {g}");
    }
}

#[test]
fn a_positive_transfer_function_has_its_stationary_state() {
    let ensemble = Gaussian::unstructured();
    let branches = stationary_branches(&model(1.5, Transfer::OnePlusTanh, Variant::Current, ensemble)).unwrap();
    let expected = reference("one_plus_tanh", "delta_0");
    assert!(branches.iter().any(|b| (b.order.delta_0 - expected).abs() < 1e-11), "{branches:?}");
}

#[test]
fn given_vectors_have_branches_that_their_moments_do_not_know() {
    // Half of the neurons with input 2 + 5, half with 2 - 5, m = 10, n = 1: three stable states, two between them. The
    // Gaussian ensemble with the same moments has one.
    let n = 200;
    let input = (0..n).map(|i| if i % 2 == 0 { 7.0 } else { -3.0 }).collect();
    let layout = Layout::rank(1).with_inputs(1);
    let given = Empirical::new(layout, n, vec![vec![10.0; n], vec![1.0; n], input]).unwrap();
    let model = Model::new(0.3, Transfer::Tanh, Variant::Current, given, Input::constant(&[1.0]).unwrap()).unwrap();
    let kappas: Vec<f64> = stationary_branches(&model).unwrap().iter().map(|b| b.order.kappa[0]).collect();
    assert_eq!(kappas.len(), 5, "{kappas:?}");
    for stable in [1.0, 0.0031, -0.9969] {
        assert!(kappas.iter().any(|k| (k - stable).abs() < 1e-3), "{kappas:?}");
    }
}

#[test]
fn unbounded_activity_has_its_large_stationary_states() {
    // Threshold-linear, u = -1, from bisection of Delta = g^2 <phi^2>(-1, Delta).
    let ensemble = || Moments::new(Layout::rank(0).with_inputs(1)).mean(I(0), -1.0).build().unwrap();
    for (g, delta) in [(1.43, 5190.8), (1.44, 1964.9), (1.45, 1030.3), (1.46, 635.6), (1.47, 432.38)] {
        let model = model(g, Transfer::ThresholdLinear, Variant::Current, ensemble());
        let branches = stationary_branches(&model).unwrap();
        let found = branches.iter().any(|b| (b.order.delta_0 / delta - 1.0).abs() < 1e-4);
        assert!(found && branches.len() == 2, "g = {g}: {branches:?}");
    }
}

#[test]
fn a_jump_of_the_radius_is_no_onset() {
    // 1 + tanh with u = -2: the only branch ends in a fold at rho = 0.21 and the next one begins at rho = 1.14.
    let ensemble = Moments::new(Layout::rank(0).with_inputs(1)).mean(I(0), -2.0).build().unwrap();
    let model = model(1.0, Transfer::OnePlusTanh, Variant::Current, ensemble);
    let error = onset_of_chaos(&model, (0.5, 6.0)).unwrap_err();
    assert!(matches!(error, MeanFieldError::Jump { .. }), "{error}");
}

#[test]
fn pair_averages_at_negative_covariance_follow_their_definition() {
    // T5 for c < 0 by a plain double sum over u = sqrt(D - |c|) y + sqrt|c| z and its mirror in z.
    let (mu, d, c) = (0.3, 1.2, -0.7_f64);
    for phi in Transfer::ALL {
        let steps = 400;
        let node = |i: usize| -8.0 + 16.0 * i as f64 / steps as f64;
        let weight = |z: f64| (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt() * 16.0 / steps as f64;
        let inner = |z: f64| -> f64 {
            (0..=steps).map(|i| weight(node(i)) * phi.value(mu + (d + c).sqrt() * node(i) + c.abs().sqrt() * z)).sum()
        };
        let expected: f64 = (0..=steps).map(|i| weight(node(i)) * inner(node(i)) * inner(-node(i))).sum();
        let found = PairAverage::new(phi, mu, d).unwrap().covariance(c).unwrap();
        // The kink costs the plain sum digits.
        let tolerance = if phi == Transfer::ThresholdLinear { 1e-4 } else { 1e-10 };
        assert!((found - expected).abs() < tolerance, "{phi}: {found} {expected}");
    }
}
