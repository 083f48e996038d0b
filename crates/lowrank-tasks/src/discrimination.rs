//! Context-dependent discrimination (\[MO18\] fig. 5): the readout must be high for stimulus A in context A and for B in B, and
//! low for A in B and B in A.

use lowrank_model::{Initial, Transfer};

use crate::context::{CONTEXTS, Context, NAMES};
use crate::search::{Free, Search};
use crate::{Condition, Decision, Task, TaskError, Wanted};

/// The parameters of the paper, at which many networks fail even at N = 7000.
pub const PAPER: Context = Context {
    g: 0.8,
    deviation: 1.2,
    rho_m: 1.6,
    rho_n: 3.0,
    b_m: 0.6,
    b_n: 1.0,
    on: 0.08,
    off: -0.14,
    stimulus: 1.0,
    drive: 0.0,
};

/// Where the search begins.
pub const START: Context = Context { rho_m: 2.2, rho_n: 2.0, b_n: 1.5, on: 0.1, off: -0.8, stimulus: 1.5, ..PAPER };

/// Parameters that the search found, rounded to three digits.
pub const FOUND: Context =
    Context { rho_m: 1.74, rho_n: 1.76, b_m: 1.3, b_n: 0.815, on: 0.189, off: -0.741, stimulus: 1.27, ..PAPER };

/// Contexts in which each stimulus is shown: 1 its own, -1 the other, and what is between them.
pub const LEVELS: [f64; 9] = [-1.0, -0.6, -0.4, -0.2, 0.0, 0.2, 0.4, 0.6, 1.0];
const ONSET: f64 = 10.0;

/// The task with these parameters.
///
/// # Errors
/// Parameters with which theory does not do the task.
pub fn discrimination(parameters: &Context) -> Result<Task, TaskError> {
    undecided(parameters)?.with_threshold_from_theory()
}

/// The search that found [`FOUND`], with seed 1; g, the deviation of the vectors and the drive are given.
pub fn search(seed: u64) -> Search {
    let free = Free::all([
        ("rho_m", 0.5, 4.0),
        ("rho_n", 0.5, 4.0),
        ("b_m", 0.1, 2.0),
        ("b_n", -1.0, 3.0),
        ("on", -0.5, 0.5),
        ("off", -2.0, 0.0),
        ("stimulus", 0.5, 1.5),
    ]);
    Search { build: discrimination, start: START, free, neurons: 500, networks: 24, seed, rounds: 2, iterations: 200 }
}

/// The same with a threshold of zero.
fn undecided(parameters: &Context) -> Result<Task, TaskError> {
    let mut conditions = Vec::new();
    for (stimulus, name) in NAMES.iter().enumerate() {
        let mut shown = [0.0; 2];
        shown[stimulus] = parameters.stimulus;
        for level in LEVELS {
            let (wanted, context) = match level {
                -1.0 => (Wanted::Low, NAMES[1 - stimulus].to_owned()),
                1.0 => (Wanted::High, (*name).to_owned()),
                _ => (Wanted::Anything, format!("{level:+}")),
            };
            let input = parameters.input(level * CONTEXTS[stimulus], shown, ONSET)?;
            let (label, group) = (format!("stimulus {name}, context {context}"), format!("stimulus {name}"));
            conditions.push(Condition { label, group, level, input, wanted });
        }
    }
    Ok(Task {
        ensemble: parameters.ensemble()?,
        g: parameters.g,
        transfer: Transfer::Tanh,
        initial: Initial { along: Vec::new(), deviation: 0.1 },
        dt: 0.1,
        duration: 80.0,
        interval: 0.5,
        onset: ONSET,
        conditions,
        trials: 1,
        decision: Decision::Readout { threshold: 0.0, from: 70.0, timed: true },
        required: 1.0,
    })
}
