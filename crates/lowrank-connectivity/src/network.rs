//! One drawn network, and its product with a batch of columns.

use std::sync::Arc;

use faer::linalg::matmul::matmul;
use faer::prelude::ReborrowMut;
use faer::{Accum, Mat, MatMut, MatRef, Par};
use lowrank_model::{Empirical, Model, Vector};

use crate::bulk::check_shape;
use crate::{Bulk, BulkKind, ConnectivityError, Sampling, draw_vectors};

/// J = g chi + sum_k m_k n_k^T / N with its inputs and readouts (T1).
#[derive(Debug, Clone)]
pub struct Network {
    g: f64,
    bulk: Arc<Bulk>,
    vectors: Empirical,
    /// m^(k) as columns, `[n x rank]`.
    m: Mat<f64>,
    /// n^(k) as columns, `[n x rank]`.
    n: Mat<f64>,
}

impl Network {
    /// Draws the network of a model with a Gaussian bulk: bulk and vectors from the streams of (seed, realisation).
    ///
    /// # Errors
    /// `neurons` zero, or not the length of given vectors, or too small for matched sampling.
    pub fn draw(
        model: &Model,
        neurons: usize,
        sampling: Sampling,
        seed: u64,
        realisation: u64,
    ) -> Result<Self, ConnectivityError> {
        Self::draw_with(model, BulkKind::Gaussian, neurons, sampling, seed, realisation)
    }

    /// Draws the network of a model with a bulk of any kind; the vectors are those of [`Network::draw`].
    ///
    /// # Errors
    /// As [`Network::draw`]; a bulk that cannot be had.
    pub fn draw_with(
        model: &Model,
        bulk: BulkKind,
        neurons: usize,
        sampling: Sampling,
        seed: u64,
        realisation: u64,
    ) -> Result<Self, ConnectivityError> {
        let vectors = draw_vectors(model.ensemble(), neurons, sampling, seed, realisation)?;
        Self::new(model.g(), Bulk::draw(bulk, neurons, seed, realisation)?, vectors)
    }

    /// A network of given parts; networks of one realisation may share their bulk.
    ///
    /// # Errors
    /// Vectors of another length than the bulk; `g` is not a finite number >= 0.
    pub fn new(g: f64, bulk: impl Into<Arc<Bulk>>, vectors: Empirical) -> Result<Self, ConnectivityError> {
        let bulk = bulk.into();
        if vectors.neurons() != bulk.neurons() {
            return Err(ConnectivityError::SizeMismatch { n: bulk.neurons(), entries: vectors.neurons() });
        }
        if !(g >= 0.0 && g.is_finite()) {
            let field = "random strength g".to_owned();
            return Err(lowrank_model::ModelError::TooSmall { field, value: g, relation: ">=", limit: 0.0 }.into());
        }
        let rank = vectors.layout().rank;
        let columns = |offset: usize| Mat::from_fn(bulk.neurons(), rank, |i, k| vectors.vectors()[offset + k][i]);
        let (m, n) = (columns(0), columns(rank));
        Ok(Self { g, bulk, vectors, m, n })
    }

    /// Number of neurons N.
    pub fn neurons(&self) -> usize {
        self.bulk.neurons()
    }

    /// Rank of the structured part.
    pub fn rank(&self) -> usize {
        self.m.ncols()
    }

    /// Random strength g.
    pub fn g(&self) -> f64 {
        self.g
    }

    /// The vectors of this network: an ensemble for theory that predicts this very network.
    pub fn vectors(&self) -> &Empirical {
        &self.vectors
    }

    /// The bulk chi.
    pub fn bulk(&self) -> &Bulk {
        &self.bulk
    }

    /// One vector, N entries.
    ///
    /// # Errors
    /// A vector the layout does not have.
    pub fn vector(&self, vector: Vector) -> Result<&[f64], ConnectivityError> {
        Ok(&self.vectors.vectors()[self.vectors.layout().index(vector)?])
    }

