//! The largest Lyapunov exponent of a fluctuating solution (T17, T18), in the form T26.
//!
//! It is the largest K at which prod_tau \[(1 + tau K)^2 - tau^2 d^2\] psi = g^2 C_phi'(Delta) psi has an even solution
//! that vanishes at infinity; for one time scale that is T17, with E_0 = 1 - (1 + K)^2. With the gain at infinity taken to
//! the left, the left side is a product of p^2 - d^2 and q^2 - d^2 (one factor for one time scale), p the rate at which
//! psi falls. Divided by it, psi is an eigenfunction, A(K) psi = psi, of positive exponential filters with times 1 / p and
//! 1 / q applied to what the gain has above its value at infinity times psi (Birman, Schwinger): everything that acts is
//! local and of the scale of Delta, however slow that is next to onset. The largest eigenvalue of A falls with K and has
//! a positive eigenfunction; it is found by residual inverse iteration (A. Neumaier, SIAM J. Numer. Anal. 22:914 (1985))
//! from above, where all eigenvalues are below one, so that the one it converges to is the largest. In the inner
//! product weighted with that part of the gain A is symmetric.

use faer::Mat;
use faer::linalg::solvers::{PartialPivLu, Solve};
use serde::Serialize;

use crate::MeanFieldError;
use crate::autocovariance::Autocovariance;
use crate::half_line::{Filter, HalfLine};
use crate::root::bracketed_root;

/// Most corrections of psi.
const MOST_CORRECTIONS: usize = 60;
/// A correction that leaves more than this part of the residual asks for factors nearer to the solution.
const SLOW: f64 = 0.1;
/// New factors are made this part of the way from the present root to the upper bound, still above the solution, and
/// each time this much nearer.
const NEARER: f64 = 0.05;
/// Largest |psi - A psi|, psi at most one, that is aimed at, and that counts as solved.
const RESIDUAL_GOAL: f64 = 1e-13;
const RESIDUAL_LIMIT: f64 = 1e-10;
/// psi may be negative by this part of its maximum: rounding where it has decayed.
const LARGEST_NEGATIVE: f64 = 1e-6;
/// Inverse iterations that make a first psi.
const INVERSE_ITERATIONS: usize = 4;
/// The root shrinks at most to this part of itself in one step.
const SHRINK: f64 = 0.25;
/// Relative step of the differences that stand for derivatives to the root.
const RELATIVE_STEP: f64 = 1e-6;
/// A bracket of the exponent this narrow is the answer.
const NARROWEST: f64 = 1e-11;
/// How far above the edge of the continuous spectrum K is looked for.
const ABOVE_EDGE: f64 = 1e-12;
/// So many corrections that all ask for less say that the well is so shallow that its state lies next to the edge.
const SHALLOW: usize = 8;

/// A largest Lyapunov exponent, per unit time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Lyapunov {
    /// lambda_max.
    pub exponent: f64,
    /// Largest |psi - A(K) psi| (psi at most one), zero at a solution; where the well is too shallow for that, the
    /// interval that holds K.
    pub residual: f64,
    /// Corrections of psi.
    pub iterations: usize,
}

