//! The product of a matrix in panels with a batch of columns, the inner loop of every simulation.
//!
//! A panel holds 128 bytes of every column of the matrix, one behind the other, so that products of any width read the matrix
//! in the order of its memory. (A general product of a column-major matrix, faer's, reads strides or packs it anew every step:
//! below a hundred columns it takes two to four times as long.) A tile, some vectors of a panel times some columns of the
//! batch, stays in registers over [`BLOCK`] columns of the matrix.
//!
//! Every number of the result is the same sum in the same order whatever the width of the batch, the number of threads and
//! the vectors of the machine, as long as it multiplies and adds in one rounding.

use faer::{MatMut, MatRef};
use lowrank_model::Real;
use pulp::{Arch, Simd, WithSimd};

/// Bytes of a panel's column: two vectors of AVX-512, four of AVX2.
const BYTES: usize = 128;
/// Columns of the matrix that a tile takes before its sums go to memory: what it reads of them, and what they are
/// multiplied by, stay in the first cache.
const BLOCK: usize = 128;
/// Batches of no more bytes than this stay near the processor: panels are then read from end to end.
const NEAR: usize = 1 << 16;

/// Columns of the batch that are multiplied together, while the rows they belong to are near.
const TOGETHER: usize = 128;

/// Rows of a panel.
pub(super) const fn panel_rows(precision: usize) -> usize {
    BYTES / precision
}

/// Numbers that have a product in panels: `f32` and `f64`.
pub trait Panels: Real {
    /// `out` = `factor` `panels` `v`, `panels` as many as cover the rows of `out`; columns of `v` and `out` are contiguous.
    #[doc(hidden)]
    fn multiply(panels: &[Self], factor: Self, v: MatRef<'_, Self>, out: MatMut<'_, Self>);
}

struct Product<'a, 'b, T> {
    panels: &'a [T],
    factor: T,
    v: &'a [&'b [T]],
    out: &'a mut [&'b mut [T]],
}

