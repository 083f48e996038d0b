//! The Gaussian bulk: chi_ij i.i.d. normal, mean 0, variance 1/N, the diagonal like every other entry (T1).
//!
//! Entries in `f32` are those in `f64` rounded: both are the same network.

mod product;

use faer::{Mat, MatMut, MatRef};
use lowrank_model::{Real, Role, StreamKey};
use rayon::prelude::*;

pub use self::product::Panels;
use self::product::panel_rows;
use super::{Scalar, check_shape};
use crate::ConnectivityError;
use crate::memory::zeroed;
use crate::random::{Normals, Words};

/// Columns drawn before they are put into panels: they stay in the caches in between.
const DRAWN: usize = 32;
/// Most and fewest rows that a thread takes of a parallel product.
pub(super) const SHARE: usize = 1024;
const SMALLEST_SHARE: usize = 256;

/// Memory of a bulk of `n` neurons, whose last panel is filled up with zeros.
pub(super) fn bytes(n: u64, precision: u64) -> u64 {
    let rows = panel_rows(precision as usize) as u64;
    n.div_ceil(rows).saturating_mul(rows * precision).saturating_mul(n)
}

/// chi, `[n x n]`; entry (i, j) weighs the input of neuron i from neuron j. In panels of rows, each column after column.
#[derive(Debug, Clone, PartialEq)]
pub struct GaussianBulk<T = f64> {
    n: usize,
    panels: Vec<T>,
}

impl GaussianBulk {
    /// Draws chi with variance 1/N. One stream a column, columns in parallel on the current rayon pool.
    ///
    /// # Errors
    /// `n` zero, or so large that the entries do not fit into memory.
    pub fn draw(n: usize, seed: u64, realisation: u64) -> Result<Self, ConnectivityError> {
        Self::draw_as(n, 1.0, seed, realisation)
    }

    /// Draws chi with variance `variance_times_n` / N, from the same random numbers as [`GaussianBulk::draw`].
    ///
    /// # Errors
    /// `n` zero or too large for memory; a variance that is not a finite number above zero.
    pub fn draw_with_variance(
        n: usize,
        variance_times_n: f64,
        seed: u64,
        realisation: u64,
    ) -> Result<Self, ConnectivityError> {
        Self::draw_as(n, variance_times_n, seed, realisation)
    }
}

impl<T: Real> GaussianBulk<T> {
    /// [`GaussianBulk::draw_with_variance`] in either precision.
    ///
    /// # Errors
    /// `n` zero or too large for memory; a variance that is not a finite number above zero.
    pub fn draw_as(n: usize, variance_times_n: f64, seed: u64, realisation: u64) -> Result<Self, ConnectivityError> {
        if n == 0 {
            return Err(ConnectivityError::TooFewNeurons { n, limit: 1, why: "" });
        }
        if !(variance_times_n > 0.0 && variance_times_n.is_finite()) {
            return Err(ConnectivityError::BadVariance { value: variance_times_n });
        }
        let scale = (variance_times_n / n as f64).sqrt();
        let mut bulk = Self::zeros(n)?;
        let mut drawn = vec![T::ZERO; n * DRAWN.min(n)];
        for first in (0..n).step_by(DRAWN) {
            let columns = &mut drawn[..n * DRAWN.min(n - first)];
            columns.par_chunks_mut(n).enumerate().for_each(|(column, entries)| {
                let key = StreamKey { seed, realisation, role: Role::Bulk, line: (first + column) as u64 };
                Normals::new(Words::new(key)).fill(scale, entries);
            });
            bulk.set_columns(first, columns);
        }
        Ok(bulk)
    }

    fn zeros(n: usize) -> Result<Self, ConnectivityError> {
        let rows = n.checked_next_multiple_of(panel_rows(size_of::<T>()));
        Ok(Self { n, panels: zeroed::<T>(n, rows.and_then(|rows| rows.checked_mul(n)))? })
    }

    /// Sets columns from the `first` on, one after the other in `columns`.
    fn set_columns(&mut self, first: usize, columns: &[T]) {
        let (n, rows) = (self.n, panel_rows(size_of::<T>()));
        self.panels.par_chunks_mut(n * rows).enumerate().for_each(|(panel, to)| {
            for (column, to) in columns.chunks_exact(n).zip(to[first * rows..].chunks_exact_mut(rows)) {
                let from = &column[panel * rows..n.min((panel + 1) * rows)];
                to[..from.len()].copy_from_slice(from);
            }
        });
    }

