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
//! correlation time, not at once. det(1 - dG/dDelta) < 0 says that Delta grows at fixed kappa. Together with the sign of det(1 - B) it tells
//! whether the number of real growing rates is odd, exactly. Where it is even and B is large, or Delta grows at fixed kappa, which an
//! inhibitory kappa may prevent, (T43) counts them (`chaotic_growth.rs`).

use faer::Mat;
use faer::linalg::solvers::{PartialPivLu, Solve};
use lowrank_model::{OrderParameters, Variant};
use serde::Serialize;

use crate::autocovariance::Autocovariance;
use crate::chaotic_growth::{Fastest, fastest};
use crate::neurons::Neurons;
use crate::stability::growth_rate;
use crate::{Instability, Stability};

/// Growth rates below this are zero but for rounding: that of the exact averages, which a neutral direction amplifies.
const GROWTH_MARGIN: f64 = 1e-7;
/// An eigenvalue of B this close to one is a neutral direction: along a continuous family of solutions.
const NEUTRAL: f64 = 1e-6;
/// A frequency below this part of the growth rate is zero.
const REAL: f64 = 1e-3;

/// The growth of small changes of a chaotic solution (T32).
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct StructureGrowth {
    /// Eigenvalues (re, im) of B, in decreasing real part, `[R]`.
    pub eigenvalues: Vec<(f64, f64)>,
    /// The largest growth rate, in inverse units of time, exact where (T43) was asked and something grows; none without structure, and
    /// where Delta follows kappa in no sense that (T32) could use, whether kappa holds it or not.
    pub growth_rate: Option<f64>,
    /// Whether the solution is stable, and by what it is not: `bulk` stands for its autocovariance.
    pub stability: Stability,
    /// Whether Delta has passed a fold at this kappa.
    #[serde(skip)]
    is_folded: bool,
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
        Self { eigenvalues, growth_rate, stability, is_folded }
    }

    /// Whether its autocovariance is unstable at its kappa.
    pub(crate) fn is_folded(&self) -> bool {
        self.is_folded
    }

    /// Whether (T32) does not tell by itself: the number of growing real rates is not odd, which B and the fold tell exactly, and
    /// something in the loop is strong enough to grow or to swing.
    fn is_doubtful(&self) -> bool {
        let above = self.eigenvalues.iter().filter(|l| l.1 == 0.0 && l.0 > 1.0).count();
        let strong = self.eigenvalues.iter().any(|l| l.0.hypot(l.1) > 1.0 + NEUTRAL);
        let is_odd = above.is_multiple_of(2) == self.is_folded;
        !is_odd && (self.is_folded || strong)
    }

    /// With what (T43) makes of it where it is in doubt, given Delta(tau); as it is where (T43) cannot be evaluated.
    pub(crate) fn exact(
        self,
        neurons: &Neurons,
        order: &OrderParameters,
        delta: impl FnOnce() -> Option<Autocovariance>,
    ) -> Self {
        if !self.is_doubtful() {
            return self;
        }
        match delta().map(|delta| fastest(neurons, order, &delta)) {
            Some(Ok(fastest)) => self.decided(fastest),
            _ => self,
        }
    }

    /// With what (T43) says.
    fn decided(self, fastest: Option<Fastest>) -> Self {
        let (growth_rate, stability) = match fastest {
            // (T32) may be wrong by more than what is left.
            None => (self.growth_rate.filter(|rate| *rate <= 0.0), Stability::Stable),
            Some((rate, frequency)) => {
                let real = if self.is_folded { Instability::Bulk } else { Instability::RealOutlier };
                let by = if frequency < REAL * rate { real } else { Instability::ComplexPair };
                (Some(rate), Stability::Unstable(by))
            }
        };
        Self { growth_rate, stability, ..self }
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
