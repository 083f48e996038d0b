//! The inner loop of products with signs: sums of table entries (`table.rs`) for a panel of 64 rows, as whole numbers.
//!
//! A byte shuffle looks up one plane of 32 (AVX2) or 64 (AVX-512) rows in one table at once, which no safe code can ask
//! for: hence the `unsafe`, checked against the portable twin bit by bit (`sign.rs`). Four lookups of 6 bits are added in
//! bytes, 256 such sums in words of 16 bits, the rest in words of 64.
#![allow(unsafe_code, reason = "byte shuffles, chosen at run time; the portable twin is the test")]

use super::table::{PLANE_BITS, PLANES, Table};

/// Rows of a panel.
pub(super) const PANEL: usize = 64;
/// Columns taken at once: two bytes a row, four tables.
pub(super) const COLUMNS: usize = 16;
/// Steps of 16 columns after which sums of 16 bits are put away: 256 times 4 times 63 is below 2^16.
const STEPS: usize = 256;

/// Which instructions do the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kernel {
    /// No more than Rust.
    Portable,
    /// AVX2.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX-512 F and BW.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Kernel {
    /// Those this machine has, the fastest last.
    pub(super) fn available() -> impl DoubleEndedIterator<Item = Self> {
        #[cfg(target_arch = "x86_64")]
        let fast = {
            let avx512 = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw");
            let avx2 = is_x86_feature_detected!("avx2").then_some(Self::Avx2);
            avx2.into_iter().chain(avx512.then_some(Self::Avx512))
        };
        #[cfg(not(target_arch = "x86_64"))]
        let fast = std::iter::empty();
        std::iter::once(Self::Portable).chain(fast)
    }

    /// The fastest of this machine.
    pub(super) fn best() -> Self {
        Self::available().next_back().unwrap_or(Self::Portable)
    }

    /// For every row of a panel the sum over groups of the table entry that its bits choose. `panel` holds 64 bytes for
    /// every two tables, `tables` a multiple of four.
    pub(super) fn sums(self, panel: &[u8], tables: &[Table]) -> [u64; PANEL] {
        let mut sums = [0; PANEL];
        let panel = panel.as_chunks::<PANEL>().0;
        // Both split where the sums of 16 bits are full.
        for (bytes, tables) in panel.chunks(2 * STEPS).zip(tables.chunks(4 * STEPS)) {
            let (bytes, tables) = (bytes.as_chunks::<2>().0, tables.as_chunks::<4>().0);
            match self {
                Self::Portable => portable(bytes, tables, &mut sums),
                // SAFETY: these kernels are chosen by `available` only, where the machine has the instructions.
                #[cfg(target_arch = "x86_64")]
                Self::Avx2 => unsafe { x86::avx2(bytes, tables, &mut sums) },
                #[cfg(target_arch = "x86_64")]
                Self::Avx512 => unsafe { x86::avx512(bytes, tables, &mut sums) },
            }
        }
        sums
    }
}

fn portable(bytes: &[[[u8; PANEL]; 2]], tables: &[[Table; 4]], sums: &mut [u64; PANEL]) {
    for (bytes, tables) in bytes.iter().zip(tables) {
        for (bytes, tables) in bytes.iter().zip(tables.as_chunks::<2>().0) {
            let [low, high] = tables.each_ref().map(whole);
            for (sum, byte) in sums.iter_mut().zip(bytes) {
                *sum += u64::from(low[usize::from(byte & 15)] + high[usize::from(byte >> 4)]);
            }
        }
    }
}

