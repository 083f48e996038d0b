//! Chaotic solutions (T13, T14) with kappa (T8), for all variants; with white noise of every unit's own (T24) the
//! fluctuating solutions, chaotic or not.
//!
//! The unknowns are kappa and the individual variances (Delta_0 - s_u^2, Delta_inf - s_u^2); T13 is solved in the form
//! T21, which has no stationary root and loses no digits near onset, with sigma^4 on its right side (T24). The
//! two-timescale variant has no such energy integral: its solutions continue those of the current variant
//! (`two_timescale.rs`).

mod continua;
mod describe;

use lowrank_model::{Ensemble, Model, OrderParameters, Variant};

use self::continua::without_continua;
use self::describe::describe;
use crate::autocovariance::Autocovariance;
use crate::chaotic_search::{
    central_variance, just_above_onset, refuse_missing_chaos, refuse_weak_noise, starting_points, weakly_driven,
};
use crate::chaotic_stability::StructureGrowth;
use crate::excess::{Excess, Top};
use crate::followed::{Fate, Loss, Lost, follow};
use crate::lyapunov::Lyapunov;
use crate::nested::{FULL, Precision, ROUGH};
use crate::neurons::Neurons;
use crate::newton::{
    Evaluation, Outcome, RESIDUAL_GOAL, fixed_point, fixed_point_within, is_one_solution, residual, settled, sharpened,
};
use crate::regime::Regime;
use crate::stability::radius_at;
use crate::stationary::{
    Family, MERGE_DISTANCE, SMALLEST_KAPPA, compare, distance, evaluate as evaluate_stationary, stationary_branches,
};
use crate::two_timescale::Grid;
use crate::units::Units;
use crate::{Averages, MeanFieldError};

/// Smallest temporal part of Delta_0 that counts as chaos.
pub(crate) const SMALLEST_TEMPORAL_PART: f64 = 1e-9;
/// Delta_inf as a part of Delta_0 that counts as zero.
pub(crate) const SMALLEST_INF: f64 = 1e-14;
/// Residual to which rough solutions are brought, with which they still count as leads, and the steps and
/// halvings of each that they get.
const ROUGH_GOAL: f64 = 1e-5;
const ROUGH_LIMIT: f64 = 1e-3;
const ROUGH_STEPS: (usize, usize) = (20, 5);
/// A step of Newton, relative to max(1, |x|), that shows a root to the rounding of T21, where overlaps are large.
const STEEP_LIMIT: f64 = 1e-11;
/// A part of the way to two time scales in which no solution comes to where another one was.
const SHORT_STEP: f64 = 1.0 / 32.0;
/// Rough solutions closer than this are one.
const ROUGH_DISTANCE: f64 = 1e-4;

/// One solution whose units fluctuate: chaotic, or with white noise fluctuating.
#[derive(Debug, Clone)]
pub struct Chaotic {
    /// All order parameters; moments of r are those of the model's variant.
    pub order: OrderParameters,
    /// g sqrt(\<phi'^2>) at this solution, above one where there is no noise.
    pub rho: f64,
    /// Largest residual of T8, T13, T14, relative to max(1, |unknown|), kappa in units in which m has the size one; at most 1e-10, with
    /// two time scales 32 rounding units of Delta_0 where that is more.
    pub residual: f64,
    /// Newton iterations from the start that led here.
    pub iterations: usize,
    /// The grid of the two-timescale solver; the other variants need none.
    pub grid: Option<Grid>,
    /// Growth of small changes of kappa (T32).
    pub structure_growth: StructureGrowth,
    /// The continuous family that the solution stands for, if it is one of a continuum.
    pub family: Option<Family>,
    model: Model,
    /// What the solver found, whatever becomes of `order`.
    found: OrderParameters,
    /// Delta(tau), where the solver found it on its way.
    known: Option<Autocovariance>,
    /// The user's unit of x in the solver's.
    size: f64,
}

impl Chaotic {
    /// Delta(tau) (T12, T16), the lagged moments of r and the spectrum.
    ///
    /// # Errors
    /// A variance so large that the Hermite series does not end.
    pub fn autocovariance(&self) -> Result<Autocovariance, MeanFieldError> {
        Ok(self.found_autocovariance()?.in_size(self.size))
    }

