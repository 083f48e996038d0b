//! u_i(t) as a sum of the neuron's vectors: sum_k K_k(t) m_i^(k) + v_i(t) + a_i e^(-t / tau_s) (T19).

use lowrank_model::{Input, Model};

use super::classes::Row;

/// One stretch of the input without breakpoint.
#[derive(Debug)]
struct Stretch {
    start: f64,
    /// The filtered input at the start.
    filtered: Vec<f64>,
}

/// All of u but K.
#[derive(Debug)]
pub(super) struct Drive {
    tau_s: f64,
    rank: usize,
    initial: Row,
    input: Input,
    stretches: Vec<Stretch>,
}

impl Drive {
    /// The input and the initial state of a model.
    pub(super) fn new(model: &Model, initial: &Row) -> Self {
        let (tau_s, _) = model.variant().time_constants();
        let input = model.input().clone();
        let mut this = Self { tau_s, rank: model.rank(), initial: initial.clone(), input, stretches: Vec::new() };
        let mut filtered = vec![0.0; this.input.len()];
        for start in std::iter::once(0.0).chain(this.input.breakpoints(0.0, f64::INFINITY)) {
            if let Some(last) = this.stretches.last() {
                filtered = this.input_at(last, start);
            }
            this.stretches.push(Stretch { start, filtered: filtered.clone() });
        }
        this
    }

    /// The filtered input within a stretch (T39); the input itself where the filter is absent.
    fn input_at(&self, stretch: &Stretch, t: f64) -> Vec<f64> {
        self.input.filtered(self.tau_s, stretch.start, &stretch.filtered, t)
    }

    fn decayed(&self, time: f64) -> f64 {
        if self.tau_s > 0.0 { (-time / self.tau_s).exp() } else { 0.0 }
    }

    /// u(t) at these K(t); at a change of the input, what holds after it.
    pub(super) fn row(&self, t: f64, k: &[f64]) -> Row {
        let kept = self.decayed(t);
        let mut vectors: Vec<f64> = self.initial.vectors.iter().map(|a| kept * a).collect();
        vectors.iter_mut().zip(k).for_each(|(sum, k)| *sum += k);
        let passed = self.stretches.partition_point(|s| s.start <= t).max(1);
        if let Some(stretch) = self.stretches.get(passed - 1) {
            let inputs = &mut vectors[2 * self.rank..];
            inputs.iter_mut().zip(self.input_at(stretch, t)).for_each(|(sum, v)| *sum += v);
        }
        Row { vectors, own: kept * self.initial.own }
    }
}