impl Lyapunov {
    /// Whether a positive exponent cannot be told from zero: it is below the rounding of the gain, or the interval that holds it is as
    /// wide as it is.
    pub(crate) fn is_hidden(&self, (tau_s, tau_r): (f64, f64)) -> bool {
        let interval = if self.iterations == 0 { self.residual } else { 0.0 };
        !(self.exponent * (tau_s + tau_r) > NARROWEST && self.exponent > 10.0 * interval)
    }
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
    // Where the product is the largest gain, no eigenvalue is above one.
    let highest = uniform(taus, top);
    if highest <= edge + NARROWEST {
        // At onset the well is as shallow as rounding, and both ends of the bracket are the exponent.
        return Ok(Lyapunov { exponent: highest, residual: (highest - edge).abs(), iterations: 0 });
    }
    let depths: Vec<f64> = gains.iter().map(|gain| (gain - far).max(0.0)).collect();
    let well = Well { line, depths: &depths, taus, edge };
    let (lowest, ceiling) = (ABOVE_EDGE.sqrt(), (highest - edge).sqrt());
    let mut factors = well.factors(ceiling);
    let mut psi = Mat::from_fn(depths.len(), 1, |_, _| 1.0);
    for _ in 0..INVERSE_ITERATIONS {
        psi = normalised(factors.solve(&psi));
    }
    let functional = |root: f64| Ok(well.product(&psi, &well.residual(&psi, root)));
    let start = bracketed_root("the Rayleigh functional of the Lyapunov exponent", (lowest, ceiling), 0.0, functional);
    let (mut root, mut last) = (start.map_or(ceiling, |root| root.x), f64::INFINITY);
    let (mut part, mut at_lowest) = (1.0, 0);
    for iterations in 1..=MOST_CORRECTIONS {
        let rest = well.residual(&psi, root);
        let size = rest.norm_max();
        if size <= RESIDUAL_GOAL || size <= RESIDUAL_LIMIT && size > 0.5 * last {
            if psi.col(0).iter().any(|p| *p < -LARGEST_NEGATIVE) {
                break;
            }
            return Ok(Lyapunov { exponent: edge + root * root, residual: size, iterations });
        }
        if size > SLOW * last {
            part *= NEARER;
            factors = well.factors(root + part * (ceiling - root));
        }
        last = size;
        // Newton in the root, psi held, on the Rayleigh functional \<psi, psi - A(K) psi>; then a correction of psi.
        let step = RELATIVE_STEP * root;
        let slope = (well.residual(&psi, root + step) - &rest) * faer::Scale(step.recip());
        let next = root - well.product(&psi, &rest) / well.product(&psi, &slope);
        let next = if next.is_finite() { next.clamp((SHRINK * root).max(lowest), ceiling) } else { ceiling };
        at_lowest = if next == lowest { at_lowest + 1 } else { 0 };
        if at_lowest == SHALLOW {
            return Ok(Lyapunov { exponent: edge, residual: ABOVE_EDGE, iterations });
        }
        psi = normalised(&psi - factors.solve(rest + slope * faer::Scale(next - root)));
        root = next;
    }
    let (what, residual) = ("Lyapunov exponent", well.residual(&psi, root).norm_max());
    Err(MeanFieldError::NoSolution { what, starts: 1, residual, limit: RESIDUAL_LIMIT })
}

/// Of largest value one, positive at zero.
fn normalised(psi: Mat<f64>) -> Mat<f64> {
    let scale = psi.norm_max().copysign(psi[(0, 0)]).recip();
    psi * faer::Scale(scale)
}

/// The eigenvalue problem on panels; K is edge + root^2.
struct Well<'a> {
    line: &'a HalfLine,
    /// The gain above its value at infinity.
    depths: &'a [f64],
    taus: (f64, f64),
    edge: f64,
}

