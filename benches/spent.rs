//! Time that work took: on the clock, and of processors. On a machine that others share the clock says what a user waits,
//! processor time what the work costs.

use std::time::Instant;

/// Ticks of /proc a second, on every architecture that Rust's standard library runs on under Linux.
const TICKS: f64 = 100.0;

/// Less processor time than this is not told: its steps would show.
const LEAST: f64 = 0.1;

/// Seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spent {
    /// On the clock.
    pub wall: f64,
    /// Of all processors, by all threads of this process, counted in steps of 10 ms; none below a tenth of a second, or
    /// where the system has no /proc.
    pub cpu: Option<f64>,
}

/// Runs `work`: its result, and what it took.
pub fn spent<R>(work: impl FnOnce() -> R) -> (R, Spent) {
    let (start, cpu) = (Instant::now(), cpu());
    let result = work();
    let used = self::cpu().zip(cpu).map(|(now, then)| now - then).filter(|cpu| *cpu >= LEAST);
    (result, Spent { wall: start.elapsed().as_secs_f64(), cpu: used })
}

/// Processor time of this process so far: user and system ticks, the fields 14 and 15 of /proc/self/stat.
#[allow(clippy::disallowed_methods, reason = "a bench asks the system for its own times")]
fn cpu() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name, field 2, may hold anything but ends at the last bracket.
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    let ticks = |field: usize| fields.get(field - 3).and_then(|ticks| ticks.parse::<f64>().ok());
    Some((ticks(14)? + ticks(15)?) / TICKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_on_two_threads_takes_their_processor_time_and_sleep_takes_none() {
        let busy = || {
            let start = Instant::now();
            while start.elapsed().as_secs_f64() < 0.2 {}
        };
        let ((), of_work) = spent(|| std::thread::scope(|scope| drop([(); 2].map(|()| scope.spawn(busy)))));
        let ((), of_sleep) = spent(|| std::thread::sleep(std::time::Duration::from_millis(100)));
        assert!(of_work.wall >= 0.2 && of_sleep.wall >= 0.1, "{of_work:?} {of_sleep:?}");
        // On one busy core the two threads get little, but never more than they ask for; the sleep may see other tests' work.
        assert!(of_work.cpu.is_none_or(|cpu| cpu > LEAST), "{of_work:?}");
    }
}
