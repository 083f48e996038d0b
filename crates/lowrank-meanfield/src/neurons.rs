//! The neuron average of an ensemble: classes of neurons whose drive u = sum_k kappa_k m^(k) + I is Gaussian.
//!
//! A Gaussian ensemble is one class, a mixture one a population; given vectors are N classes without variance. All of section 4's formulas are
//! sums over classes, so each result is written once for every ensemble. The unknowns are kappa and the *individual*
//! variance, which all classes share: class p has variance D_p = delta_0_individual + s_p^2.

use lowrank_model::{Ensemble, Model, Transfer, Variant};

use crate::averages::{LARGEST_ARGUMENT, LARGEST_VARIANCE};
use crate::newton::WEAK;
use crate::{MeanFieldError, PairAverage};

/// Moments of (m, n, I) in one class, I the total input at its present amplitudes.
struct Class {
    weight: f64,
    m: Vec<f64>,
    n: Vec<f64>,
    input: f64,
    /// None where the class has no variance.
    spread: Option<Spread>,
}

/// Covariances within a class.
struct Spread {
    /// Cov(m^(k), m^(l)), row by row.
    mm: Vec<f64>,
    /// Cov(n^(k), m^(l)), row by row.
    nm: Vec<f64>,
    /// Cov(m^(k), I).
    mi: Vec<f64>,
    /// Cov(n^(k), I).
    ni: Vec<f64>,
    /// Var(I).
    ii: f64,
    /// Var(n^(k)).
    nn: Vec<f64>,
}

/// The law of u in one class at given kappa, and how n and m go with it.
pub(crate) struct Drive<'a> {
    pub(crate) weight: f64,
    /// Mean of u (T6).
    pub(crate) mu: f64,
    /// Variance of u.
    pub(crate) s_squared: f64,
    /// Mean of each m^(l).
    pub(crate) m: &'a [f64],
    /// Mean of each n^(k).
    pub(crate) n: &'a [f64],
    /// Cov(m^(l), u).
    pub(crate) m_u: Vec<f64>,
    /// Cov(n^(k), u).
    pub(crate) n_u: Vec<f64>,
    /// Cov(n^(k), m^(l)), row by row; empty where the class has no variance.
    pub(crate) n_m: &'a [f64],
}

/// Where phi is unbounded, searches cover the region that a phi of this bound would have.
const BOUND_OF_UNBOUNDED: f64 = 10.0;

/// An ensemble with its input at rest, ready for the solvers.
pub(crate) struct Neurons {
    pub(crate) rank: usize,
    pub(crate) g: f64,
    pub(crate) transfer: Transfer,
    /// Strength of the white noise that every unit has of its own.
    pub(crate) sigma: f64,
    pub(crate) variant: Variant,
    classes: Vec<Class>,
}

impl Neurons {
    /// The neurons of a model at the amplitudes its inputs have after their last change.
    pub(crate) fn new(model: &Model) -> Result<Self, MeanFieldError> {
        if let Some((input, &strength)) = model.input().noise().iter().enumerate().find(|(_, s)| **s > 0.0) {
            return Err(MeanFieldError::NoisyInput { input, strength });
        }
        if let Some((input, period)) = model.input().endless() {
            return Err(MeanFieldError::EndlessInput { input, period, noisy: model.noise() > 0.0 });
        }
        let amplitudes = model.input().last();
        let classes = match model.ensemble() {
            Ensemble::Gaussian(gaussian) => vec![gaussian_class(1.0, gaussian, &amplitudes)],
            Ensemble::Mixture(mixture) => {
                mixture.populations().iter().map(|(weight, law)| gaussian_class(*weight, law, &amplitudes)).collect()
            }
            Ensemble::Empirical(given) => (0..given.neurons()).map(|i| given_class(given, i, &amplitudes)).collect(),
        };
        let (g, transfer, variant, sigma) = (model.g(), model.transfer(), model.variant(), model.noise());
        Ok(Self { rank: model.rank(), g, transfer, sigma, variant, classes })
    }

