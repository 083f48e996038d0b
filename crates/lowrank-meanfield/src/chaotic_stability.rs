//! Whether a chaotic solution is stable (T32): the growth of a small change of kappa.
//!
//! Delta(tau) is given by kappa through (T21) and (T14), or (T16); with it taken to follow kappa at once, kappa moves by (T8)
//! alone and a small change of it grows by the matrix
//!
//! ```text
//!   B = dF/dkappa + dF/dDelta (1 - dG/dDelta)^-1 dG/dkappa,      kappa = F(kappa, Delta),  Delta = G(kappa, Delta)
//!
//!              kappa          Delta
//!   (T8)     dF/dkappa       dF/dDelta
//!   (T21,14) dG/dkappa       dG/dDelta        the Jacobian that Newton has at hand
//! ```
//!
//! which takes the place of (T10). Where a growth rate is zero nothing moves, so that folds, pitchforks and the sign of a real
//! growth rate are exact; at kappa = 0 of a symmetric model Delta does not change to first order, and the growth rate
//! itself is exact, overlap \<phi'> - 1. Elsewhere growth rates and oscillations are an approximation: Delta follows within the
//! correlation time, not at once. A solution whose Delta is itself unstable at this kappa, det(1 - dG/dDelta) < 0, is unstable
//! with a growth rate that this theory does not tell.

use faer::Mat;
use faer::linalg::solvers::{PartialPivLu, Solve};
use lowrank_model::Variant;
use serde::Serialize;

use crate::stability::growth_rate;
use crate::{Instability, Stability};

/// Growth rates below this are zero but for rounding: that of the exact averages, which a neutral direction amplifies.
const GROWTH_MARGIN: f64 = 1e-7;
/// An eigenvalue of B this close to one is a neutral direction: along a continuous family of solutions.
const NEUTRAL: f64 = 1e-6;

/// The growth of small changes of a chaotic solution (T32).
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct StructureGrowth {
    /// Eigenvalues (re, im) of B, in decreasing real part, `[R]`.
    pub eigenvalues: Vec<(f64, f64)>,
    /// The largest growth rate, in inverse units of time; none where the autocovariance itself is unstable, or without structure.
    pub growth_rate: Option<f64>,
    /// Whether the solution is stable, and by what it is not: `bulk` stands for its autocovariance.
    pub stability: Stability,
}

impl StructureGrowth {
    /// From the Jacobian of the equations of a solution, the first `rank` rows and columns those of kappa. `is_folded`: its
    /// autocovariance is unstable at this kappa.
    pub(crate) fn of(jacobian: &Mat<f64>, rank: usize, is_folded: bool, variant: Variant) -> Self {
        let eigenvalues = eigenvalues_of_kappa(jacobian, rank);
        let rates = eigenvalues.iter().map(|l| (growth_rate(*l, variant), l.1));
        let fastest = rates.max_by(|a, b| a.0.total_cmp(&b.0));
        let stability = match fastest {
            _ if is_folded => Stability::Unstable(Instability::Bulk),
            Some((rate, im)) if rate > GROWTH_MARGIN => {
                Stability::Unstable(if im == 0.0 { Instability::RealOutlier } else { Instability::ComplexPair })
            }
            _ => Stability::Stable,
        };
        let growth_rate = fastest.map(|f| f.0).filter(|_| !is_folded);
        Self { eigenvalues, growth_rate, stability }
    }

    /// Whether its autocovariance is unstable at its kappa.
    pub(crate) fn is_folded(&self) -> bool {
        self.stability == Stability::Unstable(Instability::Bulk)
    }

    /// The dimension of the continuous family that the solution lies on, if it does on one.
    pub(crate) fn neutral_directions(&self) -> usize {
        self.eigenvalues.iter().filter(|l| (l.0 - 1.0).hypot(l.1) < NEUTRAL).count()
    }
}

/// Eigenvalues of B, given the whole Jacobian.
fn eigenvalues_of_kappa(jacobian: &Mat<f64>, rank: usize) -> Vec<(f64, f64)> {
    if rank == 0 {
        return Vec::new();
    }
    let rest = jacobian.nrows() - rank;
    let block = |i: usize, j: usize, rows: usize, columns: usize| jacobian.submatrix(i, j, rows, columns).to_owned();
    let one_less = Mat::from_fn(rest, rest, |i, j| f64::from(u8::from(i == j)) - jacobian[(rank + i, rank + j)]);
    let response = PartialPivLu::new(one_less.as_ref()).solve(&block(rank, 0, rest, rank));
    let matrix = block(0, 0, rank, rank) + block(0, rank, rank, rest) * response;
    let mut found: Vec<(f64, f64)> = matrix.eigenvalues().unwrap_or_default().iter().map(|l| (l.re, l.im)).collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1)));
    found
}

/// Whether det(1 - dG/dDelta) < 0 for the two unknowns Delta_0 and Delta_inf of one time scale: negative beyond a fold of
/// Delta at fixed kappa.
pub(crate) fn is_folded(jacobian: &Mat<f64>, rank: usize) -> bool {
    let at = |i: usize, j: usize| f64::from(u8::from(i == j)) - jacobian[(rank + i, rank + j)];
    at(0, 0) * at(1, 1) - at(0, 1) * at(1, 0) < 0.0
}
