//! Even functions of the lag on the half line, as polynomials on panels, and the exponential filters
//! 1 / (1 - tau^2 d^2) on them (T12, T16, T18): exact integrals of the polynomials, so that a small tau costs nothing.
//!
//! Beyond the last panel a function is its last value times e^(-rate (t - end)).

use std::sync::LazyLock;

use faer::Mat;

use crate::quadrature::gauss_legendre;

/// Nodes a panel.
pub(crate) const NODES: usize = 16;
/// Points of the inner quadrature: exact for the polynomial times e^(-20 x) to rounding.
const POINTS: usize = 24;
/// Largest length over tau that one inner quadrature resolves, and where e^(-x) has vanished.
const RESOLVED: f64 = 20.0;
const VANISHED: f64 = 38.0;

/// What does not depend on panels: nodes on \[0, 1\], barycentric weights, interpolation to the inner points.
struct Fixed {
    nodes: Vec<(f64, f64)>,
    inner: Vec<(f64, f64)>,
    barycentric: Vec<f64>,
    /// `[i][q]`: the cardinal polynomials at nodes\[i\] (1 - inner\[q\]).
    left_of: Vec<Vec<[f64; NODES]>>,
    /// The cardinal polynomials at 0 and 1.
    ends: [[f64; NODES]; 2],
}

static FIXED: LazyLock<Fixed> = LazyLock::new(|| {
    // Nodes in increasing order.
    let mut nodes = gauss_legendre(NODES);
    nodes.sort_by(|a, b| a.0.total_cmp(&b.0));
    let inner = gauss_legendre(POINTS);
    let barycentric: Vec<f64> = (0..NODES)
        .map(|j| (0..NODES).filter(|k| *k != j).map(|k| 0.25 / (nodes[j].0 - nodes[k].0)).product())
        .collect();
    let at = |x: f64| cardinals(&nodes, &barycentric, x);
    let left_of = nodes.iter().map(|(x, _)| inner.iter().map(|(q, _)| at(x * (1.0 - q))).collect()).collect();
    let ends = [at(0.0), at(1.0)];
    Fixed { left_of, ends, nodes, inner, barycentric }
});

/// The cardinal polynomials of the nodes at x in \[0, 1\]: weight times the product of 4 (x - node) over the other nodes.
fn cardinals(nodes: &[(f64, f64)], barycentric: &[f64], x: f64) -> [f64; NODES] {
    let mut values = [0.0; NODES];
    let mut product = 1.0;
    for ((value, (node, _)), weight) in values.iter_mut().zip(nodes).zip(barycentric) {
        *value = weight * product;
        product *= 4.0 * (x - node);
    }
    product = 1.0;
    for (value, (node, _)) in values.iter_mut().zip(nodes).rev() {
        *value *= product;
        product *= 4.0 * (x - node);
    }
    values
}

/// Panels of the half line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HalfLine {
    /// 0 = first end < ... < last end.
    ends: Vec<f64>,
}

/// One filter on one set of panels.
pub(crate) struct Filter {
    tau: f64,
    /// e^(-length / tau) of each panel, and e^(-t / tau) at its nodes: t from its start, and from zero.
    over: Vec<f64>,
    from_start: Vec<[f64; NODES]>,
    from_zero: Vec<[f64; NODES]>,
    /// For each panel `[i][j]`: (1 / tau) int_start^(node i) e^(-(node i - s) / tau) l_j(s) ds, and the same to the end.
    to_node: Vec<[[f64; NODES]; NODES]>,
    to_end: Vec<[f64; NODES]>,
    /// What a value at the end of the last panel adds there from beyond it.
    beyond: f64,
}

impl HalfLine {
    /// Panels of length `first` that grow by `growth` up to `longest` until they pass `end`.
    pub(crate) fn graded(first: f64, growth: f64, longest: f64, end: f64) -> Self {
        let mut ends = vec![0.0];
        let (mut at, mut length) = (0.0, first);
        while at < end {
            at += length;
            ends.push(at);
            length = (length * growth).min(longest);
        }
        Self { ends }
    }

    /// The ends of the panels, from zero.
    pub(crate) fn ends(&self) -> &[f64] {
        &self.ends
    }

    pub(crate) fn end(&self) -> f64 {
        self.ends[self.ends.len() - 1]
    }

