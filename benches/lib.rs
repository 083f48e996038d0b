//! What every bench needs: criterion set to short runs, the check that library and baseline agree, and the ratio of
//! their times.
//!
//! Criterion times the library alone. [`ratio`] times the library against a plain baseline in alternation, within one
//! run, so that a slow spell of the machine hits both: its line is the number to quote.

#![allow(clippy::print_stdout, reason = "the ratio lines are the output of a bench")]
#![allow(clippy::disallowed_methods, reason = "a bench reads the clock")]

pub mod roofline;
pub mod spent;

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::Criterion;

/// Pairs of measurements, and fewer where one takes longer than this.
const PAIRS: usize = 9;
const PAIRS_IF_LONG: usize = 7;
const LONG_PAIR: Duration = Duration::from_millis(500);
/// So long that one pair must do.
const ONE_PAIR: Duration = Duration::from_secs(10);
/// Repetitions are raised until a measurement lasts this long, several time slices of a scheduler: on a busy machine
/// shorter ones would slip in between two interruptions where longer ones cannot.
const LONG_ENOUGH: Duration = Duration::from_millis(12);
/// Largest relative difference between library and baseline.
const AGREEMENT: f64 = 1e-6;

/// Criterion with ten samples and short times, and the command line's wishes on top.
pub fn criterion() -> Criterion {
    Criterion::default()
        .without_plots()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(400))
        .configure_from_args()
}

/// Whether the benches are tried out (`cargo test --benches`) rather than timed (`cargo bench`); criterion decides
/// the same way.
pub fn is_trial() -> bool {
    let given = |wanted: &str| std::env::args().any(|argument| argument == wanted);
    given("--test") || !given("--bench")
}

/// Asserts that two vectors agree to 1e-6 of the largest entry.
///
/// # Panics
/// If they do not.
#[track_caller]
pub fn assert_agreement(name: &str, subject: &[f64], baseline: &[f64]) {
    assert_eq!(subject.len(), baseline.len(), "{name}: lengths");
    let largest = baseline.iter().fold(0.0_f64, |largest, b| largest.max(b.abs()));
    for (s, b) in subject.iter().zip(baseline) {
        assert!((s - b).abs() <= AGREEMENT * largest, "{name}: library {s}, baseline {b}, largest entry {largest}");
    }
}

/// Prints how many times faster `subject` is than `baseline`: the median over pairs of measurements taken in
/// alternation, each of as many repetitions as fill 12 ms. One pair without repetitions if [`is_trial`].
pub fn ratio<S, B>(name: &str, baseline_name: &str, subject: impl FnMut() -> S, baseline: impl FnMut() -> B) {
    ratio_to_part(name, baseline_name, subject, baseline, 1.0);
}

/// [`ratio`] to a baseline that does only one part in `parts` of the subject's work.
pub fn ratio_to_part<S, B>(
    name: &str,
    baseline_name: &str,
    mut subject: impl FnMut() -> S,
    mut baseline: impl FnMut() -> B,
    parts: f64,
) {
    let mut ratios = Vec::new();
    if is_trial() {
        ratios.push(time(&mut baseline, 1).as_secs_f64() / time(&mut subject, 1).as_secs_f64());
    } else {
        let (of_subject, subject_time) = repetitions(&mut subject);
        let (of_baseline, baseline_time) = repetitions(&mut baseline);
        let each = |time: Duration, count: usize| time.as_secs_f64() / count as f64;
        let pairs = match subject_time + baseline_time {
            // What found the number of repetitions is the one pair there is time for.
            pair if pair > ONE_PAIR => {
                ratios.push(each(baseline_time, of_baseline) / each(subject_time, of_subject));
                0
            }
            pair if pair > LONG_PAIR => PAIRS_IF_LONG,
            _ => PAIRS,
        };
        ratios.extend((0..pairs).map(|_| {
            let subject_time = time(&mut subject, of_subject);
            each(time(&mut baseline, of_baseline), of_baseline) / each(subject_time, of_subject)
        }));
    }
    print_ratios(name, baseline_name, ratios.into_iter().map(|ratio| ratio * parts).collect());
}

/// Prints ratios, baseline time over subject time, that were measured elsewhere.
///
/// # Panics
/// If there are none.
pub fn print_ratios(name: &str, baseline_name: &str, ratios: Vec<f64>) {
    println!("{}", line(name, baseline_name, ratios));
}

/// Time of `count` calls.
fn time<R>(f: &mut impl FnMut() -> R, count: usize) -> Duration {
    let start = Instant::now();
    for _ in 0..count {
        black_box(f());
    }
    start.elapsed()
}

/// How many calls are long enough, and their time.
fn repetitions<R>(f: &mut impl FnMut() -> R) -> (usize, Duration) {
    let mut count = 1;
    loop {
        let elapsed = time(f, count);
        if elapsed >= LONG_ENOUGH {
            return (count, elapsed);
        }
        count *= 2;
    }
}

/// The line of one ratio, baseline time over subject time; below one it says how many times slower.
fn line(name: &str, baseline_name: &str, mut ratios: Vec<f64>) -> String {
    ratios.sort_by(f64::total_cmp);
    let faster = ratios[ratios.len() / 2] >= 1.0;
    if !faster {
        ratios.iter_mut().for_each(|ratio| *ratio = 1.0 / *ratio);
        ratios.reverse();
    }
    let (median, min, max) = (ratios[ratios.len() / 2], ratios[0], ratios[ratios.len() - 1]);
    let word = if faster { "faster" } else { "slower" };
    let pairs = if ratios.len() == 1 { "1 pair".to_owned() } else { format!("{} pairs", ratios.len()) };
    let (median, min, max) = (short(median), short(min), short(max));
    format!("ratio {name}: {median} times {word} than {baseline_name} (median of {pairs}, min {min}, max {max})")
}

/// Three digits.
fn short(value: f64) -> String {
    let decimals = match value {
        v if v < 10.0 => 2,
        v if v < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_gives_the_median_and_the_range() {
        let expected = "ratio product: 11.3 times faster than the plain loop (median of 3 pairs, min 9.00, max 120)";
        assert_eq!(line("product", "the plain loop", vec![120.2, 9.0, 11.31]), expected);
    }

    #[test]
    fn a_slower_subject_is_called_slower() {
        let expected = "ratio all: 4.00 times slower than one (median of 3 pairs, min 2.00, max 5.00)";
        assert_eq!(line("all", "one", vec![0.2, 0.25, 0.5]), expected);
    }

    #[test]
    #[should_panic(expected = "library 1.00001")]
    fn disagreement_is_seen() {
        assert_agreement("planted", &[0.0, 1.000_01], &[0.0, 1.0]);
    }
}
