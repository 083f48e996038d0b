//! Geometries of tasks: vectors that are sums of independent sources, each neuron drawing every source from a normal law of
//! its own deviation (docs/theory.md section 10).

use lowrank_model::{Gaussian, Layout, ModelError, Moments, Vector};

/// An independent source, one entry a neuron.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source(usize);

/// Vectors as sums of sources.
#[derive(Debug, Clone)]
pub struct Geometry {
    layout: Layout,
    deviations: Vec<f64>,
    /// What each named vector is the sum of.
    sums: Vec<(Vector, Vec<(f64, Source)>)>,
}

impl Geometry {
    /// No source, all vectors zero.
    pub fn new(layout: Layout) -> Self {
        Self { layout, deviations: Vec::new(), sums: Vec::new() }
    }

    /// A source of this standard deviation.
    pub fn source(&mut self, deviation: f64) -> Source {
        self.deviations.push(deviation);
        Source(self.deviations.len() - 1)
    }

    /// Makes a vector the sum of these multiples of sources.
    #[must_use]
    pub fn vector(mut self, vector: Vector, sum: &[(f64, Source)]) -> Self {
        self.sums.push((vector, sum.to_vec()));
        self
    }

    /// The jointly Gaussian vectors: their covariances are those of the sums.
    ///
    /// # Errors
    /// A vector that the layout does not have; numbers that are not finite.
    pub fn build(&self) -> Result<Gaussian, ModelError> {
        let mut moments = Moments::new(self.layout);
        for (a, (first, of_first)) in self.sums.iter().enumerate() {
            for (second, of_second) in &self.sums[a..] {
                let pairs = of_first.iter().flat_map(|x| of_second.iter().map(move |y| (x, y)));
                let shared = pairs.filter(|((_, x), (_, y))| x == y);
                let covariance = shared.map(|((c, x), (d, _))| c * d * self.deviations[x.0].powi(2)).sum();
                moments = moments.covariance(*first, *second, covariance);
            }
        }
        moments.build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Vector::{I, M, N, W};

    #[test]
    fn covariances_are_those_of_the_sums() {
        let mut geometry = Geometry::new(Layout::rank(1).with_inputs(1).with_readouts(1));
        let (y, input, w) = (geometry.source(1.2), geometry.source(2.0), geometry.source(1.0));
        let law = geometry
            .vector(M(0), &[(1.0, w), (2.0, y)])
            .vector(N(0), &[(1.0, input), (2.0, y)])
            .vector(I(0), &[(1.0, input)])
            .vector(W(0), &[(1.0, w)])
            .build()
            .unwrap();
        // m, n, I, w.
        let expected = [[6.76, 5.76, 0.0, 1.0], [5.76, 9.76, 4.0, 0.0], [0.0, 4.0, 4.0, 0.0], [1.0, 0.0, 0.0, 1.0]];
        for (a, row) in expected.iter().enumerate() {
            row.iter().enumerate().for_each(|(b, x)| assert!((law.covariance(a, b) - x).abs() < 1e-12, "{a} {b}"));
        }
    }
}
