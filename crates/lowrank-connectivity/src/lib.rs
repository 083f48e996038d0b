//! Networks J = g chi + sum_k m_k n_k^T / N (T1): draws, products J v on a batch of columns, eigenvalues.
//!
//! A draw is a function of its key (seed, realisation) alone, for any number of threads. The structured part is
//! never formed: J v = g chi v + M (N^T v) / N. Time is unknown here.

mod bulk;
mod error;
mod leading;
mod memory;
mod network;
mod random;
mod spectrum;
mod vectors;

pub use bulk::{Bulk, BulkKind, GaussianBulk, Panels, Scalar, SignBulk, SparseBulk};
pub use error::ConnectivityError;
pub use leading::{Leading, leading_eigenvalues};
pub use memory::check_memory;
pub use network::Network;
pub use random::stream;
pub use spectrum::{eigenvalues, eigenvalues_with_gain};
pub use vectors::{Sampling, draw_vectors};