    /// The same in the solver's units.
    fn found_autocovariance(&self) -> Result<Autocovariance, MeanFieldError> {
        self.known.clone().map_or_else(|| Autocovariance::of(&self.model, &self.found), Ok)
    }

    /// The same where x is `by` times as large: all that is derived from the solution, but for its order parameters.
    pub(crate) fn in_size(self, by: f64) -> Self {
        Self { size: self.size * by, ..self }
    }

    /// The largest Lyapunov exponent (T17, T18).
    ///
    /// # Errors
    /// As for [`Chaotic::autocovariance`]; an eigenvalue that does not converge; chaos so weak that rounding hides its exponent.
    pub fn lyapunov(&self) -> Result<Lyapunov, MeanFieldError> {
        self.lyapunov_of(&self.autocovariance()?)
    }

    /// What the solution is called, given its largest Lyapunov exponent: with white noise it is chaotic only where that is
    /// positive.
    pub fn regime(&self, exponent: f64) -> Regime {
        if self.model.noise() > 0.0 && exponent <= 0.0 { Regime::Fluctuating } else { Regime::Chaotic }
    }
}

/// All chaotic solutions of a model, in decreasing order of kappa; empty where there is none (rho <= 1 everywhere and no
/// noise), as in threshold-linear networks that nothing drives, where all but rest grows or decays. Inputs count at the amplitudes they have after their last change. Given vectors: only the solutions that
/// continue one of the Gaussian ensemble with the same moments are found, each evaluation being as dear as N pair averages; where there
/// is none, those that lie next to an unstable stationary solution of the vectors themselves.
/// Two time scales: the solutions that continue one of the current variant; [`two_timescale_solutions`] tells as well which of
/// those end on the way.
///
/// # Errors
/// White noise that an input shares among units; a stationary problem without solution; an average out of range; two time
/// scales: a solution of the current variant that cannot be followed though nothing shows that it ends. None found though there
/// has to be one, as activity has a bound and all stationary solutions are unstable.
pub fn chaotic_solutions(model: &Model) -> Result<Vec<Chaotic>, MeanFieldError> {
    let units = Units::with_drive(model);
    let found = chaos_in_units(&units.model(model)).map_err(|error| units.error_back(error))?;
    Ok(found.into_iter().map(|solution| units.chaotic_back(solution)).collect())
}

/// The same for vectors m of the size one.
fn chaos_in_units(model: &Model) -> Result<Vec<Chaotic>, MeanFieldError> {
    if let Variant::TwoTimescale { .. } = model.variant() {
        let Followed { found, lost } = two_timescale_solutions(model)?;
        let unresolved = lost.iter().find(|lost| lost.end == Loss::Unresolved);
        return unresolved.map_or(Ok(found), |lost| Err(lost.not_followed(model.variant())));
    }
    let neurons = Neurons::new(model)?;
    if neurons.only_rest() {
        return Ok(Vec::new());
    }
    // Q is half an average of C_phi' <= \<phi'^2>, so that T21 has no root where g phi' < 1 everywhere.
    if model.noise() == 0.0 && model.g() * model.transfer().largest_slope() < 1.0 {
        return Ok(Vec::new());
    }
    let variance = central_variance(&neurons)?;
    let central = variance.and_then(|zero| central(&neurons, zero));
    let noisy = model.noise() > 0.0;
    let (starts, branches) = match model.ensemble() {
        // With few digits from every start, with all of them from every different result.
        Ensemble::Gaussian(_) | Ensemble::Mixture(_) => {
            let branches = stationary_branches(&model.with_noise(0.0)?)?;
            let mut rough: Vec<Vec<f64>> = Vec::new();
            for start in starting_points(&neurons, variance, &branches)? {
                let Outcome { x, residual, .. } = solve_roughly(&neurons, start);
                if residual < ROUGH_LIMIT && rough.iter().all(|r| distance(r, &x) > ROUGH_DISTANCE) {
                    rough.push(x);
                }
            }
            if !noisy {
                rough.extend(just_above_onset(&neurons, &branches));
            }
            (rough, Some(branches))
        }
        Ensemble::Empirical(given) => {
            let alike = match chaotic_solutions(&model.with_ensemble(given.moments()?)?) {
                Err(MeanFieldError::ChaosNotFound { .. } | MeanFieldError::WeakChaos { .. }) => Vec::new(),
                found => found?,
            };
            let mut starts: Vec<Vec<f64>> = alike.iter().map(|c| unknowns(&c.order)).collect();
            if noisy {
                // Around their own stationary states, which the ensemble need not have.
                starts.extend(weakly_driven(&neurons, &stationary_branches(&model.with_noise(0.0)?)?));
            }
            (starts, None)
        }
    };
    let mut found = covariances(solutions_from(model, &neurons, central, starts)?)?;
    if found.is_empty() && !noisy {
        let given = branches.is_none();
        let branches = branches.map_or_else(|| stationary_branches(model), Ok)?;
        if given {
            found = covariances(solutions_from(model, &neurons, None, just_above_onset(&neurons, &branches))?)?;
        }
        if found.is_empty() {
            refuse_missing_chaos(model, &branches)?;
        }
    } else if found.is_empty() {
        let branches = branches.map_or_else(|| stationary_branches(&model.with_noise(0.0)?), Ok)?;
        refuse_weak_noise(model, &branches)?;
    }
    Ok(found)
}

