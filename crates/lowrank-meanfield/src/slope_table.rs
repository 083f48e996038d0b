//! C_phi'(c) at one large variance for all covariances at once: piecewise Chebyshev polynomials, from which C_phi and the
//! energy (T21) follow by integration.
//!
//! Towards c = D the slope varies over some units of D - c, far from it as 1 / sqrt(D - c): in v = ln(1 + D - c) it is smooth
//! everywhere, so that some panels in v, cut until the last coefficients vanish, hold it to rounding. The polynomials are
//! those of f(v) = C_phi'(c) e^v, whose integral over v is that of the slope over c.

use std::f64::consts::PI;
use std::sync::LazyLock;

use crate::quadrature::gauss_legendre;

/// Chebyshev nodes of a panel.
const NODES: usize = 16;
/// Widest panel in v, and the narrowest, which is taken as it is.
const WIDEST: f64 = 2.5;
const NARROWEST: f64 = 0.05;
/// The last two coefficients of a panel, as parts of its largest value, at which it counts as converged: some roundings.
const CONVERGED: f64 = 2e-15;

/// Exact for the polynomials of a panel times e^v to rounding.
static LEGENDRE: LazyLock<Vec<(f64, f64)>> = LazyLock::new(|| gauss_legendre(NODES));

/// The slope of C_phi on \[0, D\], and its integrals.
#[derive(Debug, Clone)]
pub(crate) struct SlopeTable {
    d: f64,
    /// C_phi(0).
    at_zero: f64,
    /// From c = D (v = 0) to c = 0.
    panels: Vec<Panel>,
}

#[derive(Debug, Clone)]
struct Panel {
    /// v from `low` to `high`.
    low: f64,
    high: f64,
    /// Coefficients of f.
    f: Vec<f64>,
    /// Coefficients of the integral of f from v to the end of the table.
    integral: Vec<f64>,
}

impl Panel {
    /// The variable of the polynomials, from -1 to 1.
    fn normalised(&self, v: f64) -> f64 {
        ((2.0 * v - self.low - self.high) / (self.high - self.low)).clamp(-1.0, 1.0)
    }

    fn value(&self, v: f64) -> f64 {
        chebyshev(&self.f, self.normalised(v))
    }

    /// f - df/dv, which is -e^v times the slope of the slope in v.
    fn fall(&self, v: f64) -> f64 {
        let x = self.normalised(v);
        // Clenshaw's recurrence for the derivative beside that for the value.
        let (mut b1, mut b2, mut d1, mut d2) = (0.0, 0.0, 0.0, 0.0);
        for a in self.f.iter().skip(1).rev() {
            (d1, d2) = (2.0 * x * d1 - d2 + 2.0 * b1, d1);
            (b1, b2) = (2.0 * x * b1 - b2 + a, b1);
        }
        let value = self.f[0] + x * b1 - b2;
        let derivative = b1 + x * d1 - d2;
        value - derivative * 2.0 / (self.high - self.low)
    }
}

impl SlopeTable {
    /// `slope` is C_phi' as a function of d - c, 0 <= c <= `d`; `at_zero` is C_phi(0).
    pub(crate) fn new(d: f64, at_zero: f64, slope: impl Fn(f64) -> f64) -> Self {
        let end = d.ln_1p();
        let f = |v: f64| slope(v.exp_m1().clamp(0.0, d)) * v.exp();
        let count = (end / WIDEST).ceil().max(1.0);
        let width = end / count;
        let mut panels = Vec::new();
        // Cut from the top: the last to be cut is the first in v.
        let mut open: Vec<(f64, f64)> =
            (0..count as usize).rev().map(|i| (i as f64 * width, (i + 1) as f64 * width)).collect();
        while let Some((low, high)) = open.pop() {
            let (coefficients, largest) = interpolant(&f, low, high);
            let rest = coefficients[NODES - 1].abs().max(coefficients[NODES - 2].abs());
            if rest <= CONVERGED * largest || high - low <= NARROWEST {
                panels.push(Panel { low, high, f: coefficients, integral: Vec::new() });
            } else {
                let middle = 0.5 * (low + high);
                open.extend([(middle, high), (low, middle)]);
            }
        }
        let mut beyond = 0.0;
        for panel in panels.iter_mut().rev() {
            panel.integral = integral(&panel.f, 0.5 * (panel.high - panel.low), beyond);
            beyond = chebyshev(&panel.integral, -1.0);
        }
        Self { d, at_zero, panels }
    }

    fn v(&self, c: f64) -> f64 {
        (self.d - c).max(0.0).ln_1p()
    }

    fn panel(&self, v: f64) -> &Panel {
        let i = self.panels.partition_point(|p| p.high < v);
        &self.panels[i.min(self.panels.len() - 1)]
    }

    /// C_phi(c) = C_phi(0) + the integral of the slope: terms of one sign.
    pub(crate) fn covariance(&self, c: f64) -> f64 {
        let v = self.v(c);
        let panel = self.panel(v);
        self.at_zero + chebyshev(&panel.integral, panel.normalised(v))
    }

    /// C_phi'(c).
    pub(crate) fn slope(&self, c: f64) -> f64 {
        let v = self.v(c);
        self.panel(v).value(v) * (-v).exp()
    }

    /// int_from^to (to - y) C_phi'(y) dy / (to - from)^2.
    pub(crate) fn mean_excess(&self, from: f64, to: f64) -> f64 {
        let width = to - from;
        if width <= 0.0 {
            return 0.5 * self.slope(from);
        }
        self.integrate(from, to, |panel, v, below| panel.value(v) * below) / width / width
    }

