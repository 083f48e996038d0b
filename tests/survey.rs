//! Theory under load: quasi-random models through every solver; what was answered, what was refused and why, what is
//! wrong, and how long it took.

mod checks;
mod models;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use lowrank_meanfield::{
    Chaotic, MeanFieldError, TransientOptions, chaotic_solutions, continue_branch, stationary_branches, transient_with,
};
use lowrank_model::{Ensemble, Initial, Model, Vector::M};

pub use checks::{
    wrong_autocovariance, wrong_branch, wrong_chaotic, wrong_lyapunov, wrong_order, wrong_stationary, wrong_transient,
};
pub use models::{Surveyed, surveyed};

/// End and tolerance of the transients.
const TRANSIENT: (f64, f64) = (1.5, 1e-5);
/// The same for transients that should leave every bound.
const GROWTH: (f64, f64) = (100.0, 1e-3);
/// They take seconds: of the models that call for one, those whose number is a multiple of this have it.
const GROWTH_EVERY: usize = 7;
/// A branch is continued to this part of g on either side.
const CONTINUED: f64 = 0.1;

/// What one solver did.
#[derive(Debug, Default)]
pub struct Row {
    /// Questions with an answer.
    pub answered: usize,
    /// Solutions in the answers.
    pub solutions: usize,
    /// Refusals by reason: how many, the first model, its message.
    pub refused: BTreeMap<String, (usize, usize, String)>,
    /// The longest time for one question in seconds, and its model; all times together.
    pub slowest: (f64, usize),
    /// Seconds for all questions.
    pub seconds: f64,
}

/// What a survey found.
#[derive(Debug, Default)]
pub struct Tally {
    /// By solver and variant.
    pub rows: BTreeMap<String, Row>,
    /// Everything that is wrong.
    pub wrong: Vec<String>,
}

/// The variant of an error, and what it names.
pub fn kind(error: &MeanFieldError) -> String {
    let text = format!("{error:?}");
    let name = text.split([' ', '(', '{']).next().unwrap_or_default();
    match error {
        MeanFieldError::NoSolution { what, .. } | MeanFieldError::NoSignChange { what, .. } => {
            format!("{name}, {what}")
        }
        _ => name.to_owned(),
    }
}

