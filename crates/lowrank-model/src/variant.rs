//! The three variants of the dynamics (T2).

use std::fmt;

use serde::Serialize;

use crate::ModelError;
use crate::error::positive;

/// Which form of tau_s dx/dt = -x + J r + I, tau_r dr/dt = -r + phi(x) is meant (T2).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Variant {
    /// tau_r -> 0, tau_s = 1: dx/dt = -x + J phi(x) + I (\[MO18\] eq. 1). State x.
    Current,
    /// tau_s -> 0, tau_r = 1: dr/dt = -r + phi(J r + I) (\[DA01\] ch. 7). State r; x is J r + I.
    Rate,
    /// Both above zero. State x and r; build it with [`Variant::two_timescale`].
    TwoTimescale {
        /// Time constant of the current x, in the unit of time, > 0.
        tau_s: f64,
        /// Time constant of the rate r, in the unit of time, > 0.
        tau_r: f64,
    },
}

impl Variant {
    /// The two-timescale variant.
    ///
    /// # Errors
    /// A time constant that is not a finite number above zero.
    pub fn two_timescale(tau_s: f64, tau_r: f64) -> Result<Self, ModelError> {
        Self::TwoTimescale { tau_s, tau_r }.checked()
    }

    /// The same variant with its time constants checked.
    pub(crate) fn checked(self) -> Result<Self, ModelError> {
        if let Self::TwoTimescale { tau_s, tau_r } = self {
            positive("tau_s", tau_s)?;
            positive("tau_r", tau_r)?;
        }
        Ok(self)
    }

    /// (tau_s, tau_r) of T2: zero where a filter is absent.
    pub fn time_constants(self) -> (f64, f64) {
        match self {
            Self::Current => (1.0, 0.0),
            Self::Rate => (0.0, 1.0),
            Self::TwoTimescale { tau_s, tau_r } => (tau_s, tau_r),
        }
    }

    /// The shorter of the time constants that are not zero: what the step of a method is held against.
    pub fn shortest_time_constant(self) -> f64 {
        let (tau_s, tau_r) = self.time_constants();
        [tau_s, tau_r].into_iter().filter(|tau| *tau > 0.0).fold(f64::INFINITY, f64::min)
    }

    /// The name in tables and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Rate => "rate",
            Self::TwoTimescale { .. } => "two-timescale",
        }
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
