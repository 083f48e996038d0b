//! Chaotic solutions of one time scale followed to two (T16), and what became of those that do not arrive.
//!
//! The path is (tau_s, tau_r) = |tau| (cos a, sin a) with noise of one variance sigma^2 / tau_s: at a = 0 T16 is the current
//! variant's equation (T12, T24), with time stretched by |tau|. Without noise x does not tell tau_s from tau_r, and the path
//! starts at the nearer end. All of it is tried in one step, then in ever shorter ones, each by Newton. Where a branch turns,
//! an eigenvalue of the Jacobian reaches one as a square root: from two points before it, the fold's place follows.

use lowrank_model::{Model, OrderParameters, Variant};
use serde::Serialize;

use crate::MeanFieldError;
use crate::autocovariance::Autocovariance;
use crate::chaotic::unknowns;
use crate::neurons::Neurons;
use crate::stationary::{SMALLEST_KAPPA, distance};
use crate::two_timescale::{SHORT_WAY, Solution, WHOLE_WAY, continued};

/// Shortest step as a part of the path.
const SMALLEST_STEP: f64 = 1.0 / 512.0;
/// Largest change in one step, relative to max(1, |order parameter|): more is another branch.
const LARGEST_CHANGE: f64 = 0.05;
/// A kappa this small next to a solution without is on its way to zero: its square falls linearly.
const VANISHING_KAPPA: f64 = 0.1;
/// Shortest steps within which a fold that is foretold counts as what ended the branch.
const FOLD_STEPS: f64 = 8.0;
/// Rounding of Delta, as a part of Delta_T, with which a spectrum is believed to be negative.
const LARGEST_ROUNDING: f64 = 1e-11;

/// A chaotic solution of one time scale that does not arrive at two.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lost {
    /// Order parameters where it was last seen; those of r are zero there unless it is the start.
    pub order: OrderParameters,
    /// The time constants there: as long as the model's in the root of their squares, zero where no step was possible.
    pub tau_s: f64,
    /// See `tau_s`.
    pub tau_r: f64,
    /// Why it went no farther.
    pub end: Loss,
}

impl Lost {
    /// The error that says that this solution, whose end is [`Loss::Unresolved`], is missing in the variant.
    pub fn not_followed(&self, variant: Variant) -> MeanFieldError {
        let (tau_s, tau_r) = variant.time_constants();
        let (reached_s, reached_r) = (self.tau_s, self.tau_r);
        MeanFieldError::NotFollowed { kappa: self.order.kappa.clone(), tau_s, tau_r, reached_s, reached_r }
    }
}

/// Why a solution cannot be followed to two time scales.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// The branch turns back: an eigenvalue of the Jacobian reaches one. Beyond, this solution does not exist.
    Fold,
    /// The branch runs into another one, as structured chaos into the central solution. Beyond, this solution does not exist.
    Merged,
    /// It arrives, but its spectrum is negative somewhere: it is no autocovariance.
    NotCovariance,
    /// Newton does not converge, and nothing foretells an end: whether the solution exists beyond is unknown.
    Unresolved,
}

/// What became of a solution.
pub(crate) enum Fate {
    Found(Box<Solution>),
    Lost(Lost),
}

/// The time constants between one time scale and the model's.
struct Path<'a> {
    model: &'a Model,
    taus: (f64, f64),
    angles: (f64, f64),
}

impl<'a> Path<'a> {
    fn new(model: &'a Model) -> Self {
        let (tau_s, tau_r) = model.variant().time_constants();
        let from = if model.noise() == 0.0 && tau_r > tau_s { std::f64::consts::FRAC_PI_2 } else { 0.0 };
        Self { model, taus: (tau_s, tau_r), angles: (from, tau_r.atan2(tau_s)) }
    }

    fn taus(&self, part: f64) -> (f64, f64) {
        if part == 1.0 {
            return self.taus;
        }
        let length = self.taus.0.hypot(self.taus.1);
        match self.angles.0 + part * (self.angles.1 - self.angles.0) {
            0.0 => (length, 0.0),
            angle if angle == std::f64::consts::FRAC_PI_2 => (0.0, length),
            angle => (length * angle.cos(), length * angle.sin()),
        }
    }

    /// The model at a part of the path > 0.
    fn at(&self, part: f64) -> Result<Model, MeanFieldError> {
        let (tau_s, tau_r) = self.taus(part);
        let noise = self.model.noise() * (tau_s / self.taus.0).sqrt();
        Ok(self.model.with_variant(Variant::two_timescale(tau_s, tau_r)?)?.with_noise(noise)?)
    }
}