    /// Length of the first and shortest panel.
    pub(crate) fn shortest(&self) -> f64 {
        self.ends[1]
    }

    pub(crate) fn panels(&self) -> usize {
        self.ends.len() - 1
    }

    /// All nodes, increasing, with the weights of int_0^end.
    pub(crate) fn nodes(&self) -> Vec<(f64, f64)> {
        let panels = self.ends.windows(2).map(|w| (w[0], w[1] - w[0]));
        panels
            .flat_map(|(start, length)| FIXED.nodes.iter().map(move |(x, w)| (start + length * x, length * w)))
            .collect()
    }

    /// The weights with which nodal values make the value at 0 (from the first panel's nodes).
    pub(crate) fn at_zero(&self) -> &'static [f64; NODES] {
        &FIXED.ends[0]
    }

    /// The function with these nodal values at lag t, decaying at `rate` beyond the end.
    pub(crate) fn interpolate(&self, values: &[f64], t: f64, rate: f64) -> f64 {
        let last = self.panels() - 1;
        if t >= self.end() {
            return dot(&FIXED.ends[1], &values[last * NODES..]) * (-rate * (t - self.end())).exp();
        }
        let panel = (self.ends.partition_point(|end| *end <= t) - 1).min(last);
        let x = (t - self.ends[panel]) / (self.ends[panel + 1] - self.ends[panel]);
        dot(&cardinals(&FIXED.nodes, &FIXED.barycentric, x), &values[panel * NODES..(panel + 1) * NODES])
    }

    /// int_0^t at the nodes, and at the panels' ends.
    pub(crate) fn antiderivative(&self, values: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let (mut at_nodes, mut at_ends, mut sum) = (Vec::with_capacity(values.len()), vec![0.0], 0.0);
        for (window, part) in self.ends.windows(2).zip(values.chunks_exact(NODES)) {
            let length = window[1] - window[0];
            for (row, (x, _)) in FIXED.left_of.iter().zip(&FIXED.nodes) {
                let inner: f64 = row.iter().zip(&FIXED.inner).map(|(cardinal, (_, w))| w * dot(cardinal, part)).sum();
                at_nodes.push(sum + length * x * inner);
            }
            sum += length * part.iter().zip(&FIXED.nodes).map(|(v, (_, w))| v * w).sum::<f64>();
            at_ends.push(sum);
        }
        (at_nodes, at_ends)
    }

    /// The largest coefficient of the two highest Legendre polynomials in any panel: what the nodes do not resolve.
    pub(crate) fn unresolved(&self, values: &[f64]) -> f64 {
        let legendre = |degree: usize, x: f64| {
            let (mut now, mut last) = (1.0, 0.0);
            for k in 0..degree {
                let k = k as f64;
                (now, last) = (((2.0 * k + 1.0) * (2.0 * x - 1.0) * now - k * last) / (k + 1.0), now);
            }
            now
        };
        let coefficient = |panel: &[f64], degree: usize| {
            let sum: f64 = panel.iter().zip(&FIXED.nodes).map(|(v, (x, w))| w * v * legendre(degree, *x)).sum();
            (2.0 * degree as f64 + 1.0) * sum
        };
        let worst = |panel: &[f64]| coefficient(panel, NODES - 1).abs().max(coefficient(panel, NODES - 2).abs());
        values.chunks_exact(NODES).map(worst).fold(0.0, f64::max)
    }

    /// 1 / (1 - tau^2 d^2) on even functions that decay at `rate` beyond the end; tau = 0 is the identity.
    pub(crate) fn filter(&self, tau: f64, rate: f64) -> Filter {
        let beyond = 1.0 / (1.0 + rate * tau);
        let (over, from_start, from_zero) = (Vec::new(), Vec::new(), Vec::new());
        let mut filter = Filter { tau, over, from_start, from_zero, to_node: Vec::new(), to_end: Vec::new(), beyond };
        if tau > 0.0 {
            for window in self.ends.windows(2) {
                let lambda = (window[1] - window[0]) / tau;
                filter.over.push((-lambda).exp());
                let from_start: [f64; NODES] = std::array::from_fn(|i| (-lambda * FIXED.nodes[i].0).exp());
                let from_zero = (-window[0] / tau).exp();
                filter.from_zero.push(from_start.map(|decay| from_zero * decay));
                filter.from_start.push(from_start);
                filter.to_node.push(std::array::from_fn(|i| partial(lambda, FIXED.nodes[i].0, Some(i))));
                filter.to_end.push(partial(lambda, 1.0, None));
            }
        }
        filter
    }
}

