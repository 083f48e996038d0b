//! Context-dependent integration of evidence (\[MO18\] fig. 6): both stimuli come as noisy signals with means of either sign; the
//! readout must take the sign of the mean that the context cues.

use lowrank_model::{Initial, Transfer};

use crate::context::{CONTEXTS, Context, NAMES};
use crate::discrimination::PAPER;
use crate::search::{Free, Search};
use crate::{Condition, Decision, Task, TaskError, Wanted};

/// Where the search begins.
pub const START: Context =
    Context { rho_m: 2.2, rho_n: 2.0, b_m: 0.6, b_n: 0.0, on: 0.0, off: -0.7, stimulus: 0.3, drive: 0.843, ..PAPER };

/// Parameters that the search found, rounded to three digits.
pub const FOUND: Context = Context {
    rho_m: 1.68,
    rho_n: 1.5,
    b_m: 1.71,
    b_n: 0.148,
    on: -0.00241,
    off: -0.42,
    stimulus: 0.3,
    drive: 1.24,
    ..PAPER
};

/// Strength of the white noise on each stimulus.
pub const NOISE: f64 = 0.3;
/// Means of the cued signal in parts of the largest.
pub const LEVELS: [f64; 6] = [-1.0, -0.5, -0.2, 0.2, 0.5, 1.0];
const ONSET: f64 = 10.0;

/// The task with these parameters; `stimulus` is the largest mean. The threshold is zero.
///
/// # Errors
/// Numbers that are not finite.
pub fn integration(parameters: &Context) -> Result<Task, TaskError> {
    let mut conditions = Vec::new();
    for (context, name) in NAMES.iter().enumerate() {
        for level in LEVELS {
            for distractor in [-1.0, 1.0] {
                let mut means = [distractor * parameters.stimulus; 2];
                means[context] = level * parameters.stimulus;
                let noise = [NOISE, NOISE, 0.0, 0.0, 0.0];
                let input = parameters.input(CONTEXTS[context], means, ONSET)?.with_noise(&noise)?;
                let wanted = if level > 0.0 { Wanted::High } else { Wanted::Low };
                let sign = if distractor > 0.0 { '+' } else { '-' };
                let label = format!("context {name}, cued {level:+}, other {sign}");
                let group = format!("context {name}");
                conditions.push(Condition { label, group, level: means[context], input, wanted });
            }
        }
    }
    Ok(Task {
        ensemble: parameters.ensemble()?,
        g: parameters.g,
        transfer: Transfer::Tanh,
        initial: Initial { along: Vec::new(), deviation: 0.1 },
        dt: 0.1,
        duration: 50.0,
        interval: 0.5,
        onset: ONSET,
        conditions,
        trials: 1,
        decision: Decision::Readout { threshold: 0.0, from: 45.0, timed: false },
        required: 0.75,
    })
}

/// The search that found [`FOUND`], with seed 1; the signals, g and the deviation of the vectors are given.
pub fn search(seed: u64) -> Search {
    let free = [
        ("rho_m", 0.5, 4.0),
        ("rho_n", 0.5, 4.0),
        ("b_m", 0.1, 2.0),
        ("b_n", -1.0, 2.0),
        ("on", -0.5, 0.5),
        ("off", -2.0, 0.0),
        ("drive", -2.0, 4.0),
    ];
    let free = free.map(|(name, low, high)| Free { name, low, high }).to_vec();
    Search { build: integration, start: START, free, neurons: 1000, networks: 12, seed, rounds: 2, iterations: 250 }
}