// Loops, no closures: those would not be compiled for the wide vectors.
macro_rules! panels {
    ($type:ident, $vector:ident, $lanes:ident, $splat:ident, $mul:ident, $add:ident, $mul_add:ident, $vectors:ident, $vectors_mut:ident,
     $tile:ident, $put:ident) => {
        impl Panels for $type {
            fn multiply(panels: &[Self], factor: Self, v: MatRef<'_, Self>, out: MatMut<'_, Self>) {
                let mut columns = v.col_iter().filter_map(|column| Some(column.try_as_col_major()?.as_slice()));
                let mut out =
                    out.col_iter_mut().filter_map(|column| Some(column.try_as_col_major_mut()?.as_slice_mut()));
                for first in (0..v.ncols()).step_by(TOGETHER) {
                    let width = TOGETHER.min(v.ncols() - first);
                    let v: [&[Self]; TOGETHER] = std::array::from_fn(|_| columns.next().unwrap_or_default());
                    let mut out: [&mut [Self]; TOGETHER] = std::array::from_fn(|_| out.next().unwrap_or_default());
                    Arch::new().dispatch(Product { panels, factor, v: &v[..width], out: &mut out[..width] });
                }
            }
        }

        impl WithSimd for Product<'_, '_, $type> {
            type Output = ();

            #[inline(always)]
            fn with_simd<S: Simd>(self, simd: S) {
                const ROWS: usize = panel_rows(size_of::<$type>());
                let Self { panels, factor, v, out } = self;
                let factor = simd.$splat(factor);
                let (n, width, rows) = (v[0].len(), v.len(), out[0].len());
                let per_column = ROWS / S::$lanes;
                let (panel_count, block_count) = (rows.div_ceil(ROWS), n.div_ceil(BLOCK));
                let near = n * width * size_of::<$type>() <= NEAR;
                for step in 0..panel_count * block_count {
                    let (panel, block) = if near {
                        (step / block_count, step % block_count)
                    } else {
                        (step % panel_count, step / panel_count)
                    };
                    let (start, end) = (block * BLOCK, n.min((block + 1) * BLOCK));
                    let entries = S::$vectors(&panels[(panel * n + start) * ROWS..(panel * n + end) * ROWS]).0;
                    let last_row = rows.min((panel + 1) * ROWS);
                    let mut first = 0;
                    /// Tiles of this height and width over all rows of the panel.
                    macro_rules! tiles {
                        ($height:literal, $width:literal) => {{
                            let mut of_v: [&[$type]; $width] = [&[]; $width];
                            for c in 0..$width {
                                of_v[c] = &v[first + c][start..end];
                            }
                            for part in (0..per_column).step_by($height) {
                                let row = panel * ROWS + part * S::$lanes;
                                if row >= last_row {
                                    break;
                                }
                                let sums = $tile::<S, $height, $width, { $height * $width }>(simd, entries, part, of_v);
                                for c in 0..$width {
                                    let to = &mut out[first + c][row..last_row.min(row + $height * S::$lanes)];
                                    let mut of_c = [factor; $height];
                                    for i in 0..$height {
                                        of_c[i] = simd.$mul(factor, sums[c * $height + i]);
                                    }
                                    $put::<S, $height>(simd, to, of_c, block == 0);
                                }
                            }
                            first += $width;
                        }};
                    }
                    while first < width {
                        // Two vectors and six columns are what AVX2 has registers for; for few columns the whole panel at once,
                        // where that is four vectors, for sums that do not wait for one another.
                        match width - first {
                            6.. => tiles!(2, 6),
                            4.. => tiles!(2, 4),
                            2.. if per_column >= 4 => tiles!(4, 2),
                            2.. => tiles!(2, 2),
                            _ if per_column >= 4 => tiles!(4, 1),
                            _ => tiles!(2, 1),
                        }
                    }
                }
            }
        }

        /// Sums over the columns of `entries`: vectors from the `part`-th of each times the columns `v`, column after column.
        #[inline(always)]
        fn $tile<S: Simd, const HEIGHT: usize, const WIDTH: usize, const SUMS: usize>(
            simd: S,
            entries: &[S::$vector],
            part: usize,
            mut v: [&[$type]; WIDTH],
        ) -> [S::$vector; SUMS] {
            let per_column = panel_rows(size_of::<$type>()) / S::$lanes;
            let length = entries.len() / per_column;
            for c in 0..WIDTH {
                v[c] = &v[c][..length];
            }
            let mut sums = [simd.$splat(0.0); SUMS];
            for (j, entries) in (0..length).zip(entries.chunks_exact(per_column)) {
                let entries = &entries[part..][..HEIGHT];
                for c in 0..WIDTH {
                    let factor = simd.$splat(v[c][j]);
                    for i in 0..HEIGHT {
                        sums[c * HEIGHT + i] = simd.$mul_add(entries[i], factor, sums[c * HEIGHT + i]);
                    }
                }
            }
            sums
        }

        /// Writes the sums if they are the first, else adds them; `to` ends within them where the matrix does.
        #[inline(always)]
        fn $put<S: Simd, const HEIGHT: usize>(simd: S, to: &mut [$type], sums: [S::$vector; HEIGHT], first: bool) {
            // Constant bounds: sums that are indexed otherwise would live in memory, also while they are summed.
            if let Some(to) = S::$vectors_mut(to).0.first_chunk_mut::<HEIGHT>() {
                for i in 0..HEIGHT {
                    to[i] = if first { sums[i] } else { simd.$add(to[i], sums[i]) };
                }
                return;
            }
            let mut last = [0.0; BYTES];
            let vectors = S::$vectors_mut(&mut last).0;
            for i in 0..HEIGHT {
                vectors[i] = sums[i];
            }
            for (to, sum) in to.iter_mut().zip(last) {
                *to = if first { sum } else { *to + sum };
            }
        }
    };
}

panels!(
    f64,
    f64s,
    F64_LANES,
    splat_f64s,
    mul_f64s,
    add_f64s,
    mul_add_e_f64s,
    as_simd_f64s,
    as_mut_simd_f64s,
    tile_f64,
    put_f64
);
panels!(
    f32,
    f32s,
    F32_LANES,
    splat_f32s,
    mul_f32s,
    add_f32s,
    mul_add_e_f32s,
    as_simd_f32s,
    as_mut_simd_f32s,
    tile_f32,
    put_f32
);

#[cfg(test)]
mod tests {
    use super::*;

    /// Without vectors, and without multiplying and adding in one rounding where this machine has it.
    #[test]
    fn the_portable_twin_gives_the_same_products() {
        let (n, rows) = (37, 21);
        let panels: Vec<f64> = (0..32 * n).map(|i| (0.7 * i as f64).sin()).collect();
        let columns: Vec<f64> = (0..7 * n).map(|i| (0.3 * i as f64).cos()).collect();
        let v: Vec<&[f64]> = columns.chunks_exact(n).collect();
        let product = |portable: bool| {
            let mut numbers = vec![f64::NAN; 7 * rows];
            let mut out: Vec<&mut [f64]> = numbers.chunks_exact_mut(rows).collect();
            let product = Product { panels: &panels, factor: 1.3, v: &v, out: &mut out };
            if portable {
                product.with_simd(pulp::Scalar::new())
            } else {
                Arch::new().dispatch(product)
            }
            numbers
        };
        for (a, b) in product(false).iter().zip(product(true)) {
            assert!((a - b).abs() < 1e-13, "{a} {b}");
        }
    }
}
