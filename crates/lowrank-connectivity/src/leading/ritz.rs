//! Eigenvalues and eigenvectors of the projected matrix H of S V = V H + v h^T: what Arnoldi's method knows of S.

use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, evd_real, evd_scratch};
use faer::{Mat, MatRef, Par, c64};

use super::{BREAKDOWN, apply, orthogonalise, times};
use crate::{ConnectivityError, Network};

/// Eigenvalues and eigenvectors of H, those below the real axis left out.
pub(super) struct Ritz {
    /// Eigenvalue and column of its vector by decreasing modulus; a complex one has its imaginary part in the next.
    pairs: Vec<(c64, usize)>,
    vectors: Mat<f64>,
    /// ||h||.
    coupling: f64,
}

impl Ritz {
    /// Of H above its last row; none if the iteration fails.
    pub(super) fn new(projected: &Mat<f64>) -> Option<Self> {
        let m = projected.ncols();
        let (mut re, mut im, mut vectors) = (Diag::zeros(m), Diag::zeros(m), Mat::zeros(m, m));
        let (no, yes) = (ComputeEigenvectors::No, ComputeEigenvectors::Yes);
        let mut memory = MemBuffer::new(evd_scratch::<f64>(m, no, yes, Par::Seq, Default::default()));
        let (stack, right) = (MemStack::new(&mut memory), Some(vectors.as_mut()));
        let square = projected.as_ref().subrows(0, m);
        evd_real(square, re.as_mut(), im.as_mut(), None, right, Par::Seq, stack, Default::default()).ok()?;
        let mut pairs: Vec<_> = (0..m).filter(|&k| im[k] >= 0.0).map(|k| (c64::new(re[k], im[k]), k)).collect();
        pairs.sort_by(|(a, _), (b, _)| b.norm().total_cmp(&a.norm()).then(b.re.total_cmp(&a.re)));
        Some(Self { pairs, vectors, coupling: projected[(m, m - 1)].abs() })
    }

    /// Columns of one eigenvector: real part, and imaginary part if there is one.
    fn columns(&self, &(value, column): &(c64, usize)) -> MatRef<'_, f64> {
        self.vectors.as_ref().subcols(column, if value.im == 0.0 { 1 } else { 2 })
    }

    /// The first pairs, enough for `count` eigenvalues.
    fn wanted(&self, count: usize) -> impl Iterator<Item = &(c64, usize)> {
        let mut values = 0;
        self.pairs.iter().take_while(move |(value, _)| {
            let go_on = values < count;
            values += if value.im == 0.0 { 1 } else { 2 };
            go_on
        })
    }

    pub(super) fn values(&self, count: usize) -> Vec<c64> {
        let both = |&(value, _): &(c64, usize)| {
            let conjugate = Some(value.conj()).filter(|_| value.im != 0.0);
            std::iter::once(value).chain(conjugate)
        };
        self.wanted(count).flat_map(both).take(count).collect()
    }

    /// Largest ||S v - lambda v|| by the last row of H.
    pub(super) fn residual(&self, count: usize) -> f64 {
        let of = |pair| {
            let y = self.columns(pair);
            self.coupling * y.row(y.nrows() - 1).norm_l2() / y.norm_l2()
        };
        self.wanted(count).map(of).fold(0.0, f64::max)
    }

    /// The same by products with S; `basis` is V.
    pub(super) fn true_residual(
        &self,
        network: &Network,
        gains: &[f64],
        basis: MatRef<'_, f64>,
        count: usize,
    ) -> Result<f64, ConnectivityError> {
        let mut largest = 0.0_f64;
        for pair in self.wanted(count) {
            let v = times(basis, self.columns(pair));
            let mut rest = apply(network, gains, v.as_ref())?;
            // S (p + i q) - (a + i b)(p + i q), the two parts as columns.
            let (a, b) = (pair.0.re, pair.0.im);
            let rotation = Mat::from_fn(v.ncols(), v.ncols(), |i, j| match (i, j) {
                (0, 1) => b,
                (1, 0) => -b,
                _ => a,
            });
            rest -= times(v.as_ref(), rotation.as_ref());
            // What is no number must not pass as small.
            let residual = rest.norm_l2() / v.norm_l2();
            largest = if residual.is_nan() { f64::INFINITY } else { largest.max(residual) };
        }
        Ok(largest)
    }

    /// An orthonormal real basis of the span of the leading eigenvectors, of at most `limit` columns.
    pub(super) fn real_basis(&self, limit: usize) -> Mat<f64> {
        let mut q = Mat::zeros(self.vectors.nrows(), limit);
        let mut filled = 0;
        for pair in &self.pairs {
            let y = self.columns(pair);
            if filled + y.ncols() > limit {
                break;
            }
            for k in 0..y.ncols() {
                let mut column = y.subcols(k, 1).to_owned();
                let before = column.norm_l2();
                orthogonalise(q.as_ref().subcols(0, filled), &mut column);
                let left = column.norm_l2();
                // Of a defective pair the second vector adds nothing.
                if left > BREAKDOWN * before {
                    q.col_mut(filled).iter_mut().zip(column.col(0).iter()).for_each(|(q, c)| *q = c / left);
                    filled += 1;
                }
            }
        }
        q.subcols(0, filled).to_owned()
    }
}
