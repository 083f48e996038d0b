//! The sparse bulk: every unit has K inputs, chosen uniformly without replacement, itself like any other; entries
//! normal with variance 1/K, so that the variances of a row sum to 1 as in the dense bulk and the mean field (T3) is the
//! same for large K.
//!
//! Rows follow each other, K entries each with their columns in increasing order.

use faer::{Mat, MatMut, MatRef};
use lowrank_model::{Real, Role, StreamKey};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

use super::{Scalar, check_shape};
use crate::ConnectivityError;
use crate::memory::zeroed;
use crate::random::stream;

/// States whose products are summed together: a row's columns are read once for all of them.
const LANES: usize = 8;
/// Rows of a panel of a parallel product.
const PANEL: usize = 1024;

/// chi, `[n x n]` with K entries a row.
#[derive(Debug, Clone, PartialEq)]
pub struct SparseBulk<T = f64> {
    n: usize,
    inputs: usize,
    /// Of entry k of row i at i K + k.
    columns: Vec<u32>,
    entries: Vec<T>,
}

impl<T: Real> SparseBulk<T> {
    /// Draws chi with `inputs` = K entries a row; in `f32` those of `f64` rounded. One stream a row, rows in parallel on
    /// the current rayon pool.
    ///
    /// # Errors
    /// `n` zero or too large for memory or for columns of 32 bits; `inputs` not 1 to `n`.
    pub fn draw(n: usize, inputs: usize, seed: u64, realisation: u64) -> Result<Self, ConnectivityError> {
        if n == 0 {
            return Err(ConnectivityError::TooFewNeurons { n, limit: 1, why: "" });
        }
        if inputs == 0 || inputs > n {
            return Err(ConnectivityError::BadInputs { inputs, n });
        }
        let count = n.checked_mul(inputs).filter(|_| u32::try_from(n).is_ok());
        let (mut columns, mut entries) = (zeroed::<u32>(n, count)?, zeroed::<T>(n, count)?);
        let scale = (1.0 / inputs as f64).sqrt();
        let rows = columns.par_chunks_mut(inputs).zip(entries.par_chunks_mut(inputs)).enumerate();
        rows.for_each_init(
            || vec![0_u64; n.div_ceil(64)],
            |chosen, (row, (columns, entries))| {
                let mut rng = stream(StreamKey { seed, realisation, role: Role::Bulk, line: row as u64 });
                choose(n as u32, columns, chosen, &mut rng);
                for entry in entries {
                    let normal: f64 = StandardNormal.sample(&mut rng);
                    *entry = T::from_f64(scale * normal);
                }
            },
        );
        Ok(Self { n, inputs, columns, entries })
    }

    /// Number of neurons N.
    pub fn neurons(&self) -> usize {
        self.n
    }

    /// Inputs a unit, K.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Memory of entries and columns.
    pub fn bytes(&self) -> u64 {
        (size_of_val(self.columns.as_slice()) + size_of_val(self.entries.as_slice())) as u64
    }

    /// The inputs of one unit by increasing column: column and entry; none for a unit that is not there.
    pub fn row(&self, row: usize) -> impl Iterator<Item = (usize, T)> + '_ {
        let first = row.saturating_mul(self.inputs).min(self.columns.len());
        let last = first.saturating_add(self.inputs).min(self.columns.len());
        self.columns[first..last]
            .iter()
            .zip(&self.entries[first..last])
            .map(|(column, entry)| (*column as usize, *entry))
    }
}

impl<T: Scalar> SparseBulk<T> {
    /// `out` = chi `v`, both `[n x batch]`. Sequential; every sum in the order of the columns.
    ///
    /// # Errors
    /// Buffers of the wrong shape.
    pub fn apply(&self, v: MatRef<'_, T>, out: MatMut<'_, T>) -> Result<(), ConnectivityError> {
        check_shape(self.n, v.shape(), out.shape())?;
        self.apply_scaled(T::ONE, v, out);
        Ok(())
    }

    /// [`SparseBulk::apply`] with panels of rows in parallel on the current rayon pool, to the same bits.
    ///
    /// # Errors
    /// Buffers of the wrong shape.
    pub fn apply_par(&self, v: MatRef<'_, T>, out: MatMut<'_, T>) -> Result<(), ConnectivityError> {
        check_shape(self.n, v.shape(), out.shape())?;
        self.product(true, T::ONE, v, out);
        Ok(())
    }

