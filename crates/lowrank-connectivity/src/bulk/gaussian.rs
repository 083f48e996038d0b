//! The Gaussian bulk: chi_ij i.i.d. normal, mean 0, variance 1/N, the diagonal like every other entry (T1).
//!
//! Entries in `f32` are those in `f64` rounded: both are the same network.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use lowrank_model::{Real, Role, StreamKey};
use rayon::prelude::*;

use super::{Scalar, check_shape};
use crate::ConnectivityError;
use crate::memory::zeroed;
use crate::random::{Normals, Words};

/// Most and fewest rows of a panel of a parallel product: wide enough that a panel's reads are long.
pub(super) const PANEL: usize = 1024;
const NARROWEST_PANEL: usize = 256;

/// chi, `[n x n]`, column-major; entry (i, j) weighs the input of neuron i from neuron j.
#[derive(Debug, Clone, PartialEq)]
pub struct GaussianBulk<T = f64> {
    n: usize,
    entries: Vec<T>,
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
        let mut entries = zeroed::<T>(n, n.checked_mul(n))?;
        entries.par_chunks_mut(n).enumerate().for_each(|(column, chunk)| {
            let key = StreamKey { seed, realisation, role: Role::Bulk, line: column as u64 };
            Normals::new(Words::new(key)).fill(scale, chunk);
        });
        Ok(Self { n, entries })
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
        Ok(Self { n, entries })
    }

    /// Number of neurons N.
    pub fn neurons(&self) -> usize {
        self.n
    }

    /// Memory of the entries.
    pub fn bytes(&self) -> u64 {
        size_of_val(self.entries.as_slice()) as u64
    }

    /// chi as a matrix, `[n x n]`.
    pub fn matrix(&self) -> MatRef<'_, T> {
        MatRef::from_column_major_slice(&self.entries, self.n, self.n)
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

    /// [`GaussianBulk::apply`] with panels of rows in parallel on the current rayon pool; the panels, and with them the
    /// bits, do not depend on the number of threads.
    ///
    /// # Errors
    /// Buffers of the wrong shape.
    pub fn apply_par(&self, v: MatRef<'_, T>, out: MatMut<'_, T>) -> Result<(), ConnectivityError> {
        check_shape(self.n, v.shape(), out.shape())?;
        // Some panels for every thread even where the network is small; whole vectors of the processor.
        let rows = (self.n / 4).next_multiple_of(64).clamp(NARROWEST_PANEL, PANEL);
        let panels = self.matrix().par_row_chunks(rows).zip(out.par_row_chunks_mut(rows));
        panels.for_each(|(rows, out)| matmul(out, Accum::Replace, rows, v, T::ONE, Par::Seq));
        Ok(())
    }

    /// `out` = `factor` chi `v` for buffers of the right shape.
    pub(super) fn apply_scaled(&self, factor: T, v: MatRef<'_, T>, out: MatMut<'_, T>) {
        matmul(out, Accum::Replace, self.matrix(), v, factor, Par::Seq);
    }
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
        let mean = bulk.entries.iter().sum::<f64>() / count;
        let second = bulk.entries.iter().map(|x| x * x).sum::<f64>() / count * n as f64;
        let fourth = bulk.entries.iter().map(|x| x.powi(4)).sum::<f64>() / count * (n * n) as f64;
        // Five standard errors each: 1/sqrt(n), sqrt(2), sqrt(96), all over sqrt(count); false alarm 2e-6.
        assert!(mean.abs() < 5.0 / (n as f64 * count).sqrt(), "{mean}");
        assert!((second - 1.0).abs() < 5.0 * (2.0 / count).sqrt(), "{second}");
        assert!((fourth - 3.0).abs() < 5.0 * (96.0 / count).sqrt(), "{fourth}");
        // The planted fault: five per cent more variance is seen.
        let planted = GaussianBulk::draw_with_variance(n, 1.05, 11, 0).unwrap();
        let second = planted.entries.iter().map(|x| x * x).sum::<f64>() / n as f64;
        assert!((second - 1.0).abs() > 5.0 * (2.0 / count).sqrt(), "{second}");
    }

    #[test]
    fn columns_are_uncorrelated() {
        let n = 900;
        let bulk = GaussianBulk::draw(n, 5, 1).unwrap();
        let column = |j: usize| &bulk.entries[j * n..(j + 1) * n];
        for (a, b) in [(0, 1), (1, 2), (0, 899), (17, 400)] {
            let dot: f64 = column(a).iter().zip(column(b)).map(|(x, y)| x * y).sum();
            assert!(dot.abs() < 5.0 / (n as f64).sqrt(), "{a} {b}: {dot}");
        }
    }
    #[test]
    fn single_precision_is_the_same_network_rounded() {
        let (double, single) =
            (GaussianBulk::draw(70, 3, 1).unwrap(), GaussianBulk::<f32>::draw_as(70, 1.0, 3, 1).unwrap());
        assert!(double.entries.iter().zip(&single.entries).all(|(d, s)| *d as f32 == *s));
        assert_eq!((double.bytes(), single.bytes()), (8 * 4900, 4 * 4900));
        let v = faer::Mat::<f64>::from_fn(70, 3, |i, j| ((i * 7 + j * 13) as f64).sin());
        let single_v = faer::Mat::<f32>::from_fn(70, 3, |i, j| v[(i, j)] as f32);
        let (mut out, mut single_out) = (faer::Mat::zeros(70, 3), faer::Mat::zeros(70, 3));
        double.apply(v.as_ref(), out.as_mut()).unwrap();
        single.apply(single_v.as_ref(), single_out.as_mut()).unwrap();
        // Seventy terms of rounding 6e-8 each.
        (0..70).for_each(|i| assert!((out[(i, 2)] - f64::from(single_out[(i, 2)])).abs() < 2e-6));
    }
}