/// What became of the current variant's chaotic solutions at two time scales.
#[derive(Debug, Clone)]
pub struct Followed {
    /// Those that arrive.
    pub found: Vec<Chaotic>,
    /// Those that do not.
    pub lost: Vec<Lost>,
}

/// The chaotic solutions of a model with two time scales, each a continuation of one of the current variant, and those of the
/// current variant that do not arrive: how far they were followed and why no farther. Solutions that exist at two time
/// scales alone are not found. In other variants none is lost.
///
/// # Errors
/// As for [`chaotic_solutions`], but for the last.
pub fn two_timescale_solutions(model: &Model) -> Result<Followed, MeanFieldError> {
    match model.variant() {
        Variant::TwoTimescale { tau_s, .. } => {
            let units = Units::with_drive(model);
            let model = &*units.model(model);
            let current = of_one_timescale(model, tau_s).and_then(|current| chaotic_solutions(&current));
            let followed = current.and_then(|current| with_two_timescales(model, &current));
            let followed = followed.map_err(|error| units.error_back(error))?;
            let found = followed.found.into_iter().map(|solution| units.chaotic_back(solution)).collect();
            Ok(Followed { found, lost: followed.lost.into_iter().map(|lost| units.lost_back(lost)).collect() })
        }
        _ => Ok(Followed { found: chaotic_solutions(model)?, lost: Vec::new() }),
    }
}

/// The central solution of a symmetric model, kappa = 0 and Delta_inf = 0, from T21 alone: T8 and T14 hold exactly, so that
/// it is right to rounding however close to onset it is. `zero` is its Delta_0.
fn central(neurons: &Neurons, zero: f64) -> Option<Outcome> {
    let mut x = vec![0.0; neurons.rank + 2];
    x[neurons.rank] = zero;
    let at = evaluate(neurons, FULL, &x)?;
    Some(sharpened_if_weak(neurons, Outcome { residual: residual(&x, &at.image), x, iterations: 1 }))
}

/// The chaotic solutions that Newton reaches from given order parameters, such as those of a neighbouring model: what
/// continuation along a parameter needs, without a search.
///
/// # Errors
/// As for [`chaotic_solutions`]; not one kappa an outer product.
pub fn chaotic_from(model: &Model, starts: &[OrderParameters]) -> Result<Vec<Chaotic>, MeanFieldError> {
    covariances(followed_chaos(model, starts)?)
}

/// The same without a look at their spectra, for whoever looks at few of them later.
pub(crate) fn followed_chaos(model: &Model, starts: &[OrderParameters]) -> Result<Vec<Chaotic>, MeanFieldError> {
    let units = Units::with_drive(model);
    let found =
        followed_in_units(&units.model(model), &units.orders(starts)).map_err(|error| units.error_back(error))?;
    Ok(found.into_iter().map(|solution| units.chaotic_back(solution)).collect())
}

