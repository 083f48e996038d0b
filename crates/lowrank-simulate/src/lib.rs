//! Simulation of drawn networks in all three variants of the dynamics (T2), with streaming observables.
//!
//! A batch of states of one network advances together, one column a state; observables are accumulated sample by
//! sample and no trajectory is kept unless asked for. Times in unit time constants.

mod cells;
mod control;
mod error;
mod escape;
mod field;
mod initial;
mod lyapunov;
mod mover;
mod observables;
mod protocol;
mod replicas;
mod run;
mod trials;

pub use cells::{Cell, CellEnd, Products, Seen, Watch, block_bytes, check_clock, run_cells};
pub use control::{ERROR_TOLERANCE, MOST_HALVINGS, check_given_step, halve_until_believed};
pub use error::SimulateError;
pub use field::Field;
pub use initial::{initial_currents, initial_currents_along};
pub use lyapunov::{Lyapunov, lyapunov};
pub use observables::Observed;
pub use protocol::{Protocol, Timing};
pub use replicas::{Replica, STRUCTURED, delta_inf, sizes_of};
pub use run::{simulate, simulate_variants};
pub use trials::{Course, Recording, Trial, run_trials};
