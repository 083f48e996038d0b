//! Units of kappa: every solver works with vectors m of the size one, and what it finds is told in the user's units.
//!
//! m -> m / s, n -> s n is the same network with kappa -> s kappa (T44). In units of x, in which phi bends at one, thresholds
//! on kappa mean the same in every network. Where phi is homogeneous of degree one (threshold-linear) x has no scale of its own either:
//! solutions are looked for with a drive of the size one (T46). Units are powers of two, so that no number is rounded by them.

use std::borrow::Cow;

use lowrank_model::{Initial, Model, ModelError, OrderParameters, Transfer, Vector};

use crate::followed::Lost;
use crate::stationary::Family;
use crate::{Branch, Chaotic, MeanFieldError, Stationary};

/// The units of one model or of a family of models.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Units {
    /// The size of each m, `[R]`.
    vectors: Vec<f64>,
    /// The size of x.
    x: f64,
}

impl Units {
    /// Those in which each m of a model has the size one.
    pub(crate) fn of(model: &Model) -> Self {
        Self { vectors: model.ensemble().units(), x: 1.0 }
    }

    /// Those in which of a threshold-linear model the drive has the size one too.
    pub(crate) fn with_drive(model: &Model) -> Self {
        let x = if model.transfer() == Transfer::ThresholdLinear { model.drive_unit() } else { 1.0 };
        Self { x, ..Self::of(model) }
    }

    /// Those of the first model that a family has at these parameters.
    pub(crate) fn of_family(family: impl Fn(f64) -> Result<Model, ModelError>, parameters: &[f64]) -> Self {
        let vectors =
            parameters.iter().find_map(|p| family(*p).ok()).map_or_else(Vec::new, |model| model.ensemble().units());
        Self { vectors, x: 1.0 }
    }

    /// Whether they are the model's own.
    pub(crate) fn are_own(&self) -> bool {
        self.x == 1.0 && self.vectors.iter().all(|s| *s == 1.0)
    }