/// The same for vectors m of the size one.
fn followed_in_units(model: &Model, starts: &[OrderParameters]) -> Result<Vec<Chaotic>, MeanFieldError> {
    if let Variant::TwoTimescale { tau_s, .. } = model.variant() {
        let current = chaotic_from(&of_one_timescale(model, tau_s)?, starts)?;
        return Ok(with_two_timescales(model, &current)?.found);
    }
    let neurons = Neurons::new(model)?;
    for start in starts {
        crate::stationary::check_rank(start, neurons.rank)?;
    }
    if neurons.only_rest() {
        return Ok(Vec::new());
    }
    // The solver adds mirror images itself.
    let leads = |start: &&OrderParameters| {
        !neurons.is_symmetric() || start.kappa.iter().find(|k| k.abs() > SMALLEST_KAPPA).is_none_or(|k| *k > 0.0)
    };
    solutions_from(model, &neurons, None, starts.iter().filter(leads).map(unknowns).collect())
}

/// The current variant with noise that makes the same variance of x.
pub(crate) fn of_one_timescale(model: &Model, tau_s: f64) -> Result<Model, MeanFieldError> {
    Ok(model.with_variant(Variant::Current)?.with_noise(model.noise() / tau_s.sqrt())?)
}

/// The solutions that continue those of the current variant.
fn with_two_timescales(model: &Model, current: &[Chaotic]) -> Result<Followed, MeanFieldError> {
    let neurons = Neurons::new(model)?;
    let (mut found, mut lost): (Vec<Chaotic>, Vec<Lost>) = (Vec::new(), Vec::new());
    for start in current {
        let shape = start.autocovariance()?;
        let known = |order: &OrderParameters| {
            found.iter().any(|f| distance(&unknowns(&f.order), &unknowns(order)) < MERGE_DISTANCE)
        };
        let mut fate = follow(model, &start.order, &shape, 1.0)?;
        // In one step two may land on one, which in short steps keep apart.
        if matches!(&fate, Fate::Found(solution) if known(&solution.order)) {
            fate = follow(model, &start.order, &shape, SHORT_STEP)?;
        }
        let solution = match fate {
            Fate::Found(solution) if known(&solution.order) => {
                let (tau_s, tau_r) = model.variant().time_constants();
                lost.push(Lost { order: solution.order, tau_s, tau_r, end: Loss::Merged });
                continue;
            }
            Fate::Found(solution) => *solution,
            Fate::Lost(end) => {
                lost.push(end);
                continue;
            }
        };
        let structure_growth = solution.structure_growth(model, &neurons, start.structure_growth.is_folded());
        let delta = || Some(solution.autocovariance.clone());
        let structure_growth = structure_growth.exact(&neurons, &solution.order, delta);
        let mut order = solution.order;
        order.r_second_moment = solution.autocovariance.rate_second_moment(0.0)?;
        let far = order.delta_0_individual - order.delta_t;
        order.r_temporal_variance = order.r_second_moment - far / (neurons.g * neurons.g);
        found.push(Chaotic {
            rho: radius_at(&neurons, &order.kappa, order.delta_0_individual),
            structure_growth,
            family: start.family,
            residual: solution.residual,
            iterations: start.iterations + solution.iterations,
            grid: Some(solution.grid),
            known: Some(solution.autocovariance),
            size: 1.0,
            model: model.clone(),
            found: order.clone(),
            order,
        });
    }
    Ok(Followed { found, lost })
}

