//! The state that a start leads to (T33, T34): one rule for every command, sweep and figure.
//!
//! Candidates are the stable stationary solutions (T10) and the stable fluctuating ones (T32). Where there are several the
//! reduced dynamics (T28) are followed from x(0) to their end, and from there kappa with the bulk at its own, fluctuating
//! equilibrium (T33); once from the start itself and once from each of its neighbours (T34). If they do not agree the two-time
//! theory (T19) takes the place of (T28) for the time in which the start is forgotten, with nearer neighbours; if these do not
//! agree either, the start is too close to a separatrix for a finite network to be foretold, and that is a typed error.

mod fluctuating;
mod follow;

use lowrank_model::{Initial, Model, OrderParameters};

use self::follow::{End, Follower};
use crate::chaotic::{Chaotic, chaotic_solutions};
use crate::neurons::Neurons;
use crate::stationary::{MERGE_DISTANCE, SMALLEST_KAPPA, distance};
use crate::units::Units;
use crate::{Instability, MeanFieldError, Solutions, Stability, Stationary, stationary_branches, unbounded_states};

/// How far the neighbours of a start lie, as a part of the distance between the candidates: the error of (T28) against (T19) in
/// kappa (T34), or the scatter of a network where that is more.
const NEIGHBOURS: f64 = 0.15;
/// The same where (T19) is followed: hardly more than the scatter alone.
const NEARER_NEIGHBOURS: f64 = 0.01;
/// Number of neurons of the network whose scatter is asked about. Of smaller ones more choose by chance than is told.
const NEURONS: f64 = 4000.0;
/// Scatter of the saddle, as a part of the distance between the candidates, beyond which a network may have one of them alone:
/// dkappa/dt = a (kappa - kappa^3 / kappa_*^2) + d loses one of +-kappa_* where d / a exceeds 2 kappa_* / (3 sqrt(3)).
const LOSES_STATES: f64 = 0.19;
/// A real eigenvalue above this makes a state soft, where networks scatter along it by more than its kappa.
const SOFT: f64 = 0.9;

/// One state that a network can be in.
#[derive(Debug, Clone, Copy)]
pub enum State<'a> {
    /// Nothing moves.
    Stationary(&'a Stationary),
    /// The units fluctuate: chaos, or with white noise a noisy state.
    Fluctuating(&'a Chaotic),
}

impl<'a> State<'a> {
    /// The order parameters of the state.
    pub fn order(&self) -> &'a OrderParameters {
        match self {
            Self::Stationary(s) => &s.order,
            Self::Fluctuating(c) => &c.order,
        }
    }

    /// The eigenvalues that tell how it resists small changes of kappa: (T10), of modulus above the bulk radius, or those of B (T32).
    fn eigenvalues(&self) -> &'a [(f64, f64)] {
        match self {
            Self::Stationary(s) => &s.outliers,
            Self::Fluctuating(c) => &c.structure_growth.eigenvalues,
        }
    }

    /// Whether its fluctuations are stable only as kappa answers them (T43): at fixed kappa there is no such state.
    fn is_held_by_kappa(&self) -> bool {
        matches!(self, Self::Fluctuating(c) if c.structure_growth.is_folded())
    }

    /// The smallest and the largest root of the sum of kappa_k squared of the continuous family that the state stands for, if
    /// it is one of a continuum.
    pub fn ring(&self) -> Option<(f64, f64)> {
        let ring = match self {
            Self::Stationary(s) => s.family,
            Self::Fluctuating(c) => c.family,
        };
        ring.map(|ring| (ring.smallest_radius, ring.largest_radius))
    }
}

/// What the decision rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// There is one candidate, or one and its mirror image.
    Alone,
    /// The reduced dynamics (T28).
    Reduced,
    /// The two-time theory (T19).
    TwoTime,
}

/// The state that a start leads to.
#[derive(Debug, Clone, Copy)]
pub struct Selected<'a> {
    /// The state. Of two mirror images between which chance decides the one with a positive first kappa.
    pub state: State<'a>,
    /// Whether networks choose between the state and its mirror image (x -> -x) by chance: the start lies on the symmetric
    /// point, or so close that a finite network may go either way. Only statistics that are even in x are those of the state.
    pub by_chance: bool,
    /// Number of candidates.
    pub candidates: usize,
    /// What the decision rests on.
    pub decision: Decision,
}

