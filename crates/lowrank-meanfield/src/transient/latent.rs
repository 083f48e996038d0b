//! The dynamics of kappa with the bulk slaved to it (T28): a transient as a few ordinary differential equations, for any input,
//! noisy ones included.
//!
//! The two-time theory (T19) needs C(t, t) alone to go on, but its equation holds C_phi(t, s). Cauchy and Schwarz bound that by
//! \<phi^2>(t)^(1/2) \<phi^2>(s)^(1/2); where the bulk keeps its direction while it grows or shrinks the bound is attained, and
//! C(t, t) = g^2 s(t)^2 with s the filtered \<phi^2>^(1/2). Exact at g = 0 and in every stationary state, an approximation
//! between; not for chaos.

use lowrank_model::{Initial, Model, ModelError, Transfer, Vector};
use serde::Serialize;

use super::classes::{Class, Row, covariance};
use crate::MeanFieldError;
use crate::averages::{Averages, check};

/// The state at one time.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Latent {
    /// kappa_k = \<n^(k) r>, one an outer product.
    pub kappa: Vec<f64>,
    /// Readouts \<w^(p) r>, one a readout vector.
    pub readouts: Vec<f64>,
    /// Variance of x over draws of chi, C(t, t).
    pub delta_0_individual: f64,
}

/// A low-pass filter by tau of several numbers, exact for a rest that is constant within a step; the identity for tau = 0.
struct Filter {
    kept: f64,
    values: Vec<f64>,
}

impl Filter {
    fn new(tau: f64, dt: f64, values: Vec<f64>) -> Self {
        Self { kept: if tau > 0.0 { (-dt / tau).exp() } else { 0.0 }, values }
    }

    fn advance(&mut self, rest: &[f64]) {
        let kept = self.kept;
        self.values.iter_mut().zip(rest).for_each(|(value, rest)| *value = kept * *value + (1.0 - kept) * rest);
    }
}

/// The course of a model from an initial state under the input that is felt, V_q at the times 0, dt, 2 dt, ...
/// ([`Input::felt`](lowrank_model::Input::felt) of the model's variant); the model's own input counts for nothing. One state a
/// time, each step an exponential Euler step: first order in dt, as exact as that of a network with the same step.
///
/// # Errors
/// White noise on every unit; an initial state with a vector that is not there; not one V an input vector; activity beyond 1e6.
pub fn latent(model: &Model, initial: &Initial, felt: &[Vec<f64>], dt: f64) -> Result<Vec<Latent>, MeanFieldError> {
    let (states, stopped) = latent_as_far(model, initial, felt, dt)?;
    stopped.map_or(Ok(states), Err)
}

/// [`latent`] as far as it can be followed: where it cannot until the end, the states until then, and the reason.
///
/// # Errors
/// Those of [`latent`] that leave no state.
pub fn latent_as_far(
    model: &Model,
    initial: &Initial,
    felt: &[Vec<f64>],
    dt: f64,
) -> Result<(Vec<Latent>, Option<MeanFieldError>), MeanFieldError> {
    check_input(model, felt)?;
    let mut slaved = Slaved::new(model, initial, dt)?;
    let mut states = Vec::with_capacity(felt.len());
    for felt in felt {
        match slaved.step(felt) {
            Ok(state) => states.push(state),
            Err(error) if states.is_empty() => return Err(error),
            Err(error) => return Ok((states, Some(error))),
        }
    }
    Ok((states, None))
}

/// The reduced dynamics (T28) on their way, one step after the other.
pub(crate) struct Slaved {
    classes: Vec<Class>,
    g: f64,
    phi: Transfer,
    taus: (f64, f64),
    rank: usize,
    /// Places of the n^(k), then of the readouts.
    read: Vec<usize>,
    start: Row,
    /// kappa_k, readouts, \<phi^2>^(1/2) filtered by tau_r, and these filtered by tau_s.
    r: Filter,
    h: Filter,
    /// Variance that white noise on every unit makes in x in the long run; it is there from the start.
    noise: f64,
    dt: f64,
    steps: usize,
}

