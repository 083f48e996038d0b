//! Linear stability of the methods on the filters of a network (T35), and the longest step that a spectrum allows (T36).
//!
//! At a fixed point every eigenvalue lambda of the stability matrix S = J diag(phi') is a mode of its own: x filters
//! lambda r with the time constant tau_s, r filters x with tau_r; a filter whose time constant is zero is absent. A step
//! of a method multiplies such a mode by its amplification factors, the roots of a polynomial of degree one to six.

use num_complex::Complex64;

use crate::Method;
use crate::etd_ab3::etd_weights;

/// Growth per unit of the shortest time constant that a weakly damped mode may gain from the step without counting as unstable:
/// forward Euler with half a time constant, the step of the published diagram, adds 0.22 to a neutral mode of frequency one.
const SLACK: f64 = 0.25;
/// Growth that a growing mode may lose besides half of it, in units of the slack.
const LOST: f64 = 0.2;
/// Error of growth rate and frequency of a rotating mode, relative to its growth rate: the square of the size of a limit cycle that it
/// feeds is off by such a part. Per unit time it is at most the second, and it need not be less than the third: no step serves a mode that
/// neither grows nor decays.
const MODE_ERROR: f64 = 0.05;
const LARGEST_MODE_ERROR: f64 = 0.02;
const LEAST_MODE_ERROR: f64 = 0.002;
/// Halvings of a step before it counts as hopeless: 2^20 is beyond any run that ends.
const MOST_HALVINGS: u32 = 20;
/// Points on the half circle of the random part; between two of them the growth changes by less than a hundredth.
const ARC_POINTS: usize = 17;
/// Iterations of Durand and Kerner; well separated roots take ten.
const MOST_ITERATIONS: usize = 200;
/// Change of a root at which the iteration ends, relative to one or to the root.
const ROOT_CHANGE: f64 = 1e-13;

/// The two filters of a unit (T2): time constants of x and of r, zero where a filter is absent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Filters {
    /// Time constant of x.
    pub tau_s: f64,
    /// Time constant of r.
    pub tau_r: f64,
}

/// A spectrum of the stability matrix S: a disc around zero, the random part, and single eigenvalues (re, im).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SpectrumBound {
    /// Radius of the disc.
    pub radius: f64,
    /// Eigenvalues that may lie outside.
    pub outliers: Vec<(f64, f64)>,
}

impl Filters {
    /// The shorter of the time constants that are not zero.
    pub fn shortest(self) -> f64 {
        [self.tau_s, self.tau_r].into_iter().filter(|tau| *tau > 0.0).fold(f64::INFINITY, f64::min)
    }

    /// The exponents s of a mode in continuous time, (1 + tau_s s)(1 + tau_r s) = lambda.
    fn exponents(self, lambda: Complex64) -> Vec<Complex64> {
        let (sum, product) = (self.tau_s + self.tau_r, self.tau_s * self.tau_r);
        if product == 0.0 {
            return vec![(lambda - 1.0) / sum];
        }
        let root = (Complex64::from(sum * sum) + 4.0 * product * (lambda - 1.0)).sqrt();
        vec![(-sum + root) / (2.0 * product), (-sum - root) / (2.0 * product)]
    }
}

/// The factors by which one step of length `step` multiplies the mode of the eigenvalue `lambda` (T35): the physical ones,
/// close to e^(s step), and those that the memory of the method adds.
pub fn amplification(method: Method, step: f64, filters: Filters, lambda: Complex64) -> Vec<Complex64> {
    let runge_kutta = |order: u32| -> Vec<Complex64> {
        // The truncated exponential series of s times the step.
        let series = |z: Complex64| (1..=order).rev().fold(Complex64::ONE, |sum, k| 1.0 + sum * z / f64::from(k));
        filters.exponents(lambda).into_iter().map(|s| series(s * step)).collect()
    };
    let present: Vec<f64> = [filters.tau_s, filters.tau_r].into_iter().filter(|tau| *tau > 0.0).collect();
    let etd = |order: u32| -> Vec<Complex64> {
        let weights: Vec<[f64; 4]> = present.iter().map(|tau| etd_weights(order, 1.0 / tau, step)).collect();
        // Product over the filters of z^k (z - e^(-step / tau)), minus lambda times that of the polynomials of the weights.
        let memory = order as usize - 1;
        let mut left = vec![Complex64::ONE];
        let mut right = vec![lambda];
        for (tau, [decay, weights @ ..]) in present.iter().zip(&weights) {
            let mut factor = vec![Complex64::ZERO; memory];
            factor.extend([Complex64::from(-decay), Complex64::ONE]);
            left = product(&left, &factor);
            let factor: Vec<Complex64> = (0..=memory).map(|k| Complex64::from(weights[memory - k] / tau)).collect();
            right = product(&right, &factor);
        }
        left.iter_mut().zip(right).for_each(|(left, right)| *left -= right);
        roots(&left)
    };
    match method {
        Method::Euler => runge_kutta(1),
        Method::Heun => runge_kutta(2),
        Method::Rk4 => runge_kutta(4),
        Method::ExponentialEuler => etd(1),
        Method::EtdAb3 => etd(3),
    }
}