/// lambda int_0^x e^(-lambda (x - s)) l_j(s) ds for every j; `node`: x is this node.
fn partial(lambda: f64, x: f64, node: Option<usize>) -> [f64; NODES] {
    let mut row = [0.0; NODES];
    let mut add = |weight: f64, values: &[f64; NODES]| row.iter_mut().zip(values).for_each(|(r, v)| *r += weight * v);
    let at = |s: f64| cardinals(&FIXED.nodes, &FIXED.barycentric, s);
    if lambda * x <= RESOLVED {
        for (index, (q, w)) in FIXED.inner.iter().enumerate() {
            let weight = w * lambda * x * (-lambda * x * q).exp();
            match node {
                Some(i) => add(weight, &FIXED.left_of[i][index]),
                None => add(weight, &at(x * (1.0 - q))),
            }
        }
    } else {
        // x - s = v / lambda, in two pieces.
        let end = VANISHED.min(lambda * x);
        for (from, to) in [(0.0, 0.25 * end), (0.25 * end, end)] {
            for (q, w) in &FIXED.inner {
                let v: f64 = from + (to - from) * q;
                add(w * (to - from) * (-v).exp(), &at(x - v / lambda));
            }
        }
    }
    row
}

impl Filter {
    /// The filtered function at the nodes.
    pub(crate) fn apply(&self, values: &[f64]) -> Vec<f64> {
        if self.tau == 0.0 {
            return values.to_vec();
        }
        let panels = self.to_end.len();
        let mut out = vec![0.0; values.len()];
        // From the left, then from the right: the panel mirrored.
        let mut carried = 0.0;
        for panel in 0..panels {
            let part = &values[panel * NODES..(panel + 1) * NODES];
            for i in 0..NODES {
                let decay = self.from_start[panel][i];
                out[panel * NODES + i] += 0.5 * (carried * decay + dot(&self.to_node[panel][i], part));
            }
            carried = carried * self.over[panel] + dot(&self.to_end[panel], part);
        }
        carried = self.beyond * dot(&FIXED.ends[1], &values[(panels - 1) * NODES..]);
        for panel in (0..panels).rev() {
            let mut part = [0.0; NODES];
            (0..NODES).for_each(|i| part[i] = values[(panel + 1) * NODES - 1 - i]);
            for i in 0..NODES {
                let decay = self.from_start[panel][i];
                out[(panel + 1) * NODES - 1 - i] += 0.5 * (carried * decay + dot(&self.to_node[panel][i], &part));
            }
            carried = carried * self.over[panel] + dot(&self.to_end[panel], &part);
        }
        // The mirror image on the other side of zero.
        for (out, decay) in out.iter_mut().zip(self.from_zero.as_flattened()) {
            *out += 0.5 * carried * decay;
        }
        out
    }

