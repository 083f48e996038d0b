//! The plain loop: one cell after the other, its whole matrix J row by row times phi(x), forward Euler, `f64`.

use lowrank_connectivity::{GaussianBulk, Sampling, draw_vectors};
use lowrank_model::{Initial, Vector};
use lowrank_simulate::initial_currents_along;
use lowrank_sweep::Sweep;

/// Some cells of a sweep of rank one.
pub(crate) struct Plain {
    cells: Vec<Cell>,
    step: f64,
    steps: usize,
    per_sample: usize,
}

struct Cell {
    /// J, row by row.
    rows: Vec<f64>,
    n: Vec<f64>,
    x0: Vec<f64>,
}

impl Plain {
    /// The same networks and starts as the sweep's.
    pub(crate) fn new(sweep: &Sweep, cells: &[usize]) -> Self {
        let spec = sweep.spec();
        let (neurons, seed, run) = (spec.network.neurons, spec.seed, &spec.run);
        let bulk = GaussianBulk::draw(neurons, seed, 0).unwrap();
        let initial = Initial { along: vec![(Vector::M(0), 1.0)], deviation: 1.0 };
        let cell = |cell: &usize| {
            let model = sweep.model(0, *cell).unwrap();
            let vectors = draw_vectors(model.ensemble(), neurons, Sampling::Matched, seed, 0).unwrap();
            let x0 = initial_currents_along(&vectors, &initial, 1, seed, 0).unwrap();
            let [m, n] = [Vector::M(0), Vector::N(0)]
                .map(|vector| vectors.vectors()[vectors.layout().index(vector).unwrap()].clone());
            let entry = |(i, j): (usize, usize)| model.g() * bulk.entry(i, j) + m[i] * n[j] / neurons as f64;
            let rows = (0..neurons).flat_map(|i| (0..neurons).map(move |j| (i, j))).map(entry).collect();
            Cell { rows, n, x0: x0.col(0).iter().copied().collect() }
        };
        Self {
            cells: cells.iter().map(cell).collect(),
            step: run.longest_step(),
            steps: ((run.transient + run.window) / run.longest_step()).round() as usize,
            per_sample: (run.interval / run.longest_step()).round() as usize,
        }
    }

    /// The size of kappa averaged over samples, and \<std_t(x_i)>_i, of each cell.
    pub(crate) fn run(&self) -> Vec<f64> {
        self.cells.iter().flat_map(|cell| self.run_cell(cell)).collect()
    }

    fn run_cell(&self, cell: &Cell) -> [f64; 2] {
        let neurons = cell.x0.len();
        let (mut x, mut rates, mut drive) = (cell.x0.clone(), vec![0.0; neurons], vec![0.0; neurons]);
        let (mut sum, mut square) = (vec![0.0; neurons], vec![0.0; neurons]);
        let (mut kappa, mut samples) = (0.0, 0.0);
        for step in 0..=self.steps {
            rates.iter_mut().zip(&x).for_each(|(rate, x)| *rate = x.tanh());
            if step % self.per_sample == 0 {
                kappa += dot(&cell.n, &rates) / neurons as f64;
                samples += 1.0;
                for i in 0..neurons {
                    sum[i] += x[i] - cell.x0[i];
                    square[i] += (x[i] - cell.x0[i]).powi(2);
                }
            }
            drive.iter_mut().zip(cell.rows.chunks_exact(neurons)).for_each(|(drive, row)| *drive = dot(row, &rates));
            x.iter_mut().zip(&drive).for_each(|(x, drive)| *x += self.step * (drive - *x));
        }
        let deviation =
            |(sum, square): (&f64, &f64)| (square / samples - (sum / samples).powi(2)).max(0.0).sqrt() / neurons as f64;
        [(kappa / samples).abs(), sum.iter().zip(&square).map(deviation).sum()]
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
