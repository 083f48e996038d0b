//! Jointly Gaussian vectors: each neuron draws (m, n, I, w) from one normal law with given means and covariances.

use faer::{Mat, Side};
use serde::Serialize;

use super::units::unit_of_square;
use super::{Layout, Vector};
use crate::ModelError;
use crate::error::finite;

/// A covariance counts as positive semidefinite if its smallest eigenvalue is above minus this times the largest:
/// rounding in d <= 100 entries.
const SEMIDEFINITE_TOLERANCE: f64 = 1e-12;
/// Variances whose ratio is beyond this are brought to the size one before the root is taken: its rounding is a part of the
/// largest, of which the smallest must keep ten digits.
const LARGEST_RATIO: f64 = 1e6;

/// Means M_a and covariances S_ab of the vectors of one neuron. The covariance is positive semidefinite.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Gaussian {
    layout: Layout,
    mean: Vec<f64>,
    /// Row-major, d x d.
    covariance: Vec<f64>,
    /// A square root L of the covariance, L L^T, row-major, d x d.
    #[serde(skip)]
    root: Vec<f64>,
}

impl Gaussian {
    /// Vectors in the order of [`Layout`]: `mean` has d entries, `covariance` d x d entries, row by row.
    ///
    /// # Errors
    /// Wrong lengths; entries that are not finite; a covariance that is not symmetric or has a negative eigenvalue.
    pub fn new(layout: Layout, mean: Vec<f64>, covariance: Vec<f64>) -> Result<Self, ModelError> {
        let d = layout.dimension();
        length("mean", mean.len(), d)?;
        length("covariance", covariance.len(), d * d)?;
        for &m in &mean {
            finite("a mean of the vectors", m)?;
        }
        for &c in &covariance {
            finite("a covariance of the vectors", c)?;
        }
        for row in 0..d {
            for column in 0..row {
                let (lower, upper) = (covariance[column * d + row], covariance[row * d + column]);
                if lower != upper {
                    return Err(ModelError::NotSymmetric { row, column, upper, lower });
                }
            }
        }
        let root = semidefinite_root(d, &covariance)?;
        Ok(Self { layout, mean, covariance, root })
    }

    /// The law of the vectors times these numbers, one a vector.
    pub(super) fn times(&self, by: &[f64]) -> Self {
        let d = by.len();
        let mean = self.mean.iter().zip(by).map(|(m, by)| m * by).collect();
        let covariance = self.covariance.iter().enumerate().map(|(e, c)| c * by[e / d] * by[e % d]).collect();
        let root = self.root.iter().enumerate().map(|(e, r)| r * by[e / d]).collect();
        Self { layout: self.layout, mean, covariance, root }
    }

    /// No structure, no input, no readout: J = g chi.
    pub fn unstructured() -> Self {
        Self { layout: Layout::rank(0), mean: Vec::new(), covariance: Vec::new(), root: Vec::new() }
    }

    /// How many vectors of each kind there are.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Means of all vectors, in the order of the layout.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// Covariance of the vectors at positions `a` and `b` of the layout.
    ///
    /// # Panics
    /// Like any index, if a position is not below the layout's dimension.
    pub fn covariance(&self, a: usize, b: usize) -> f64 {
        let d = self.mean.len();
        self.covariance[a * d..(a + 1) * d][b]
    }

    /// Entry (a, b) of a square root L of the covariance, L L^T: what turns independent normals into vectors.
    ///
    /// # Panics
    /// Like any index, if a position is not below the layout's dimension.
    pub fn root(&self, a: usize, b: usize) -> f64 {
        let d = self.mean.len();
        self.root[a * d..(a + 1) * d][b]
    }
}

/// Collects named moments; whatever is not named is zero.
///
/// ```
/// use lowrank_model::{Layout, Moments, Vector::{M, N}};
/// let ensemble = Moments::new(Layout::rank(1))
///     .mean(M(0), 1.1).mean(N(0), 2.0)
///     .variance(M(0), 1.0).variance(N(0), 1.0)
///     .build()?;
/// # Ok::<(), lowrank_model::ModelError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Moments {
    layout: Layout,
    mean: Vec<f64>,
    covariance: Vec<f64>,
    error: Option<ModelError>,
}

impl Moments {
    /// All moments zero.
    pub fn new(layout: Layout) -> Self {
        let d = layout.dimension();
        Self { layout, mean: vec![0.0; d], covariance: vec![0.0; d * d], error: None }
    }

    /// Sets the mean of a vector's entries.
    #[must_use]
    pub fn mean(mut self, vector: Vector, value: f64) -> Self {
        match self.layout.index(vector) {
            Ok(a) => self.mean[a] = value,
            Err(e) => self.error = self.error.or(Some(e)),
        }
        self
    }

    /// Sets the variance of a vector's entries.
    #[must_use]
    pub fn variance(self, vector: Vector, value: f64) -> Self {
        self.covariance(vector, vector, value)
    }

    /// Sets the covariance of two vectors' entries, both ways round.
    #[must_use]
    pub fn covariance(mut self, first: Vector, second: Vector, value: f64) -> Self {
        let d = self.mean.len();
        match (self.layout.index(first), self.layout.index(second)) {
            (Ok(a), Ok(b)) => {
                self.covariance[a * d + b] = value;
                self.covariance[b * d + a] = value;
            }
            (Err(e), _) | (_, Err(e)) => self.error = self.error.or(Some(e)),
        }
        self
    }