/// The states of a model that a network can be in: its stable solutions.
pub fn candidates<'a>(stationary: &'a [Stationary], fluctuating: &'a [Chaotic]) -> Vec<State<'a>> {
    let at_rest = stationary.iter().filter(|s| s.stability == Stability::Stable).map(State::Stationary);
    let moving = fluctuating.iter().filter(|c| c.structure_growth.stability == Stability::Stable);
    at_rest.chain(moving.map(State::Fluctuating)).collect()
}

/// The only candidate, or the only one but for its mirror image: of these the one with the larger first kappa.
pub(crate) fn only_state<'a>(states: &[State<'a>]) -> Option<State<'a>> {
    match states {
        [state] => Some(*state),
        [a, b] if are_mirrored(a.order(), b.order()) => {
            Some(if a.order().kappa.first() >= b.order().kappa.first() { *a } else { *b })
        }
        _ => None,
    }
}

/// Whether two states are mirror images of each other under x -> -x.
fn are_mirrored(a: &OrderParameters, b: &OrderParameters) -> bool {
    let opposite: Vec<f64> = a.kappa.iter().map(|k| -k).collect();
    let mean =
        (a.mu + b.mu).abs() < MERGE_DISTANCE && (a.delta_0 - b.delta_0).abs() < MERGE_DISTANCE * a.delta_0.max(1.0);
    mean && distance(&opposite, &b.kappa) < MERGE_DISTANCE
}

/// All solutions of a model: what [`Solutions::selected`] selects from.
///
/// # Errors
/// Those of [`stationary_branches`] and [`chaotic_solutions`]; noise that units share.
pub fn solutions(model: &Model) -> Result<Solutions, MeanFieldError> {
    let stationary = if model.noise() > 0.0 { Vec::new() } else { stationary_branches(model)? };
    let chaotic = match chaotic_solutions(model) {
        // Where activity grows without bound the search runs into averages that are not taken.
        Err(MeanFieldError::BadArgument { .. }) if !unbounded_states(model)?.is_empty() => Vec::new(),
        found => found?,
    };
    Ok(Solutions { parameter: f64::NAN, stationary, chaotic })
}

/// The state that networks from this start end in, given all solutions of the model. Inputs take the course of the model and
/// end at their last amplitudes.
///
/// # Errors
/// [`MeanFieldError::Unbounded`] where activity grows without bound from this start; no stable solution; a start close to a
/// separatrix; a soft state; reduced dynamics that do not come to rest.
pub fn select<'a>(
    model: &Model,
    initial: &Initial,
    stationary: &'a [Stationary],
    fluctuating: &'a [Chaotic],
) -> Result<Selected<'a>, MeanFieldError> {
    let units = Units::with_drive(model);
    if units.are_own() {
        return select_in_units(model, initial, stationary, fluctuating);
    }
    let scaled: (Vec<Stationary>, Vec<Chaotic>) = (
        stationary.iter().map(|s| units.stationary(s)).collect(),
        fluctuating.iter().map(|c| units.chaotic(c)).collect(),
    );
    let found = select_in_units(&units.model(model), &units.initial(initial), &scaled.0, &scaled.1);
    let Selected { state, by_chance, candidates: count, decision } = found.map_err(|error| units.error_back(error))?;
    // The same place among the same candidates.
    let place = candidates(&scaled.0, &scaled.1).iter().position(|s| std::ptr::eq(s.order(), state.order()));
    let state = place.and_then(|place| candidates(stationary, fluctuating).get(place).copied());
    let none = MeanFieldError::NoStableState { stationary: stationary.len(), fluctuating: fluctuating.len() };
    Ok(Selected { state: state.ok_or(none)?, by_chance, candidates: count, decision })
}

