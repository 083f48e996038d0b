//! Claims on growth without bound: theory and networks may each say that activity has a bound or none.
#![allow(missing_docs, clippy::unwrap_used)]

use lowrank_connectivity::BulkKind;
use lowrank_integrate::Method;
use lowrank_model::Vector::{M, N};
use lowrank_model::{Ensemble, Gaussian, Initial, Input, Layout, Mixture, Model, Moments, Transfer, Variant};
use lowrank_simulate::Timing;
use lowrank_validate::{
    Config, Effort, Margin, OperatingPoint, Outcome, Phase, Plant, Predictor, Statistic, Verdict, run_points,
};

fn point(g: f64, ensemble: impl Into<Ensemble>, phase: Phase) -> OperatingPoint {
    let model = Model::new(g, Transfer::ThresholdLinear, Variant::Current, ensemble, Input::none()).unwrap();
    let margin = |absolute: f64| Margin { relative: 0.0, absolute };
    let mut statistics = vec![(Statistic::Unbounded, margin(0.5))];
    if phase == Phase::AtRest {
        statistics.push((Statistic::Delta0, margin(0.1)));
    }
    OperatingPoint {
        name: "growth".into(),
        why: "a test".into(),
        kappa: vec![0.0; model.rank()],
        model,
        phase,
        predictor: Predictor::Ensemble,
        initial: Initial { along: Vec::new(), deviation: 1.0 },
        copies: 1,
        every: 1,
        bulk: BulkKind::Gaussian,
        method: Method::EtdAb3,
        timing: Timing { transient: 20.0, window: 10.0, interval: 1.0, step: 0.2 },
        chosen_step: true,
        lags: Vec::new(),
        statistics,
        variants: vec![(Variant::Current, Vec::new()), (Variant::Rate, Vec::new())],
    }
}

fn outcome(point: OperatingPoint, plant: Option<Plant>) -> Outcome {
    let effort = Effort::Own { neurons: 200, networks: 6 };
    let config = Config { effort, seed: 3, only: None, plant, threads: 2 };
    run_points(&[point], &config, &|_| ()).unwrap()
}

/// (statistic, theory, estimate, verdict) of every claim.
fn judged(outcome: &Outcome) -> Vec<(&str, f64, f64, Verdict)> {
    let of = |c: &'_ lowrank_validate::Claim| (c.theory, c.judgement.estimate, c.judgement.verdict);
    outcome.claims.iter().map(|c| (c.statistic.as_str(), of(c).0, of(c).1, of(c).2)).collect()
}

fn overlapping(m: f64, n: f64) -> Gaussian {
    Moments::new(Layout::rank(1)).mean(M(0), m).mean(N(0), n).build().unwrap()
}

#[test]
fn agreement_passes_and_has_no_other_claims_where_there_is_no_bound() {
    let grows = outcome(point(0.5, overlapping(1.0, 1.5), Phase::Unbounded), None);
    assert_eq!(judged(&grows), [("unbounded", 1.0, 1.0, Verdict::Pass); 2]);
    let rests = outcome(point(0.5, overlapping(1.0, 0.4), Phase::AtRest), None);
    let all = judged(&rests);
    assert_eq!(all.len(), 4);
    assert!(all.iter().all(|claim| claim.3 == Verdict::Pass), "{all:?}");
    assert!(all.contains(&("unbounded", 0.0, 0.0, Verdict::Pass)), "{all:?}");
}

#[test]
fn theory_without_a_bound_fails_where_networks_have_one() {
    let rests = outcome(point(0.5, overlapping(1.0, 0.4), Phase::Unbounded), None);
    assert_eq!(judged(&rests), [("unbounded", 1.0, 0.0, Verdict::Fail); 2]);
}

/// A fifth of the neurons carries the overlap, 0.2 * 2 * 3 = 1.2 along +m. Theory of the moments alone passes half the covariance
/// and a little of the means, below one.
#[test]
fn theory_with_a_bound_fails_where_networks_have_none() {
    let mixture = Mixture::new(vec![(0.2, overlapping(2.0, 3.0)), (0.8, overlapping(-0.5, 0.0))]).unwrap();
    let grows = outcome(point(0.3, mixture, Phase::AtRest), Some(Plant::Populations));
    // No network has the numbers of a state at rest.
    assert_eq!(judged(&grows), [("unbounded", 0.0, 1.0, Verdict::Fail); 2]);
}
