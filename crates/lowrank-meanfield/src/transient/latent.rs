//! The dynamics of kappa with the bulk slaved to it (T28): a transient as a few ordinary differential equations, for any input,
//! noisy ones included.
//!
//! The two-time theory (T19) needs C(t, t) alone to go on, but its equation holds C_phi(t, s). Cauchy and Schwarz bound that by
//! \<phi^2>(t)^(1/2) \<phi^2>(s)^(1/2); where the bulk keeps its direction while it grows or shrinks the bound is attained, and
//! C(t, t) = g^2 s(t)^2 with s the filtered \<phi^2>^(1/2). Exact at g = 0 and in every stationary state, an approximation
//! between; not for chaos.

use lowrank_model::{Initial, Model, ModelError, Vector};
use serde::Serialize;

use super::classes::{Class, Row, covariance};
use crate::MeanFieldError;
use crate::averages::{Averages, check};

/// The state at one time.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
    check_input(model, felt)?;
    let (ensemble, g, phi) = (model.ensemble(), model.g(), model.transfer());
    let (layout, classes) = (ensemble.layout(), Class::all(ensemble));
    let (tau_s, tau_r) = model.variant().time_constants();
    let start = Row { vectors: initial.coefficients(ensemble)?, own: initial.deviation };
    // kappa_k, then the readouts, then \<phi^2>^(1/2), all of one state.
    let read: Vec<usize> = (0..layout.rank)
        .map(Vector::N)
        .chain((0..layout.readouts).map(Vector::W))
        .map(|vector| layout.index(vector))
        .collect::<Result<_, _>>()?;
    let rates = |row: &Row, individual: f64| -> Result<Vec<f64>, MeanFieldError> {
        let mut sums = vec![0.0; read.len() + 1];
        for class in &classes {
            let covector = class.covector(row);
            let (mu, d) = (class.mean(row), individual + covariance(row, &covector).max(0.0));
            check(mu, d)?;
            let a = Averages::fair(phi, mu, d);
            for (sum, vector) in sums.iter_mut().zip(&read) {
                *sum += class.weight * (class.mean_of(*vector) * a.phi + covector.vectors[*vector] * a.d1);
            }
            sums[read.len()] += class.weight * a.phi_sq;
        }
        sums[read.len()] = sums[read.len()].sqrt();
        Ok(sums)
    };
    // r of the initial state, and nothing that x has filtered yet.
    let mut r = Filter::new(tau_r, dt, rates(&start, 0.0)?);
    let mut h = Filter::new(tau_s, dt, vec![0.0; read.len() + 1]);
    let mut course = Vec::with_capacity(felt.len());
    for (step, felt) in felt.iter().enumerate() {
        let kept = if tau_s > 0.0 { (-(step as f64) * dt / tau_s).exp() } else { 0.0 };
        let of_x = if tau_s > 0.0 { &h } else { &r };
        let mut row = Row { vectors: start.vectors.iter().map(|a| kept * a).collect(), own: kept * start.own };
        row.vectors.iter_mut().zip(&of_x.values[..layout.rank]).for_each(|(sum, k)| *sum += k);
        row.vectors[2 * layout.rank..].iter_mut().zip(felt).for_each(|(sum, v)| *sum += v);
        let individual = (g * of_x.values[read.len()]).powi(2);
        let now = rates(&row, individual)?;
        let seen = if tau_r > 0.0 { &r.values } else { &now };
        let (kappa, readouts) = (seen[..layout.rank].to_vec(), seen[layout.rank..read.len()].to_vec());
        course.push(Latent { kappa, readouts, delta_0_individual: individual });
        h.advance(seen);
        r.advance(&now);
    }
    Ok(course)
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