/// The same for vectors m of the size one.
fn select_in_units<'a>(
    model: &Model,
    initial: &Initial,
    stationary: &'a [Stationary],
    fluctuating: &'a [Chaotic],
) -> Result<Selected<'a>, MeanFieldError> {
    let states = candidates(stationary, fluctuating);
    let symmetric = Neurons::new(model)?.is_symmetric();
    let count = states.len();
    // A cycle may stand beside a single state, and so may a runaway.
    let rotates = stationary.iter().any(|s| s.stability == Stability::Unstable(Instability::ComplexPair));
    let certain = model.transfer().bound().is_some() && !rotates;
    if let [state] = states[..]
        && certain
    {
        let selected = Selected { state, by_chance: false, candidates: 1, decision: Decision::Alone };
        return firm(selected, &Follower::new(model, &states, stationary)?);
    }
    let follower = Follower::new(model, &states, stationary)?;
    let spread = follower.spread(saddle_scatter(stationary, fluctuating));
    // Of mirror images networks keep one or the other.
    let mirrored = symmetric && only_state(&states).is_some();
    let loses_states = !mirrored && spread.scatter_between() > LOSES_STATES;
    if states.is_empty() {
        return Err(match follower.reduced(initial)? {
            End::Moving { kappa, low, high, time } => MeanFieldError::Oscillates { kappa, low, high, time },
            End::Unbounded => unbounded(model)?,
            // From a small start the growth is not seen yet: what neither rests nor turns, and can grow, grows.
            _ if !unbounded_states(model)?.is_empty() => unbounded(model)?,
            _ => MeanFieldError::NoStableState { stationary: stationary.len(), fluctuating: fluctuating.len() },
        });
    }
    let mut ends: Vec<End> = Vec::new();
    for (decision, part) in [(Decision::Reduced, NEIGHBOURS), (Decision::TwoTime, NEARER_NEIGHBOURS)] {
        if decision == Decision::TwoTime && !follower.has_two_time() {
            break;
        }
        ends.clear();
        for start in neighbours(initial, &spread, part) {
            ends.push(match decision {
                Decision::TwoTime => follower.two_time(&start)?,
                _ => follower.reduced(&start)?,
            });
        }
        if let Some(&End::Moving { kappa, low, high, time }) = ends.first() {
            return Err(MeanFieldError::Oscillates { kappa, low, high, time });
        }
        if ends.iter().all(|end| *end == End::Unbounded) {
            return Err(unbounded(model)?);
        }
        if loses_states {
            break;
        }
        if let Some((index, by_chance)) = agreed(&ends, &states, symmetric) {
            return firm(Selected { state: states[index], by_chance, candidates: count, decision }, &follower);
        }
        // (T33) has no such state: what neither turns nor runs away ends in it.
        if let [state] = states[..]
            && state.is_held_by_kappa()
            && ends.iter().all(|end| matches!(end, End::State(_) | End::Elsewhere))
        {
            return firm(Selected { state, by_chance: false, candidates: 1, decision }, &follower);
        }
    }
    let runs_away = ends.contains(&End::Unbounded);
    let mut kappas: Vec<Vec<f64>> = Vec::new();
    let none = ends.iter().all(|end| end.state().is_none());
    for (index, state) in states.iter().enumerate() {
        if !(loses_states || none || ends.contains(&End::State(index))) {
            continue;
        }
        let kappa = state.order().kappa.clone();
        if kappas.iter().all(|k| distance(k, &kappa) > MERGE_DISTANCE) {
            kappas.push(kappa);
        }
    }
    Err(MeanFieldError::NearSeparatrix { ends: kappas, unbounded: runs_away, from_every_start: loses_states })
}