/// Whether no mode of the spectrum grows with this step that does not grow in continuous time, and none that grows is damped, but for weakly damped
/// oscillations, which may gain a quarter of the shortest rate. A spurious growth below that of the fastest growing true
/// mode does not count: the state leaves such a point before it shows.
pub fn is_stable(method: Method, step: f64, filters: Filters, spectrum: &SpectrumBound) -> bool {
    outlast(method, step, filters, spectrum, 0.0)
}

/// Whether, besides, what the method adds dies out as fast as the slowest true mode, and the single eigenvalues that rotate do so
/// as in continuous time, growth and frequency to a twentieth of their rate of growth or decay: what a chosen step has to be.
pub fn is_faithful(method: Method, step: f64, filters: Filters, spectrum: &SpectrumBound) -> bool {
    let rotates = |lambda: &(f64, f64)| {
        let (error, limit) = rotation_error(method, step, filters, *lambda, LEAST_MODE_ERROR);
        error <= limit
    };
    outlast(method, step, filters, spectrum, f64::NEG_INFINITY)
        && spectrum.outliers.iter().filter(|(_, im)| *im != 0.0).all(rotates)
}

/// By how much the method changes growth rate and frequency, per unit time, of the mode of the eigenvalue `lambda` (re, im) that grows
/// fastest; and what a chosen step may: a twentieth of the rate of growth or decay, at most 0.02 and not less than `least`.
pub fn rotation_error(method: Method, step: f64, filters: Filters, lambda: (f64, f64), least: f64) -> (f64, f64) {
    let lambda = Complex64::new(lambda.0, lambda.1);
    let fastest = filters.exponents(lambda).into_iter().max_by(|a, b| a.re.total_cmp(&b.re));
    let Some(s) = fastest else { return (f64::INFINITY, 0.0) };
    // Logarithms of the factors in units of the true one, where the branch cut is far.
    let off = |z: Complex64| ((z / (s * step).exp()).ln() / step).norm();
    let error = amplification(method, step, filters, lambda).into_iter().map(off).fold(f64::INFINITY, f64::min);
    (error, (MODE_ERROR * s.re.abs()).clamp(least, LARGEST_MODE_ERROR))
}

/// Whether every mode grows at most as `floor`, as the fastest true mode, or as itself, and none that grows in truth is damped: Runge's
/// method at 0.2 ends the rotation 1.5 +- 10 i, which never ends.
fn outlast(method: Method, step: f64, filters: Filters, spectrum: &SpectrumBound, floor: f64) -> bool {
    let arc = (0..ARC_POINTS).map(|k| {
        let angle = std::f64::consts::PI * k as f64 / (ARC_POINTS - 1) as f64;
        Complex64::from_polar(spectrum.radius, angle)
    });
    let lambdas: Vec<Complex64> =
        arc.chain(spectrum.outliers.iter().map(|(re, im)| Complex64::new(*re, *im))).collect();
    let fastest =
        |lambda: &Complex64| filters.exponents(*lambda).iter().map(|s| s.re).fold(f64::NEG_INFINITY, f64::max);
    let growth = lambdas.iter().map(fastest).fold(floor, f64::max);
    let slack = SLACK / filters.shortest();
    lambdas.iter().all(|lambda| {
        let (own, rates) = (fastest(lambda), amplification(method, step, filters, *lambda).into_iter());
        let rates: Vec<f64> = rates.map(|z| if z.is_finite() { z.norm().ln() / step } else { f64::NAN }).collect();
        let none_too_fast = rates.iter().all(|rate| *rate <= growth.max(own + slack));
        none_too_fast && (own <= 0.0 || rates.iter().any(|rate| *rate >= 0.5 * own - LOST * slack))
    })
}

/// The longest of `longest`, half of it, a quarter, ... with which the method is stable on this spectrum (T36); `None`
/// if a millionth is too long.
pub fn longest_stable_step(method: Method, longest: f64, filters: Filters, spectrum: &SpectrumBound) -> Option<f64> {
    (0..=MOST_HALVINGS)
        .map(|halvings| longest / f64::from(1_u32 << halvings))
        .find(|step| is_stable(method, *step, filters, spectrum))
}

