//! The product of a matrix in panels with a batch of columns, the inner loop of every simulation.
//!
//! A panel holds a cache line of every column of the matrix, one behind the other, so that products of any width read the
//! matrix in the order of its memory. (A general product of a column-major matrix, faer's, reads strides or packs it anew
//! every step: below a hundred columns it takes two to four times as long.) A tile, all of a panel's lines times some columns
//! of the batch, stays in registers over [`BLOCK`] columns of the matrix.
//!
//! What limits it is memory: a sweep comes back to the matrix every few milliseconds, and other programs share the caches. So
//! a tile's columns of the batch stay in the first cache while a group of panels passes them, and the group stays in the
//! second while all tiles of the batch pass it: the batch is read once a group, the matrix once. (At N = 500 in 128 columns on
//! a Zen 3 core with busy neighbours, medians of seven: 84 % of the peak in `f64` and 95 % in `f32`, where panels one by one
//! reach 70 and 88 %.)
//!
//! Every number of the result is the same sum in the same order whatever the width of the batch, the number of threads and
//! the vectors of the machine, as long as it multiplies and adds in one rounding.

use faer::{MatMut, MatRef};
use lowrank_model::Real;
use pulp::{Arch, Simd, WithSimd};

/// Bytes of a panel's column, a cache line: one vector of AVX-512, two of AVX2.
const BYTES: usize = 64;
/// Columns of the matrix that a tile takes before its sums go to memory. What it reads of them leaves the first cache before
/// the next tile reads it again, in order and from the second, which costs less than more and shorter tiles: each begins and
/// ends with waiting, for its columns of the batch and for its sums.
const BLOCK: usize = 1024;
/// Bytes of the panels of a group: half a second cache.
const GROUP: usize = 1 << 18;
/// Batches of no more bytes than this stay near the processor: panels are then read from end to end.
const NEAR: usize = 1 << 16;
/// Columns of the batch that are multiplied together, for which the matrix is read once.
const TOGETHER: usize = 256;

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
                let group = if near { 1 } else { (GROUP / (n.min(BLOCK) * BYTES)).max(1) };
                let group_count = panel_count.div_ceil(group);
                for step in 0..group_count * block_count {
                    let (of_group, block) = if near {
                        (step / block_count, step % block_count)
                    } else {
                        (step % group_count, step / group_count)
                    };
                    let (start, end) = (block * BLOCK, n.min((block + 1) * BLOCK));
                    let mut first = 0;
                    /// Tiles of this height and width over all rows of the panels, or at every other panel over those of two.
                    macro_rules! tiles {
                        ($height:literal, $width:literal, $panels:literal) => {{
                            const HEIGHT: usize = $height * $panels;
                            let mut of_v: [&[$type]; $width] = [&[]; $width];
                            for c in 0..$width {
                                of_v[c] = &v[first + c][start..end];
                            }
                            for panel in of_group * group..panel_count.min((of_group + 1) * group) {
                                let last_row =
                                    if panel.is_multiple_of($panels) { rows.min((panel + $panels) * ROWS) } else { 0 };
                                // Of this panel and the next, if there is one.
                                let mut entries: [&[S::$vector]; 2] = [&[]; 2];
                                for i in 0..2 {
                                    let panel = (panel + i).min(panel_count - 1);
                                    let entries_of = &panels[(panel * n + start) * ROWS..(panel * n + end) * ROWS];
                                    entries[i] = S::$vectors(entries_of).0;
                                }
                                for part in (0..per_column).step_by($height) {
                                    let row = panel * ROWS + part * S::$lanes;
                                    if row >= last_row {
                                        break;
                                    }
                                    let sums = $tile::<S, $height, HEIGHT, $width, { HEIGHT * $width }>(
                                        simd, entries, part, of_v,
                                    );
                                    for c in 0..$width {
                                        let to = &mut out[first + c][row..last_row.min(row + HEIGHT * S::$lanes)];
                                        let mut of_c = [factor; HEIGHT];
                                        for i in 0..HEIGHT {
                                            of_c[i] = simd.$mul(factor, sums[c * HEIGHT + i]);
                                        }
                                        $put::<S, HEIGHT>(simd, to, of_c, block == 0);
                                    }
                                }
                            }
                            first += $width;
                        }};
                    }
                    while first < width {
                        // Two vectors and six columns are what AVX2 has registers for; for few columns four vectors, of two
                        // panels where one has fewer, for sums that do not wait for one another.
                        match width - first {
                            6.. if per_column >= 2 => tiles!(2, 6, 1),
                            4.. if per_column >= 2 => tiles!(2, 4, 1),
                            2.. if per_column >= 4 => tiles!(4, 2, 1),
                            2.. if per_column >= 2 => tiles!(2, 2, 2),
                            4.. => tiles!(1, 4, 2),
                            _ if per_column >= 4 => tiles!(4, 1, 1),
                            _ if per_column >= 2 => tiles!(2, 1, 2),
                            _ => tiles!(1, 1, 2),
                        }
                    }
                }
            }
        }

        /// Sums over the columns of one panel or of two, `HEIGHT` vectors from the `part`-th of each of a column's times the
        /// columns `v`: `ALL` vectors, those of the second panel behind those of the first, column after column.
        #[inline(always)]
        fn $tile<S: Simd, const HEIGHT: usize, const ALL: usize, const WIDTH: usize, const SUMS: usize>(
            simd: S,
            entries: [&[S::$vector]; 2],
            part: usize,
            mut v: [&[$type]; WIDTH],
        ) -> [S::$vector; SUMS] {
            let per_column = panel_rows(size_of::<$type>()) / S::$lanes;
            let length = entries[0].len() / per_column;
            for c in 0..WIDTH {
                v[c] = &v[c][..length];
            }
            let mut sums = [simd.$splat(0.0); SUMS];
            let both = entries[0].chunks_exact(per_column).zip(entries[1].chunks_exact(per_column));
            for (j, (one, two)) in (0..length).zip(both) {
                let (one, two) = (&one[part..][..HEIGHT], &two[part..][..HEIGHT]);
                for c in 0..WIDTH {
                    let factor = simd.$splat(v[c][j]);
                    for i in 0..ALL {
                        let entry = if i < HEIGHT { one[i] } else { two[i - HEIGHT] };
                        sums[c * ALL + i] = simd.$mul_add(entry, factor, sums[c * ALL + i]);
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
