//! The largest Lyapunov exponent of a fluctuating solution (T17, T18).
//!
//! It is the largest K at which prod_tau \[(1 + tau K)^2 - tau^2 d^2\] psi = g^2 C_phi'(Delta) psi has an even solution
//! that vanishes at infinity; for one time scale that is T17, with E_0 = 1 - (1 + K)^2. Divided by the left side, psi is
//! an eigenfunction, of eigenvalue Lambda(K) = 1, of positive exponential filters with tau / (1 + tau K) applied to
//! the gain times psi: Lambda falls with K. In the inner product weighted with the gain the operator is symmetric;
//! Lanczos finds Lambda, Brent the K.

use std::cell::Cell;

use faer::{Mat, Side};
use serde::Serialize;

use crate::MeanFieldError;
use crate::autocovariance::Autocovariance;
use crate::half_line::HalfLine;
use crate::root::bracketed_root;

/// Vectors of one Lanczos cycle, most cycles for one Lambda(K), and the relative change at which they end.
const VECTORS: usize = 6;
const MOST_CYCLES: usize = 400;
const EIGENVALUE_GOAL: f64 = 1e-14;
/// A cycle ends where what is new in its vectors has shrunk to this: what follows is made of rounding, which panels do
/// not resolve.
const SMALLEST_NEW_PART: f64 = 1e-6;
/// |ln Lambda| that counts as solved.
const RESIDUAL_LIMIT: f64 = 1e-10;
/// Accuracy of the root of K - edge.
const EXPONENT_GOAL: f64 = 1e-14;
/// A bracket of the exponent this narrow is the answer.
const NARROWEST: f64 = 1e-11;
/// How far above the edge of the continuous spectrum K is looked for.
const ABOVE_EDGE: f64 = 1e-12;

/// A largest Lyapunov exponent, per unit time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Lyapunov {
    /// lambda_max.
    pub exponent: f64,
    /// |ln Lambda(K)|, zero at a solution; where the well is too shallow for that, the interval that holds K.
    pub residual: f64,
    /// Values of K that were tried.
    pub iterations: usize,
}

/// The exponent of a solution with time constants `taus` (absent filters are 0).
pub(crate) fn exponent(autocovariance: &Autocovariance, taus: (f64, f64)) -> Result<Lyapunov, MeanFieldError> {
    let sampled = autocovariance.sampled();
    let gains: Vec<f64> = sampled.decayed.iter().map(|d| autocovariance.gain(*d)).collect();
    let far = autocovariance.gain(0.0);
    let top = gains.iter().copied().fold(far, f64::max);
    bound_state(&sampled.line, &gains, far, top, taus)
}

/// The largest K of the gain with these nodal values, `far` beyond the panels and at most `top`.
///
/// Where the product of (1 + tau K)^2 is the gain at infinity, psi does not decay: there lies the edge of the continuous
/// spectrum. Just above it the rate of psi is a root of K - edge, and so is the unknown.
fn bound_state(
    line: &HalfLine,
    gains: &[f64],
    far: f64,
    top: f64,
    taus: (f64, f64),
) -> Result<Lyapunov, MeanFieldError> {
    let edge = uniform(taus, far);
    // Where the product is the largest gain, Lambda < 1.
    let highest = uniform(taus, top);
    if highest <= edge + NARROWEST {
        // At onset the well is as shallow as rounding, and both ends of the bracket are the exponent.
        return Ok(Lyapunov { exponent: highest, residual: (highest - edge).abs(), iterations: 0 });
    }
    let tried = Cell::new(0_usize);
    let mode = std::cell::RefCell::new(vec![1.0; gains.len()]);
    let log_lambda = |root: f64| {
        tried.set(tried.get() + 1);
        let above = root * root;
        let rate = decay(taus, edge, above);
        Ok(eigenvalue(line, gains, rate, taus, edge + above, &mut mode.borrow_mut()).ln())
    };
    let lowest = ABOVE_EDGE.sqrt();
    if log_lambda(lowest)? <= 0.0 {
        // A well so shallow that its state lies next to the edge.
        return Ok(Lyapunov { exponent: edge, residual: ABOVE_EDGE, iterations: tried.get() });
    }
    let bracket = (lowest, (highest - edge).sqrt());
    let root = bracketed_root("Lambda(K) - 1 of the Lyapunov exponent", bracket, EXPONENT_GOAL, log_lambda)?;
    let residual = log_lambda(root.x)?.abs();
    if residual <= RESIDUAL_LIMIT {
        Ok(Lyapunov { exponent: edge + root.x * root.x, residual, iterations: tried.get() })
    } else {
        let what = "Lyapunov exponent";
        Err(MeanFieldError::NoSolution { what, starts: 1, residual, limit: RESIDUAL_LIMIT })
    }
}

/// K at which prod (1 + tau K)^2 = gain: the exponent if the gain did not depend on the lag.
fn uniform((tau_s, tau_r): (f64, f64), gain: f64) -> f64 {
    let root = gain.max(0.0).sqrt();
    // (1 + tau_s K)(1 + tau_r K) = root, the larger solution.
    let (product, sum) = (tau_s * tau_r, tau_s + tau_r);
    let inside = sum * sum - 4.0 * product * (1.0 - root);
    2.0 * (root - 1.0) / (sum + inside.max(0.0).sqrt())
}