impl Slaved {
    /// Before the first step. White noise on every unit counts as an independent part of x of constant variance, which is
    /// exact without a bulk once its filter has forgotten the start.
    pub(crate) fn new(model: &Model, initial: &Initial, dt: f64) -> Result<Self, MeanFieldError> {
        let (ensemble, taus) = (model.ensemble(), model.variant().time_constants());
        let layout = ensemble.layout();
        let start = Row { vectors: initial.coefficients(ensemble)?, own: initial.deviation };
        let read: Vec<usize> = (0..layout.rank)
            .map(Vector::N)
            .chain((0..layout.readouts).map(Vector::W))
            .map(|vector| layout.index(vector))
            .collect::<Result<_, _>>()?;
        let numbers = read.len() + 1;
        let noise = model.noise().powi(2) / if taus.0 > 0.0 { taus.0 } else { 1.0 };
        let h = Filter::new(taus.0, dt, vec![0.0; numbers]);
        let r = Filter::new(taus.1, dt, vec![0.0; numbers]);
        let (classes, g, phi, rank) = (Class::all(ensemble), model.g(), model.transfer(), layout.rank);
        let mut this = Self { classes, g, phi, taus, rank, read, start, r, h, noise, dt, steps: 0 };
        // r of the initial state, and nothing that x has filtered yet.
        this.r.values = this.rates(&this.start, 0.0)?;
        Ok(this)
    }

    /// kappa_k, readouts and \<phi^2>^(1/2) of a law of x.
    fn rates(&self, row: &Row, individual: f64) -> Result<Vec<f64>, MeanFieldError> {
        let last = self.read.len();
        let mut sums = vec![0.0; last + 1];
        for class in &self.classes {
            let covector = class.covector(row);
            let (mu, d) = (class.mean(row), individual + covariance(row, &covector).max(0.0));
            check(self.phi, mu, d)?;
            let a = Averages::fair(self.phi, mu, d);
            for (sum, vector) in sums.iter_mut().zip(&self.read) {
                *sum += class.weight * (class.mean_of(*vector) * a.phi + covector.vectors[*vector] * a.d1);
            }
            sums[last] += class.weight * a.phi_sq;
        }
        sums[last] = sums[last].sqrt();
        Ok(sums)
    }

    /// The state at the present time, at which the filtered input is `felt`, and a step on.
    pub(crate) fn step(&mut self, felt: &[f64]) -> Result<Latent, MeanFieldError> {
        let ((tau_s, tau_r), rank, last) = (self.taus, self.rank, self.read.len());
        let kept = if tau_s > 0.0 { (-(self.steps as f64) * self.dt / tau_s).exp() } else { 0.0 };
        let of_x = if tau_s > 0.0 { &self.h } else { &self.r };
        let mut row =
            Row { vectors: self.start.vectors.iter().map(|a| kept * a).collect(), own: kept * self.start.own };
        row.vectors.iter_mut().zip(&of_x.values[..rank]).for_each(|(sum, k)| *sum += k);
        row.vectors[2 * rank..].iter_mut().zip(felt).for_each(|(sum, v)| *sum += v);
        let individual = (self.g * of_x.values[last]).powi(2) + self.noise;
        let now = self.rates(&row, individual)?;
        let seen = if tau_r > 0.0 { &self.r.values } else { &now };
        let (kappa, readouts) = (seen[..rank].to_vec(), seen[rank..last].to_vec());
        self.h.advance(seen);
        self.r.advance(&now);
        self.steps += 1;
        Ok(Latent { kappa, readouts, delta_0_individual: individual })
    }

    /// The time of the next state.
    pub(crate) fn time(&self) -> f64 {
        self.steps as f64 * self.dt
    }
}

fn check_input(model: &Model, felt: &[Vec<f64>]) -> Result<(), MeanFieldError> {
    if model.noise() > 0.0 {
        let found = format!("white noise of strength {} on every unit", model.noise());
        return Err(MeanFieldError::WrongModel { what: "the slaved dynamics of kappa", found, needs: "noise 0" });
    }
    let expected = model.ensemble().layout().inputs;
    match felt.iter().find(|felt| felt.len() != expected) {
        None => Ok(()),
        Some(other) => {
            let (field, found, mend) = ("felt input".to_owned(), other.len(), "give one value an input vector");
            Err(ModelError::Length { field, found, expected, mend }.into())
        }
    }
}
