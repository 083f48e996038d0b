//! Dynamical mean-field theory of low-rank random networks: what an infinite network does, without drawing one.
//!
//! One result a file: Gaussian averages (T4), pair averages (T5), stationary solutions (T6-T8), their stability (T9-T11)
//! and continuation, chaotic solutions (T12-T16, T24), Lyapunov exponents (T17, T18), transients (T19), transitions. No
//! random numbers, no files, no network. Every solution carries its residual; failure is a typed error, never NaN.

mod along;
mod autocovariance;
mod averages;
mod branch_point;
mod branches;
mod chaotic;
mod chaotic_growth;
mod chaotic_search;
mod chaotic_stability;
mod cone;
mod continuation;
mod diagram;
mod energy;
mod error;
mod excess;
mod flow;
mod followed;
mod half_line;
mod hermite;
mod hopf;
mod large;
mod linearisation;
mod lyapunov;
mod nested;
mod neurons;
mod newton;
mod pair;
mod phase;
mod quadrature;
mod regime;
mod root;
pub mod selection;
mod slope_table;
mod stability;
mod stationary;
mod transient;
mod transitions;
mod two_timescale;
mod units;

pub use along::{Solutions, solutions_along};
pub use autocovariance::Autocovariance;
pub use averages::{Averages, average};
pub use branches::{misses_solutions, stationary_branches};
pub use chaotic::{Chaotic, Followed, chaotic_from, chaotic_solutions, two_timescale_solutions};
pub use chaotic_stability::StructureGrowth;
pub use cone::{Unbounded, unbounded_states};
pub use continuation::{Branch, BranchEnd, BranchPoint, Event, EventKind, continue_branch};
pub use diagram::{BranchesThrough, branches_along, branches_through};
pub use error::MeanFieldError;
pub use flow::flow;
pub use followed::{Loss, Lost};
pub use hopf::{Hopf, hopf_threshold};
pub use linearisation::{Linearisation, linearisation};
pub use lyapunov::Lyapunov;
pub use pair::PairAverage;
pub use phase::{Boundaries, Boundary, Cell, Unsolved, phase_boundaries, phase_diagram};
pub use regime::Regime;
pub use stability::{Instability, Stability, bulk_radius, growth_rate};
pub use stationary::{Family, Stationary, stationary_from};
pub use transient::{
    Latent, Snapshot, Transient, TransientOptions, latent, latent_as_far, readouts, transient, transient_as_far,
    transient_with,
};
pub use transitions::{Onset, Transition, end_of_structured_chaos, onset_of_chaos, onsets_of_chaos};
pub use two_timescale::Grid;
