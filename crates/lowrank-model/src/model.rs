//! One network model: everything that theory needs, and everything a draw needs but its size and its seed.

use serde::Serialize;

use crate::ensemble::units::unit_of_square;
use crate::error::non_negative;
use crate::{Ensemble, Input, ModelError, Transfer, Variant};

/// A low-rank random network model (docs/theory.md sections 1 and 2). Valid once built.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Model {
    g: f64,
    transfer: Transfer,
    variant: Variant,
    ensemble: Ensemble,
    input: Input,
    noise: f64,
}

impl Model {
    /// A model with random strength `g`, transfer function, variant, ensemble of vectors and input.
    ///
    /// # Errors
    /// `g` negative or not finite; a time constant not above zero; not one time course an input vector.
    pub fn new(
        g: f64,
        transfer: Transfer,
        variant: Variant,
        ensemble: impl Into<Ensemble>,
        input: Input,
    ) -> Result<Self, ModelError> {
        let ensemble = ensemble.into();
        non_negative("random strength g", g)?;
        variant.checked()?;
        if input.len() != ensemble.layout().inputs {
            return Err(ModelError::Length {
                field: "input".to_owned(),
                found: input.len(),
                expected: ensemble.layout().inputs,
                mend: "give one time course an input vector of the ensemble",
            });
        }
        Ok(Self { g, transfer, variant, ensemble, input, noise: 0.0 })
    }

    /// Random strength g (T1).
    pub fn g(&self) -> f64 {
        self.g
    }

    /// Transfer function phi.
    pub fn transfer(&self) -> Transfer {
        self.transfer
    }

    /// Form of the dynamics (T2).
    pub fn variant(&self) -> Variant {
        self.variant
    }

    /// Ensemble of the vectors.
    pub fn ensemble(&self) -> &Ensemble {
        &self.ensemble
    }

    /// Input over time.
    pub fn input(&self) -> &Input {
        &self.input
    }

    /// Strength sigma of the white noise that every unit has of its own (T24).
    pub fn noise(&self) -> f64 {
        self.noise
    }

    /// Number of outer products in the structured part.
    pub fn rank(&self) -> usize {
        self.ensemble.layout().rank
    }

    /// The same model at another random strength.
    ///
    /// # Errors
    /// `g` negative or not finite.
    pub fn with_g(&self, g: f64) -> Result<Self, ModelError> {
        non_negative("random strength g", g)?;
        Ok(Self { g, ..self.clone() })
    }

    /// The same model in another variant.
    ///
    /// # Errors
    /// A time constant not above zero.
    pub fn with_variant(&self, variant: Variant) -> Result<Self, ModelError> {
        Ok(Self { variant: variant.checked()?, ..self.clone() })
    }

    /// The same model with another ensemble.
    ///
    /// # Errors
    /// Not one time course an input vector.
    pub fn with_ensemble(&self, ensemble: impl Into<Ensemble>) -> Result<Self, ModelError> {
        let noise = self.noise;
        Ok(Self { noise, ..Self::new(self.g, self.transfer, self.variant, ensemble, self.input.clone())? })
    }

    /// The same network with its vectors in other units ([`Ensemble::in_units`]): kappa is `units` times as large in it.
    #[must_use]
    pub fn in_units(&self, units: &[f64]) -> Self {
        Self { ensemble: self.ensemble.in_units(units), ..self.clone() }
    }

    /// The size of what drives the network, a power of two: that of the input at the amplitudes it ends with, or else of the noise.
    pub fn drive_unit(&self) -> f64 {
        let amplitudes = self.input.last();
        if amplitudes.iter().all(|a| *a == 0.0) {
            unit_of_square(self.noise * self.noise)
        } else {
            self.ensemble.input_unit(&amplitudes)
        }
    }

    /// The same model under input and noise of its own divided by `unit`, a power of two. Where phi is homogeneous of degree one x and
    /// kappa are divided by it too, and nothing else changes.
    #[must_use]
    pub fn driven_in(&self, unit: f64) -> Self {
        Self { ensemble: self.ensemble.with_inputs_in(unit), noise: self.noise / unit, ..self.clone() }
    }

    /// The same model under another input.
    ///
    /// # Errors
    /// Not one time course an input vector.
    pub fn with_input(&self, input: Input) -> Result<Self, ModelError> {
        let noise = self.noise;
        Ok(Self { noise, ..Self::new(self.g, self.transfer, self.variant, self.ensemble.clone(), input)? })
    }

    /// The same model with white noise of its own on every unit: the input of unit i gains sqrt(2) sigma xi_i(t),
    /// \<xi_i(t) xi_j(s)> = delta_ij delta(t - s) (T24). In the rate variant it enters filtered, through
    /// dv/dt = -v + I (T3).
    ///
    /// # Errors
    /// A strength that is negative or not finite.
    pub fn with_noise(&self, sigma: f64) -> Result<Self, ModelError> {
        non_negative("noise strength sigma", sigma)?;
        Ok(Self { noise: sigma, ..self.clone() })
    }
}