/// The selected state, unless it is soft: of rank two and more, with a real eigenvalue so near to one that the scatter of a network,
/// over what the eigenvalue lacks of one, is more than its kappa. It then lies next to a continuous family, along which networks spread.
fn firm<'a>(selected: Selected<'a>, follower: &Follower<'_>) -> Result<Selected<'a>, MeanFieldError> {
    let state = selected.state;
    let order = state.order();
    let size = order.kappa.iter().map(|k| k * k).sum::<f64>().sqrt();
    let real = state.eigenvalues().iter().filter(|l| l.1 == 0.0).map(|l| l.0);
    let Some(eigenvalue) = real.filter(|l| *l < 1.0).max_by(f64::total_cmp) else { return Ok(selected) };
    let scatter = follower.scatter_of(order) / (1.0 - eigenvalue) / size;
    let is_soft = order.kappa.len() > 1 && size > SMALLEST_KAPPA && eigenvalue > SOFT && scatter > 1.0;
    if is_soft && state.ring().is_none() {
        return Err(MeanFieldError::SoftState { kappa: order.kappa.clone(), eigenvalue, scatter });
    }
    Ok(selected)
}

/// The error that says that activity grows without bound, and how fast.
fn unbounded(model: &Model) -> Result<MeanFieldError, MeanFieldError> {
    let growth_rate = unbounded_states(model)?.first().map(|fastest| fastest.growth_rate);
    Ok(MeanFieldError::Unbounded { growth_rate })
}

/// The candidate in which all ends agree, or but for the sign if chance decides it.
fn agreed(ends: &[End], states: &[State<'_>], symmetric: bool) -> Option<(usize, bool)> {
    let reached: Vec<usize> = ends.iter().filter_map(End::state).collect();
    let first = *reached.first()?;
    if reached.len() == ends.len() && reached.iter().all(|i| *i == first) {
        return Some((first, false));
    }
    // At the symmetric point itself nothing chooses a sign; its neighbours do.
    let mirrored = |i: usize| i == first || are_mirrored(states[i].order(), states[first].order());
    let undecided = ends.iter().skip(1).all(|end| end.state().is_some());
    if !(symmetric && undecided && reached.iter().all(|i| mirrored(*i))) {
        return None;
    }
    let positive =
        |i: &&usize| states[**i].order().kappa.iter().find(|k| k.abs() > SMALLEST_KAPPA).is_some_and(|k| *k > 0.0);
    Some((*reached.iter().find(positive).unwrap_or(&first), true))
}

/// The scatter of the separatrix in kappa in units of the root mean square of n / sqrt(N) (T34): that of phi at the saddle, over
/// the excess of its largest real outlier over one. Of several saddles the largest; none without a saddle.
fn saddle_scatter(stationary: &[Stationary], fluctuating: &[Chaotic]) -> Option<f64> {
    let saddle = |stability: Stability| stability == Stability::Unstable(Instability::RealOutlier);
    let at_rest = stationary.iter().filter(|s| saddle(s.stability)).map(|s| (&s.order, &s.outliers));
    let moving = fluctuating.iter().filter(|c| saddle(c.structure_growth.stability));
    let moving = moving.map(|c| (&c.order, &c.structure_growth.eigenvalues));
    let scatter = at_rest.chain(moving).filter_map(|(order, outliers)| {
        let excess = outliers.iter().filter(|l| l.1 == 0.0).map(|l| l.0 - 1.0).fold(0.0, f64::max);
        (excess > 0.0).then(|| order.r_second_moment.sqrt() / excess.min(1.0))
    });
    scatter.max_by(f64::total_cmp)
}

/// The start, and starts that are moved along each m and against it by a part of each spread, at least by the scatter; where
/// candidates do not differ in kappa, the deviation is moved, too.
fn neighbours(initial: &Initial, spread: &follow::Spread, part: f64) -> Vec<Initial> {
    let mut starts = vec![initial.clone()];
    for (k, (width, scatter)) in spread.reach.iter().zip(&spread.scatter).enumerate() {
        let moved = (part * width).max(*scatter);
        for moved in [moved, -moved].into_iter().filter(|moved| *moved != 0.0) {
            let mut start = initial.clone();
            start.along.push((lowrank_model::Vector::M(k), moved));
            starts.push(start);
        }
    }
    if spread.kappa.iter().all(|width| *width == 0.0) {
        for sign in [part, -part] {
            let deviation = (initial.deviation + sign * spread.deviation).max(0.0);
            starts.push(Initial { deviation, ..initial.clone() });
        }
    }
    starts
}
