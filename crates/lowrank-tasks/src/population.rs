//! Analysis of populations: what is done with recorded activity, here of networks whose vectors are known.

mod plane;
mod principal;
mod regression;

pub use plane::plane;
pub use principal::{Principal, principal_components};
pub use regression::{Regression, regress};
