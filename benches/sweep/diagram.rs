//! The sweeps of the bench, how they are run on threads, and what they showed.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use lowrank_benches::spent::{Spent, spent};
use lowrank_spec::{Precision, Spec};
use lowrank_sweep::{Runner, Sweep};

/// The diagram: its networks, its grid, its runs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Diagram {
    pub(crate) neurons: usize,
    /// Values of g and of the strength.
    pub(crate) points: usize,
    pub(crate) time: f64,
    pub(crate) precision: Precision,
    pub(crate) method: &'static str,
    pub(crate) step: f64,
}

impl Diagram {
    pub(crate) const FULL: Self =
        Self { neurons: 500, points: 50, time: 100.0, precision: Precision::F64, method: "euler", step: 0.1 };
    pub(crate) const TRIAL: Self = Self { neurons: 60, points: 8, time: 20.0, ..Self::FULL };

    /// A tenth of the time: a step costs the same.
    pub(crate) fn short(self) -> Self {
        Self { time: 0.1 * self.time, ..self }
    }

    pub(crate) fn in_precision(self, precision: Precision) -> Self {
        Self { precision, ..self }
    }

    pub(crate) fn etd_ab3(self) -> Self {
        Self { method: "etd-ab3", step: 0.2, ..self }
    }

    /// One network, twice the size for twice the time.
    pub(crate) fn single(self) -> Self {
        Self { neurons: 2 * self.neurons, points: 1, time: 2.0 * self.time, ..self }
    }

    pub(crate) fn name(&self) -> String {
        let Self { neurons, points, time, precision, method, step } = self;
        let precision = if *precision == Precision::F64 { "f64" } else { "f32" };
        format!("{points} x {points} N={neurons} T={time} {method} {step} {precision}")
    }

    /// Forward Euler keeps all cells to the end, ETD-AB3 lets those at rest go.
    pub(crate) fn sweep(&self) -> Sweep {
        let Self { neurons, points, time, precision, method, step } = self;
        let precision = if *precision == Precision::F64 { "f64" } else { "f32" };
        let leave = *method != "euler";
        let axis = |parameter: &str, alone: f64| match points {
            1 => format!("[[axis]]\nparameter = '{parameter}'\nvalues = [{alone:?}]\n"),
            _ => format!("[[axis]]\nparameter = '{parameter}'\nfrom = 0.0\nto = 4.0\npoints = {points}\n"),
        };
        let text = format!(
            "seed = 1
            [network]\nneurons = {neurons}\nvariants = ['current']\nprecision = '{precision}'
            [structure]\nrank = 1\ncovariances = {{ 'm[0]' = 1.0, 'n[0]' = 1.0 }}
            [start]\nalong = {{ 'm[0]' = 1.0 }}\ndeviation = 1.0
            [run]\nmethod = '{method}'\nstep = {step:?}\ntransient = 0.0\nwindow = {time:?}\nleave-at-rest = {leave}
            {}{}",
            axis("strength", 1.0),
            axis("g", 1.5)
        );
        Sweep::new(Spec::from_toml(&text).unwrap()).unwrap()
    }
}

/// What the cells of a sweep, or of one block, showed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outcome {
    /// Structure and chaoticity of every cell.
    pub(crate) seen: Vec<[f64; 2]>,
    pub(crate) cells: f64,
    /// Steps of one cell that runs to the end, each one product.
    pub(crate) all_steps: f64,
    /// Steps of all cells: those that came to rest made fewer.
    pub(crate) steps: f64,
}

impl Outcome {
    /// Reads the bytes of one block: rows of the fields and the time at which the cell came to rest, NaN if it did not.
    pub(crate) fn of(sweep: &Sweep, bytes: &[u8]) -> Self {
        let run = &sweep.spec().run;
        let all_steps = ((run.transient + run.window) / run.longest_step()).round() + 1.0;
        let (numbers, _) = bytes.as_chunks::<8>();
        let numbers: Vec<f64> = numbers.iter().map(|number| f64::from_le_bytes(*number)).collect();
        let rows = numbers.chunks_exact(sweep.fields().len() + 1);
        let steps = |row: &[f64]| match row.last() {
            Some(rest) if rest.is_finite() => rest.abs() / run.longest_step() + 1.0,
            _ => all_steps,
        };
        Self {
            cells: rows.len() as f64,
            all_steps,
            steps: rows.clone().map(steps).sum(),
            seen: rows.map(|row| [row[0], row[1]]).collect(),
        }
    }

    /// Operations of the products.
    pub(crate) fn operations(&self, sweep: &Sweep) -> f64 {
        2.0 * (sweep.spec().network.neurons as f64).powi(2) * self.steps
    }
}

/// Runs all blocks, each on one of `threads` threads; draws are part of it.
pub(crate) fn run(sweep: &Sweep, threads: usize) -> (Outcome, Spent) {
    let runner = Runner::new(sweep);
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Outcome::default()));
    let work = || {
        loop {
            let block = next.fetch_add(1, Ordering::Relaxed);
            if block >= sweep.blocks() {
                return;
            }
            let bytes = runner.run(block).unwrap();
            let Outcome { cells, all_steps, steps, .. } = Outcome::of(sweep, &bytes);
            let mut done = done.lock().unwrap();
            *done = Outcome { cells: done.cells + cells, steps: done.steps + steps, all_steps, seen: Vec::new() };
        }
    };
    let ((), spent) = spent(|| {
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(work);
            }
        });
    });
    (done.into_inner().unwrap(), spent)
}
