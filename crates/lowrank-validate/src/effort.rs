//! How large a validation is: network size, number of networks, and the margins that go with them.

use serde::Serialize;

/// The size of a validation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    /// A quarter to half a minute on two cores.
    Quick,
    /// One to four minutes on two cores.
    Standard,
    /// Many minutes, at three network sizes.
    Full,
    /// One size of the caller's.
    Own {
        /// Neurons of each network.
        neurons: usize,
        /// Independent networks.
        networks: usize,
    },
}

/// Neurons times networks of the standard effort.
const STANDARD: f64 = 1000.0 * 96.0;
/// The widest margins of a size of the caller's, in those of the standard effort: beyond, a claim would pass whatever networks
/// do, so that few or small networks are inconclusive instead.
const WIDEST: f64 = 2.5;

impl Effort {
    /// Neurons of each network, and independent networks, at each size that is run; claims are judged at the last.
    pub fn sizes(self) -> Vec<(usize, usize)> {
        match self {
            Self::Quick => vec![(500, 64)],
            Self::Standard => vec![(1000, 96)],
            Self::Full => vec![(500, 96), (1000, 96), (2000, 96)],
            Self::Own { neurons, networks } => vec![(neurons, networks)],
        }
    }

    /// Margins are those of the standard effort times this. Standard errors fall as 1 / sqrt(N networks) and finite-size bias
    /// as 1 / N; the margin follows them, so that a pass means the same at every effort.
    pub fn margin_factor(self) -> f64 {
        match self {
            Self::Quick => 1.7,
            Self::Standard => 1.0,
            Self::Full => 0.7,
            Self::Own { neurons, networks } => (STANDARD / (neurons as f64 * networks as f64)).sqrt().min(WIDEST),
        }
    }
}
