//! Products of samples with earlier samples, summed as they come: the autocovariance at fixed lags.

use std::collections::VecDeque;

use faer::Mat;

/// Products of a quantity with its own past, `[n x copies]` a sample.
pub(super) struct Lagged {
    /// In samples.
    lags: Vec<usize>,
    /// Past samples, newest last.
    past: VecDeque<Mat<f64>>,
    /// Product at each lag, summed over neurons, copies and sample pairs, with the number of pairs.
    sums: Vec<(f64, usize)>,
}

impl Lagged {
    pub(super) fn new(lags: &[usize]) -> Self {
        Self { lags: lags.to_vec(), past: VecDeque::new(), sums: vec![(0.0, 0); lags.len()] }
    }

    /// Takes the next sample, which is made only if there is a lag to need it.
    pub(super) fn add(&mut self, sample: impl FnOnce() -> Mat<f64>) {
        let Some(&longest) = self.lags.iter().max() else { return };
        self.past.push_back(sample());
        if self.past.len() > longest + 1 {
            self.past.pop_front();
        }
        let newest = self.past.len() - 1;
        for (lag, (sum, pairs)) in self.lags.iter().zip(&mut self.sums) {
            if *lag <= newest {
                *sum += inner(&self.past[newest], &self.past[newest - lag]);
                *pairs += 1;
            }
        }
    }

    /// Mean over sample pairs at each lag of the sum over neurons and copies, each sum weighted.
    pub(super) fn means(&self, per_neuron: f64, per_copy: f64) -> Vec<f64> {
        self.sums.iter().map(|(sum, pairs)| sum * per_neuron * per_copy / (*pairs).max(1) as f64).collect()
    }
}

/// Sum of the products of all entries.
pub(super) fn inner(a: &Mat<f64>, b: &Mat<f64>) -> f64 {
    a.col_iter().zip(b.col_iter()).map(|(a, b)| a.iter().zip(b.iter()).map(|(x, y)| x * y).sum::<f64>()).sum()
}