/// The planes of a table put together.
fn whole(table: &Table) -> [u32; 16] {
    std::array::from_fn(|pattern| {
        (0..PLANES).map(|plane| u32::from(table.0[plane][pattern]) << (PLANE_BITS * plane)).sum()
    })
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::{PANEL, PLANE_BITS, PLANES, Table};

    /// Adds to the sums of rows what words of 16 bits hold: each `total` is a row's sum, an even one's, plus 256 times
    /// that of the next, which is in `odd`.
    fn put_away(sums: &mut [u64], plane: usize, total: &[u16], odd: &[u16]) {
        for ((sums, total), odd) in sums.as_chunks_mut::<2>().0.iter_mut().zip(total).zip(odd) {
            sums[0] += u64::from(total.wrapping_sub(odd << 8)) << (PLANE_BITS * plane);
            sums[1] += u64::from(*odd) << (PLANE_BITS * plane);
        }
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn avx2(bytes: &[[[u8; PANEL]; 2]], tables: &[[Table; 4]], sums: &mut [u64; PANEL]) {
        const HALF: usize = PANEL / 2;
        // SAFETY: a reference to that many bytes; no alignment is asked for.
        let load = |bytes: &[u8; HALF]| unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) };
        let table = |bytes: &[u8; 16]| unsafe { _mm256_broadcastsi128_si256(_mm_loadu_si128(bytes.as_ptr().cast())) };
        let nibble = _mm256_set1_epi8(15);
        for (half, sums) in sums.as_chunks_mut::<HALF>().0.iter_mut().enumerate() {
            let mut totals = [_mm256_setzero_si256(); PLANES];
            let mut odds = [_mm256_setzero_si256(); PLANES];
            for (bytes, tables) in bytes.iter().zip(tables) {
                let first = load(&bytes[0].as_chunks().0[half]);
                let second = load(&bytes[1].as_chunks().0[half]);
                let patterns = [
                    _mm256_and_si256(first, nibble),
                    _mm256_and_si256(_mm256_srli_epi16::<4>(first), nibble),
                    _mm256_and_si256(second, nibble),
                    _mm256_and_si256(_mm256_srli_epi16::<4>(second), nibble),
                ];
                for plane in 0..PLANES {
                    let look = |k: usize| _mm256_shuffle_epi8(table(&tables[k].0[plane]), patterns[k]);
                    let sum = _mm256_add_epi8(_mm256_add_epi8(look(0), look(1)), _mm256_add_epi8(look(2), look(3)));
                    totals[plane] = _mm256_add_epi16(totals[plane], sum);
                    odds[plane] = _mm256_add_epi16(odds[plane], _mm256_srli_epi16::<8>(sum));
                }
            }
            for plane in 0..PLANES {
                let mut words = [[0_u16; HALF / 2]; 2];
                // SAFETY: a reference to 32 bytes; no alignment is asked for.
                unsafe { _mm256_storeu_si256(words[0].as_mut_ptr().cast(), totals[plane]) };
                unsafe { _mm256_storeu_si256(words[1].as_mut_ptr().cast(), odds[plane]) };
                put_away(sums, plane, &words[0], &words[1]);
            }
        }
    }

    #[target_feature(enable = "avx512f,avx512bw")]
    pub(super) fn avx512(bytes: &[[[u8; PANEL]; 2]], tables: &[[Table; 4]], sums: &mut [u64; PANEL]) {
        // SAFETY: a reference to that many bytes; no alignment is asked for.
        let load = |bytes: &[u8; PANEL]| unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) };
        let table = |bytes: &[u8; 16]| unsafe { _mm512_broadcast_i32x4(_mm_loadu_si128(bytes.as_ptr().cast())) };
        let nibble = _mm512_set1_epi8(15);
        let mut totals = [_mm512_setzero_si512(); PLANES];
        let mut odds = [_mm512_setzero_si512(); PLANES];
        for (bytes, tables) in bytes.iter().zip(tables) {
            let (first, second) = (load(&bytes[0]), load(&bytes[1]));
            let patterns = [
                _mm512_and_si512(first, nibble),
                _mm512_and_si512(_mm512_srli_epi16::<4>(first), nibble),
                _mm512_and_si512(second, nibble),
                _mm512_and_si512(_mm512_srli_epi16::<4>(second), nibble),
            ];
            for plane in 0..PLANES {
                let look = |k: usize| _mm512_shuffle_epi8(table(&tables[k].0[plane]), patterns[k]);
                let sum = _mm512_add_epi8(_mm512_add_epi8(look(0), look(1)), _mm512_add_epi8(look(2), look(3)));
                totals[plane] = _mm512_add_epi16(totals[plane], sum);
                odds[plane] = _mm512_add_epi16(odds[plane], _mm512_srli_epi16::<8>(sum));
            }
        }
        for plane in 0..PLANES {
            let mut words = [[0_u16; PANEL / 2]; 2];
            // SAFETY: a reference to 64 bytes; no alignment is asked for.
            unsafe { _mm512_storeu_si512(words[0].as_mut_ptr().cast(), totals[plane]) };
            unsafe { _mm512_storeu_si512(words[1].as_mut_ptr().cast(), odds[plane]) };
            put_away(sums, plane, &words[0], &words[1]);
        }
    }
}
