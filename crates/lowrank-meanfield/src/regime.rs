//! The names of solutions in tables and messages.

use serde::Serialize;

/// What a solution is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Regime {
    /// Nothing moves.
    Stationary,
    /// White noise moves it, and two nearby trajectories with the same noise converge: the largest Lyapunov exponent is not
    /// positive.
    Fluctuating,
    /// Nearby trajectories diverge.
    Chaotic,
}

impl Regime {
    /// The word in tables and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stationary => "stationary",
            Self::Fluctuating => "fluctuating",
            Self::Chaotic => "chaotic",
        }
    }
}
