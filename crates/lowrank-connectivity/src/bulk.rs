//! The random part chi of the connectivity (T1), one kind a file: mean 0, and the variances of a row sum to 1, so that
//! all kinds have the same mean field where a unit has many inputs.

mod gaussian;
mod kind;
mod sign;
mod sparse;

use std::sync::Arc;

use faer::traits::RealField;
use faer::{Mat, MatMut, MatRef};

pub use self::gaussian::{GaussianBulk, Panels};
pub use self::kind::BulkKind;
pub use self::sign::SignBulk;
pub use self::sparse::SparseBulk;
use crate::ConnectivityError;

/// `f32` or `f64`, with the products of bulks.
pub trait Scalar: Panels + RealField {}

impl<T: Panels + RealField> Scalar for T {}

/// chi of any kind, its entries (if it keeps any) in `T`.
#[derive(Debug, Clone, PartialEq)]
pub enum Bulk<T = f64> {
    /// Independent normal entries.
    Gaussian(GaussianBulk<T>),
    /// Entries +-1/sqrt(N), one bit each.
    Sign(SignBulk),
    /// A fixed number of inputs a unit.
    Sparse(SparseBulk<T>),
}

impl<T: Scalar> Bulk<T> {
    /// Draws chi from the streams of (seed, realisation), in parallel on the current rayon pool; the same bits for any
    /// number of threads.
    ///
    /// # Errors
    /// `n` zero or too large for memory; a number of inputs that is not 1 to `n`.
    pub fn draw(kind: BulkKind, n: usize, seed: u64, realisation: u64) -> Result<Self, ConnectivityError> {
        Ok(match kind {
            BulkKind::Gaussian => Self::Gaussian(GaussianBulk::draw_as(n, 1.0, seed, realisation)?),
            BulkKind::Sign => Self::Sign(SignBulk::draw(n, seed, realisation)?),
            BulkKind::Sparse { inputs } => Self::Sparse(SparseBulk::draw(n, inputs, seed, realisation)?),
        })
    }

    /// Number of neurons N.
    pub fn neurons(&self) -> usize {
        match self {
            Self::Gaussian(bulk) => bulk.neurons(),
            Self::Sign(bulk) => bulk.neurons(),
            Self::Sparse(bulk) => bulk.neurons(),
        }
    }

    /// Memory of the entries.
    pub fn bytes(&self) -> u64 {
        match self {
            Self::Gaussian(bulk) => bulk.bytes(),
            Self::Sign(bulk) => bulk.bytes(),
            Self::Sparse(bulk) => bulk.bytes(),
        }
    }

    /// `out` = chi `v`, both `[n x batch]`. Sequential: threads take whole networks.
    ///
    /// # Errors
    /// Buffers of the wrong shape.
    pub fn apply(&self, v: MatRef<'_, T>, out: MatMut<'_, T>) -> Result<(), ConnectivityError> {
        check_shape(self.neurons(), v.shape(), out.shape())?;
        self.apply_scaled(T::ONE, v, out);
        Ok(())
    }

    /// [`Bulk::apply`] on all threads of the current rayon pool, for networks so large that one fills the machine; the same
    /// bits for any number of threads.
    ///
    /// # Errors
    /// Buffers of the wrong shape.
    pub fn apply_par(&self, v: MatRef<'_, T>, out: MatMut<'_, T>) -> Result<(), ConnectivityError> {
        match self {
            Self::Gaussian(bulk) => bulk.apply_par(v, out),
            Self::Sign(bulk) => bulk.apply_par(v, out),
            Self::Sparse(bulk) => bulk.apply_par(v, out),
        }
    }

    /// `out` = `factor` chi `v` for buffers of the right shape.
    pub(crate) fn apply_scaled(&self, factor: T, v: MatRef<'_, T>, out: MatMut<'_, T>) {
        match self {
            Self::Gaussian(bulk) => bulk.apply_scaled(factor, v, out),
            Self::Sign(bulk) => bulk.apply_scaled(factor, v, out),
            Self::Sparse(bulk) => bulk.apply_scaled(factor, v, out),
        }
    }

    /// chi itself, `[n x n]`: for spectra, not for products.
    pub fn dense(&self) -> Mat<T> {
        match self {
            Self::Gaussian(bulk) => bulk.dense(),
            Self::Sign(bulk) => bulk.dense(),
            Self::Sparse(bulk) => bulk.dense(),
        }
    }
}

impl<T> From<GaussianBulk<T>> for Bulk<T> {
    fn from(bulk: GaussianBulk<T>) -> Self {
        Self::Gaussian(bulk)
    }
}