fn solutions_from(
    model: &Model,
    neurons: &Neurons,
    central: Option<Outcome>,
    starts: Vec<Vec<f64>>,
) -> Result<Vec<Chaotic>, MeanFieldError> {
    let mut found: Vec<Outcome> =
        central.into_iter().filter(|c| c.is_solution() && is_chaotic(neurons, &c.x)).collect();
    let is_known_centre = |x: &[f64], found: &[Outcome]| {
        // At kappa = 0 a symmetric model has no other solution; next to onset what looks like one is made of residuals.
        let centred = |x: &[f64]| x[..neurons.rank].iter().all(|k| k.abs() < SMALLEST_KAPPA);
        neurons.is_symmetric() && centred(x) && found.iter().any(|f| centred(&f.x))
    };
    let is_same = |a: &[f64], b: &[f64]| {
        distance(a, b) < ROUGH_DISTANCE.sqrt() && is_one_solution(a, b, |x| evaluate(neurons, FULL, x))
    };
    for start in starts {
        let outcome = solve(neurons, start);
        let new = outcome.is_solution()
            && is_chaotic(neurons, &outcome.x)
            && !is_known_centre(&outcome.x, &found)
            && found.iter().all(|f| distance(&f.x, &outcome.x) > MERGE_DISTANCE && !is_same(&f.x, &outcome.x));
        if new {
            if neurons.is_symmetric() && outcome.x[..neurons.rank].iter().any(|k| k.abs() > SMALLEST_KAPPA) {
                found.push(mirrored(&outcome, neurons.rank));
            }
            found.push(outcome);
        }
    }
    found.sort_by(|a, b| compare(&b.x, &a.x));
    Ok(without_continua(found.into_iter().map(|outcome| describe(model, neurons, outcome)).collect()))
}

/// Without the solutions of negative spectrum, which are nobody's autocovariance.
fn covariances(solutions: Vec<Chaotic>) -> Result<Vec<Chaotic>, MeanFieldError> {
    let mut kept = Vec::new();
    for mut solution in solutions {
        let delta = solution.found_autocovariance()?;
        if delta.is_covariance() {
            solution.known = Some(delta);
            kept.push(solution);
        }
    }
    Ok(kept)
}

/// (kappa, individual Delta_0, Delta_inf): what Newton solves for, and what tells branches apart.
pub(crate) fn unknowns(order: &OrderParameters) -> Vec<f64> {
    let inf = order.delta_0_individual - order.delta_t;
    order.kappa.iter().copied().chain([order.delta_0_individual, inf]).collect()
}

/// The solution with x -> -x.
fn mirrored(outcome: &Outcome, rank: usize) -> Outcome {
    let mut mirror = outcome.clone();
    mirror.x[..rank].iter_mut().for_each(|kappa| *kappa = -*kappa);
    mirror
}

/// Delta_0 > Delta_inf >= 0 by more than rounding.
fn is_chaotic(neurons: &Neurons, x: &[f64]) -> bool {
    let (zero, inf) = (x[neurons.rank], x[neurons.rank + 1]);
    zero - inf > SMALLEST_TEMPORAL_PART * zero
}

/// The right sides of T8, T21 and T14 in the form x = F(x), with their derivatives; T21 is added to Delta_0.
fn evaluate(neurons: &Neurons, precision: Precision, x: &[f64]) -> Option<Evaluation> {
    let rank = neurons.rank;
    let (kappa, zero, inf) = (&x[..rank], x[rank], x[rank + 1].max(0.0));
    // T8 is the stationary equation at Delta_0; the row of Delta_0 is replaced.
    let stationary = evaluate_stationary(neurons, Averages::at, &x[..=rank])?;
    let mut image = stationary.image;
    let mut jacobian = faer::Mat::zeros(rank + 2, rank + 2);
    for k in 0..rank {
        for l in 0..=rank {
            jacobian[(k, l)] = stationary.jacobian[(k, l)];
        }
    }
    let g_squared = neurons.g * neurons.g;
    let delta = zero - inf;
    let noise = neurons.sigma.powi(4) / (delta * delta * delta);
    let scale = zero.max(1.0);
    let (mut rest, mut far) = (0.5 - 0.5 * noise * delta, 0.0);
    // Derivatives of the rest of T21, turned into those of Delta_0 - scale * rest, and of the right side of T14.
    let mut of_rest = vec![0.0; rank + 2];
    (of_rest[rank], of_rest[rank + 1]) = (noise, -noise);
    for d in neurons.drives(kappa) {
        let (variance, far_covariance) = (zero + d.s_squared, inf + d.s_squared);
        let top = Top::at(precision, neurons.transfer, d.mu, variance).ok()?;
        let excess = Excess::with(precision, neurons.transfer, d.mu, variance, far_covariance, &top);
        let Excess { q, c } = excess.ok()?;
        let weight = d.weight * g_squared;
        rest -= weight * q.value;
        far += weight * c.value;
        for l in 0..rank {
            let by_s_squared = 2.0 * d.m_u[l];
            of_rest[l] -= weight * (q.by_mu * d.m[l] + (q.by_a + q.by_d) * by_s_squared);
            jacobian[(rank + 1, l)] += weight * (c.by_mu * d.m[l] + (c.by_a + c.by_d) * by_s_squared);
        }
        of_rest[rank] -= weight * q.by_d;
        of_rest[rank + 1] -= weight * q.by_a;
        jacobian[(rank + 1, rank)] += weight * c.by_d;
        jacobian[(rank + 1, rank + 1)] += weight * c.by_a;
    }
    image[rank] = zero - scale * rest;
    image.push(far);
    for (column, of_rest) in of_rest.iter().enumerate() {
        jacobian[(rank, column)] = f64::from(u8::from(column == rank)) - scale * of_rest;
    }
    image.iter().all(|v| v.is_finite()).then_some(Evaluation { image, jacobian })
}

