//! One panel of time with its Gauss-Legendre nodes, and the two filters of (T2) across it.
//!
//! Within a panel a source is the polynomial through its values at the nodes; the exponential filters of that polynomial
//! are integrals without further error. What leaves the panel is linear in what enters it: h = s-filter of r and
//! r = r-filter of phi(x), at the panel's start, and phi(x) at its nodes. A filter whose time constant is zero is the
//! identity.

use crate::quadrature::gauss_legendre;

/// Decay at which the memory of a filter has vanished: e^-40 = 4e-18.
const LONGEST_MEMORY: f64 = 40.0;
/// The exponential's integral is cut into pieces of at most this many time constants, each with this many points:
/// e^-10 times a polynomial of degree 15 to rounding.
const PIECE: f64 = 10.0;
const PIECE_POINTS: usize = 24;

/// Nodes on \[0, 1\] with what interpolation needs.
#[derive(Debug)]
pub(super) struct Rule {
    /// Nodes, increasing.
    pub(super) nodes: Vec<f64>,
    /// 1 / prod_(i != j) (x_j - x_i).
    barycentric: Vec<f64>,
    /// Rows that give the two highest Legendre coefficients of the interpolating polynomial.
    highest: [Vec<f64>; 2],
    fine: Vec<(f64, f64)>,
}

impl Rule {
    /// The rule of `p` >= 2 nodes.
    pub(super) fn new(p: usize) -> Self {
        let (nodes, weights): (Vec<f64>, Vec<f64>) = gauss_legendre(p).into_iter().unzip();
        let others = |j: usize| (0..p).filter(move |i| *i != j);
        let barycentric = (0..p).map(|j| others(j).map(|i| nodes[j] - nodes[i]).product::<f64>().recip()).collect();
        let coefficient = |k: usize| {
            let row = nodes.iter().zip(&weights).map(|(x, w)| (2 * k + 1) as f64 * w * legendre(k, 2.0 * x - 1.0));
            row.collect::<Vec<_>>()
        };
        let highest = [coefficient(p - 1), coefficient(p - 2)];
        Self { nodes, barycentric, highest, fine: gauss_legendre(PIECE_POINTS) }
    }

    /// The Lagrange polynomials at x, one a node.
    pub(super) fn lagrange(&self, x: f64) -> Vec<f64> {
        let mut values = self.barycentric.clone();
        let mut product = 1.0;
        for (value, node) in values.iter_mut().zip(&self.nodes) {
            *value *= product;
            product *= x - node;
        }
        product = 1.0;
        for (value, node) in values.iter_mut().zip(&self.nodes).rev() {
            *value *= product;
            product *= x - node;
        }
        values
    }

    /// The larger of the two highest Legendre coefficients of the polynomial through `values`, relative to
    /// max(1, |values|): about what interpolation misses, or more.
    pub(super) fn tail(&self, values: &[f64]) -> f64 {
        let scale = values.iter().fold(1.0_f64, |a, v| a.max(v.abs()));
        let coefficient = |row: &Vec<f64>| row.iter().zip(values).map(|(c, v)| c * v).sum::<f64>().abs();
        self.highest.iter().map(coefficient).fold(0.0, f64::max) / scale
    }

    /// int_0^c (e^(-(c - y) / tau) / tau) l_j(y) dy of every Lagrange polynomial, tau in units of the panel's length.
    fn filtered(&self, c: f64, tau: f64) -> Vec<f64> {
        let mut sums = vec![0.0; self.nodes.len()];
        let memory = (c / tau).min(LONGEST_MEMORY);
        let pieces = (memory / PIECE).ceil().max(1.0);
        let width = memory / pieces;
        for piece in 0..pieces as usize {
            for (x, weight) in &self.fine {
                let age = (piece as f64 + x) * width;
                let weight = width * weight * (-age).exp();
                for (sum, l) in sums.iter_mut().zip(self.lagrange(c - tau * age)) {
                    *sum += weight * l;
                }
            }
        }
        sums
    }
}

fn legendre(degree: usize, x: f64) -> f64 {
    let (mut p, mut previous) = (1.0, 0.0);
    for k in 0..degree {
        let k = k as f64;
        (p, previous) = (((2.0 * k + 1.0) * x * p - k * previous) / (k + 1.0), p);
    }
    p
}

/// One panel: its place, and the linear map from what enters to what leaves.
#[derive(Debug)]
pub(super) struct Panel {
    pub(super) start: f64,
    pub(super) length: f64,
    /// Rows: h at the p nodes, r at the p nodes, h at the end, r at the end. Columns: h at the start, r at the start,
    /// phi at the p nodes.
    map: Vec<f64>,
    width: usize,
}