/// Follows a solution of the current variant, with its Delta(tau), to the time constants of `model`, first in a step of this
/// part of the path.
pub(crate) fn follow(
    model: &Model,
    start: &OrderParameters,
    shape: &Autocovariance,
    first_step: f64,
) -> Result<Fate, MeanFieldError> {
    let path = Path::new(model);
    let length = path.taus.0.hypot(path.taus.1);
    let (mut at, mut step) = (0.0, first_step);
    let mut passed: Vec<(f64, Solution)> = Vec::new();
    let (mut onto_centre, mut smooth) = (false, true);
    while at < 1.0 && step >= SMALLEST_STEP {
        let next = f64::min(at + step, 1.0);
        let there = path.at(next)?;
        let neurons = Neurons::new(&there)?;
        let effort = if next - at == 1.0 { &WHOLE_WAY } else { &SHORT_WAY };
        let last = passed.last().map(|(_, s)| (&s.order, (&s.autocovariance, 1.0)));
        let (order, shape) = last.unwrap_or((start, (shape, length)));
        let found = continued(&there, &neurons, order, shape, effort)?;
        let is_off_centre = neurons.is_symmetric() && !centred(order);
        onto_centre = is_off_centre && found.as_ref().is_some_and(|s| centred(&s.order));
        let change = |s: &Solution| distance(&unknowns(order), &unknowns(&s.order));
        match found.filter(|s| !onto_centre && change(s) < LARGEST_CHANGE) {
            Some(solution) => {
                passed.push((next, solution));
                at = next;
                step *= if smooth { 2.0 } else { 1.0 };
                smooth = true;
            }
            None => {
                step = 0.5 * (next - at);
                smooth = false;
            }
        }
    }
    if at < 1.0 {
        let ends = match &passed[..] {
            [.., before, last] => turns(&path, before, last)?,
            _ => false,
        };
        let order = passed.pop().map_or_else(|| start.clone(), |(_, s)| s.order);
        // Where x -> -x is a symmetry, kappa falls to zero before it can turn.
        let is_small = order.kappa.iter().all(|k| k.abs() < VANISHING_KAPPA);
        let merges = is_small && !centred(&order) && Neurons::new(model)?.is_symmetric();
        let end = match (onto_centre || ends, merges) {
            (true, true) => Loss::Merged,
            (true, false) if ends => Loss::Fold,
            _ => Loss::Unresolved,
        };
        return Ok(lost(&path, at, order, end));
    }
    Ok(match passed.pop() {
        Some((_, solution)) if solution.autocovariance.is_covariance() => Fate::Found(Box::new(solution)),
        Some((_, solution)) => {
            // Next to onset the spectrum is one of rounding.
            let Solution { order, autocovariance, .. } = solution;
            let rounding = f64::EPSILON * order.delta_0 / (order.delta_t * (1.0 - autocovariance.gain(0.0)));
            let end = if rounding < LARGEST_ROUNDING { Loss::NotCovariance } else { Loss::Unresolved };
            lost(&path, 1.0, order, end)
        }
        None => lost(&path, 0.0, start.clone(), Loss::Unresolved),
    })
}

fn lost(path: &Path<'_>, at: f64, order: OrderParameters, end: Loss) -> Fate {
    let (tau_s, tau_r) = path.taus(at);
    Fate::Lost(Lost { order, tau_s, tau_r, end })
}

/// Whether the square of the distance to a fold, continued linearly through two points of the path, vanishes right after
/// the second.
fn turns(path: &Path<'_>, before: &(f64, Solution), last: &(f64, Solution)) -> Result<bool, MeanFieldError> {
    let square = |(part, solution): &(f64, Solution)| -> Result<f64, MeanFieldError> {
        let model = path.at(*part)?;
        Ok(solution.distance_to_fold(&model, &Neurons::new(&model)?).powi(2))
    };
    let (earlier, later) = (square(before)?, square(last)?);
    let beyond = later / (earlier - later) * (last.0 - before.0);
    Ok(earlier > later && beyond <= FOLD_STEPS * SMALLEST_STEP)
}

fn centred(order: &OrderParameters) -> bool {
    order.kappa.iter().all(|k| k.abs() < SMALLEST_KAPPA)
}
