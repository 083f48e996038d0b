//! The sign bulk: chi_ij = +-1/sqrt(N) with equal probability, one bit an entry (T1 but for the law of the entries; the
//! mean field (T3) knows their variance alone). N = 100,000 takes 1.25 GB.
//!
//! A product looks up the 16 signed sums of four entries of v at a time, in fixed point (`table.rs`), and adds them up
//! as integers (`kernel.rs`): the result is the same to the last bit on every path, for any number of threads.

mod kernel;
mod table;

use faer::{Mat, MatMut, MatRef};
use lowrank_model::{Role, StreamKey};
use rand::Rng;
use rayon::prelude::*;

use self::kernel::{Kernel, PANEL};
use self::table::Tables;
use super::{Scalar, check_shape};
use crate::ConnectivityError;
use crate::memory::zeroed;
use crate::random::stream;

/// Columns whose bits share a byte.
const BYTE: usize = 8;

/// chi, `[n x n]`, a bit an entry: set for +1/sqrt(N).
///
/// Panels of 64 rows follow each other; in a panel the byte of row r and columns 8 c to 8 c + 7 stands at 64 c + r, the
/// lowest bit for the first column. Rows are padded to whole panels, columns to multiples of 16.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignBulk {
    n: usize,
    bits: Vec<u8>,
}

impl SignBulk {
    /// Draws chi: the random bits as they come, one stream a panel of 64 rows, panels in parallel on the current rayon
    /// pool.
    ///
    /// # Errors
    /// `n` zero or too large for memory.
    pub fn draw(n: usize, seed: u64, realisation: u64) -> Result<Self, ConnectivityError> {
        if n == 0 {
            return Err(ConnectivityError::TooFewNeurons { n, limit: 1, why: "" });
        }
        let count = usize::try_from(bytes(n as u64)).ok();
        let mut bits = zeroed::<u8>(n, count)?;
        bits.par_chunks_mut(panel_bytes(n)).enumerate().for_each(|(panel, bytes)| {
            stream(StreamKey { seed, realisation, role: Role::Bulk, line: panel as u64 }).fill_bytes(bytes);
        });
        Ok(Self { n, bits })
    }

    /// Number of neurons N.
    pub fn neurons(&self) -> usize {
        self.n
    }

    /// Memory of the bits.
    pub fn bytes(&self) -> u64 {
        self.bits.len() as u64
    }

    /// `out` = chi `v`, both `[n x batch]`. Sequential. Errors are rounding in units of the largest entry of a column of
    /// `v`: 1e-7 in `f32`, 1e-14 in `f64`. A column with an entry that is not finite gives NaN.
    ///
    /// # Errors
    /// Buffers of the wrong shape.
    pub fn apply<T: Scalar>(&self, v: MatRef<'_, T>, out: MatMut<'_, T>) -> Result<(), ConnectivityError> {
        check_shape(self.n, v.shape(), out.shape())?;
        self.apply_scaled(T::ONE, v, out);
        Ok(())
    }

    /// [`SignBulk::apply`] with panels of rows in parallel on the current rayon pool, to the same bits.
    ///
    /// # Errors
    /// Buffers of the wrong shape.
    pub fn apply_par<T: Scalar>(&self, v: MatRef<'_, T>, out: MatMut<'_, T>) -> Result<(), ConnectivityError> {
        check_shape(self.n, v.shape(), out.shape())?;
        self.product(Kernel::best(), true, T::ONE, v, out);
        Ok(())
    }

    /// `out` = `factor` chi `v` for buffers of the right shape.
    pub(super) fn apply_scaled<T: Scalar>(&self, factor: T, v: MatRef<'_, T>, out: MatMut<'_, T>) {
        self.product(Kernel::best(), false, factor, v, out);
    }

