//! What the study says of its figures, read off the numbers in them, drawn quickly.
#![allow(missing_docs, clippy::unwrap_used)]

use lowrank_report::draw;
use lowrank_study::{Options, Study};
use serde_json::Value;

/// The numbers of a set of one figure, which is drawn as well.
fn data(study: Study) -> Value {
    let drawings = study.draw(Options { seed: 1, quick: true }, &|_| ()).unwrap();
    for drawing in &drawings {
        assert!(draw(&drawing.figure).unwrap().svg.starts_with("<svg"), "{}", drawing.name);
    }
    drawings.into_iter().next().unwrap().data
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

#[test]
fn the_rate_variant_answers_a_step_more_slowly_and_filtered_input_makes_it_the_current_one() {
    let seen = data(Study::Transients);
    assert!(number(&seen["equivalence"]["largest_difference"]) < 1e-6);
    // One unit of time after the step.
    let kappa = |variant: &str| {
        let times = seen[variant]["time"].as_array().unwrap();
        let after = times.iter().position(|time| number(time) >= 7.0).unwrap();
        let estimate = &seen[variant]["kappa"][after];
        (number(&estimate["mean"]), number(&estimate["standard_error"]))
    };
    let ((current, current_se), (rate, rate_se)) = (kappa("current"), kappa("rate"));
    assert!(current - rate > 10.0 * current_se.hypot(rate_se), "{current} {rate}");
}

#[test]
fn nothing_answers_along_m_where_all_is_orthogonal_and_bistability_ends_at_strong_input() {
    let seen = data(Study::Responses);
    let panels = seen.as_array().unwrap();
    assert_eq!(panels.len(), 6);
    for panel in panels {
        // kappa of the networks that start at this sign of kappa, at the weakest and at the strongest input.
        let networks = panel["networks"].as_array().unwrap();
        let ends = |start: f64| {
            let of_start: Vec<_> = networks.iter().filter(|n| number(&n["start"]) == start).collect();
            // One more at the fold.
            assert!(of_start.len() >= 15 && of_start.is_sorted_by_key(|n| number(&n["c"])));
            [of_start[0], of_start[of_start.len() - 1]].map(|n| number(&n["kappa"]["mean"]))
        };
        let (up, down, name) = (ends(1.0), ends(-1.0), panel["geometry"].as_str().unwrap());
        match name {
            "orthogonal" => assert!(up.iter().chain(&down).all(|kappa| kappa.abs() < 0.03), "{up:?} {down:?}"),
            "bistable" => {
                assert!(up[0] > 0.8 && down[0] < -0.8, "{up:?} {down:?}");
                assert!(up[1] > 0.8 && (up[1] - down[1]).abs() < 0.02, "{up:?} {down:?}");
            }
            _ => assert!(up[0].abs() < 0.03 && up[1] > 0.4 && (up[1] - down[1]).abs() < 0.02, "{up:?} {down:?}"),
        }
    }
}

/// The published values: kappa = 1.26 at weak and none at strong randomness, Delta_0 = 10.5 at g = 4, the same in both variants.
#[test]
fn structure_ends_along_g_and_the_variance_grows_the_same_in_both_variants() {
    let seen = data(Study::AlongG);
    for variant in ["current", "rate"] {
        let rows = seen[variant].as_array().unwrap();
        let of = |row: &Value, name: &str| number(&row[name]["mean"]);
        let (first, last) = (&rows[0], &rows[rows.len() - 1]);
        assert!((number(&first["g"]), number(&last["g"])) == (0.25, 4.0), "{variant}");
        assert!((of(first, "kappa") - 1.26).abs() < 0.05 && of(last, "kappa") < 0.1, "{variant}");
        assert!((of(first, "delta_0") - 1.61).abs() < 0.1 && (of(last, "delta_0") - 10.5).abs() < 0.6, "{variant}");
    }
}

#[test]
fn the_other_sets_are_drawn() {
    for study in [Study::TimeScales, Study::Sizes] {
        assert!(!data(study).is_null(), "{}", study.name());
    }
}
