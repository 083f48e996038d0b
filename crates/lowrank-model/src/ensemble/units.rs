//! Units of vectors: J holds the product m n^T alone, so that m / s with s n is the same network, its kappa s times as large.
//!
//! Units are powers of two: nothing is rounded by a change to them, and results in one unit are those in another to the bit.

use super::{Ensemble, Gaussian};

/// The power of two s with 1/2 <= `square` / s^2 < 2; one where that is no positive normal number.
pub(crate) fn unit_of_square(square: f64) -> f64 {
    if !(square.is_normal() && square > 0.0) {
        return 1.0;
    }
    let exponent = ((square.to_bits() >> 52) & 0x7ff) as i32 - 1023;
    2.0_f64.powi((exponent + 1).div_euclid(2))
}

impl Ensemble {
    /// The size of each m^(k) as the nearest power of two to its root mean square over neurons, `[R]`; of an m that is zero one
    /// over that of n^(k).
    pub fn units(&self) -> Vec<f64> {
        let rank = self.layout().rank;
        let unit = |k: usize| {
            let (m, n) = (self.mean_square(k), self.mean_square(rank + k));
            let unit = if m > 0.0 { unit_of_square(m) } else { 1.0 / unit_of_square(n) };
            // What overflows in these units has no better ones.
            if (n * unit * unit).is_finite() { unit } else { 1.0 }
        };
        (0..rank).map(unit).collect()
    }

    /// The size of the input at these amplitudes, one a vector, as the power of two nearest to the largest root mean square over neurons;
    /// one where there is none.
    pub fn input_unit(&self, amplitudes: &[f64]) -> f64 {
        let first = 2 * self.layout().rank;
        let squares = amplitudes.iter().enumerate().map(|(q, a)| a * a * self.mean_square(first + q));
        unit_of_square(squares.fold(0.0, f64::max))
    }

    /// The same ensemble with input vectors divided by `unit`, a power of two.
    #[must_use]
    pub fn with_inputs_in(&self, unit: f64) -> Self {
        let layout = self.layout();
        let inputs = 2 * layout.rank..2 * layout.rank + layout.inputs;
        let by: Vec<f64> =
            (0..layout.dimension()).map(|a| if inputs.contains(&a) { 1.0 / unit } else { 1.0 }).collect();
        self.times(&by)
    }

    /// The same network with m^(k) / s_k and n^(k) s_k in place of m^(k) and n^(k), s = `units`, `[R]`, powers of two. kappa_k is
    /// s_k times as large in it, and all else is the same.
    #[must_use]
    pub fn in_units(&self, units: &[f64]) -> Self {
        let layout = self.layout();
        let rank = layout.rank;
        let by: Vec<f64> = (0..layout.dimension())
            .map(|a| match a {
                a if a < rank => 1.0 / units[a],
                a if a < 2 * rank => units[a - rank],
                _ => 1.0,
            })
            .collect();
        self.times(&by)
    }

    /// Every vector times a factor, a power of two.
    fn times(&self, by: &[f64]) -> Self {
        match self {
            Self::Gaussian(law) => Self::Gaussian(law.times(by)),
            Self::Mixture(mixture) => Self::Mixture(mixture.times(by)),
            Self::Empirical(given) => Self::Empirical(given.times(by)),
        }
    }

    /// \<v^2> over neurons of the vector at one position of the layout.
    fn mean_square(&self, a: usize) -> f64 {
        let of = |law: &Gaussian| law.mean()[a] * law.mean()[a] + law.covariance(a, a);
        match self {
            Self::Gaussian(law) => of(law),
            Self::Mixture(mixture) => mixture.populations().iter().map(|(weight, law)| weight * of(law)).sum(),
            Self::Empirical(given) => given.vectors()[a].iter().map(|v| v * v).sum::<f64>() / given.neurons() as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Vector::{M, N};
    use crate::{Layout, Moments};

    #[test]
    fn units_move_with_the_vectors_and_give_them_the_size_one() {
        for square in [0.5, 0.99, 1.0, 1.999, 2.0, 3.7, 1e-30, 7e300] {
            let unit = unit_of_square(square);
            assert!((0.5..2.0).contains(&(square / unit / unit)), "{square} {unit}");
            assert_eq!(unit_of_square(square * 0.25), 0.5 * unit);
        }
        assert_eq!([0.0, f64::INFINITY, 1e-310].map(unit_of_square), [1.0; 3]);
    }

    #[test]
    fn a_change_of_units_and_back_is_no_change() {
        let law = Moments::new(Layout::rank(1)).mean(M(0), 3e5).variance(M(0), 1e9).variance(N(0), 0.3);
        let ensemble = Ensemble::from(law.covariance(M(0), N(0), 7.0).build().unwrap());
        let units = ensemble.units();
        let scaled = ensemble.in_units(&units);
        assert_eq!(scaled.units(), [1.0]);
        let back: Vec<f64> = units.iter().map(|u| 1.0 / u).collect();
        assert_eq!(scaled.in_units(&back), ensemble);
        let Ensemble::Gaussian(scaled) = scaled else { panic!() };
        assert_eq!(scaled.covariance(0, 1), 7.0, "overlaps do not depend on units");
    }

    #[test]
    fn an_m_of_zero_leaves_the_unit_to_n() {
        let law = Moments::new(Layout::rank(1)).mean(N(0), 1e-9).build().unwrap();
        let ensemble = Ensemble::from(law);
        let scaled = ensemble.in_units(&ensemble.units());
        assert!((0.5..2.0).contains(&scaled.mean_square(1)));
        assert_eq!(Ensemble::from(Gaussian::unstructured()).units(), Vec::<f64>::new());
    }
}
