#![allow(missing_docs, clippy::all, clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]
use lowrank_meanfield::*;
use lowrank_model::Vector::*;
use lowrank_model::*;
use std::time::Instant;
#[test]
fn times() {
    let pub_ = Moments::new(Layout::rank(1))
        .mean(M(0), 1.1)
        .mean(N(0), 2.0)
        .variance(M(0), 1.0)
        .variance(N(0), 1.0)
        .build()
        .unwrap();
    for (name, e) in [("un", Gaussian::unstructured()), ("pub", pub_)] {
        for g in [1.05, 1.3, 2.0, 2.1, 3.0, 6.0] {
            let m = Model::new(g, Transfer::Tanh, Variant::Current, e.clone(), Input::none()).unwrap();
            let t = Instant::now();
            let s = stationary_branches(&m).unwrap();
            let ts = t.elapsed();
            let t = Instant::now();
            let c = chaotic_solutions(&m).unwrap();
            let tc = t.elapsed();
            if c.is_empty() {
                println!("{name} {g} {} {ts:?} none {tc:?}", s.len());
                continue;
            }
            let t = Instant::now();
            let a = c[0].autocovariance().unwrap();
            let ta = t.elapsed();
            let t = Instant::now();
            let l = c[0].lyapunov().unwrap();
            let tl = t.elapsed();
            let start: Vec<_> = c.iter().map(|c| c.order.clone()).collect();
            let t = Instant::now();
            let f = chaotic_from(&m.with_g(g + 1e-3).unwrap(), &start).unwrap();
            let tf = t.elapsed();
            let m2 = m.with_variant(Variant::two_timescale(1.0, 1.0).unwrap()).unwrap();
            let t = Instant::now();
            let f2 = chaotic_from(&m2, &start[..1]).unwrap();
            let tt = t.elapsed();
            println!(
                "{name} {g} stat {} {ts:?} chaos {} {tc:?} auto {ta:?} lyap {} {} {tl:?} from {} {tf:?} two {} {:?} {tt:?} {}",
                s.len(),
                c.len(),
                l.exponent,
                l.iterations,
                f.len(),
                f2.len(),
                f2[0].grid,
                a.decay_rate()
            );
        }
    }
}