/// The product of two polynomials, coefficients by rising power.
fn product(a: &[Complex64], b: &[Complex64]) -> Vec<Complex64> {
    let mut out = vec![Complex64::ZERO; a.len() + b.len() - 1];
    for (i, a) in a.iter().enumerate() {
        for (j, b) in b.iter().enumerate() {
            out[i + j] += a * b;
        }
    }
    out
}

/// All roots of a monic polynomial, coefficients by rising power, by the simultaneous iteration of Durand and Kerner.
fn roots(monic: &[Complex64]) -> Vec<Complex64> {
    let degree = monic.len() - 1;
    // The bound of Cauchy on all roots.
    let bound = 1.0 + monic[..degree].iter().map(|c| c.norm()).fold(0.0, f64::max);
    let start = Complex64::from_polar(1.0, 0.9);
    let mut roots: Vec<Complex64> = (0..degree).map(|k| bound * start.powu(k as u32 + 1)).collect();
    for _ in 0..MOST_ITERATIONS {
        let mut change = 0.0_f64;
        for k in 0..degree {
            let value = monic.iter().rev().fold(Complex64::ZERO, |sum, c| sum * roots[k] + c);
            let others = (0..degree).filter(|j| *j != k).map(|j| roots[k] - roots[j]).product::<Complex64>();
            let move_by = value / others;
            roots[k] -= move_by;
            change = change.max(move_by.norm() / roots[k].norm().max(1.0));
        }
        if change < ROOT_CHANGE {
            break;
        }
    }
    roots
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Stepper, VectorField};

    const CURRENT: Filters = Filters { tau_s: 1.0, tau_r: 0.0 };

    /// A mode: real and imaginary part of x, then of r where both filters are present.
    struct Mode {
        filters: Filters,
        lambda: Complex64,
    }

    impl VectorField for Mode {
        fn dimension(&self) -> usize {
            if self.filters.tau_r > 0.0 && self.filters.tau_s > 0.0 { 4 } else { 2 }
        }
        fn derivative(&mut self, _: f64, state: &[f64], out: &mut [f64]) {
            let Filters { tau_s, tau_r } = self.filters;
            let x = Complex64::new(state[0], state[1]);
            if state.len() == 2 {
                let d = (self.lambda * x - x) / (tau_s + tau_r);
                out.copy_from_slice(&[d.re, d.im]);
            } else {
                let r = Complex64::new(state[2], state[3]);
                let (dx, dr) = ((self.lambda * r - x) / tau_s, (x - r) / tau_r);
                out.copy_from_slice(&[dx.re, dx.im, dr.re, dr.im]);
            }
        }
        fn decay_rate(&self, component: usize) -> f64 {
            let Filters { tau_s, tau_r } = self.filters;
            if self.dimension() == 2 { 1.0 / (tau_s + tau_r) } else { 1.0 / if component < 2 { tau_s } else { tau_r } }
        }
    }

    /// The growth rate per unit time of the stepper itself, after its slower modes have died out.
    fn measured(method: Method, step: f64, filters: Filters, lambda: Complex64) -> f64 {
        let mut field = Mode { filters, lambda };
        let mut stepper = Stepper::new(method, &field);
        let mut state = vec![0.7, 0.3, -0.2, 0.5][..field.dimension()].to_vec();
        let (mut logs, steps, warm) = (0.0, 3000, 1000);
        for i in 0..steps {
            stepper.step(&mut field, i as f64 * step, step, &mut state);
            let norm = state.iter().map(|x| x * x).sum::<f64>().sqrt();
            if i == warm || !(1e-100..1e100).contains(&norm) {
                // The memory is linear in the state: both are scaled by starting anew only where the range is left.
                if i > warm {
                    logs += norm.ln()
                } else {
                    logs = 0.0
                }
                state.iter_mut().for_each(|x| *x /= norm);
                stepper.scale(1.0 / norm);
            }
        }
        logs += state.iter().map(|x| x * x).sum::<f64>().sqrt().ln();
        logs / ((steps - 1 - warm) as f64 * step)
    }

    #[test]
    fn the_largest_root_is_the_growth_of_the_stepper() {
        let chains = [CURRENT, Filters { tau_s: 0.0, tau_r: 1.0 }, Filters { tau_s: 0.7, tau_r: 1.9 }];
        for method in Method::ALL {
            for filters in chains {
                for (step, re, im) in
                    [(0.2, -2.6, 0.0), (0.2, -2.7, 0.0), (0.1, 0.8, 5.0), (0.5, -4.0, 1.0), (0.2, 1.4, 0.3)]
                {
                    let lambda = Complex64::new(re, im);
                    let largest =
                        amplification(method, step, filters, lambda).iter().map(|z| z.norm()).fold(0.0, f64::max);
                    let (expected, seen) = (largest.ln() / step, measured(method, step, filters, lambda));
                    // Two modes of equal modulus beat: the measured rate knows it to one over the time.
                    assert!(
                        (expected - seen).abs() < 0.02 * expected.abs().max(1.0),
                        "{method} {step} {lambda}: {expected} {seen}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_methods_leave_their_known_regions() {
        // |1 + z| <= 1, the real ends -2 of Heun and -2.785293563 of Runge and Kutta; s = lambda - 1.
        let ends = [(Method::Euler, -2.0), (Method::Heun, -2.0), (Method::Rk4, -2.785_293_563)];
        for (method, end) in ends {
            for step in [0.05, 0.2] {
                let at = |s: f64| SpectrumBound { radius: 0.0, outliers: vec![(1.0 + s / step, 0.0)] };
                assert!(is_stable(method, step, CURRENT, &at(end + 1e-6)), "{method} {step}");
                assert!(!is_stable(method, step, CURRENT, &at(end - 1e-6)), "{method} {step}");
            }
        }
        // Exponential Euler: e + lambda (1 - e) = -1.
        let e = (-0.2_f64).exp();
        let end = -(1.0 + e) / (1.0 - e);
        let at = |re: f64| SpectrumBound { radius: 0.0, outliers: vec![(re, 0.0)] };
        assert!(is_stable(Method::ExponentialEuler, 0.2, CURRENT, &at(end + 1e-6)));
        assert!(!is_stable(Method::ExponentialEuler, 0.2, CURRENT, &at(end - 1e-6)));
        // ETD-AB3: z = -1 is a root where 1 + e = -lambda (b0 - b1 + b2).
        let [e, b0, b1, b2] = etd_weights(3, 1.0, 0.2);
        let end = -(1.0 + e) / (b0 - b1 + b2);
        assert!((end + 8.0 / 3.0).abs() < 0.1, "{end}");
        assert!(is_stable(Method::EtdAb3, 0.2, CURRENT, &at(end + 1e-6)));
        assert!(!is_stable(Method::EtdAb3, 0.2, CURRENT, &at(end - 1e-6)));
        // Fast rotations.
        let rotation = SpectrumBound { radius: 0.0, outliers: vec![(0.8, 5.0), (0.8, -5.0)] };
        assert!(!is_stable(Method::EtdAb3, 0.2, CURRENT, &rotation));
        assert_eq!(longest_stable_step(Method::EtdAb3, 0.2, CURRENT, &rotation), Some(0.1));
    }

    #[test]
    fn what_grows_anyway_does_not_count() {
        // At zero and g = 3 the mode -3 leaves the region of ETD-AB3, and +3 grows faster.
        let chaos = SpectrumBound { radius: 3.0, outliers: Vec::new() };
        assert!(is_stable(Method::EtdAb3, 0.2, CURRENT, &chaos));
        let inhibition = SpectrumBound { radius: 0.5, outliers: vec![(-3.0, 0.0)] };
        assert!(!is_stable(Method::EtdAb3, 0.2, CURRENT, &inhibition));
        let rotation = SpectrumBound { radius: 0.0, outliers: vec![(1.5, 10.0), (1.5, -10.0)] };
        assert!(!is_stable(Method::Rk4, 0.2, CURRENT, &rotation) && is_stable(Method::Rk4, 0.05, CURRENT, &rotation));
        // Just inside the region the alternating mode outlasts all true ones.
        let slow = SpectrumBound { radius: 0.5, outliers: vec![(-2.6, 0.0)] };
        assert!(is_stable(Method::EtdAb3, 0.2, CURRENT, &slow) && !is_faithful(Method::EtdAb3, 0.2, CURRENT, &slow));
        assert!(is_faithful(Method::EtdAb3, 0.1, CURRENT, &slow));
        let rotation = SpectrumBound { radius: 0.0, outliers: vec![(1.5, 5.0), (1.5, -5.0)] };
        assert!(!is_faithful(Method::EtdAb3, 0.1, CURRENT, &rotation));
        assert!(is_faithful(Method::EtdAb3, 0.025, CURRENT, &rotation));
        assert!(!is_stable(Method::EtdAb3, 0.2, CURRENT, &SpectrumBound { radius: f64::NAN, outliers: Vec::new() }));
        assert_eq!(
            longest_stable_step(
                Method::EtdAb3,
                0.2,
                CURRENT,
                &SpectrumBound { radius: f64::INFINITY, outliers: Vec::new() }
            ),
            None
        );
    }
}
