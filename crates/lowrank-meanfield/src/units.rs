//! Units of kappa: every solver works with vectors m of the size one, and what it finds is told in the user's units.
//!
//! m -> m / s, n -> s n is the same network with kappa -> s kappa (T44). In units of x, in which phi bends at one, thresholds
//! on kappa mean the same in every network. Units are powers of two, so that no number is rounded by them.

use std::borrow::Cow;

use lowrank_model::{Initial, Model, ModelError, OrderParameters, Vector};

use crate::followed::Lost;
use crate::stationary::Family;
use crate::{Branch, Chaotic, MeanFieldError, Stationary};

/// The units of one model or of a family of models.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Units(Vec<f64>);

impl Units {
    /// Those in which each m of a model has the size one.
    pub(crate) fn of(model: &Model) -> Self {
        Self(model.ensemble().units())
    }

    /// Those of the first model that a family has at these parameters.
    pub(crate) fn of_family(family: impl Fn(f64) -> Result<Model, ModelError>, parameters: &[f64]) -> Self {
        Self(parameters.iter().find_map(|p| family(*p).ok()).map_or_else(Vec::new, |model| model.ensemble().units()))
    }

    /// Whether they are the model's own.
    pub(crate) fn are_own(&self) -> bool {
        self.0.iter().all(|s| *s == 1.0)
    }

    /// The model in these units.
    pub(crate) fn model<'a>(&self, model: &'a Model) -> Cow<'a, Model> {
        // A member of a family may have another rank, which whoever solves it will refuse.
        if self.are_own() || self.0.len() != model.rank() {
            Cow::Borrowed(model)
        } else {
            Cow::Owned(model.in_units(&self.0))
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
        if kappa.len() == self.0.len() {
            kappa.iter().zip(&self.0).map(|(k, s)| k * s).collect()
        } else {
            kappa.to_vec()
        }
    }

    /// kappa in the user's units.
    pub(crate) fn kappa_back(&self, kappa: &mut [f64]) {
        kappa.iter_mut().zip(&self.0).for_each(|(k, s)| *k /= s);
    }

    /// The user's order parameters in these units.
    pub(crate) fn order(&self, order: &OrderParameters) -> OrderParameters {
        OrderParameters { kappa: self.kappa(&order.kappa), ..order.clone() }
    }

    /// The same for several.
    pub(crate) fn orders(&self, orders: &[OrderParameters]) -> Vec<OrderParameters> {
        orders.iter().map(|order| self.order(order)).collect()
    }

    /// The user's start in these units.
    pub(crate) fn initial(&self, initial: &Initial) -> Initial {
        let scaled = |(vector, coefficient): &(Vector, f64)| {
            let by = match *vector {
                Vector::M(k) => self.0.get(k).copied().unwrap_or(1.0),
                Vector::N(k) => self.0.get(k).map_or(1.0, |s| 1.0 / s),
                _ => 1.0,
            };
            (*vector, coefficient * by)
        };
        Initial { along: initial.along.iter().map(scaled).collect(), deviation: initial.deviation }
    }

    /// A stationary solution in the user's units.
    pub(crate) fn stationary_back(&self, mut solution: Stationary) -> Stationary {
        self.kappa_back(&mut solution.order.kappa);
        solution.family = solution.family.map(|family| self.continuum_back(family));
        solution
    }

    /// A user's stationary solution in these units.
    pub(crate) fn stationary(&self, solution: &Stationary) -> Stationary {
        let family = solution.family.map(|family| self.continuum(family));
        Stationary { order: self.order(&solution.order), family, ..solution.clone() }
    }

    /// A chaotic solution in the user's units. What it holds for its autocovariance stays in these.
    pub(crate) fn chaotic_back(&self, mut solution: Chaotic) -> Chaotic {
        self.kappa_back(&mut solution.order.kappa);
        solution.family = solution.family.map(|family| self.continuum_back(family));
        solution
    }

    /// A user's chaotic solution in these units.
    pub(crate) fn chaotic(&self, solution: &Chaotic) -> Chaotic {
        let mut scaled = solution.clone();
        scaled.order = self.order(&solution.order);
        scaled.family = solution.family.map(|family| self.continuum(family));
        scaled
    }

    /// What became of a solution, in the user's units.
    pub(crate) fn lost_back(&self, mut lost: Lost) -> Lost {
        self.kappa_back(&mut lost.order.kappa);
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

    /// What an error says of kappa, in the user's units.
    pub(crate) fn error_back(&self, error: MeanFieldError) -> MeanFieldError {
        match error {
            MeanFieldError::NotFollowed { mut kappa, tau_s, tau_r, reached_s, reached_r } => {
                self.kappa_back(&mut kappa);
                MeanFieldError::NotFollowed { kappa, tau_s, tau_r, reached_s, reached_r }
            }
            MeanFieldError::Oscillates { kappa: Some(k), low, high, time } => {
                let by = self.0.get(k).copied().unwrap_or(1.0);
                MeanFieldError::Oscillates { kappa: Some(k), low: low / by, high: high / by, time }
            }
            MeanFieldError::NearSeparatrix { mut ends, unbounded, from_every_start } => {
                ends.iter_mut().for_each(|kappa| self.kappa_back(kappa));
                MeanFieldError::NearSeparatrix { ends, unbounded, from_every_start }
            }
            MeanFieldError::SoftState { mut kappa, eigenvalue, scatter } => {
                self.kappa_back(&mut kappa);
                MeanFieldError::SoftState { kappa, eigenvalue, scatter }
            }
            other => other,
        }
    }

    /// A continuum in the user's units: an ellipsoid where these differ, told by its half axes.
    fn continuum_back(&self, family: Family) -> Family {
        let (low, high) = self.range();
        let (smallest_radius, largest_radius) = (family.smallest_radius / high, family.largest_radius / low);
        Family { smallest_radius, largest_radius, ..family }
    }

    fn continuum(&self, family: Family) -> Family {
        let (low, high) = self.range();
        let (smallest_radius, largest_radius) = (family.smallest_radius * high, family.largest_radius * low);
        Family { smallest_radius, largest_radius, ..family }
    }

    /// The smallest and the largest unit.
    fn range(&self) -> (f64, f64) {
        self.0.iter().fold((f64::INFINITY, 0.0), |(low, high): (f64, f64), s| (low.min(*s), high.max(*s)))
    }
}
