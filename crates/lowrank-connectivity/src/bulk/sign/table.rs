//! Tables of partial sums for products with signs, the "method of four Russians": V. Arlazarov et al., Dokl. Akad. Nauk
//! SSSR 194:487 (1970).
//!
//! Entries of v become whole numbers, |v_j| = q_j max|v| / q_max. For four columns the sum of those q_j whose sign agrees
//! with that of v_j has 16 values, one for each pattern of bits; S_i is its sum over groups of four, and
//! sum_j +-v_j = (2 S_i - sum_j q_j) max|v| / q_max. A limb is 24 bits of these numbers: one for `f32`, two for `f64`.
//! Limbs are kept as planes of 6 bits, of which four can be added in a byte.

use super::kernel::{COLUMNS, Kernel, PANEL};

/// Columns of a table.
const GROUP: usize = 4;
/// Planes of a limb, and their bits.
pub(super) const PLANES: usize = 4;
pub(super) const PLANE_BITS: usize = 6;
const LIMB_BITS: usize = PLANES * PLANE_BITS;

/// One limb of the 16 sums of four columns: plane by plane, one byte a pattern.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(64))]
pub(super) struct Table(pub(super) [[u8; 16]; PLANES]);

/// All tables of one vector.
pub(super) struct Tables {
    /// Table of group k for every limb, the lowest first.
    limbs: Vec<Vec<Table>>,
    /// Sum of all q_j, limb by limb.
    all: Vec<u64>,
    /// max|v|.
    largest: f64,
    /// q_max.
    most: f64,
}

impl Tables {
    /// Empty tables of `n` columns.
    pub(super) fn new(n: usize, limbs: usize) -> Self {
        let groups = n.div_ceil(COLUMNS) * COLUMNS / GROUP;
        Self { limbs: vec![vec![Table::default(); groups]; limbs], all: vec![0; limbs], largest: 0.0, most: 1.0 }
    }

    /// Fills the tables for v, one entry a column; false if one of them is not finite.
    pub(super) fn fill(&mut self, v: &[f64]) -> bool {
        if !v.iter().all(|v| v.is_finite()) {
            return false;
        }
        let largest = v.iter().fold(0.0_f64, |largest, v| largest.max(v.abs()));
        // Four of them must fit into the limbs.
        let most = (1_i64 << (LIMB_BITS * self.limbs.len() - 2)) - 1;
        (self.largest, self.most) = (largest, most as f64);
        self.all.fill(0);
        // Padding adds nothing whatever its bits.
        let steps_of = |v: f64| if v == 0.0 { 0 } else { (v / largest * most as f64).round_ties_even() as i64 };
        for group in 0..self.limbs[0].len() {
            let entries = v.get(GROUP * group..).unwrap_or(&[]);
            let mut steps = [0; GROUP];
            steps.iter_mut().zip(entries).for_each(|(step, v)| *step = steps_of(*v));
            let sums = sums_of(steps);
            let all: i64 = steps.iter().map(|q| q.abs()).sum();
            for (limb, (tables, limb_all)) in self.limbs.iter_mut().zip(&mut self.all).enumerate() {
                let shift = LIMB_BITS * limb;
                *limb_all += (all >> shift) as u64 & ((1 << LIMB_BITS) - 1);
                for (plane, bytes) in tables[group].0.iter_mut().enumerate() {
                    let shift = shift + PLANE_BITS * plane;
                    bytes.iter_mut().zip(sums).for_each(|(byte, sum)| *byte = (sum >> shift) as u8 & 63);
                }
            }
        }
        true
    }

    /// sum_j +-v_j for the rows of one panel.
    pub(super) fn sums(&self, kernel: Kernel, panel: &[u8]) -> [f64; PANEL] {
        let mut sums = [0.0; PANEL];
        for (tables, all) in self.limbs.iter().zip(&self.all).rev() {
            let of_limb = kernel.sums(panel, tables);
            for (sum, of_limb) in sums.iter_mut().zip(of_limb) {
                // Whole numbers below 2^53 and their sum, rounded once: odd in v like the exact one.
                *sum = *sum * (1_u64 << LIMB_BITS) as f64 + (2 * of_limb as i64 - *all as i64) as f64;
            }
        }
        // Divided first: the unit itself may be too small for a number.
        sums.map(|sum| sum / self.most * self.largest)
    }
}

/// For each pattern of bits the sum of the |q| of those columns where the bit says +, and q is positive, or - and
/// negative.
fn sums_of(steps: [i64; GROUP]) -> [i64; 16] {
    let mut sums = [0; 16];
    sums[0] = steps.iter().map(|q| (-q).max(0)).sum();
    for (bit, step) in steps.into_iter().enumerate() {
        for pattern in 0..1 << bit {
            sums[pattern + (1 << bit)] = sums[pattern] + step;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_entries_that_agree() {
        let steps = [5, -7, 0, 100];
        for (pattern, sum) in sums_of(steps).into_iter().enumerate() {
            let agrees = |bit: usize| (pattern >> bit & 1 == 1) == (steps[bit] >= 0);
            assert_eq!(sum, (0..4).filter(|bit| agrees(*bit)).map(|bit| steps[bit].abs()).sum::<i64>(), "{pattern}");
        }
    }

    #[test]
    fn four_largest_entries_fit_into_the_limbs() {
        for limbs in [1, 2] {
            let mut tables = Tables::new(16, limbs);
            assert!(tables.fill(&[1.0, -1.0, 1.0, 1.0].repeat(4)));
            // All bits set: 12 - 4.
            let sums = tables.sums(Kernel::Portable, &[255; 2 * PANEL]);
            assert!(sums.iter().all(|sum| (sum - 8.0).abs() < 1e-12), "{sums:?}");
        }
    }

    #[test]
    fn what_is_not_finite_is_seen_wherever_it_stands() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for place in [0, 7, 15] {
                let mut v = [0.5; 16];
                v[place] = bad;
                assert!(!Tables::new(16, 1).fill(&v), "{bad} {place}");
            }
        }
    }
}