    /// `out` = `factor` chi `v` for buffers of the right shape.
    pub(super) fn apply_scaled(&self, factor: T, v: MatRef<'_, T>, out: MatMut<'_, T>) {
        self.product(false, factor, v, out);
    }

    fn product(&self, parallel: bool, factor: T, v: MatRef<'_, T>, mut out: MatMut<'_, T>) {
        if v.ncols() == 1 {
            return self.product_of::<1>(parallel, factor, v, out);
        }
        for first in (0..v.ncols()).step_by(LANES) {
            let lanes = LANES.min(v.ncols() - first);
            self.product_of::<LANES>(parallel, factor, v.subcols(first, lanes), out.as_mut().subcols_mut(first, lanes));
        }
    }

    /// Up to `L` states.
    fn product_of<const L: usize>(&self, parallel: bool, factor: T, v: MatRef<'_, T>, mut out: MatMut<'_, T>) {
        // The states of one neuron side by side.
        let mut packed = vec![[T::ZERO; L]; self.n];
        for (lane, v) in v.col_iter().enumerate() {
            packed.iter_mut().zip(v.iter()).for_each(|(packed, v)| packed[lane] = *v);
        }
        if parallel {
            let panels = out.par_row_chunks_mut(PANEL).enumerate();
            panels.for_each(|(panel, out)| self.rows(factor, &packed, panel * PANEL, out));
        } else {
            self.rows(factor, &packed, 0, out.as_mut());
        }
    }

    /// The rows of `out`, which are those from `first` on of the product.
    fn rows<const L: usize>(&self, factor: T, packed: &[[T; L]], first: usize, mut out: MatMut<'_, T>) {
        let rows = self.columns.chunks_exact(self.inputs).zip(self.entries.chunks_exact(self.inputs)).skip(first);
        for (row, (columns, entries)) in rows.take(out.nrows()).enumerate() {
            let mut sums = [T::ZERO; L];
            for (column, entry) in columns.iter().zip(entries) {
                sums.iter_mut().zip(&packed[*column as usize]).for_each(|(sum, v)| *sum += *entry * *v);
            }
            sums[..out.ncols()].iter().enumerate().for_each(|(lane, sum)| out[(row, lane)] = factor * *sum);
        }
    }

    /// chi itself, `[n x n]`.
    pub fn dense(&self) -> Mat<T> {
        let mut dense = Mat::zeros(self.n, self.n);
        for row in 0..self.n {
            self.row(row).for_each(|(column, entry)| dense[(row, column)] = entry);
        }
        dense
    }
}

