//! Which state the start of a spec leads to, as theory sees it, in the words of a check.
//!
//! Where the input changes during the run, the course in time. Else the state that `lowrank_meanfield::selection` selects.

use lowrank_meanfield::selection::{Decision, State, solutions};
use lowrank_meanfield::{MeanFieldError, Regime};
use lowrank_model::{Model, decimals_of};
use lowrank_spec::Experiment;
use lowrank_validate::Phase;

use crate::Failure;

/// A state and the theory of it.
pub(super) struct Chosen {
    pub(super) phase: Phase,
    pub(super) kappa: Vec<f64>,
    pub(super) why: String,
    /// Whether networks choose between the state and its mirror image by chance, so that nothing odd in x can be claimed.
    pub(super) by_chance: bool,
    /// Whether the state stands for a continuous family, on which neither kappa_k nor its size are given in a finite network.
    pub(super) on_ring: bool,
}

/// The state that the start leads to.
pub(super) fn chosen(experiment: &Experiment, model: &Model) -> Result<Chosen, Failure> {
    let timing = experiment.protocol.timing();
    let end = timing.transient + timing.window;
    if !model.input().is_constant(0.0, end) {
        let changes = model.input().breakpoints(0.0, end);
        let why = format!("the input changes at {changes:?}: the course in time");
        let (phase, kappa) = (Phase::Transient, vec![0.0; model.rank()]);
        return Ok(Chosen { phase, kappa, why, by_chance: false, on_ring: false });
    }
    let all = solutions(model).map_err(Failure::could_not)?;
    let selected = match all.selected(model, &experiment.initial) {
        Ok(selected) => selected,
        Err(MeanFieldError::Unbounded { growth_rate }) => {
            let rate = growth_rate.map_or(String::new(), |rate| format!(", at the rate {rate:.4}"));
            let why = format!("activity grows without bound{rate}: no number is claimed");
            let (phase, kappa) = (Phase::Unbounded, vec![0.0; model.rank()]);
            return Ok(Chosen { phase, kappa, why, by_chance: false, on_ring: false });
        }
        Err(error @ MeanFieldError::NearSeparatrix { .. }) => {
            return Err(Failure::Input(format!("start.along: {error}")));
        }
        Err(error @ MeanFieldError::SoftState { .. }) => return Err(Failure::Input(format!("structure: {error}"))),
        Err(error) => return Err(Failure::could_not(error)),
    };
    let phase = match selected.state {
        State::Stationary(_) => Phase::AtRest,
        State::Fluctuating(c) if model.noise() == 0.0 => {
            debug_assert_eq!(c.regime(0.0), Regime::Chaotic);
            Phase::Chaotic
        }
        State::Fluctuating(c) => match c.regime(c.lyapunov().map_err(Failure::could_not)?.exponent) {
            Regime::Chaotic => Phase::Chaotic,
            _ => Phase::Fluctuating,
        },
    };
    let kappa = selected.state.order().kappa.clone();
    let shown = decimals_of(&kappa, 4);
    let (name, count) = (phase.name(), selected.candidates);
    let mut why = match selected.decision {
        Decision::Alone => format!("the only stable state that theory has, {name}, kappa {shown}"),
        Decision::Reduced => {
            format!("of {count} states the {name} one to which the reduced dynamics lead from the start, kappa {shown}")
        }
        Decision::TwoTime => {
            format!("of {count} states the {name} one to which the two-time theory leads from the start, kappa {shown}")
        }
    };
    if selected.by_chance {
        why += "; its sign is chance, so that only statistics even in x are claimed";
    }
    let on_ring = selected.state.ring().is_some();
    if on_ring {
        why += "; one of a continuous family, on which each network settles where its own is widest, so that nothing is claimed that depends on \
                kappa or its size";
    }
    Ok(Chosen { phase, kappa, why, by_chance: selected.by_chance, on_ring })
}