    fn product<T: Scalar>(&self, kernel: Kernel, parallel: bool, factor: T, v: MatRef<'_, T>, out: MatMut<'_, T>) {
        let panel_bytes = panel_bytes(self.n);
        let mut rows = vec![[0.0; PANEL]; self.n.div_ceil(PANEL)];
        let mut entries = vec![0.0; self.n];
        let mut tables = Tables::new(self.n, limbs::<T>());
        for (v, out) in v.col_iter().zip(out.col_iter_mut()) {
            entries.iter_mut().zip(v.iter()).for_each(|(entry, v)| *entry = v.to_f64());
            if !tables.fill(&entries) {
                out.iter_mut().for_each(|out| *out = T::from_f64(f64::NAN));
                continue;
            }
            let scale = factor.to_f64() / (self.n as f64).sqrt();
            let of_panel = |(rows, bits): (&mut [f64; PANEL], &[u8])| *rows = tables.sums(kernel, bits);
            if parallel {
                rows.par_iter_mut().zip(self.bits.par_chunks_exact(panel_bytes)).for_each(of_panel);
            } else {
                rows.iter_mut().zip(self.bits.chunks_exact(panel_bytes)).for_each(of_panel);
            }
            out.iter_mut().zip(rows.as_flattened()).for_each(|(out, sum)| *out = T::from_f64(scale * sum));
        }
    }

    /// chi itself, `[n x n]`.
    pub fn dense<T: Scalar>(&self) -> Mat<T> {
        let entry = 1.0 / (self.n as f64).sqrt();
        Mat::from_fn(self.n, self.n, |row, column| T::from_f64(if self.bit(row, column) { entry } else { -entry }))
    }

    fn bit(&self, row: usize, column: usize) -> bool {
        let byte = row / PANEL * panel_bytes(self.n) + column / BYTE * PANEL + row % PANEL;
        self.bits[byte] >> (column % BYTE) & 1 == 1
    }
}

/// 24 bits for `f32`, 48 for `f64`.
fn limbs<T>() -> usize {
    if size_of::<T>() <= 4 { 1 } else { 2 }
}

/// Memory of 64 rows.
fn panel_bytes(n: usize) -> usize {
    n.div_ceil(kernel::COLUMNS) * kernel::COLUMNS / BYTE * PANEL
}