    /// A bulk of given entries, column by column: entry (i, j) at j n + i.
    ///
    /// # Errors
    /// Not n x n entries; an entry that is not finite.
    pub fn from_entries(n: usize, entries: Vec<T>) -> Result<Self, ConnectivityError> {
        if n == 0 {
            return Err(ConnectivityError::TooFewNeurons { n, limit: 1, why: "" });
        }
        if n.checked_mul(n) != Some(entries.len()) {
            return Err(ConnectivityError::WrongEntries { found: entries.len(), n });
        }
        if let Some(entry) = entries.iter().position(|e| !e.is_finite()) {
            let value = entries[entry].to_f64();
            return Err(ConnectivityError::EntryNotFinite { row: entry % n, column: entry / n, value });
        }
        let mut bulk = Self::zeros(n)?;
        bulk.set_columns(0, &entries);
        Ok(bulk)
    }

    /// Number of neurons N.
    pub fn neurons(&self) -> usize {
        self.n
    }

    /// Memory of the entries.
    pub fn bytes(&self) -> u64 {
        size_of_val(self.panels.as_slice()) as u64
    }

    /// Entry (i, j), counted from zero.
    ///
    /// # Panics
    /// No such entry.
    pub fn entry(&self, i: usize, j: usize) -> T {
        assert!(i < self.n && j < self.n, "entry ({i}, {j}) of {} x {0}", self.n);
        let rows = panel_rows(size_of::<T>());
        self.panels[(i / rows * self.n + j) * rows + i % rows]
    }

    /// chi as a matrix, `[n x n]`: for spectra, not for products.
    pub fn dense(&self) -> Mat<T>
    where
        T: Scalar,
    {
        Mat::from_fn(self.n, self.n, |i, j| self.entry(i, j))
    }
}

impl<T: Scalar> GaussianBulk<T> {
    /// `out` = chi `v`, both `[n x batch]`. Sequential.
    ///
    /// # Errors
    /// Buffers of the wrong shape.
    pub fn apply(&self, v: MatRef<'_, T>, out: MatMut<'_, T>) -> Result<(), ConnectivityError> {
        check_shape(self.n, v.shape(), out.shape())?;
        self.apply_scaled(T::ONE, v, out);
        Ok(())
    }

    /// [`GaussianBulk::apply`] on all threads of the current rayon pool; the same bits.
    ///
    /// # Errors
    /// Buffers of the wrong shape.
    pub fn apply_par(&self, v: MatRef<'_, T>, out: MatMut<'_, T>) -> Result<(), ConnectivityError> {
        check_shape(self.n, v.shape(), out.shape())?;
        // Some shares for every thread even where the network is small; whole panels.
        let rows = (self.n / 4).next_multiple_of(64).clamp(SMALLEST_SHARE, SHARE);
        let shares = self.panels.par_chunks(rows * self.n).zip(out.par_row_chunks_mut(rows));
        shares.for_each(|(panels, out)| multiply(panels, T::ONE, v, out));
        Ok(())
    }

    /// `out` = `factor` chi `v` for buffers of the right shape.
    pub(super) fn apply_scaled(&self, factor: T, v: MatRef<'_, T>, out: MatMut<'_, T>) {
        multiply(&self.panels, factor, v, out);
    }
}

