//! What is run and measured: times, step, lags.

use lowrank_integrate::Method;
use lowrank_model::Vector;

use crate::SimulateError;
use crate::control::{ERROR_TOLERANCE, MOST_HALVINGS, given_tolerance};
use crate::replicas::STRUCTURED;

/// A lag counts as a multiple of the interval if it is one to this relative accuracy.
const GRID_TOLERANCE: f64 = 1e-9;
/// The most samples of one run: their kappa alone fill a gigabyte.
const MOST_SAMPLES: f64 = 1e8;

/// The times of a run, in unit time constants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timing {
    /// Time before the first sample, >= 0.
    pub transient: f64,
    /// Length of the measuring window, >= 0; it begins and ends with a sample.
    pub window: f64,
    /// Time between samples, > 0.
    pub interval: f64,
    /// Largest step, > 0; steps are shortened to fall on samples and on changes of the input.
    pub step: f64,
}

/// A checked protocol.
#[derive(Debug, Clone, PartialEq)]
pub struct Protocol {
    timing: Timing,
    method: Method,
    /// Lags in samples.
    lags: Vec<usize>,
    kappa_along: Option<Vec<Vector>>,
    /// Size of the structure's part of x from which on a replica is on a branch of its own sign.
    structured_from: f64,
    keep_trajectory: bool,
    /// Whether a run that grows without bound shows what came before.
    as_course: bool,
    /// Largest estimated error that is believed, and how often the step may be halved to get below it.
    tolerance: f64,
    halvings: u32,
}

impl Protocol {
    /// A run with these times and this method; no lags, no trajectory.
    ///
    /// # Errors
    /// A time out of range; more samples than 1e8.
    pub fn new(timing: Timing, method: Method) -> Result<Self, SimulateError> {
        let Timing { transient, window, interval, step } = timing;
        for (field, value) in [("run.transient", transient), ("run.window", window)] {
            if !(value >= 0.0 && value.is_finite()) {
                return Err(SimulateError::BadTime { field, value, relation: ">=", limit: 0.0 });
            }
        }
        for (field, value) in [("run.interval", interval), ("run.step", step)] {
            if !(value > 0.0 && value.is_finite()) {
                return Err(SimulateError::BadTime { field, value, relation: ">", limit: 0.0 });
            }
        }
        let samples = window / interval;
        if samples > MOST_SAMPLES {
            return Err(SimulateError::TooManySamples { window, interval, samples, limit: MOST_SAMPLES });
        }
        Ok(Self {
            timing,
            method,
            lags: Vec::new(),
            kappa_along: None,
            structured_from: STRUCTURED,
            keep_trajectory: false,
            as_course: false,
            tolerance: given_tolerance(method),
            halvings: 0,
        })
    }

    /// Measures the population autocovariance of x at these lags.
    ///
    /// # Errors
    /// A lag that is no multiple of the sampling interval or longer than the window.
    pub fn with_lags(mut self, lags: &[f64]) -> Result<Self, SimulateError> {
        let Timing { window, interval, .. } = self.timing;
        self.lags.clear();
        for &lag in lags {
            let samples = (lag / interval).round();
            let off = (samples * interval - lag).abs();
            if !(lag >= 0.0 && lag <= window && off <= GRID_TOLERANCE * lag.max(interval)) {
                return Err(SimulateError::LagOffGrid { lag, interval, window });
            }
            self.lags.push(samples as usize);
        }
        Ok(self)
    }

    /// Measures kappa along these vectors in place of n^(1), ..., n^(R).
    #[must_use]
    pub fn with_kappa_along(mut self, vectors: Vec<Vector>) -> Self {
        self.kappa_along = Some(vectors);
        self
    }

    /// Takes replicas whose structured part of x has this size and more to be on a branch of their own sign
    /// ([`delta_inf`](crate::delta_inf)), in place of 0.1.
    #[must_use]
    pub fn with_structured_from(mut self, structured: f64) -> Self {
        self.structured_from = structured;
        self
    }

    /// Keeps x of every sample.
    #[must_use]
    pub fn with_trajectory(mut self) -> Self {
        self.keep_trajectory = true;
        self
    }

    /// Asks for a time course: activity that grows without bound is then no error. The run shows its samples until it leaves the range of
    /// numbers, fewer than [`samples`](Self::samples) where that is before the end, and
    /// [`Observed::unbounded`](crate::Observed::unbounded) says when the growth was seen.
    #[must_use]
    pub fn as_course(mut self) -> Self {
        self.as_course = true;
        self
    }

    /// Chooses the step: the protocol's is the longest, halved as often as the network needs to be integrated stably and within
    /// the tolerance (T36, T37). Without this a step that is unstable or too inaccurate is an error.
    #[must_use]
    pub fn with_chosen_step(mut self) -> Self {
        (self.halvings, self.tolerance) = (MOST_HALVINGS, ERROR_TOLERANCE);
        self
    }

    /// Believes runs up to this error estimate (T37) in place of [`ERROR_TOLERANCE`]; an infinite one believes every run, as
    /// studies of the step itself need.
    #[must_use]
    pub fn with_tolerance(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// The times.
    pub fn timing(&self) -> Timing {
        self.timing
    }

    /// The method of integration.
    pub fn method(&self) -> Method {
        self.method
    }

    /// The largest error estimate (T37) of a run that is believed.
    pub fn tolerance(&self) -> f64 {
        self.tolerance
    }

    /// How often the step may be halved: 0 where it is given.
    pub fn halvings(&self) -> u32 {
        self.halvings
    }

    /// Number of samples, the one at the window's start included.
    pub fn samples(&self) -> usize {
        (self.timing.window / self.timing.interval * (1.0 + GRID_TOLERANCE)).floor() as usize + 1
    }

    /// Time of a sample.
    pub fn sample_time(&self, sample: usize) -> f64 {
        self.timing.transient + sample as f64 * self.timing.interval
    }

    pub(crate) fn lags(&self) -> &[usize] {
        &self.lags
    }

    pub(crate) fn kappa_along(&self, rank: usize) -> Vec<Vector> {
        self.kappa_along.clone().unwrap_or_else(|| (0..rank).map(Vector::N).collect())
    }

    pub(crate) fn structured_from(&self) -> f64 {
        self.structured_from
    }

    pub(crate) fn is_course(&self) -> bool {
        self.as_course
    }

    pub(crate) fn keeps_trajectory(&self) -> bool {
        self.keep_trajectory
    }
}
