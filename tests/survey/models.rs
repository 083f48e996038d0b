//! Quasi-random valid models: a scrambled Halton sequence over everything a model is made of.

use std::sync::LazyLock;

use lowrank_connectivity::{Sampling, draw_vectors};
use lowrank_model::{Ensemble, Gaussian, Input, Layout, Mixture, Model, Transfer, Variant};

/// Eight choices, two time constants, g, sigma, an amplitude, a weight, and twice 7 means and 28 factor entries at most.
const DIMENSIONS: usize = 84;
/// Seed of the given vectors.
const SEED: u64 = 20;

static PRIMES: LazyLock<Vec<usize>> = LazyLock::new(|| {
    let is_prime = |n: &usize| (2..*n).all(|d| !n.is_multiple_of(d));
    (2..).filter(is_prime).take(DIMENSIONS).collect()
});

/// The i-th point of a Halton sequence in \[0, 1)^84, the digits of every base multiplied by about 0.62 of it so that
/// neighbouring large bases do not run in step.
fn halton(i: usize) -> Vec<f64> {
    let coordinate = |&base: &usize| {
        let multiplier = ((0.618 * base as f64).round() as usize).max(1);
        let (mut value, mut scale, mut rest) = (0.0, 1.0, i);
        while rest > 0 {
            scale /= base as f64;
            value += scale * (rest % base * multiplier % base) as f64;
            rest /= base;
        }
        value
    };
    PRIMES.iter().map(coordinate).collect()
}

/// A model of the survey with a strength of white noise to try on it.
pub struct Surveyed {
    /// Its number, from 1.
    pub index: usize,
    /// Without noise.
    pub model: Model,
    /// sigma in \[0.01, 1\].
    pub sigma: f64,
}

/// The model of one number: transfer function, rank 0..3, inputs 0..1, each variant, time constants in \[0.2, 3\], g in
/// \[0, 5\], means in \[-3, 3\], the entries of a covariance factor in \[-1.2, 1.2\], amplitudes in \[-2, 2\]. Of twenty
/// models thirteen are Gaussian, five a mixture of two populations, two have the vectors of 20 to 50 neurons given.
///
/// # Panics
/// Never: every point is a valid model.
pub fn surveyed(index: usize) -> Surveyed {
    let point = halton(index);
    let mut coordinates = point.iter().copied();
    let mut next = || coordinates.next().unwrap_or(0.5);
    let mut choose = |count: usize| ((next() * count as f64) as usize).min(count - 1);
    let (rank, inputs, transfer) = (choose(4), choose(2), Transfer::ALL[choose(5)]);
    let (variant, kind, neurons) = (choose(3), choose(20), 20 + choose(31));
    let (tau_s, tau_r) = (0.2 + 2.8 * next(), 0.2 + 2.8 * next());
    let variant = [Variant::Current, Variant::Rate, Variant::TwoTimescale { tau_s, tau_r }][variant];
    let (g, amplitude, sigma, weight) = (5.0 * next(), 4.0 * next() - 2.0, 0.1_f64.powf(2.0 * next()), next());
    let layout = Layout::rank(rank).with_inputs(inputs);
    let first = gaussian(layout, &mut next);
    let ensemble: Ensemble = match kind {
        0..13 => first.into(),
        13..18 => {
            let populations = vec![(0.1 + weight, first), (1.1 - weight, gaussian(layout, &mut next))];
            Mixture::new(populations).expect("weights above zero").into()
        }
        _ => {
            let drawn = draw_vectors(&first.into(), neurons, Sampling::Independent, SEED, index as u64);
            drawn.expect("neurons").into()
        }
    };
    let input = Input::constant(&vec![amplitude; inputs]).expect("a finite amplitude");
    let model = Model::new(g, transfer, variant, ensemble, input).expect("a valid model");
    Surveyed { index, model, sigma }
}

fn gaussian(layout: Layout, next: &mut impl FnMut() -> f64) -> Gaussian {
    let d = layout.dimension();
    let mean = (0..d).map(|_| 6.0 * next() - 3.0).collect();
    let mut factor = vec![0.0; d * d];
    for a in 0..d {
        for b in 0..=a {
            factor[a * d + b] = 2.4 * next() - 1.2;
        }
    }
    let product = |a: usize, b: usize| (0..d).map(|k| factor[a * d + k] * factor[b * d + k]).sum::<f64>();
    let covariance = (0..d * d).map(|e| product(e / d, e % d)).collect();
    Gaussian::new(layout, mean, covariance).expect("a covariance with its factor")
}
