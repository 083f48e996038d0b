//! The geometry of both context-dependent tasks (\[MO18\] figs. 5, 6): rank two, one structure for each context k = A, B,
//! m^(k) = y_k + rho_m ctx_k + b_m w, n^(k) = I_k + rho_n ctx_k + b_n w. The context input that is on leaves structure k near
//! the edge of two states, the one that is off holds the other structure down, so that only stimulus k can lift it.

use lowrank_model::Vector::{I, M, N, W};
use lowrank_model::{Gaussian, Input, Layout, ModelError, TimeCourse};
use serde::Serialize;

use crate::Geometry;

/// Inputs, in this order: I_A, I_B, ctx_A, ctx_B, w.
pub const INPUTS: usize = 5;
/// Names of contexts and stimuli.
pub const NAMES: [&str; 2] = ["A", "B"];
/// The contexts themselves.
pub const CONTEXTS: [f64; 2] = [1.0, -1.0];

/// The parameters of a context-dependent task.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Context {
    /// Random strength.
    pub g: f64,
    /// Standard deviation of the stimuli I_k and of y_k; of w and ctx_k it is one.
    pub deviation: f64,
    /// Strength of ctx_k in m^(k).
    pub rho_m: f64,
    /// Strength of ctx_k in n^(k).
    pub rho_n: f64,
    /// Strength of w in m^(k).
    pub b_m: f64,
    /// Strength of w in n^(k).
    pub b_n: f64,
    /// Amplitude of the context input that is on.
    pub on: f64,
    /// Amplitude of the one that is off.
    pub off: f64,
    /// Amplitude of a stimulus.
    pub stimulus: f64,
    /// Amplitude of a constant drive along w.
    pub drive: f64,
}

impl Context {
    /// The ensemble of this geometry.
    ///
    /// # Errors
    /// Numbers that are not finite.
    pub fn ensemble(&self) -> Result<Gaussian, ModelError> {
        let mut geometry = Geometry::new(Layout::rank(2).with_inputs(INPUTS).with_readouts(1));
        let stimuli = [(); 2].map(|()| geometry.source(self.deviation));
        let y = [(); 2].map(|()| geometry.source(self.deviation));
        let contexts = [(); 2].map(|()| geometry.source(1.0));
        let w = geometry.source(1.0);
        for k in 0..2 {
            geometry = geometry
                .vector(M(k), &[(1.0, y[k]), (self.rho_m, contexts[k]), (self.b_m, w)])
                .vector(N(k), &[(1.0, stimuli[k]), (self.rho_n, contexts[k]), (self.b_n, w)])
                .vector(I(k), &[(1.0, stimuli[k])])
                .vector(I(2 + k), &[(1.0, contexts[k])]);
        }
        geometry.vector(I(4), &[(1.0, w)]).vector(W(0), &[(1.0, w)]).build()
    }

    /// All inputs in a context, 1 that of A, -1 that of B, and between them; the stimuli, of these amplitudes, come on at the
    /// onset.
    ///
    /// # Errors
    /// Numbers that are not finite.
    pub fn input(&self, context: f64, stimuli: [f64; 2], onset: f64) -> Result<Input, ModelError> {
        let of = |part: f64| self.on * part + self.off * (1.0 - part);
        let contexts = [of(0.5 * (1.0 + context)), of(0.5 * (1.0 - context))];
        let stimuli = stimuli.map(|amplitude| TimeCourse::step(onset, 0.0, amplitude));
        let lasting = [contexts[0], contexts[1], self.drive].map(TimeCourse::constant);
        Ok(Input::new(stimuli.into_iter().chain(lasting).collect::<Result<_, _>>()?))
    }
}
