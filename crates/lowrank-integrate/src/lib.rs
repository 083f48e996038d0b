//! Methods for dx/dt = f(t, x) over batches of states: one method a file, each stating its order.
//!
//! A state is a flat slice; what its entries mean is the vector field's business. Fixed-step methods advance all of
//! it at once ([`Stepper`]); the adaptive reference ([`solve_adaptive`]) is Dopri5 or Dop853 of `ode_solvers`;
//! [`EulerMaruyama`] adds white noise. Networks are unknown here. Times in unit time constants.

mod adaptive;
mod error;
mod etd_ab3;
mod euler;
mod euler_maruyama;
mod exponential_euler;
mod field;
mod fixed;
mod heun;
mod rk4;
mod stability;

pub use adaptive::{Adaptive, Tolerance, solve_adaptive};
pub use error::IntegrateError;
pub use etd_ab3::{GAMMA_3, error_weights, etd_weights};
pub use euler_maruyama::EulerMaruyama;
pub use field::VectorField;
pub use fixed::{Method, Stepper, check_steps, integrate};
pub use stability::{
    Filters, SpectrumBound, amplification, is_faithful, is_stable, longest_stable_step, rotation_error,
};