impl<T> From<SignBulk> for Bulk<T> {
    fn from(bulk: SignBulk) -> Self {
        Self::Sign(bulk)
    }
}

impl<T> From<SparseBulk<T>> for Bulk<T> {
    fn from(bulk: SparseBulk<T>) -> Self {
        Self::Sparse(bulk)
    }
}

impl<T> From<GaussianBulk<T>> for Arc<Bulk<T>> {
    fn from(bulk: GaussianBulk<T>) -> Self {
        Self::new(bulk.into())
    }
}

impl<T> From<SignBulk> for Arc<Bulk<T>> {
    fn from(bulk: SignBulk) -> Self {
        Self::new(bulk.into())
    }
}

impl<T> From<SparseBulk<T>> for Arc<Bulk<T>> {
    fn from(bulk: SparseBulk<T>) -> Self {
        Self::new(bulk.into())
    }
}

/// Whether input and output of a product are both `[n x batch]`.
pub(crate) fn check_shape(
    n: usize,
    (v_rows, v_columns): (usize, usize),
    (out_rows, out_columns): (usize, usize),
) -> Result<(), ConnectivityError> {
    if v_rows != n || out_rows != n || v_columns != out_columns {
        return Err(ConnectivityError::WrongShape { n, v_rows, v_columns, out_rows, out_columns });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::gaussian::SHARE;
    use super::*;

    const KINDS: [BulkKind; 3] = [BulkKind::Gaussian, BulkKind::Sign, BulkKind::Sparse { inputs: 20 }];

    #[test]
    fn products_of_every_kind_are_those_of_the_dense_matrix() {
        let n = 131;
        for kind in KINDS {
            let bulk = Bulk::<f64>::draw(kind, n, 5, 1).unwrap();
            assert_eq!(bulk.neurons(), n);
            for batch in [1, 3, 17] {
                let v = Mat::from_fn(n, batch, |i, j| ((i * 7 + j * 13) as f64).sin());
                let mut out = Mat::zeros(n, batch);
                bulk.apply(v.as_ref(), out.as_mut()).unwrap();
                assert!((bulk.dense() * &v - &out).norm_max() < 1e-13, "{kind}");
                let mut again = Mat::zeros(n, batch);
                bulk.apply_par(v.as_ref(), again.as_mut()).unwrap();
                assert!((again - out).norm_max() < 1e-13, "{kind}");
            }
            let error = bulk.apply(Mat::zeros(n, 1).as_ref(), Mat::zeros(n, 2).as_mut()).unwrap_err();
            assert!(matches!(error, ConnectivityError::WrongShape { v_columns: 1, out_columns: 2, .. }), "{error}");
        }
    }

    #[test]
    fn every_kind_has_the_memory_it_said_before_the_draw() {
        for kind in KINDS {
            assert_eq!(Bulk::<f64>::draw(kind, 100, 1, 0).unwrap().bytes(), kind.bytes(100, 8));
            assert_eq!(Bulk::<f32>::draw(kind, 100, 1, 0).unwrap().bytes(), kind.bytes(100, 4));
        }
    }

    #[test]
    fn the_same_key_gives_the_same_bits_on_one_and_on_three_threads() {
        for kind in KINDS {
            let draw = |threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| Bulk::<f64>::draw(kind, 93, 7, 2).unwrap())
            };
            assert_eq!(draw(1), draw(3), "{kind}");
            assert_ne!(draw(1), Bulk::draw(kind, 93, 7, 3).unwrap(), "{kind}");
            assert_ne!(draw(1), Bulk::draw(kind, 93, 8, 2).unwrap(), "{kind}");
        }
    }

    #[test]
    fn products_on_one_and_on_three_threads_are_the_same_bits() {
        let n = 2 * SHARE + 37;
        let bulk = Bulk::<f32>::draw(BulkKind::Gaussian, n, 5, 1).unwrap();
        let v = Mat::from_fn(n, 3, |i, j| ((i * 7 + j * 13) as f32).sin());
        let product = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let mut out = Mat::zeros(n, 3);
            pool.install(|| bulk.apply_par(v.as_ref(), out.as_mut()).unwrap());
            out
        };
        assert_eq!(product(1), product(3));
    }

    #[test]
    fn no_neurons_are_refused_by_every_kind() {
        for kind in KINDS {
            let error = Bulk::<f64>::draw(kind, 0, 1, 0).unwrap_err();
            assert!(matches!(error, ConnectivityError::TooFewNeurons { n: 0, .. }), "{error}");
        }
    }
}