/// Memory of the bits of `n` neurons, the largest number if it has more bits than that.
pub(super) fn bytes(n: u64) -> u64 {
    let (panel, columns) = (PANEL as u64, kernel::COLUMNS as u64);
    n.div_ceil(panel).saturating_mul(n.div_ceil(columns)).saturating_mul(panel * columns / BYTE as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sizes around those of panels, blocks of columns and bytes.
    const SIZES: [usize; 9] = [1, 3, 16, 63, 64, 65, 130, 1000, 4200];

    fn states<T: Scalar>(n: usize, batch: usize) -> Mat<T> {
        Mat::from_fn(n, batch, |i, j| T::from_f64(((i * 7 + j * 13 + 1) as f64).sin()))
    }

    fn product<T: Scalar>(bulk: &SignBulk, kernel: Kernel, v: &Mat<T>) -> Mat<T> {
        let mut out = Mat::zeros(v.nrows(), v.ncols());
        bulk.product(kernel, false, T::ONE, v.as_ref(), out.as_mut());
        out
    }

    #[test]
    fn products_are_those_of_the_dense_matrix_to_rounding() {
        for n in SIZES {
            let bulk = SignBulk::draw(n, 3, 0).unwrap();
            let (v, single) = (states::<f64>(n, 3), states::<f32>(n, 3));
            let expected = bulk.dense::<f64>() * &v;
            let mut out = Mat::zeros(n, 3);
            bulk.apply(v.as_ref(), out.as_mut()).unwrap();
            assert!((&out - &expected).norm_max() < 1e-13, "{n}");
            let mut out = Mat::<f32>::zeros(n, 3);
            bulk.apply(single.as_ref(), out.as_mut()).unwrap();
            let off = Mat::from_fn(n, 3, |i, j| f64::from(out[(i, j)]) - expected[(i, j)]).norm_max();
            assert!(off < 1e-6, "{n}: {off}");
        }
    }

    #[test]
    fn every_kernel_gives_the_bits_of_the_portable_one() {
        for n in SIZES {
            let bulk = SignBulk::draw(n, 4, 0).unwrap();
            let (v, single) = (states::<f64>(n, 2), states::<f32>(n, 2));
            let (portable, portable_single) =
                (product(&bulk, Kernel::Portable, &v), product(&bulk, Kernel::Portable, &single));
            for kernel in Kernel::available() {
                assert_eq!(product(&bulk, kernel, &v), portable, "{kernel:?} {n}");
                assert_eq!(product(&bulk, kernel, &single), portable_single, "{kernel:?} {n}");
            }
        }
    }

    #[test]
    fn threads_do_not_change_a_bit() {
        let bulk = SignBulk::draw(333, 4, 0).unwrap();
        let v = states::<f32>(333, 3);
        let sequential = product(&bulk, Kernel::best(), &v);
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let mut out = Mat::zeros(333, 3);
            pool.install(|| bulk.apply_par(v.as_ref(), out.as_mut())).unwrap();
            assert_eq!(out, sequential);
        }
    }

    #[test]
    fn products_are_odd_and_entries_of_any_size_are_fine() {
        let n = 200;
        let bulk = SignBulk::draw(n, 5, 0).unwrap();
        let v = states::<f64>(n, 1);
        let out = product(&bulk, Kernel::best(), &v);
        assert_eq!(product(&bulk, Kernel::best(), &-&v), -&out);
        for factor in [1e-300, 1e-310, 1e300] {
            let scaled = product(&bulk, Kernel::best(), &Mat::from_fn(n, 1, |i, _| factor * v[(i, 0)]));
            let off = (0..n).map(|i| (scaled[(i, 0)] / factor - out[(i, 0)]).abs()).fold(0.0, f64::max);
            // Numbers near 1e-310 have 13 digits.
            assert!(off < 1e-11, "{factor}: {off}");
        }
        assert_eq!(product(&bulk, Kernel::best(), &Mat::<f64>::zeros(n, 1)), Mat::<f64>::zeros(n, 1));
        for bad in [f64::NAN, f64::INFINITY] {
            let mut v = states::<f64>(n, 2);
            v[(17, 0)] = bad;
            let found = product(&bulk, Kernel::best(), &v);
            assert!((0..n).all(|i| found[(i, 0)].is_nan() && found[(i, 1)].is_finite()));
        }
    }

    #[test]
    fn signs_are_balanced_and_independent() {
        let n = 700;
        let bulk = SignBulk::draw(n, 11, 0).unwrap();
        let sum = |flipped: usize| -> f64 {
            let sign = |i: usize| if bulk.bit(i / n, i % n) || i % 100 < flipped { 1.0 } else { -1.0 };
            (0..n * n).map(sign).sum()
        };
        // Five standard errors, sqrt(count).
        assert!(sum(0).abs() < 5.0 * n as f64, "{}", sum(0));
        // The planted fault: one of a hundred is always set, so that half a per cent is flipped.
        assert!(sum(1) > 5.0 * n as f64, "{}", sum(1));
        let product =
            |a: (usize, usize), b: (usize, usize)| if bulk.bit(a.0, a.1) == bulk.bit(b.0, b.1) { 1.0 } else { -1.0 };
        for (a, b) in [(0, 1), (1, 2), (0, 64), (63, 64), (8, 16), (17, 400), (0, 699)] {
            let rows: f64 = (0..n).map(|j| product((a, j), (b, j))).sum();
            let columns: f64 = (0..n).map(|i| product((i, a), (i, b))).sum();
            let transposed: f64 = (0..n).map(|i| product((i, a), (a, i))).sum();
            for dot in [rows, columns, transposed] {
                assert!(dot.abs() < 5.0 * (n as f64).sqrt() + 1.0, "{a} {b}: {dot}");
            }
        }
    }

    #[test]
    fn single_precision_has_an_error_of_1e_6_or_less_at_large_n() {
        // A bulk of two panels of a network of 100,000: only its first 128 rows are drawn.
        let n = 100_000;
        let mut bits = vec![0; 2 * panel_bytes(n)];
        stream(StreamKey { seed: 2, realisation: 0, role: Role::Bulk, line: 0 }).fill_bytes(&mut bits);
        let v: Vec<f64> = (0..n).map(|i| ((i * i) as f64 * 0.37).sin().tanh()).collect();
        let mut tables = Tables::new(n, 1);
        assert!(tables.fill(&v));
        let norm = v.iter().map(|v| v * v).sum::<f64>().sqrt();
        for panel in bits.chunks_exact(panel_bytes(n)) {
            let sums = tables.sums(Kernel::best(), panel);
            for (row, sum) in sums.into_iter().enumerate() {
                let sign = |j: usize| if panel[j / 8 * PANEL + row] >> (j % 8) & 1 == 1 { 1.0 } else { -1.0 };
                let exact: f64 = v.iter().enumerate().map(|(j, v)| sign(j) * v).sum();
                // In units of the standard deviation of a sum over random signs.
                assert!((sum - exact).abs() < 1e-6 * norm, "{row}: {sum} {exact}");
            }
        }
    }
}