impl Well<'_> {
    /// The filters at K, and what they are divided by.
    fn filters(&self, root: f64) -> ([Filter; 2], f64) {
        let Rates { p, short, divisor } = rates(self.taus, self.edge, root * root);
        ([1.0 / p, short].map(|tau| self.line.filter(tau, p)), divisor)
    }

    /// psi - A(K) psi.
    fn residual(&self, psi: &Mat<f64>, root: f64) -> Mat<f64> {
        let (filters, divisor) = self.filters(root);
        let product: Vec<f64> = psi.col(0).iter().zip(self.depths).map(|(psi, depth)| depth * psi / divisor).collect();
        let image = filters.iter().fold(product, |values, filter| filter.apply(&values));
        Mat::from_fn(psi.nrows(), 1, |i, _| psi[(i, 0)] - image[i])
    }

    /// 1 - A(K) in factors.
    fn factors(&self, root: f64) -> PartialPivLu<f64> {
        let (filters, divisor) = self.filters(root);
        let size = self.depths.len();
        let [long, short] = filters.map(|filter| filter.matrix(size));
        let both = if self.taus.0 * self.taus.1 == 0.0 { long } else { short * long };
        let one = |i: usize, j: usize| f64::from(u8::from(i == j));
        PartialPivLu::new(Mat::from_fn(size, size, |i, j| one(i, j) - both[(i, j)] * self.depths[j] / divisor).as_ref())
    }

    /// Inner product weighted with the depth.
    fn product(&self, a: &Mat<f64>, b: &Mat<f64>) -> f64 {
        let nodes = self.line.nodes();
        (0..nodes.len()).map(|i| nodes[i].1 * self.depths[i] * a[(i, 0)] * b[(i, 0)]).sum()
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

/// What prod_tau \[(1 + tau K)^2 - tau^2 d^2\] less the gain at infinity is made of.
struct Rates {
    /// The smaller rate p, at which psi falls.
    p: f64,
    /// 1 / q; zero for one time scale.
    short: f64,
    /// The product less the gain at infinity, at d = 0.
    divisor: f64,
}

/// At K = edge + above: the gain at infinity is prod_tau (1 + tau edge)^2.
fn rates((tau_s, tau_r): (f64, f64), edge: f64, above: f64) -> Rates {
    let k = edge + above;
    let both = |k: f64| (1.0 + tau_s * k) * (1.0 + tau_r * k);
    let (a, b) = ((1.0 + tau_s * k).powi(2), (1.0 + tau_r * k).powi(2));
    let (s, r) = (tau_s * tau_s, tau_r * tau_r);
    // a b less the same at the edge.
    let divisor = above * (tau_s + tau_r + tau_s * tau_r * (k + edge)) * (both(k) + both(edge));
    let linear = a * r + b * s;
    let sum = linear + (linear * linear - 4.0 * s * r * divisor).max(0.0).sqrt();
    // s r z^2 - linear z + divisor = 0 for z = p^2 and q^2.
    Rates { p: (2.0 * divisor / sum).max(0.0).sqrt(), short: (2.0 * s * r / sum).sqrt(), divisor }
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

    /// From wells as shallow as they are next to onset to deep ones, and in between nothing is lost.
    #[test]
    fn exponents_of_chaos_are_positive_and_rise_with_g_in_every_variant() {
        use lowrank_model::{Gaussian, Input, Model, Transfer, Variant};
        let two = |tau_s, tau_r| Variant::two_timescale(tau_s, tau_r).unwrap();
        for variant in [Variant::Current, two(1.0, 1.0), two(1.0, 0.2), two(0.05, 1.0)] {
            let mut last = 0.0;
            for g in [1.0001, 1.0005, 1.001, 1.002004, 1.005, 1.01, 1.03, 1.1, 1.3, 2.0, 3.0, 4.0, 6.0] {
                let model = Model::new(g, Transfer::Tanh, variant, Gaussian::unstructured(), Input::none()).unwrap();
                let chaos = crate::chaotic_solutions(&model).unwrap().remove(0);
                let found = chaos.lyapunov().unwrap();
                assert!(found.exponent > last && found.residual < 1e-12, "{variant} g = {g}: {found:?} after {last}");
                last = found.exponent;
            }
        }
    }

    /// Next to onset lambda_max = (g - 1)^2 / 2 (\[SCS88\]), for two equal time scales half of that.
    #[test]
    fn next_to_onset_the_exponent_is_half_the_square_of_the_distance() {
        use lowrank_model::{Gaussian, Input, Model, Transfer, Variant};
        for (variant, part) in [(Variant::Rate, 0.5), (Variant::two_timescale(1.0, 1.0).unwrap(), 0.25)] {
            for distance in [1e-4, 1e-3] {
                let g = 1.0 + distance;
                let model = Model::new(g, Transfer::Tanh, variant, Gaussian::unstructured(), Input::none()).unwrap();
                let chaos = crate::chaotic_solutions(&model).unwrap().remove(0);
                let seen = chaos.lyapunov().unwrap().exponent / distance.powi(2);
                assert!((seen - part).abs() < 5.0 * distance, "{variant} {distance}: {seen}");
            }
        }
    }
}
