//! Where a start leads: (T28) or (T19) until the start is forgotten, then kappa with its bulk at equilibrium (T33).

use lowrank_model::{Initial, Model, OrderParameters, Vector};

use super::State;
use super::fluctuating::Bulk;
use crate::stationary::{MERGE_DISTANCE, distance};
use crate::transient::{Slaved, TransientOptions, transient_with};
use crate::{Instability, MeanFieldError, Stability, Stationary};

/// Step of (T28) in units of the longer time constant, where the gain of kappa is small: its ends do not depend on it.
const STEP: f64 = 0.05;
/// A gain of kappa at which the step is half of that, as explicit steps are stable for steps times gains below two.
const LARGE_GAIN: f64 = 10.0;
/// Movement in a time constant, relative to max(1, |kappa|), that counts as rest.
const AT_REST: f64 = 1e-6;
/// Time constants after which what has not come to rest never does, and classes times steps that are followed at most.
const LONGEST: f64 = 2000.0;
const MOST_CLASSES: f64 = 3e7;
/// Part of that time in which a cycle shows how far it swings.
const SWINGS: f64 = 0.1;
/// An end of (T28) this close to a solution, relative to max(1, |value|), is that solution: its averages have six digits.
const SAME_AT_REST: f64 = 1e-3;
/// The same for the ends of (T33), whose averages have four.
const SAME_BULK: f64 = 2e-2;
/// How long (T19) is followed after the last change of the input, in longer time constants: e^-12 of the start is left.
const FORGOTTEN: f64 = 12.0;
/// A time at which many courses have arrived already, and how near to a stationary state, as a part of the distance between candidates.
const EARLY: f64 = 3.0;
const ARRIVED: f64 = 0.05;
/// Movement of x, in units of the argument of phi, that counts as the widest distance between candidates.
const WIDEST: f64 = 4.0;
/// Variance of x in a candidate beyond which (T19), whose series have 75 terms a unit of it, takes too long.
const LARGE_VARIANCE: f64 = 60.0;
/// How exactly (T19) is followed.
const TWO_TIME: TransientOptions = TransientOptions { tolerance: 1e-4, panel: 1.0, nodes: 8 };

/// How a start ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum End {
    /// In a candidate.
    State(usize),
    /// At rest in no candidate: on a saddle, or in a state that is unstable.
    Elsewhere,
    /// Never at rest: the kappa that moves most does so between these two; none of them where it is the variance.
    Moving { kappa: Option<usize>, low: f64, high: f64, time: f64 },
    /// Activity grows without bound.
    Unbounded,
}

impl End {
    pub(super) fn state(&self) -> Option<usize> {
        match self {
            Self::State(index) => Some(*index),
            _ => None,
        }
    }
}

/// How far candidates lie apart.
pub(super) struct Spread {
    /// In each kappa.
    pub(super) kappa: Vec<f64>,
    /// The same, but at most so far that x moves by some units of phi's argument: beyond, phi saturates and (T28) errs no more.
    pub(super) reach: Vec<f64>,
    /// Where the separatrix of a network may lie, in each kappa: its standard deviation (T34).
    pub(super) scatter: Vec<f64>,
    /// In the standard deviation of x over draws of chi.
    pub(super) deviation: f64,
}

impl Spread {
    /// The scatter along the line between candidates, as a part of their distance; none where they do not differ in kappa.
    pub(super) fn scatter_between(&self) -> f64 {
        let square = self.kappa.iter().map(|width| width * width).sum::<f64>();
        let along = self.kappa.iter().zip(&self.scatter).map(|(width, scatter)| width * scatter).sum::<f64>();
        if square > 0.0 { along / square } else { 0.0 }
    }
}

/// A model with its candidates.
pub(super) struct Follower<'a> {
    model: &'a Model,
    states: &'a [State<'a>],
    stationary: &'a [Stationary],
    bulk: Bulk,
    gain: f64,
    /// Whether the candidates are one state and its mirror image between which the sign of kappa decides at all times: of rank one
    /// and one time scale, kappa = 0 is a solution of (T19), (T28) and (T33), which no other one crosses.
    keeps_sign: bool,
    /// Mean square of each m, and of each n.
    m_squared: Vec<f64>,
    n_squared: Vec<f64>,
}