/// The rate p at which psi falls for K = edge + above: prod \[(1 + tau K)^2 - tau^2 p^2\] = prod (1 + tau edge)^2, the gain
/// at infinity; the smaller p.
fn decay((tau_s, tau_r): (f64, f64), edge: f64, above: f64) -> f64 {
    let k = edge + above;
    let both = |k: f64| (1.0 + tau_s * k) * (1.0 + tau_r * k);
    let (a, b) = ((1.0 + tau_s * k).powi(2), (1.0 + tau_r * k).powi(2));
    let (s, r) = (tau_s * tau_s, tau_r * tau_r);
    // a b less the same at the edge.
    let constant = above * (tau_s + tau_r + tau_s * tau_r * (k + edge)) * (both(k) + both(edge));
    let linear = a * r + b * s;
    let root = (linear * linear - 4.0 * s * r * constant).max(0.0).sqrt();
    (2.0 * constant / (linear + root)).max(0.0).sqrt()
}

/// Lambda(K) by restarted Lanczos from `mode`, which is left at the eigenfunction.
fn eigenvalue(line: &HalfLine, gains: &[f64], rate: f64, taus: (f64, f64), k: f64, mode: &mut [f64]) -> f64 {
    let (up_s, up_r) = (1.0 + taus.0 * k, 1.0 + taus.1 * k);
    let filters = (line.filter(taus.0 / up_s, rate), line.filter(taus.1 / up_r, rate));
    let scale = 1.0 / (up_s * up_r).powi(2);
    let apply = |psi: &[f64]| {
        let product: Vec<f64> = psi.iter().zip(gains).map(|(psi, gain)| scale * gain * psi).collect();
        filters.1.apply(&filters.0.apply(&product))
    };
    let weights: Vec<f64> = line.nodes().iter().zip(gains).map(|((_, w), gain)| w * gain).collect();
    let inner = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).zip(&weights).map(|((a, b), w)| w * a * b).sum() };
    let mut lambda = 0.0;
    for _ in 0..MOST_CYCLES {
        let (mut basis, mut images): (Vec<Vec<f64>>, Vec<Vec<f64>>) = (Vec::new(), Vec::new());
        let (mut next, mut new_part) = (mode.to_vec(), 1.0);
        for _ in 0..VECTORS {
            // Gram-Schmidt, twice: rounding must not bring old directions back.
            let before = inner(&next, &next).sqrt();
            for _ in 0..2 {
                for v in &basis {
                    let overlap = inner(&next, v);
                    next.iter_mut().zip(v).for_each(|(n, v)| *n -= overlap * v);
                }
            }
            let norm = inner(&next, &next).sqrt();
            new_part *= norm / before;
            if new_part <= SMALLEST_NEW_PART {
                break;
            }
            basis.push(next.iter().map(|n| n / norm).collect());
            let image = apply(&basis[basis.len() - 1]);
            next.clone_from(&image);
            images.push(image);
        }
        let projected = Mat::from_fn(basis.len(), basis.len(), |i, j| inner(&basis[i], &images[j]));
        let Ok(eigen) = projected.self_adjoint_eigen(Side::Lower) else { return f64::NAN };
        let last = basis.len() - 1;
        let ritz = eigen.S()[last];
        mode.fill(0.0);
        for (j, image) in images.iter().enumerate() {
            let part = eigen.U()[(j, last)] / ritz;
            mode.iter_mut().zip(image).for_each(|(m, v)| *m += part * v);
        }
        let change = (ritz - lambda).abs();
        lambda = ritz;
        if change <= EIGENVALUE_GOAL * lambda.abs() {
            break;
        }
    }
    lambda
}

#[cfg(test)]
mod tests {
    use super::*;

    /// -psi'' + (1 - gain) psi = E psi with gain = far + l (l + 1) / cosh^2 has E = 1 - far - l^2 (Poeschl, Teller).
    #[test]
    fn wells_of_known_depth_have_their_known_exponents() {
        let line = HalfLine::graded(0.4, 1.2, 3.0, 40.0);
        for (l, far) in [(0.7_f64, 0.2), (1.0, 0.36), (1.5, 0.0), (2.0, 0.9)] {
            let well = |t: f64| far + l * (l + 1.0) / t.cosh().powi(2);
            let gains: Vec<f64> = line.nodes().iter().map(|(t, _)| well(*t)).collect();
            for taus in [(1.0, 0.0), (0.0, 1.0)] {
                let found = bound_state(&line, &gains, far, well(0.0), taus).unwrap();
                let exact = -1.0 + (far + l * l).sqrt();
                assert!((found.exponent - exact).abs() < 1e-11, "{l} {far}: {found:?} {exact}");
            }
        }
    }

    /// Two equal time scales: psi = 1 / cosh(t / 2) solves \[(1 + K)^2 - d^2\]^2 psi = gain psi with the gain that this makes.
    #[test]
    fn two_time_scales_reproduce_a_constructed_well() {
        let (k, b) = (0.3_f64, 0.25_f64);
        let a = (1.0 + k).powi(2);
        // With s = 1 / cosh^2(x): d^2 (1 / cosh) = (1 - 2 s) / cosh, d^4 (1 / cosh) = (1 - 20 s + 24 s^2) / cosh.
        let gain = |t: f64| {
            let s = (0.5 * t).cosh().powi(-2);
            a * a - 2.0 * a * b * (1.0 - 2.0 * s) + b * b * (1.0 - 20.0 * s + 24.0 * s * s)
        };
        let line = HalfLine::graded(0.5, 1.2, 4.0, 80.0);
        let gains: Vec<f64> = line.nodes().iter().map(|(t, _)| gain(*t)).collect();
        let top = gains.iter().copied().fold(0.0, f64::max);
        let found = bound_state(&line, &gains, gain(1e3), top, (1.0, 1.0)).unwrap();
        assert!((found.exponent - k).abs() < 1e-11, "{found:?}");
    }
}
