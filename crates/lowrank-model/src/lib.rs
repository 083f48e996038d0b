//! Validated descriptions of low-rank random rate networks: what theory and simulation both start from.
//!
//! A [`Model`] is one network model of docs/theory.md sections 1 and 2: random strength, transfer function,
//! variant of the dynamics, ensemble of structure vectors, input over time. Everything here is checked when it
//! is built and immutable afterwards; nothing is solved and nothing of size N x N is held.

mod decimals;
mod ensemble;
mod error;
mod felt;
mod initial;
mod input;
mod model;
mod order;
mod phase;
mod real;
mod stream;
mod transfer;
mod variant;

pub use decimals::{decimals, decimals_of};
pub use ensemble::{Empirical, Ensemble, Gaussian, Layout, Mixture, Moments, Vector};
pub use error::ModelError;
pub use initial::Initial;
pub use input::{Input, TimeCourse};
pub use model::Model;
pub use order::{Measured, OrderParameters};
pub use phase::{Phase, Thresholds};
pub use real::Real;
pub use stream::{Role, StreamKey};
pub use transfer::{Jet, Transfer};
pub use variant::Variant;