impl<'a> Follower<'a> {
    pub(super) fn new(
        model: &'a Model,
        states: &'a [State<'a>],
        stationary: &'a [Stationary],
    ) -> Result<Self, MeanFieldError> {
        let moments = model.ensemble().moments()?;
        let rank = model.rank();
        let overlap =
            |k: usize, l: usize| moments.mean()[rank + k] * moments.mean()[l] + moments.covariance(rank + k, l);
        let square: f64 = (0..rank * rank).map(|e| overlap(e / rank, e % rank).powi(2)).sum();
        let gain = square.sqrt() * model.transfer().largest_slope();
        let square = |v: usize| moments.mean()[v].powi(2) + moments.covariance(v, v);
        let m_squared = (0..rank).map(square).collect();
        let n_squared = (rank..2 * rank).map(square).collect();
        let bulk = Bulk::new(model)?;
        let (tau_s, tau_r) = model.variant().time_constants();
        let has_one_sign = rank == 1 && tau_s.min(tau_r) == 0.0 && model.input().is_empty() && bulk.is_symmetric();
        let rotates = |s: &Stationary| s.stability == Stability::Unstable(Instability::ComplexPair);
        // At a transition both are the state that is symmetric.
        let have_signs = matches!(states, [a, b] if distance(&a.order().kappa, &b.order().kappa) > MERGE_DISTANCE);
        let keeps_sign =
            has_one_sign && have_signs && super::only_state(states).is_some() && !stationary.iter().any(rotates);
        Ok(Self { model, states, stationary, bulk, gain, keeps_sign, m_squared, n_squared })
    }

    /// How far candidates lie apart, and the scatter of the separatrix, given that in units of the root mean square of n / sqrt(N).
    pub(super) fn spread(&self, saddle_scatter: Option<f64>) -> Spread {
        let of = |values: &mut dyn Iterator<Item = f64>| {
            let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
            (high - low).max(0.0)
        };
        let kappa = (0..self.model.rank()).map(|k| {
            let of_state = |state: &State<'_>| state.order().kappa[k];
            let ring = self.states.iter().filter_map(|s| s.ring()).map(|(_, radius)| 2.0 * radius).fold(0.0, f64::max);
            of(&mut self.states.iter().map(of_state)).max(ring)
        });
        let deviation = self.states.iter().map(|s| s.order().delta_0_individual.sqrt()).fold(0.0, f64::max);
        // kappa = n . r / N is a mean over neurons.
        let of_states = || self.states.iter().map(|s| s.order().r_second_moment).fold(0.0, f64::max).sqrt();
        let of_phi = saddle_scatter.unwrap_or_else(of_states);
        let scatter = self.n_squared.iter().map(|n| (n / super::NEURONS).sqrt() * of_phi);
        let kappa: Vec<f64> = kappa.collect();
        let reach = kappa.iter().zip(&self.m_squared).map(|(width, m)| width.min(WIDEST / m.sqrt())).collect();
        Spread { kappa, reach, scatter: scatter.collect(), deviation }
    }

    /// The largest standard deviation of a kappa, a mean over neurons, in a state.
    pub(super) fn scatter_of(&self, order: &OrderParameters) -> f64 {
        let of = |n: &f64| (n * order.r_second_moment / super::NEURONS).sqrt();
        self.n_squared.iter().map(of).fold(0.0, f64::max)
    }

    /// The end of the reduced dynamics (T28), and of (T33) from there.
    pub(super) fn reduced(&self, initial: &Initial) -> Result<End, MeanFieldError> {
        if self.keeps_sign
            && let Some(along) = self.side_of(initial)?
        {
            return Ok(self.on_the_side_of(&[along]).map_or(End::Elsewhere, End::State));
        }
        self.runaway(self.followed(initial))
    }

    /// The part of x along m after a start, of the sign that it keeps; none where other parts of x are not forgotten at once.
    fn side_of(&self, initial: &Initial) -> Result<Option<f64>, MeanFieldError> {
        if self.model.variant().time_constants().1 > 0.0 {
            // Where rates are the state, x is m kappa from the first moment on.
            return Ok(Slaved::new(self.model, initial, STEP)?.step(&[])?.kappa.first().copied());
        }
        let is_along_m = initial.along.iter().all(|(vector, _)| *vector == Vector::M(0));
        Ok(is_along_m.then(|| initial.along.iter().map(|(_, coefficient)| coefficient).sum()))
    }

    /// Of activity without a bound, arguments beyond those of averages are a runaway.
    fn runaway(&self, end: Result<End, MeanFieldError>) -> Result<End, MeanFieldError> {
        match end {
            Err(MeanFieldError::BadArgument { .. }) if self.model.transfer().bound().is_none() => Ok(End::Unbounded),
            end => end,
        }
    }

    fn followed(&self, initial: &Initial) -> Result<End, MeanFieldError> {
        let (tau_s, tau_r) = self.model.variant().time_constants();
        let longer = tau_s.max(tau_r);
        let dt = STEP * longer / (1.0 + self.gain / LARGE_GAIN);
        let per_unit = (longer / dt).ceil() as usize;
        let classes = self.bulk.classes() as f64;
        let longest = LONGEST.min(MOST_CLASSES / classes / per_unit as f64);
        let last_change = self.model.input().breakpoints(0.0, f64::MAX).last().copied().unwrap_or(0.0);
        let mut slaved = Slaved::new(self.model, initial, dt)?;
        let mut felt = vec![0.0; self.model.input().len()];
        let kept = if tau_s > 0.0 { (-dt / tau_s).exp() } else { 0.0 };
        let mut before: Option<Vec<f64>> = None;
        let (mut low, mut high) = (Vec::new(), Vec::new());
        let mut grows = self.model.transfer().bound().is_none();
        let units = (last_change / longer + longest).ceil() as usize;
        for unit in 0..units {
            let mut now = Vec::new();
            for _ in 0..per_unit {
                let amplitudes = self.model.input().at(slaved.time());
                // In the rate variant x feels the amplitude itself.
                if tau_s == 0.0 {
                    felt.clone_from(&amplitudes);
                }
                let state = slaved.step(&felt)?;
                felt.iter_mut().zip(&amplitudes).for_each(|(v, a)| *v = kept * *v + (1.0 - kept) * a);
                now = state.kappa;
                now.push(state.delta_0_individual);
            }
            let moved = before.as_ref().map_or(f64::INFINITY, |before| apart(before, &now));
            if slaved.time() > last_change + FORGOTTEN * longer {
                // Near a stable state at rest nothing leads away any more.
                if let Some(index) = self.nearest(&now, SAME_AT_REST, |s| matches!(s, State::Stationary(_))) {
                    return Ok(End::State(index));
                }
                if moved < AT_REST {
                    return self.settled(&now);
                }
            }
            if unit as f64 > (1.0 - SWINGS) * units as f64 {
                low.resize(now.len(), f64::INFINITY);
                high.resize(now.len(), f64::NEG_INFINITY);
                low.iter_mut().zip(&now).for_each(|(l, v)| *l = f64::min(*l, *v));
                high.iter_mut().zip(&now).for_each(|(h, v)| *h = f64::max(*h, *v));
                grows &= before.as_ref().is_some_and(|before| size(&now) > size(before));
            }
            before = Some(now);
        }
        let widest = (0..low.len()).max_by(|a, b| (high[*a] - low[*a]).total_cmp(&(high[*b] - low[*b]))).unwrap_or(0);
        let time = slaved.time();
        // A slow approach is no cycle: what has stopped swinging ends where it is.
        match (low.get(widest), high.get(widest)) {
            (Some(low), Some(high)) if high - low > SAME_AT_REST * high.abs().max(1.0) => {
                let kappa = (widest < self.model.rank()).then_some(widest);
                Ok(if grows { End::Unbounded } else { End::Moving { kappa, low: *low, high: *high, time } })
            }
            _ => before.map_or(Ok(End::Elsewhere), |now| self.settled(&now)),
        }
    }

    /// Where (kappa, individual variance) at which (T28) rests belong.
    fn settled(&self, x: &[f64]) -> Result<End, MeanFieldError> {
        let at_rest = |state: &State<'_>| matches!(state, State::Stationary(_));
        if let Some(index) = self.nearest(x, SAME_AT_REST, at_rest) {
            return Ok(End::State(index));
        }
        let rank = self.model.rank();
        // Of one state and its mirror image the sign decides. Of rank one (T33) keeps the sign that (T28) leaves, however small the
        // kappa is; of higher rank what is small may turn before it grows.
        let smallest = if rank == 1 { 0.0 } else { SAME_AT_REST };
        if super::only_state(self.states).is_some()
            && x[..rank].iter().any(|k| k.abs() > smallest)
            && let Some(index) = self.on_the_side_of(&x[..rank])
        {
            return Ok(End::State(index));
        }
        // What an outlier makes unstable is left in the direction of neighbours, not from here.
        let on_saddle = self.stationary.iter().any(|s| {
            let its: Vec<f64> = s.order.kappa.iter().copied().chain([s.order.delta_0_individual]).collect();
            s.rho < 1.0 && apart(&its, x) < SAME_AT_REST
        });
        if on_saddle { Ok(End::Elsewhere) } else { self.relaxed(&x[..rank], x[rank]) }
    }

    /// Of two candidates the one on whose side of zero kappa is; none where that does not show.
    fn on_the_side_of(&self, kappa: &[f64]) -> Option<usize> {
        let [a, b] = self.states else { return None };
        let along = |s: &State<'_>| s.order().kappa.iter().zip(kappa).map(|(a, b)| a * b).sum::<f64>();
        let (a, b) = (along(a), along(b));
        (a != b).then(|| usize::from(b > a))
    }

    /// The end of (T33).
    fn relaxed(&self, kappa: &[f64], individual: f64) -> Result<End, MeanFieldError> {
        let end = self.bulk.relaxed(kappa, individual, self.gain)?;
        Ok(end.and_then(|x| self.nearest(&x, SAME_BULK, |_| true)).map_or(End::Elsewhere, End::State))
    }

    /// Whether (T19) takes seconds, not minutes.
    pub(super) fn has_two_time(&self) -> bool {
        let is_large = |state: &State<'_>| state.order().delta_0 > LARGE_VARIANCE;
        let is_series = self.model.transfer().bound().is_some();
        self.model.noise() == 0.0 && !(is_series && self.states.iter().any(is_large))
    }

    /// The end that the two-time theory (T19) leads to.
    pub(super) fn two_time(&self, initial: &Initial) -> Result<End, MeanFieldError> {
        let (tau_s, tau_r) = self.model.variant().time_constants();
        let last_change = self.model.input().breakpoints(0.0, f64::MAX).last().copied().unwrap_or(0.0);
        let longer = tau_s.max(tau_r);
        // The work grows as the square of the time: often a quarter of it shows where the course goes.
        for time in [EARLY, FORGOTTEN] {
            let end = last_change + time * longer;
            let snapshot = transient_with(self.model, initial, end, TWO_TIME).and_then(|course| course.at(end));
            let now = match snapshot {
                Ok(now) => now,
                Err(error) => return self.runaway(Err(error)),
            };
            if time < FORGOTTEN {
                if let Some(index) = self.arrived(&now.kappa, now.delta_0_individual) {
                    return Ok(End::State(index));
                }
            } else {
                return self.runaway(self.relaxed(&now.kappa, now.delta_0_individual));
            }
        }
        Ok(End::Elsewhere)
    }

    /// The stationary candidate so near that nothing leads away from it any more: against the distances between candidates.
    fn arrived(&self, kappa: &[f64], individual: f64) -> Option<usize> {
        let widths = self.spread(None).kappa;
        let is_near = |state: &State<'_>| {
            let order = state.order();
            let near = |((k, own), width): ((&f64, &f64), &f64)| (k - own).abs() <= ARRIVED * width;
            matches!(state, State::Stationary(_))
                && widths.iter().any(|width| *width > 0.0)
                && kappa.iter().zip(&order.kappa).zip(&widths).all(near)
                && (individual - order.delta_0_individual).abs() <= ARRIVED * order.delta_0_individual
        };
        self.states.iter().position(is_near)
    }

    /// The nearest candidate of a kind within a tolerance; of a ring, its radius counts.
    fn nearest(&self, x: &[f64], tolerance: f64, of_kind: impl Fn(&State<'_>) -> bool) -> Option<usize> {
        let rank = self.model.rank();
        let off = |state: &State<'_>| match state.ring() {
            Some((smallest, largest)) => {
                let radius = x[..rank].iter().map(|k| k * k).sum::<f64>().sqrt();
                let outside = (smallest - radius).max(radius - largest).max(0.0);
                (outside / radius.max(1.0)).max(apart(&[state.order().delta_0_individual], &x[rank..]))
            }
            None => {
                let its: Vec<f64> =
                    state.order().kappa.iter().copied().chain([state.order().delta_0_individual]).collect();
                apart(&its, x)
            }
        };
        let all = self.states.iter().enumerate().filter(|(_, state)| of_kind(state)).map(|(i, state)| (i, off(state)));
        all.filter(|(_, off)| *off < tolerance).min_by(|a, b| a.1.total_cmp(&b.1)).map(|(i, _)| i)
    }
}

/// Root of the sum of squares.
fn size(x: &[f64]) -> f64 {
    x.iter().map(|v| v * v).sum::<f64>().sqrt()
}

/// Largest difference relative to max(1, |value|).
fn apart(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs() / a.abs().max(1.0)).fold(0.0, f64::max)
}
