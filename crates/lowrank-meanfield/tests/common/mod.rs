//! The law that tests of transients share: rank one, an input and a readout, everything overlapping.

use lowrank_model::Vector::{I, M, N, W};
use lowrank_model::{Layout, Moments};

pub(crate) fn moments() -> Moments {
    Moments::new(Layout::rank(1).with_inputs(1).with_readouts(1))
        .mean(M(0), 1.0)
        .mean(N(0), 1.2)
        .variance(M(0), 1.0)
        .variance(N(0), 2.0)
        .covariance(M(0), N(0), 0.8)
        .mean(I(0), 0.3)
        .variance(I(0), 0.6)
        .covariance(M(0), I(0), 0.2)
        .covariance(N(0), I(0), 0.5)
        .variance(W(0), 1.0)
        .covariance(W(0), M(0), 0.4)
}