    /// The filter as a matrix on nodal values: [`Filter::apply`] with rows of weights in place of values.
    pub(crate) fn matrix(&self, size: usize) -> Mat<f64> {
        if self.tau == 0.0 {
            return Mat::identity(size, size);
        }
        let panels = self.to_end.len();
        // Row by row, so that a row of weights is a slice.
        let mut rows = vec![0.0; size * size];
        let mut carried = vec![0.0; size];
        let add = |row: &mut [f64], carried: &[f64], decay: f64| {
            row.iter_mut().zip(carried).for_each(|(r, c)| *r += 0.5 * decay * c);
        };
        for panel in 0..panels {
            let columns = panel * NODES..(panel + 1) * NODES;
            for i in 0..NODES {
                let row = &mut rows[(panel * NODES + i) * size..][..size];
                add(row, &carried, self.from_start[panel][i]);
                add(&mut row[columns.clone()], &self.to_node[panel][i], 1.0);
            }
            carried.iter_mut().for_each(|c| *c *= self.over[panel]);
            carried[columns].copy_from_slice(&self.to_end[panel]);
        }
        carried.fill(0.0);
        carried[(panels - 1) * NODES..].iter_mut().zip(&FIXED.ends[1]).for_each(|(c, w)| *c = self.beyond * w);
        for panel in (0..panels).rev() {
            let columns = panel * NODES..(panel + 1) * NODES;
            for i in 0..NODES {
                let row = &mut rows[((panel + 1) * NODES - 1 - i) * size..][..size];
                add(row, &carried, self.from_start[panel][i]);
                let own = row[columns.clone()].iter_mut().zip(self.to_node[panel][i].iter().rev());
                own.for_each(|(r, w)| *r += 0.5 * w);
            }
            carried.iter_mut().for_each(|c| *c *= self.over[panel]);
            carried[columns].iter_mut().zip(self.to_end[panel].iter().rev()).for_each(|(c, w)| *c += w);
        }
        for (row, decay) in rows.chunks_exact_mut(size).zip(self.from_zero.as_flattened()) {
            add(row, &carried, *decay);
        }
        Mat::from_fn(size, size, |i, j| rows[i * size + j])
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (1 - tau^2 d^2) applied to e^(-a t^2 / 2) in closed form, then filtered back.
    #[test]
    fn a_filter_undoes_its_differential_operator() {
        let line = HalfLine::graded(0.4, 1.2, 2.0, 14.0);
        for tau in [0.0, 1e-6, 0.003, 0.1, 1.0, 7.0] {
            let nodes = line.nodes();
            let f = |t: f64| (-0.5 * t * t).exp();
            let image: Vec<f64> = nodes.iter().map(|(t, _)| f(*t) * (1.0 - tau * tau * (t * t - 1.0))).collect();
            let back = line.filter(tau, 1.0).apply(&image);
            for ((t, _), b) in nodes.iter().zip(&back) {
                assert!((b - f(*t)).abs() < 2e-13, "{tau} {t}: {}", b - f(*t));
            }
            assert!(line.unresolved(&image) < 1e-10 * (1.0 + tau * tau));
        }
    }

    #[test]
    fn what_lies_beyond_the_end_counts_at_its_rate() {
        // 1 / (1 - tau^2 d^2) of e^(-r |t|) = (e^(-r t) - r tau e^(-t / tau)) / (1 - r^2 tau^2).
        let (rate, tau) = (0.3_f64, 0.7_f64);
        let line = HalfLine::graded(0.5, 1.3, 2.0, 5.0);
        let values: Vec<f64> = line.nodes().iter().map(|(t, _)| (-rate * t).exp()).collect();
        let filtered = line.filter(tau, rate).apply(&values);
        for ((t, _), seen) in line.nodes().iter().zip(&filtered) {
            let exact = ((-rate * t).exp() - rate * tau * (-t / tau).exp()) / (1.0 - (rate * tau).powi(2));
            assert!((seen - exact).abs() < 1e-14, "{t}");
        }
        assert!((line.interpolate(&values, 9.0, rate) - (-2.7_f64).exp()).abs() < 1e-14);
        assert!((line.interpolate(&values, 1.234, rate) - (-rate * 1.234_f64).exp()).abs() < 1e-14);
        assert!((dot(line.at_zero(), &values) - 1.0).abs() < 1e-14);
        let (at_nodes, at_ends) = line.antiderivative(&values);
        let exact = |t: f64| (1.0 - (-rate * t).exp()) / rate;
        line.nodes().iter().zip(&at_nodes).for_each(|((t, _), seen)| assert!((seen - exact(*t)).abs() < 1e-14));
        assert!((at_ends[line.panels()] - exact(line.end())).abs() < 1e-14);
        let integral: f64 = line.nodes().iter().zip(&values).map(|((_, w), v)| w * v).sum();
        assert!((integral - (1.0 - (-rate * line.end()).exp()) / rate).abs() < 1e-13);
    }

    #[test]
    fn the_matrix_is_the_filter() {
        let line = HalfLine::graded(0.5, 1.5, 4.0, 6.0);
        let values: Vec<f64> = line.nodes().iter().map(|(t, _)| (1.0 + t).recip()).collect();
        let filter = line.filter(0.8, 0.5);
        let (matrix, direct) = (filter.matrix(values.len()), filter.apply(&values));
        for i in 0..values.len() {
            let sum: f64 = (0..values.len()).map(|j| matrix[(i, j)] * values[j]).sum();
            assert!((sum - direct[i]).abs() < 1e-14);
        }
    }
}