impl Panel {
    /// The panel \[start, start + length\] under the filters tau_s and tau_r, zero where absent.
    pub(super) fn new(rule: &Rule, start: f64, length: f64, (tau_s, tau_r): (f64, f64)) -> Self {
        let p = rule.nodes.len();
        let width = p + 2;
        let targets: Vec<f64> = rule.nodes.iter().copied().chain([1.0]).collect();
        // r at the nodes and at the end.
        let rates: Vec<Vec<f64>> = targets
            .iter()
            .enumerate()
            .map(|(i, c)| {
                let mut row = vec![0.0; width];
                if tau_r > 0.0 {
                    row[1] = (-c * length / tau_r).exp();
                    row[2..].copy_from_slice(&rule.filtered(*c, tau_r / length));
                } else if i < p {
                    row[2 + i] = 1.0;
                }
                row
            })
            .collect();
        let currents: Vec<Vec<f64>> = targets
            .iter()
            .enumerate()
            .map(|(i, c)| {
                if tau_s == 0.0 {
                    return if i < p { rates[i].clone() } else { vec![0.0; width] };
                }
                let mut row = vec![0.0; width];
                row[0] = (-c * length / tau_s).exp();
                for (weight, rate) in rule.filtered(*c, tau_s / length).iter().zip(&rates) {
                    row.iter_mut().zip(rate).for_each(|(sum, r)| *sum += weight * r);
                }
                row
            })
            .collect();
        let ends = [&currents[p], &rates[p]];
        let map = currents[..p].iter().chain(&rates[..p]).chain(ends).flatten().copied().collect();
        Self { start, length, map, width }
    }

    /// The rows of the map, in the order given above.
    pub(super) fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.map.chunks_exact(self.width)
    }

    /// One row of the map.
    pub(super) fn row(&self, i: usize) -> &[f64] {
        &self.map[i * self.width..(i + 1) * self.width]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_filters_of_a_cosine_are_exact() {
        // tau_r r' = -r + cos, tau_s h' = -h + r: e^(i t) / ((1 + i tau_s)(1 + i tau_r)) plus decaying parts.
        let rule = Rule::new(12);
        for (tau_s, tau_r) in [(1.0, 0.0), (0.0, 1.0), (0.7, 1.3), (1.0, 1.0 + 1e-9), (0.02, 1.0)] {
            let (mut h, mut r, mut t) = (0.3, -0.2, 0.0);
            let panel = Panel::new(&rule, 0.0, 0.5, (tau_s, tau_r));
            let mut exact = (h, r, 0.0);
            for _ in 0..4 {
                let entering: Vec<f64> =
                    [h, r].into_iter().chain(rule.nodes.iter().map(|c| (t + 0.5 * c).cos())).collect();
                let dot = |row: &[f64]| row.iter().zip(&entering).map(|(a, b)| a * b).sum::<f64>();
                let leaving: Vec<f64> = panel.rows().map(dot).collect();
                (h, r) = (leaving[24], leaving[25]);
                // Runge-Kutta where the state is, 40 thousand steps a panel: an independent route.
                exact = runge_kutta(exact, (tau_s, tau_r), 0.5, 40_000);
                t += 0.5;
            }
            if tau_r > 0.0 {
                assert!((r - exact.1).abs() < 1e-11, "{tau_s} {tau_r}: {r} {exact:?}");
            }
            if tau_s > 0.0 {
                assert!((h - exact.0).abs() < 1e-11, "{tau_s} {tau_r}: {h} {exact:?}");
            }
        }
    }

    fn runge_kutta(state: (f64, f64, f64), (tau_s, tau_r): (f64, f64), length: f64, steps: usize) -> (f64, f64, f64) {
        let slope = |h: f64, r: f64, t: f64| {
            let rate = if tau_r > 0.0 { r } else { t.cos() };
            let dh = if tau_s > 0.0 { (rate - h) / tau_s } else { 0.0 };
            let dr = if tau_r > 0.0 { (t.cos() - r) / tau_r } else { 0.0 };
            (dh, dr)
        };
        let (mut h, mut r, mut t) = state;
        let step = length / steps as f64;
        for _ in 0..steps {
            let a = slope(h, r, t);
            let b = slope(h + 0.5 * step * a.0, r + 0.5 * step * a.1, t + 0.5 * step);
            let c = slope(h + 0.5 * step * b.0, r + 0.5 * step * b.1, t + 0.5 * step);
            let d = slope(h + step * c.0, r + step * c.1, t + step);
            h += step / 6.0 * (a.0 + 2.0 * b.0 + 2.0 * c.0 + d.0);
            r += step / 6.0 * (a.1 + 2.0 * b.1 + 2.0 * c.1 + d.1);
            t += step;
        }
        (h, r, t)
    }

    #[test]
    fn a_polynomial_is_interpolated_and_its_highest_coefficient_is_the_tail() {
        let rule = Rule::new(8);
        let f = |x: f64| legendre(7, 2.0 * x - 1.0) * 0.25 + 0.5;
        let values: Vec<f64> = rule.nodes.iter().map(|x| f(*x)).collect();
        for x in [0.0, 0.37, 1.0] {
            let sum: f64 = rule.lagrange(x).iter().zip(&values).map(|(l, v)| l * v).sum();
            assert!((sum - f(x)).abs() < 1e-13);
        }
        assert!((rule.tail(&values) - 0.25).abs() < 1e-14);
    }
}