/// Newton from (kappa, Delta_0, Delta_inf).
fn solve(neurons: &Neurons, start: Vec<f64>) -> Outcome {
    let exact = |x: &[f64]| evaluate(neurons, FULL, x);
    let outcome = fixed_point(start, RESIDUAL_GOAL, admissible(neurons.rank), exact);
    let is_bounded = neurons.transfer.bound().is_some();
    let outcome = if is_bounded { settled(outcome, STEEP_LIMIT, admissible(neurons.rank), exact) } else { outcome };
    sharpened_if_weak(neurons, outcome)
}

/// A solution of a weakly driven network right relative to its own size.
fn sharpened_if_weak(neurons: &Neurons, outcome: Outcome) -> Outcome {
    let rank = neurons.rank;
    if !outcome.is_solution() || !neurons.is_weak(&outcome.x[..rank], outcome.x[rank]) {
        return outcome;
    }
    let scales = |x: &[f64]| {
        let size = neurons.square_size(&x[..rank], x[rank]).sqrt();
        let sizes: Vec<f64> = (0..rank + 2).map(|k| if k < rank { size } else { x[rank] }).collect();
        // T21 is an equation between numbers of the order one.
        let mut rounded = sizes.clone();
        rounded[rank] = 1.0;
        [sizes, rounded]
    };
    sharpened(outcome, scales, |_| {}, admissible(rank), |x| evaluate(neurons, FULL, x))
}

/// The same roughly: where a start leads to.
fn solve_roughly(neurons: &Neurons, start: Vec<f64>) -> Outcome {
    fixed_point_within(ROUGH_STEPS, start, ROUGH_GOAL, admissible(neurons.rank), |x| evaluate(neurons, ROUGH, x))
}

/// Delta_0 > Delta_inf >= 0, where less than zero by rounding counts as zero.
fn admissible(rank: usize) -> impl Fn(&[f64]) -> bool {
    move |x| {
        let (zero, inf) = (x[rank], x[rank + 1]);
        x.iter().all(|v| v.is_finite()) && zero > 0.0 && inf >= -SMALLEST_INF * zero && inf < zero
    }
}

/// Rough Newton on (Delta_0, Delta_inf) alone, at fixed kappa; what is left of T8 with them.
pub(crate) fn solve_at(neurons: &Neurons, kappa: &[f64], start: (f64, f64)) -> Option<(f64, f64, Vec<f64>)> {
    let rank = neurons.rank;
    let whole = |x: &[f64]| kappa.iter().chain(x).copied().collect::<Vec<_>>();
    let outcome = fixed_point_within(ROUGH_STEPS, vec![start.0, start.1], ROUGH_GOAL, admissible(0), |x| {
        let all = evaluate(neurons, ROUGH, &whole(x))?;
        let jacobian = all.jacobian.submatrix(rank, rank, 2, 2).to_owned();
        Some(Evaluation { image: all.image[rank..].to_vec(), jacobian })
    });
    if outcome.residual > ROUGH_LIMIT || !is_chaotic(neurons, &whole(&outcome.x)) {
        return None;
    }
    let at = evaluate_stationary(neurons, Averages::at, &whole(&outcome.x[..1]))?;
    let rest = kappa.iter().zip(&at.image).map(|(k, f)| k - f).collect();
    Some((outcome.x[0], outcome.x[1], rest))
}