/// Fills `columns` with different numbers below `n` in increasing order, every set of them equally likely: R. Floyd's
/// sampling (J. Bentley, Commun. ACM 30:754, 1987). `chosen` has a bit a column, zero before and after.
fn choose(n: u32, columns: &mut [u32], chosen: &mut [u64], rng: &mut impl rand::Rng) {
    for last in n - columns.len() as u32..n {
        let drawn = rng.random_range(0..=last);
        let taken = chosen[drawn as usize / 64] >> (drawn % 64) & 1 == 1;
        let column = if taken { last } else { drawn };
        chosen[column as usize / 64] |= 1 << (column % 64);
    }
    let mut columns = columns.iter_mut();
    for (index, word) in chosen.iter_mut().enumerate() {
        let mut left = std::mem::take(word);
        while left != 0 {
            if let Some(column) = columns.next() {
                *column = index as u32 * 64 + left.trailing_zeros();
            }
            left &= left - 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_k_different_columns_in_order() {
        for (n, inputs) in [(1, 1), (64, 64), (65, 1), (200, 30), (513, 512)] {
            let bulk = SparseBulk::<f64>::draw(n, inputs, 3, 0).unwrap();
            for row in 0..n {
                let columns: Vec<usize> = bulk.row(row).map(|(column, _)| column).collect();
                assert_eq!(columns.len(), inputs);
                assert!(columns.windows(2).all(|pair| pair[0] < pair[1]) && columns[inputs - 1] < n, "{n} {columns:?}");
            }
            assert_eq!(bulk.row(n).count(), 0);
        }
    }

    #[test]
    fn columns_are_equally_likely_and_rows_choose_independently() {
        // How often a column is chosen is binomial (n, K/n); the sum of squares over columns has mean and variance of a
        // chi-square law with n - 1 degrees of freedom once divided by the variance.
        let (n, inputs) = (800, 60);
        let excess = |bulk: &SparseBulk<f64>| {
            let mut counts = vec![0.0; n];
            (0..n).flat_map(|row| bulk.row(row)).for_each(|(column, _)| counts[column] += 1.0);
            let (mean, variance) = (inputs as f64, inputs as f64 * (1.0 - inputs as f64 / n as f64));
            let square: f64 = counts.iter().map(|c: &f64| (c - mean).powi(2)).sum::<f64>() / variance;
            (square - (n as f64 - 1.0)) / (2.0 * (n as f64 - 1.0)).sqrt()
        };
        let bulk = SparseBulk::draw(n, inputs, 11, 0).unwrap();
        assert!(excess(&bulk).abs() < 5.0, "{}", excess(&bulk));
        // The planted fault: every row takes the columns of the first in every tenth case.
        let mut planted = bulk.clone();
        let first = bulk.columns[..inputs].to_vec();
        planted.columns.chunks_exact_mut(10 * inputs).for_each(|rows| rows[..inputs].copy_from_slice(&first));
        assert!(excess(&planted) > 5.0, "{}", excess(&planted));
    }

    #[test]
    fn entries_have_mean_zero_and_variance_one_over_k() {
        let (n, inputs) = (1000, 80);
        let bulk = SparseBulk::<f64>::draw(n, inputs, 11, 0).unwrap();
        let count = (n * inputs) as f64;
        let mean = bulk.entries.iter().sum::<f64>() / count;
        let second = |factor: f64| bulk.entries.iter().map(|x| factor * x * x).sum::<f64>() / n as f64;
        // Five standard errors each.
        assert!(mean.abs() < 5.0 / (inputs as f64 * count).sqrt(), "{mean}");
        assert!((second(1.0) - 1.0).abs() < 5.0 * (2.0 / count).sqrt(), "{}", second(1.0));
        // The planted fault: five per cent more variance is seen.
        assert!((second(1.05) - 1.0).abs() > 5.0 * (2.0 / count).sqrt());
    }

    #[test]
    fn a_state_has_the_same_product_alone_in_a_batch_and_in_panels() {
        let bulk = SparseBulk::<f32>::draw(150, 20, 2, 0).unwrap();
        let v = Mat::<f32>::from_fn(150, 11, |i, j| ((i * 7 + j * 13) as f32).sin());
        let mut all = Mat::zeros(150, 11);
        bulk.apply(v.as_ref(), all.as_mut()).unwrap();
        for state in 0..11 {
            let mut one = Mat::zeros(150, 1);
            bulk.apply(v.subcols(state, 1), one.as_mut()).unwrap();
            assert_eq!(one.col(0), all.col(state));
        }
        let large = SparseBulk::<f32>::draw(2 * PANEL + 5, 7, 2, 0).unwrap();
        let v = Mat::<f32>::from_fn(2 * PANEL + 5, 11, |i, j| ((i * 7 + j * 13) as f32).sin());
        let (mut whole, mut panels) = (Mat::zeros(v.nrows(), 11), Mat::zeros(v.nrows(), 11));
        large.apply(v.as_ref(), whole.as_mut()).unwrap();
        large.apply_par(v.as_ref(), panels.as_mut()).unwrap();
        assert_eq!(whole, panels);
        let double = SparseBulk::<f64>::draw(150, 20, 2, 0).unwrap();
        assert!(double.entries.iter().zip(&bulk.entries).all(|(d, s)| *d as f32 == *s));
    }

    #[test]
    fn numbers_of_inputs_that_cannot_be_are_refused() {
        for inputs in [0, 51] {
            let error = SparseBulk::<f64>::draw(50, inputs, 2, 0).unwrap_err();
            assert_eq!(error, ConnectivityError::BadInputs { inputs, n: 50 });
        }
    }
}