    /// The ensemble with these moments.
    ///
    /// # Errors
    /// A vector named that the layout does not have, and all errors of [`Gaussian::new`].
    pub fn build(self) -> Result<Gaussian, ModelError> {
        match self.error {
            Some(error) => Err(error),
            None => Gaussian::new(self.layout, self.mean, self.covariance),
        }
    }
}

fn length(field: &str, found: usize, expected: usize) -> Result<(), ModelError> {
    if found == expected {
        return Ok(());
    }
    let mend = "d = 2 rank + inputs + readouts entries, d x d for the covariance";
    Err(ModelError::Length { field: field.to_owned(), found, expected, mend })
}

/// V sqrt(Lambda) V^T of a positive semidefinite matrix: unlike a triangular factor it exists for singular ones and
/// does not depend on the order of the vectors. Where variances differ too much it is that of the vectors in units of their
/// own, in which no one is small beside another, times these units.
fn semidefinite_root(d: usize, covariance: &[f64]) -> Result<Vec<f64>, ModelError> {
    if d == 0 {
        return Ok(Vec::new());
    }
    let variances = || (0..d).map(|a| covariance[a * d + a]).filter(|v| *v > 0.0);
    let (low, high) = variances().fold((f64::INFINITY, 0.0_f64), |(l, h), v| (l.min(v), h.max(v)));
    let ill_scaled = high > LARGEST_RATIO * low;
    let units: Vec<f64> =
        (0..d).map(|a| if ill_scaled { unit_of_square(covariance[a * d + a]) } else { 1.0 }).collect();
    let matrix = Mat::from_fn(d, d, |i, j| covariance[i * d + j] / units[i] / units[j]);
    let eigen = matrix.self_adjoint_eigen(Side::Lower).map_err(|_| ModelError::EigenvaluesFailed { dimension: d })?;
    let values: Vec<f64> = (0..d).map(|k| eigen.S()[k]).collect();
    if values.iter().any(|v| !v.is_finite()) {
        return Err(ModelError::EigenvaluesFailed { dimension: d });
    }
    let largest = values.iter().fold(0.0_f64, |a, &b| a.max(b));
    let smallest = values.iter().fold(f64::INFINITY, |a, &b| a.min(b));
    if smallest < -SEMIDEFINITE_TOLERANCE * largest || (largest == 0.0 && smallest < 0.0) {
        return Err(ModelError::NotPositiveSemidefinite { smallest });
    }
    let vectors = eigen.U();
    let entry =
        |i: usize, j: usize| (0..d).map(|k| vectors[(i, k)] * values[k].max(0.0).sqrt() * vectors[(j, k)]).sum::<f64>();
    Ok((0..d * d).map(|e| units[e / d] * entry(e / d, e % d)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use Vector::{I, M, N};

    #[test]
    fn the_root_squares_to_the_covariance_even_when_singular() {
        // m, n and I all the same vector: rank-one covariance.
        let layout = Layout::rank(1).with_inputs(1);
        let g = Gaussian::new(layout, vec![0.0; 3], vec![2.0; 9]).unwrap();
        for a in 0..3 {
            for b in 0..3 {
                let square: f64 = (0..3).map(|k| g.root(a, k) * g.root(k, b)).sum();
                assert!((square - 2.0).abs() < 1e-13);
            }
        }
    }

    /// A root of the whole matrix would be rounded to 1e-16 of the largest variance, and an n of 1e-12 beside it be lost.
    #[test]
    fn vectors_of_any_size_keep_their_law_and_an_impossible_one_is_seen() {
        let law = |size: f64, overlap: f64| {
            let moments = Moments::new(Layout::rank(1)).variance(M(0), size * size).variance(N(0), 4.0 / (size * size));
            moments.covariance(M(0), N(0), overlap).build()
        };
        for size in [1e-9, 1.0, 1e3, 1e7] {
            let g = law(size, 0.7).unwrap();
            for (a, b) in [(0, 0), (0, 1), (1, 1)] {
                let square: f64 = (0..2).map(|k| g.root(a, k) * g.root(b, k)).sum();
                assert!((square / g.covariance(a, b) - 1.0).abs() < 1e-9, "{size} {a} {b}: {square}");
            }
            assert!(matches!(law(size, 2.1), Err(ModelError::NotPositiveSemidefinite { .. })), "{size}");
        }
    }

    #[test]
    fn an_impossible_covariance_is_refused_with_its_smallest_eigenvalue() {
        let moments =
            Moments::new(Layout::rank(1)).variance(M(0), 1.0).variance(N(0), 1.0).covariance(M(0), N(0), 1.25);
        match moments.build() {
            Err(ModelError::NotPositiveSemidefinite { smallest }) => assert!((smallest + 0.25).abs() < 1e-12),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_vector_that_is_not_there_is_named() {
        let error = Moments::new(Layout::rank(1)).mean(I(0), 1.0).build().unwrap_err();
        assert!(error.to_string().contains("I[0]"), "{error}");
    }

    #[test]
    fn an_asymmetric_covariance_is_refused() {
        let error = Gaussian::new(Layout::rank(1), vec![0.0; 2], vec![1.0, 0.1, 0.2, 1.0]).unwrap_err();
        assert!(matches!(error, ModelError::NotSymmetric { row: 1, column: 0, .. }), "{error}");
    }
}