    /// `out` = J `v`, both `[n x batch]`; the structured part is applied as M (N^T v) / N. Sequential: threads
    /// take whole networks.
    ///
    /// # Errors
    /// Buffers of the wrong shape.
    pub fn apply(&self, v: MatRef<'_, f64>, mut out: MatMut<'_, f64>) -> Result<(), ConnectivityError> {
        check_shape(self.neurons(), v.shape(), out.shape())?;
        self.bulk.apply_scaled(self.g, v, out.rb_mut());
        if self.rank() > 0 {
            let mut overlaps = Mat::zeros(self.rank(), v.ncols());
            let scale = 1.0 / self.neurons() as f64;
            matmul(overlaps.as_mut(), Accum::Replace, self.n.transpose(), v, scale, Par::Seq);
            matmul(out, Accum::Add, self.m.as_ref(), overlaps.as_ref(), 1.0, Par::Seq);
        }
        Ok(())
    }

    /// J itself, `[n x n]`: for spectra, not for products.
    pub fn dense(&self) -> Mat<f64> {
        let scale = 1.0 / self.neurons() as f64;
        let mut dense = Mat::zeros(self.neurons(), self.neurons());
        matmul(dense.as_mut(), Accum::Replace, self.m.as_ref(), self.n.transpose(), scale, Par::Seq);
        let chi = self.bulk.dense();
        for (column, chi_column) in dense.col_iter_mut().zip(chi.col_iter()) {
            column.iter_mut().zip(chi_column.iter()).for_each(|(j, x)| *j += self.g * x);
        }
        dense
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::GaussianBulk;
    use lowrank_model::{
        Input, Layout, Moments, Transfer, Variant,
        Vector::{M, N},
    };

    fn rank_two(g: f64) -> Network {
        let ensemble = Moments::new(Layout::rank(2))
            .mean(M(0), 1.0)
            .mean(N(1), -0.5)
            .variance(M(0), 1.0)
            .variance(M(1), 2.0)
            .variance(N(0), 1.5)
            .variance(N(1), 1.0)
            .covariance(M(0), N(0), 0.7)
            .build()
            .unwrap();
        let model = Model::new(g, Transfer::Tanh, Variant::Current, ensemble, Input::none()).unwrap();
        Network::draw(&model, 60, Sampling::Independent, 1, 0).unwrap()
    }

    fn batch(n: usize, columns: usize) -> Mat<f64> {
        Mat::from_fn(n, columns, |i, j| ((i * 7 + j * 13) as f64).sin())
    }

    #[test]
    fn the_product_is_that_of_the_dense_matrix() {
        for columns in [1, 2, 7] {
            let (network, v) = (rank_two(1.3), batch(60, columns));
            let mut out = Mat::zeros(60, columns);
            network.apply(v.as_ref(), out.as_mut()).unwrap();
            let expected = network.dense() * &v;
            assert!((out - expected).norm_max() < 1e-13);
        }
    }

    #[test]
    fn rank_two_is_the_sum_of_two_rank_ones() {
        let network = rank_two(0.0);
        let v = batch(60, 3);
        let mut out = Mat::zeros(60, 3);
        network.apply(v.as_ref(), out.as_mut()).unwrap();
        let mut sum = Mat::<f64>::zeros(60, 3);
        for k in 0..2 {
            let vectors = vec![network.vector(M(k)).unwrap().to_vec(), network.vector(N(k)).unwrap().to_vec()];
            let vectors = Empirical::new(Layout::rank(1), 60, vectors).unwrap();
            let one = Network::new(0.0, network.bulk().clone(), vectors).unwrap();
            let mut part = Mat::zeros(60, 3);
            one.apply(v.as_ref(), part.as_mut()).unwrap();
            sum += part;
        }
        assert!((out - sum).norm_max() < 1e-14);
    }

    #[test]
    fn sizes_that_disagree_are_refused() {
        let network = rank_two(1.0);
        let error = Network::new(1.0, GaussianBulk::draw(61, 0, 0).unwrap(), network.vectors().clone()).unwrap_err();
        assert_eq!(error, ConnectivityError::SizeMismatch { n: 61, entries: 60 });
    }
}