    /// The law of u in every class at these kappa.
    pub(crate) fn drives<'a>(&'a self, kappa: &'a [f64]) -> impl Iterator<Item = Drive<'a>> + 'a {
        self.classes.iter().map(move |class| class.drive(kappa, 1.0))
    }

    /// The same without the input: the law of the deviations that kappa makes.
    pub(crate) fn directions<'a>(&'a self, kappa: &'a [f64]) -> impl Iterator<Item = Drive<'a>> + 'a {
        self.classes.iter().map(move |class| class.drive(kappa, 0.0))
    }

    /// Population mean of x, and the part of its variance that u contributes (variance within classes and between).
    pub(crate) fn mean_and_drive_variance(&self, kappa: &[f64]) -> (f64, f64) {
        let mu: f64 = self.drives(kappa).map(|d| d.weight * d.mu).sum();
        let variance = self.drives(kappa).map(|d| d.weight * (d.s_squared + (d.mu - mu).powi(2))).sum();
        (mu, variance)
    }

    /// Weight, s_u^2 and pair averages of every class at (kappa, individual variance).
    pub(crate) fn pair_averages(
        &self,
        kappa: &[f64],
        individual: f64,
    ) -> Result<Vec<(f64, f64, PairAverage)>, MeanFieldError> {
        let of = |d: Drive<'_>| {
            Ok((d.weight, d.s_squared, PairAverage::new(self.transfer, d.mu, individual + d.s_squared)?))
        };
        self.drives(kappa).map(of).collect()
    }

    /// The bound of |phi|, or what stands for it in a search.
    pub(crate) fn bound(&self) -> f64 {
        self.transfer.bound().unwrap_or(BOUND_OF_UNBOUNDED)
    }

    /// The largest variance at which averages are taken.
    pub(crate) fn largest_variance(&self) -> f64 {
        if self.transfer.bound().is_some() { LARGEST_ARGUMENT } else { LARGEST_VARIANCE }
    }

    /// A bound on |kappa_k| if phi is bounded by `bound`: bound times sqrt(\<n^2>).
    pub(crate) fn kappa_bound(&self, k: usize, bound: f64) -> f64 {
        let square: f64 = self
            .classes
            .iter()
            .map(|c| c.weight * (c.n[k] * c.n[k] + c.spread.as_ref().map_or(0.0, |s| s.nn[k])))
            .sum();
        bound * square.sqrt()
    }

    /// Whether x -> -x maps solutions to solutions and x = 0 is one: odd phi and no input.
    pub(crate) fn is_symmetric(&self) -> bool {
        self.transfer.is_odd() && !self.is_driven()
    }

    /// Whether x = 0 is the only finite state: threshold-linear units without input and noise. Of any other state all multiples would be
    /// states too (T46), and a continuum of them needs a g of its own, which no solver meets but by rounding.
    pub(crate) fn only_rest(&self) -> bool {
        self.transfer == Transfer::ThresholdLinear && self.rests_at_zero()
    }

    /// Whether x = 0 is a state: neither input nor noise, and phi(0) = 0.
    fn rests_at_zero(&self) -> bool {
        self.sigma == 0.0 && !self.is_driven() && self.transfer.value(0.0) == 0.0
    }

    /// Whether a drive makes a state so small that its unknowns have to be right relative to its own size.
    pub(crate) fn is_weak(&self, kappa: &[f64], individual: f64) -> bool {
        !self.rests_at_zero() && self.square_size(kappa, individual) < WEAK
    }

    /// The square of the size of a weak state: \<x^2>, or the square of the largest kappa, as every m has the size one, where that makes
    /// more and inhibition cancels a drive.
    pub(crate) fn square_size(&self, kappa: &[f64], individual: f64) -> f64 {
        let (mu, variance) = self.mean_and_drive_variance(kappa);
        kappa.iter().fold(mu * mu + variance + individual, |size, k| size.max(k * k))
    }

    /// Whether any neuron has an input.
    fn is_driven(&self) -> bool {
        self.classes.iter().any(|c| c.input != 0.0 || c.spread.as_ref().is_some_and(|s| s.ii != 0.0))
    }
}

impl Class {
    /// With the input times `part`.
    fn drive<'a>(&'a self, kappa: &[f64], part: f64) -> Drive<'a> {
        let mu = part * self.input + dot(kappa, &self.m);
        let rank = kappa.len();
        let Some(s) = &self.spread else {
            let zeros = vec![0.0; rank];
            let (m_u, n_u) = (zeros.clone(), zeros);
            return Drive { weight: self.weight, mu, s_squared: 0.0, m: &self.m, n: &self.n, m_u, n_u, n_m: &[] };
        };
        let row = |matrix: &[f64], k: usize| dot(kappa, &matrix[k * rank..(k + 1) * rank]);
        let m_u: Vec<f64> = (0..rank).map(|l| row(&s.mm, l) + part * s.mi[l]).collect();
        let n_u: Vec<f64> = (0..rank).map(|k| row(&s.nm, k) + part * s.ni[k]).collect();
        // Var(u) = sum_l kappa_l Cov(m_l, u) + Cov(I, u); rounding must not make it negative.
        let s_squared = (dot(kappa, &m_u) + part * (dot(kappa, &s.mi) + part * s.ii)).max(0.0);
        Drive { weight: self.weight, mu, s_squared, m: &self.m, n: &self.n, m_u, n_u, n_m: &s.nm }
    }
}

fn gaussian_class(weight: f64, gaussian: &lowrank_model::Gaussian, amplitudes: &[f64]) -> Class {
    let rank = gaussian.layout().rank;
    let mean = gaussian.mean();
    let cov = |a: usize, b: usize| gaussian.covariance(a, b);
    let input = |q: usize| 2 * rank + q;
    let with_input =
        |a: usize| amplitudes.iter().enumerate().map(|(q, amplitude)| amplitude * cov(a, input(q))).sum::<f64>();
    let block = |rows: usize, columns: usize| {
        (0..rank * rank).map(|e| cov(rows + e / rank.max(1), columns + e % rank.max(1))).collect::<Vec<_>>()
    };
    let spread = Spread {
        mm: block(0, 0),
        nm: block(rank, 0),
        mi: (0..rank).map(with_input).collect(),
        ni: (0..rank).map(|k| with_input(rank + k)).collect(),
        ii: amplitudes.iter().enumerate().map(|(q, amplitude)| amplitude * with_input(input(q))).sum(),
        nn: (0..rank).map(|k| cov(rank + k, rank + k)).collect(),
    };
    Class {
        weight,
        m: mean[..rank].to_vec(),
        n: mean[rank..2 * rank].to_vec(),
        input: dot(amplitudes, &mean[2 * rank..2 * rank + amplitudes.len()]),
        spread: Some(spread),
    }
}

fn given_class(given: &lowrank_model::Empirical, neuron: usize, amplitudes: &[f64]) -> Class {
    let rank = given.layout().rank;
    let entry = |a: usize| given.vectors()[a][neuron];
    Class {
        weight: 1.0 / given.neurons() as f64,
        m: (0..rank).map(entry).collect(),
        n: (rank..2 * rank).map(entry).collect(),
        input: amplitudes.iter().enumerate().map(|(q, amplitude)| amplitude * entry(2 * rank + q)).sum(),
        spread: None,
    }
}

pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
