//! Gauss rules: Legendre on \[0, 1\], Hermite for the standard normal weight.

use std::f64::consts::PI;

/// Nodes and weights of the n-point rule on \[0, 1\], by Newton on the Legendre polynomial (16 to 64 points: 1e-15).
pub(crate) fn gauss_legendre(n: usize) -> Vec<(f64, f64)> {
    (0..n)
        .map(|i| {
            let mut x = (PI * (i as f64 + 0.75) / (n as f64 + 0.5)).cos();
            let mut slope = 1.0;
            for _ in 0..8 {
                let (mut p, mut previous) = (1.0, 0.0);
                for k in 0..n {
                    let k = k as f64;
                    (p, previous) = (((2.0 * k + 1.0) * x * p - k * previous) / (k + 1.0), p);
                }
                slope = n as f64 * (x * p - previous) / (x * x - 1.0);
                x -= p / slope;
            }
            (0.5 * (1.0 - x), 1.0 / ((1.0 - x * x) * slope * slope))
        })
        .collect()
}

/// Nodes and weights of the n-point rule for the standard normal weight, n <= 64: zeros of h_n by bracketing between
/// those of h_(n-1), weights 1 / (n h_(n-1)^2).
pub(crate) fn gauss_hermite(n: usize) -> Vec<(f64, f64)> {
    // (h_n, h_(n-1)) of the normalised polynomials.
    let pair = |n: usize, z: f64| {
        let (mut now, mut last) = (1.0, 0.0);
        for k in 0..n {
            let k = k as f64;
            (now, last) = ((z * now - k.sqrt() * last) / (k + 1.0).sqrt(), now);
        }
        (now, last)
    };
    let mut zeros: Vec<f64> = Vec::new();
    for degree in 1..=n {
        let outside = 2.0 * (degree as f64 + 1.0).sqrt();
        let ends: Vec<f64> = std::iter::once(-outside).chain(zeros.iter().copied()).chain([outside]).collect();
        zeros = ends
            .windows(2)
            .map(|w| {
                let (mut low, mut high) = (w[0], w[1]);
                let rises = pair(degree, high).0 > 0.0;
                for _ in 0..80 {
                    let middle = 0.5 * (low + high);
                    if (pair(degree, middle).0 > 0.0) == rises { high = middle } else { low = middle }
                }
                0.5 * (low + high)
            })
            .collect();
    }
    zeros.iter().map(|&z| (z, 1.0 / (n as f64 * pair(n, z).1.powi(2)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_the_normal_law_are_exact() {
        for n in [4, 12, 24] {
            let rule = gauss_hermite(n);
            let mut expected = 1.0;
            for power in 0..n {
                let moment: f64 = rule.iter().map(|(z, w)| w * z.powi(2 * power as i32)).sum();
                assert!((moment / expected - 1.0).abs() < 1e-12, "{n} {power} {moment} {expected}");
                expected *= 2.0 * power as f64 + 1.0;
            }
        }
    }

    #[test]
    fn polynomials_up_to_degree_two_n_minus_one_are_exact() {
        for n in [4, 16, 32] {
            let rule = gauss_legendre(n);
            for degree in 0..2 * n {
                let integral: f64 = rule.iter().map(|(x, w)| w * x.powi(degree as i32)).sum();
                assert!((integral - 1.0 / (degree as f64 + 1.0)).abs() < 1e-14, "{n} {degree}");
            }
        }
    }
}
