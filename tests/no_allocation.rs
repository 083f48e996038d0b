//! Between the first step of a block of cells on a Gaussian bulk and the last nothing is allocated: twice the steps take as
//! many allocations.
#![allow(missing_docs, clippy::unwrap_used)]
#![allow(unsafe_code, reason = "an allocator that counts")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell as Counter;

use lowrank_connectivity::{Bulk, BulkKind, Sampling, draw_vectors};
use lowrank_integrate::Method;
use lowrank_model::{Transfer, Variant};
use lowrank_simulate::{Cell, Products, Protocol, Timing, Watch, run_cells};
use lowrank_tests::published;

struct Counting;

thread_local! {
    /// Of this thread: the test harness has others.
    static COUNT: Counter<usize> = const { Counter::new(0) };
}

// SAFETY: every call is passed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // A thread that is ending has nothing left to count in.
        let _ = COUNT.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Allocations during `work`.
fn count(work: impl FnOnce()) -> usize {
    let before = COUNT.get();
    work();
    COUNT.get() - before
}

#[test]
fn twice_the_steps_take_no_more_allocations() {
    let n = 100;
    let bulk = Bulk::<f64>::draw(BulkKind::Gaussian, n, 1, 0).unwrap();
    let vectors = draw_vectors(&published().into(), n, Sampling::Matched, 1, 0).unwrap();
    for (variant, lyapunov) in
        [(Variant::Current, false), (Variant::Rate, true), (Variant::two_timescale(0.5, 2.0).unwrap(), true)]
    {
        let columns = if lyapunov { 6 } else { 12 };
        let starts: Vec<Vec<f64>> = (0..columns).map(|i| vec![i as f64; n]).collect();
        let cell = |i: usize| Cell { g: 2.0, variant, vectors: &vectors, amplitudes: &[], x0: &starts[i] };
        let cells: Vec<Cell<'_>> = (0..columns).map(cell).collect();
        let run = |window: f64| {
            let timing = Timing { transient: 0.0, window, interval: 1.0, step: 0.25 };
            let protocol = Protocol::new(timing, Method::EtdAb3).unwrap();
            let watch = Watch {
                leave_at_rest: false,
                lyapunov: lyapunov.then_some((1, 0)),
                tolerance: f64::INFINITY,
                halvings: 0,
            };
            count(|| drop(run_cells(&bulk, Transfer::Tanh, &cells, &protocol, watch, Products::Whole).unwrap()))
        };
        let (short, long) = (run(20.0), run(40.0));
        assert_eq!(long, short, "{variant}");
    }
}