    /// (mean_excess(from, D) - mean_excess(from, to)) / (D - to), in which nothing cancels as `to` approaches D: with a, b and e the
    /// widths D - from, to - from and D - to it is
    /// (int_from^to (y - from) (to - y) C_phi''(y) dy / b + e (mean_excess(to, D) - mean_excess(from, to))) / a^2.
    pub(crate) fn excess_slope_to_variance(&self, from: f64, to: f64) -> f64 {
        let (a, b, e) = (self.d - from, to - from, self.d - to);
        let bent = if b > 0.0 {
            self.integrate(from, to, |panel, v, below| panel.fall(v) * (-v).exp() * below * (b - below)) / b
        } else {
            0.0
        };
        (bent + e * (self.mean_excess(to, self.d) - self.mean_excess(from, to))) / (a * a)
    }

    /// The integral over v of a function of the panel, v and to - y, y from `from` to `to`.
    fn integrate(&self, from: f64, to: f64, f: impl Fn(&Panel, f64, f64) -> f64) -> f64 {
        let near = self.v(to);
        // v - near, exact where it is small.
        let width = ((to - from) / near.exp()).ln_1p();
        let mut sum = 0.0;
        for panel in &self.panels {
            let (low, high) = ((panel.low - near).max(0.0), (panel.high - near).min(width));
            if low >= high {
                continue;
            }
            // Rounding may leave a little beyond the last panel, where its end stands for it.
            for (x, weight) in LEGENDRE.iter() {
                let above = low + x * (high - low);
                sum += weight * (high - low) * f(panel, near + above, near.exp() * above.exp_m1());
            }
        }
        sum
    }
}

/// sum_k a_k T_k(x), by Clenshaw's recurrence.
fn chebyshev(a: &[f64], x: f64) -> f64 {
    let (mut b1, mut b2) = (0.0, 0.0);
    for a in a.iter().skip(1).rev() {
        (b1, b2) = (2.0 * x * b1 - b2 + a, b1);
    }
    a.first().map_or(0.0, |a| a + x * b1 - b2)
}

/// Coefficients of the polynomial through the Chebyshev nodes, and the largest value at them.
fn interpolant(f: &impl Fn(f64) -> f64, low: f64, high: f64) -> (Vec<f64>, f64) {
    let angle = |j: usize| PI * (j as f64 + 0.5) / NODES as f64;
    let values: Vec<f64> = (0..NODES).map(|j| f(0.5 * (low + high) + 0.5 * (high - low) * angle(j).cos())).collect();
    let coefficient = |k: usize| {
        let sum: f64 = values.iter().enumerate().map(|(j, value)| value * (k as f64 * angle(j)).cos()).sum();
        sum * if k == 0 { 1.0 } else { 2.0 } / NODES as f64
    };
    ((0..NODES).map(coefficient).collect(), values.iter().fold(0.0, |a: f64, v| a.max(v.abs())))
}

/// Coefficients of the integral from x to 1 of `half` times the polynomial, plus `beyond`.
fn integral(a: &[f64], half: f64, beyond: f64) -> Vec<f64> {
    let at = |k: usize| a.get(k).copied().unwrap_or(0.0);
    let mut up: Vec<f64> = (0..=a.len())
        .map(|k| match k {
            0 => 0.0,
            1 => -half * (at(0) - 0.5 * at(2)),
            _ => -half * (at(k - 1) - at(k + 1)) / (2.0 * k as f64),
        })
        .collect();
    up[0] = beyond - up.iter().sum::<f64>();
    up
}

#[cfg(test)]
mod tests {
    use super::*;

    /// C' = 1 / (1 + D - c) has C = ln((1 + D) / (1 + D - c)).
    #[test]
    fn integrals_are_those_of_a_known_slope() {
        for d in [1.0, 1e3, 1e8] {
            let table = SlopeTable::new(d, 0.25, |below| 1.0 / (1.0 + below));
            let exact = |c: f64| 0.25 + d.ln_1p() - (d - c).ln_1p();
            for part in [0.0, 1e-6, 0.3, 0.9, 1.0 - 1e-7, 1.0] {
                let c = part * d;
                assert!((table.covariance(c) - exact(c)).abs() < 1e-14 * exact(c), "{d} {c}");
                assert!((table.slope(c) * (1.0 + (d - c)) - 1.0).abs() < 1e-14, "{d} {c}");
                for to in [0.2, 0.95, 1.0 - 1e-6, 1.0] {
                    let (to, q) = (c + to * (d - c), d - c);
                    let width = to - c;
                    // int (to - y) / (1 + D - y) dy = width + (1 + D - to) ln((1 + D - to) / (1 + D - from)).
                    let r = 1.0 + (d - to);
                    let wanted = (width - r * (width / r).ln_1p()) / (width * width);
                    // The closed form loses its digits where the width is small.
                    let lost = 1e-15 * (1.0 + r / width).powi(2);
                    let seen = table.mean_excess(c, to);
                    assert!(
                        width == 0.0 || (seen / wanted - 1.0).abs() < 2e-14 + lost,
                        "{d} {c} {to}: {seen} {wanted}"
                    );
                    if q > 0.0 && to < d {
                        let e = d - to;
                        let wanted = (table.mean_excess(c, d) - seen) / e;
                        let seen = table.excess_slope_to_variance(c, to);
                        let lost = 1e-14 * table.mean_excess(c, d) / (e * wanted);
                        assert!((seen / wanted - 1.0).abs() < 1e-12 + lost, "{d} {c} {to}: {seen} {wanted}");
                    }
                }
            }
        }
    }
}