impl Tally {
    /// Asks one question; `wrong` judges the answer and counts its solutions.
    fn ask<T>(
        &mut self,
        solver: &str,
        s: &Surveyed,
        question: impl FnOnce() -> Result<T, MeanFieldError>,
        wrong: impl FnOnce(&T) -> (usize, Vec<String>),
    ) -> Option<T> {
        #[allow(clippy::disallowed_methods)]
        let start = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(question));
        let seconds = start.elapsed().as_secs_f64();
        let row = self.rows.entry(solver.to_owned()).or_default();
        row.seconds += seconds;
        if seconds > row.slowest.0 {
            row.slowest = (seconds, s.index);
        }
        match outcome {
            Ok(Ok(answer)) => {
                row.answered += 1;
                let (solutions, wrong) = wrong(&answer);
                row.solutions += solutions;
                self.wrong.extend(wrong.iter().map(|w| format!("model {}, {solver}: {w}", s.index)));
                Some(answer)
            }
            Ok(Err(error)) => {
                let reason = format!("{}, {}", kind(&error), s.model.transfer());
                row.refused.entry(reason).or_insert_with(|| (0, s.index, error.to_string())).0 += 1;
                None
            }
            Err(_) => {
                self.wrong.push(format!("model {}, {solver}: panic", s.index));
                None
            }
        }
    }

    /// Sends one model through every solver.
    pub fn take(&mut self, index: usize) {
        let s = surveyed(index);
        let model = &s.model;
        let bounded = model.transfer().bound().is_some();
        let found = self.ask(
            "stationary",
            &s,
            || stationary_branches(model),
            |found| (found.len(), found.iter().filter_map(|x| wrong_stationary(x, model.variant())).collect()),
        );
        let none = found.as_ref().is_none_or(Vec::is_empty);
        if none && bounded {
            self.wrong.push(format!("model {index}: bounded phi without stationary solution"));
        } else if none && index.is_multiple_of(GROWTH_EVERY) {
            self.grows(&s);
        }
        if let Some(first) = found.as_ref().and_then(|f| f.first()) {
            let g = model.g();
            let interval = ((1.0 - CONTINUED) * g, (1.0 + CONTINUED) * g);
            let branch = || continue_branch(|g| model.with_g(g), interval, (g, &first.order));
            self.ask("continuation in g", &s, branch, |b| {
                (b.points.len(), wrong_branch(b, model).into_iter().collect())
            });
        }
        // Where every stationary state is unstable to the bulk, bounded activity must go somewhere. Given vectors are
        // solved from their moments, which may not have what they have.
        let unstable = found.as_ref().is_some_and(|f| f.iter().all(|x| x.rho > 1.0));
        let given = matches!(model.ensemble(), Ensemble::Empirical(_));
        self.fluctuations("chaos", &s, model, unstable && bounded && !given);
        if let Ok(noisy) = model.with_noise(s.sigma) {
            self.fluctuations("noise", &s, &noisy, bounded);
        }
        let rank = model.rank();
        let initial = Initial { along: (0..rank).map(|k| (M(k), 0.5)).collect(), deviation: 1.0 };
        let options = TransientOptions { tolerance: TRANSIENT.1, ..TransientOptions::default() };
        let mut refused = None;
        self.ask(
            &format!("transient, {}", model.variant()),
            &s,
            || {
                let transient = transient_with(model, &initial, TRANSIENT.0, options)?;
                refused = wrong_transient(&transient)?;
                Ok(transient)
            },
            |t| (t.snapshots.len(), Vec::new()),
        );
        self.wrong.extend(refused.map(|w| format!("model {index}, transient: {w}")));
    }

    /// A model without stationary solution: its transient leaves every bound, by equations that know nothing of that.
    fn grows(&mut self, s: &Surveyed) {
        let initial = Initial { along: Vec::new(), deviation: 1.0 };
        let options = TransientOptions { tolerance: GROWTH.1, ..TransientOptions::default() };
        let growth = || match transient_with(&s.model, &initial, GROWTH.0, options) {
            Err(MeanFieldError::BadArgument { .. }) => Ok(true),
            other => other.map(|_| false),
        };
        self.ask("growth without bound", s, growth, |grows| (usize::from(*grows), Vec::new()));
    }

    /// Solutions with a temporal part, and what is made of them; `promised`: there is at least one.
    fn fluctuations(&mut self, what: &str, s: &Surveyed, model: &Model, promised: bool) {
        let (sigma, variant) = (model.noise(), model.variant());
        let wrong = |found: &Vec<Chaotic>| {
            let mut wrong: Vec<String> = found.iter().filter_map(|c| wrong_chaotic(c, sigma)).collect();
            if found.is_empty() && promised {
                wrong.push("none found where there must be one".to_owned());
            }
            (found.len(), wrong)
        };
        let found = self.ask(&format!("{what}, {variant}"), s, || chaotic_solutions(model), wrong).unwrap_or_default();
        for c in &found {
            let judged = |w: &Option<String>| (1, w.iter().cloned().collect());
            self.ask("autocovariance, spectrum", s, || wrong_autocovariance(c, model), judged);
            self.ask("Lyapunov exponent", s, || wrong_lyapunov(c, sigma), judged);
        }
    }

    /// Adds another tally to this one.
    pub fn add(&mut self, other: Self) {
        for (solver, row) in other.rows {
            let mine = self.rows.entry(solver).or_default();
            mine.answered += row.answered;
            mine.solutions += row.solutions;
            mine.seconds += row.seconds;
            if row.slowest.0 > mine.slowest.0 {
                mine.slowest = row.slowest;
            }
            for (reason, (count, index, message)) in row.refused {
                let entry = mine.refused.entry(reason).or_insert((0, index, message.clone()));
                entry.0 += count;
                if index < entry.1 {
                    (entry.1, entry.2) = (index, message);
                }
            }
        }
        self.wrong.extend(other.wrong);
    }

    /// The table: a line a solver, below it its refusals.
    pub fn table(&self) -> String {
        let mut lines = vec![format!(
            "{:28} {:>8} {:>9} {:>7} {:>9} {:>9}  slowest model",
            "solver", "answered", "solutions", "refused", "mean ms", "slowest s"
        )];
        for (solver, row) in &self.rows {
            let refused: usize = row.refused.values().map(|r| r.0).sum();
            let mean = 1e3 * row.seconds / (row.answered + refused).max(1) as f64;
            let (slowest, model) = row.slowest;
            lines.push(format!(
                "{solver:28} {:8} {:9} {refused:7} {mean:9.2} {slowest:9.2}  {model}",
                row.answered, row.solutions
            ));
            for (reason, (count, index, message)) in &row.refused {
                lines.push(format!("    {count:5}  {reason}; model {index}: {message}"));
            }
        }
        lines.extend(self.wrong.iter().map(|w| format!("WRONG {w}")));
        lines.join("\n")
    }
}

/// Surveys models `first..=last` on two threads.
///
/// # Panics
/// If a thread does, which catches those of the solvers.
pub fn survey(first: usize, last: usize) -> Tally {
    let next = AtomicUsize::new(first);
    let part = || {
        let mut tally = Tally::default();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index > last {
                return tally;
            }
            tally.take(index);
        }
    };
    std::thread::scope(|scope| {
        let threads = [scope.spawn(part), scope.spawn(part)];
        let mut all = Tally::default();
        threads.into_iter().for_each(|thread| all.add(thread.join().expect("panics are caught")));
        all.wrong.sort();
        all
    })
}