/// [`Panels::multiply`] of matrices of any strides.
fn multiply<T: Scalar>(panels: &[T], factor: T, v: MatRef<'_, T>, mut out: MatMut<'_, T>) {
    if v.row_stride() == 1 && out.row_stride() == 1 {
        return T::multiply(panels, factor, v, out);
    }
    let mut contiguous = Mat::zeros(out.nrows(), out.ncols());
    T::multiply(panels, factor, v.to_owned().as_ref(), contiguous.as_mut());
    out.copy_from(contiguous);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_key_gives_the_same_bits_on_one_and_on_three_threads() {
        let draw = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| GaussianBulk::draw(93, 7, 2).unwrap())
        };
        assert_eq!(draw(1), draw(3));
        assert_ne!(draw(1), GaussianBulk::draw(93, 7, 3).unwrap());
        assert_ne!(draw(1), GaussianBulk::draw(93, 8, 2).unwrap());
    }

    #[test]
    fn entries_have_mean_zero_and_variance_one_over_n() {
        let n = 700;
        let bulk = GaussianBulk::draw(n, 11, 0).unwrap();
        let count = (n * n) as f64;
        let entries = |bulk: &GaussianBulk| {
            bulk.dense().col_iter().flat_map(|c| c.iter().copied().collect::<Vec<_>>()).collect::<Vec<f64>>()
        };
        let drawn = entries(&bulk);
        let mean = drawn.iter().sum::<f64>() / count;
        let second = drawn.iter().map(|x| x * x).sum::<f64>() / count * n as f64;
        let fourth = drawn.iter().map(|x| x.powi(4)).sum::<f64>() / count * (n * n) as f64;
        // Five standard errors each: 1/sqrt(n), sqrt(2), sqrt(96), all over sqrt(count); false alarm 2e-6.
        assert!(mean.abs() < 5.0 / (n as f64 * count).sqrt(), "{mean}");
        assert!((second - 1.0).abs() < 5.0 * (2.0 / count).sqrt(), "{second}");
        assert!((fourth - 3.0).abs() < 5.0 * (96.0 / count).sqrt(), "{fourth}");
        // The planted fault: five per cent more variance is seen.
        let planted = GaussianBulk::draw_with_variance(n, 1.05, 11, 0).unwrap();
        let second = entries(&planted).iter().map(|x| x * x).sum::<f64>() / n as f64;
        assert!((second - 1.0).abs() > 5.0 * (2.0 / count).sqrt(), "{second}");
    }

    #[test]
    fn columns_are_uncorrelated() {
        let n = 900;
        let bulk = GaussianBulk::draw(n, 5, 1).unwrap();
        let column = |j: usize| (0..n).map(|i| bulk.entry(i, j)).collect::<Vec<f64>>();
        for (a, b) in [(0, 1), (1, 2), (0, 899), (17, 400)] {
            let dot: f64 = column(a).iter().zip(&column(b)).map(|(x, y)| x * y).sum();
            assert!(dot.abs() < 5.0 / (n as f64).sqrt(), "{a} {b}: {dot}");
        }
    }
    #[test]
    fn single_precision_is_the_same_network_rounded() {
        let (double, single) =
            (GaussianBulk::draw(70, 3, 1).unwrap(), GaussianBulk::<f32>::draw_as(70, 1.0, 3, 1).unwrap());
        let pairs = (0..70).flat_map(|j| (0..70).map(move |i| (i, j)));
        assert!(pairs.into_iter().all(|(i, j)| double.entry(i, j) as f32 == single.entry(i, j)));
        // Panels of 8 and of 16 rows.
        assert_eq!((double.bytes(), single.bytes()), (8 * 72 * 70, 4 * 80 * 70));
        let v = faer::Mat::<f64>::from_fn(70, 3, |i, j| ((i * 7 + j * 13) as f64).sin());
        let single_v = faer::Mat::<f32>::from_fn(70, 3, |i, j| v[(i, j)] as f32);
        let (mut out, mut single_out) = (faer::Mat::zeros(70, 3), faer::Mat::zeros(70, 3));
        double.apply(v.as_ref(), out.as_mut()).unwrap();
        single.apply(single_v.as_ref(), single_out.as_mut()).unwrap();
        // Seventy terms of rounding 6e-8 each.
        (0..70).for_each(|i| assert!((out[(i, 2)] - f64::from(single_out[(i, 2)])).abs() < 2e-6));
    }

    /// Sizes that fill no panel, one exactly, odd and even numbers of them, and two blocks; widths that take every tile.
    #[test]
    fn products_are_those_of_the_dense_matrix_and_the_same_bits_at_every_width() {
        fn check<T: Scalar>(tolerance: f64) {
            for n in [1, 7, 16, 33, 128, 300, 1100] {
                let bulk = GaussianBulk::<T>::draw_as(n, n as f64, 3, 1).unwrap();
                let v = Mat::from_fn(n, 15, |i, j| T::from_f64(((i * 7 + j * 13) as f64).sin()));
                let dense = bulk.dense();
                let mut all = Mat::zeros(n, 15);
                bulk.apply(v.as_ref(), all.as_mut()).unwrap();
                for (i, j) in (0..n).flat_map(|i| (0..15).map(move |j| (i, j))) {
                    let expected: f64 = (0..n).map(|k| dense[(i, k)].to_f64() * v[(k, j)].to_f64()).sum();
                    let off = (all[(i, j)].to_f64() - expected).abs();
                    assert!(off < tolerance * (n as f64).sqrt(), "{n} ({i}, {j}): {off}");
                }
                for width in 1..15 {
                    let mut some = Mat::zeros(n, width);
                    bulk.apply(v.subcols(0, width), some.as_mut()).unwrap();
                    assert!((0..width).all(|j| (0..n).all(|i| some[(i, j)] == all[(i, j)])), "{n} x {width}");
                    bulk.apply_par(v.subcols(0, width), some.as_mut()).unwrap();
                    assert!((0..width).all(|j| (0..n).all(|i| some[(i, j)] == all[(i, j)])), "{n} x {width}");
                }
                // Rows that are not contiguous.
                let mut transposed = Mat::zeros(15, n);
                bulk.apply(v.transpose().to_owned().transpose(), transposed.as_mut().transpose_mut()).unwrap();
                assert!((0..15).all(|j| (0..n).all(|i| transposed[(j, i)] == all[(i, j)])), "{n}");
            }
        }
        check::<f64>(1e-13);
        check::<f32>(1e-4);
    }
}
