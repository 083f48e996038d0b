//! Which state the start of a spec leads to, as theory sees it.
//!
//! Where the input changes during the run, the course in time. Else, of the stable stationary and the chaotic solutions, the
//! one whose kappa is nearest to that of the initial state. A chaotic solution without structure beside one with structure
//! is left out: the overlap that makes the other one makes this one unstable.

use lowrank_meanfield::{Stability, stationary_branches, transient, two_timescale_solutions};
use lowrank_model::Model;
use lowrank_spec::Experiment;
use lowrank_validate::Phase;

use crate::Failure;

/// Below this kappa is that of a solution without structure: rounding in a root of 1e-12.
const NO_STRUCTURE: f64 = 1e-7;
/// Two branches are equally near if their distances differ by less than this.
const EQUALLY_NEAR: f64 = 1e-6;
/// A transient this short is the initial state.
const INSTANT: f64 = 1e-3;

/// A state and the theory of it.
pub(super) struct Chosen {
    pub(super) phase: Phase,
    pub(super) kappa: Vec<f64>,
    pub(super) why: String,
}

/// The state that the start leads to.
pub(super) fn chosen(experiment: &Experiment, model: &Model) -> Result<Chosen, Failure> {
    let timing = experiment.protocol.timing();
    let changes = model.input().breakpoints(0.0, timing.transient + timing.window);
    if !changes.is_empty() {
        let why = format!("the input changes at {changes:?}: the course in time");
        return Ok(Chosen { phase: Phase::Transient, kappa: vec![0.0; model.rank()], why });
    }
    let found = candidates(model)?;
    if found.is_empty() {
        return Err(Failure::Computation("theory finds neither a stable nor a chaotic state".to_owned()));
    }
    if let [(phase, kappa)] = &found[..] {
        let why = format!("the only state that theory has, {}, kappa {kappa:.4?}", phase.name());
        return Ok(Chosen { phase: *phase, kappa: kappa.clone(), why });
    }
    let start = transient(model, &experiment.initial, INSTANT).and_then(|course| course.at(0.0));
    let start = start.map_err(Failure::could_not)?.kappa;
    let distance = |(_, kappa): &(Phase, Vec<f64>)| -> f64 {
        kappa.iter().zip(&start).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
    };
    let mut found = found;
    found.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
    let (phase, kappa) = &found[0];
    if distance(&found[1]) - distance(&found[0]) < EQUALLY_NEAR {
        return Err(Failure::Input(format!(
            "start.along decides nothing: kappa {kappa:.4?} and {:.4?} are as near to the start's {start:.4?}; start along m",
            found[1].1
        )));
    }
    let why = format!("of {} states the {} one nearest to the start, kappa {kappa:.4?}", found.len(), phase.name());
    Ok(Chosen { phase: *phase, kappa: kappa.clone(), why })
}

/// The states that a network can be in, with their kappa.
fn candidates(model: &Model) -> Result<Vec<(Phase, Vec<f64>)>, Failure> {
    let mut found = Vec::new();
    if model.noise() == 0.0 {
        let stable = stationary_branches(model).map_err(Failure::could_not)?;
        // On the verge of chaos nothing is at rest.
        let stable = stable.into_iter().filter(|s| s.stability == Stability::Stable && s.rho < 1.0);
        found.extend(stable.map(|s| (Phase::AtRest, s.order.kappa)));
    }
    let chaotic = two_timescale_solutions(model).map_err(Failure::could_not)?.found;
    found.extend(chaotic.into_iter().map(|c| (Phase::Chaotic, c.order.kappa)));
    let structured = |kappa: &Vec<f64>| kappa.iter().any(|k| k.abs() > NO_STRUCTURE);
    if found.iter().any(|(_, kappa)| structured(kappa)) {
        found.retain(|(phase, kappa)| *phase != Phase::Chaotic || structured(kappa));
    }
    Ok(found)
}