    /// The model in these units.
    pub(crate) fn model<'a>(&self, model: &'a Model) -> Cow<'a, Model> {
        // A member of a family may have another rank, which whoever solves it will refuse.
        if self.are_own() || self.vectors.len() != model.rank() {
            Cow::Borrowed(model)
        } else {
            Cow::Owned(model.in_units(&self.vectors).driven_in(self.x))
        }
    }

    /// The family in these units.
    pub(crate) fn family<'a>(
        &'a self,
        family: impl Fn(f64) -> Result<Model, ModelError> + 'a,
    ) -> impl Fn(f64) -> Result<Model, ModelError> + 'a {
        move |p| Ok(self.model(&family(p)?).into_owned())
    }

    /// The user's kappa in these units; a list of another length stays, for the solver to refuse.
    pub(crate) fn kappa(&self, kappa: &[f64]) -> Vec<f64> {
        if kappa.len() == self.vectors.len() {
            kappa.iter().zip(&self.vectors).map(|(k, s)| k * s / self.x).collect()
        } else {
            kappa.to_vec()
        }
    }

    /// kappa in the user's units.
    pub(crate) fn kappa_back(&self, kappa: &mut [f64]) {
        kappa.iter_mut().zip(&self.vectors).for_each(|(k, s)| *k = *k / s * self.x);
    }

    /// The user's order parameters in these units.
    pub(crate) fn order(&self, order: &OrderParameters) -> OrderParameters {
        OrderParameters { kappa: self.kappa(&order.kappa), ..in_size(order, 1.0 / self.x) }
    }

    /// Order parameters in the user's units.
    fn order_back(&self, order: &mut OrderParameters) {
        *order = in_size(order, self.x);
        self.kappa_back(&mut order.kappa);
    }

    /// The same for several.
    pub(crate) fn orders(&self, orders: &[OrderParameters]) -> Vec<OrderParameters> {
        orders.iter().map(|order| self.order(order)).collect()
    }

    /// The user's start in these units.
    pub(crate) fn initial(&self, initial: &Initial) -> Initial {
        let scaled = |(vector, coefficient): &(Vector, f64)| {
            let by = match *vector {
                Vector::M(k) => self.vectors.get(k).copied().unwrap_or(1.0) / self.x,
                Vector::N(k) => self.vectors.get(k).map_or(1.0, |s| 1.0 / s) / self.x,
                // Input vectors have the unit of x.
                Vector::I(_) => 1.0,
                _ => 1.0 / self.x,
            };
            (*vector, coefficient * by)
        };
        Initial { along: initial.along.iter().map(scaled).collect(), deviation: initial.deviation / self.x }
    }

    /// A stationary solution in the user's units.
    pub(crate) fn stationary_back(&self, mut solution: Stationary) -> Stationary {
        self.order_back(&mut solution.order);
        solution.family = solution.family.map(|family| self.continuum_back(family));
        solution
    }

    /// A user's stationary solution in these units.
    pub(crate) fn stationary(&self, solution: &Stationary) -> Stationary {
        let family = solution.family.map(|family| self.continuum(family));
        Stationary { order: self.order(&solution.order), family, ..solution.clone() }
    }

    /// A chaotic solution in the user's units. What it holds for its autocovariance stays in these.
    pub(crate) fn chaotic_back(&self, solution: Chaotic) -> Chaotic {
        let mut solution = solution.in_size(self.x);
        self.order_back(&mut solution.order);
        solution.family = solution.family.map(|family| self.continuum_back(family));
        solution
    }

    /// A user's chaotic solution in these units.
    pub(crate) fn chaotic(&self, solution: &Chaotic) -> Chaotic {
        let mut scaled = solution.clone().in_size(1.0 / self.x);
        scaled.order = self.order(&solution.order);
        scaled.family = solution.family.map(|family| self.continuum(family));
        scaled
    }

    /// What became of a solution, in the user's units.
    pub(crate) fn lost_back(&self, mut lost: Lost) -> Lost {
        self.order_back(&mut lost.order);
        lost
    }

    /// A branch in the user's units.
    pub(crate) fn branch_back(&self, mut branch: Branch) -> Branch {
        let points = branch.points.iter_mut().map(|point| &mut point.solution);
        for solution in points.chain(branch.events.iter_mut().map(|event| &mut event.solution)) {
            self.kappa_back(&mut solution.order.kappa);
        }
        branch
    }

    /// Averages of r in the user's units.
    pub(crate) fn rates_back(&self, rates: &mut [f64]) {
        rates.iter_mut().for_each(|r| *r *= self.x);
    }

    /// What an error says of kappa, of the noise and of variances, in the user's units.
    pub(crate) fn error_back(&self, error: MeanFieldError) -> MeanFieldError {
        match error {
            MeanFieldError::NotFollowed { mut kappa, tau_s, tau_r, reached_s, reached_r } => {
                self.kappa_back(&mut kappa);
                MeanFieldError::NotFollowed { kappa, tau_s, tau_r, reached_s, reached_r }
            }
            MeanFieldError::Oscillates { kappa, low, high, time } => {
                let by = kappa.map_or(self.x * self.x, |k| self.x / self.vectors.get(k).copied().unwrap_or(1.0));
                MeanFieldError::Oscillates { kappa, low: low * by, high: high * by, time }
            }
            MeanFieldError::NearSeparatrix { mut ends, unbounded, from_every_start } => {
                ends.iter_mut().for_each(|kappa| self.kappa_back(kappa));
                MeanFieldError::NearSeparatrix { ends, unbounded, from_every_start }
            }
            MeanFieldError::SoftState { mut kappa, eigenvalue, scatter } => {
                self.kappa_back(&mut kappa);
                MeanFieldError::SoftState { kappa, eigenvalue, scatter }
            }
            MeanFieldError::ChaosNotFound { rho, delta_0 } => {
                MeanFieldError::ChaosNotFound { rho, delta_0: delta_0 * self.x * self.x }
            }
            MeanFieldError::WeakFluctuations { sigma, delta_t, delta_0 } => {
                let square = self.x * self.x;
                let (delta_t, delta_0) = (delta_t * square, delta_0 * square);
                MeanFieldError::WeakFluctuations { sigma: sigma * self.x, delta_t, delta_0 }
            }
            MeanFieldError::NoStationaryState { sigma } => MeanFieldError::NoStationaryState { sigma: sigma * self.x },
            other => other,
        }
    }

    /// A continuum in the user's units: an ellipsoid where these differ, told by its half axes.
    fn continuum_back(&self, family: Family) -> Family {
        let (low, high) = self.range();
        let (smallest_radius, largest_radius) =
            (family.smallest_radius / high * self.x, family.largest_radius / low * self.x);
        Family { smallest_radius, largest_radius, ..family }
    }

    fn continuum(&self, family: Family) -> Family {
        let (low, high) = self.range();
        let (smallest_radius, largest_radius) =
            (family.smallest_radius * high / self.x, family.largest_radius * low / self.x);
        Family { smallest_radius, largest_radius, ..family }
    }

    /// The smallest and the largest unit.
    fn range(&self) -> (f64, f64) {
        self.vectors.iter().fold((f64::INFINITY, 0.0), |(low, high): (f64, f64), s| (low.min(*s), high.max(*s)))
    }
}

/// The same order parameters where x is `by` times as large, of phi that is homogeneous of degree one; kappa stays.
fn in_size(order: &OrderParameters, by: f64) -> OrderParameters {
    let square = by * by;
    OrderParameters {
        kappa: order.kappa.clone(),
        mu: order.mu * by,
        delta_0: order.delta_0 * square,
        delta_0_individual: order.delta_0_individual * square,
        delta_inf: order.delta_inf * square,
        delta_t: order.delta_t * square,
        r_mean: order.r_mean * by,
        r_second_moment: order.r_second_moment * square,
        r_temporal_variance: order.r_temporal_variance * square,
    }
}
