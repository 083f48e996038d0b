//! Whether networks reach the state that theory selects: quasi-random models with several stable states, one network each;
//! and whether `lowrank check` and `lowrank sweep merge` select the same one. 200 models and 4000 neurons take some minutes.
//!
//! `cargo run --profile test -p lowrank-examples --example basins -- 200 4000` (MODELS, NEURONS and, if other models are wished
//! for, the number of the first one)
#![allow(clippy::print_stdout)]

use lowrank_tests::basins::{Verdict, basins, check_and_sweep_agree, nearest_to_start_agrees, reached, verdict};

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|text| text.parse::<usize>().ok());
    let (models, neurons) = (arguments.next().unwrap_or(40), arguments.next().unwrap_or(1000));
    let all = basins(arguments.next().unwrap_or(0), models);
    let (mut refused, mut differ, mut disagree, mut of_nearest) = (0, 0, 0, 0);
    for (basin, kappa) in all.iter().zip(&reached(&all, neurons)) {
        if !check_and_sweep_agree(basin) {
            disagree += 1;
            println!("{}: check and sweep disagree", basin.index);
        }
        let verdict = verdict(basin, kappa);
        match verdict {
            Verdict::Agrees => {}
            Verdict::Refused(_) => refused += 1,
            Verdict::Differs(..) => differ += 1,
        }
        if verdict != Verdict::Agrees {
            let (variant, g) = (basin.model.variant(), basin.model.g());
            println!("{} {variant} g {g:.3} {:?}: {verdict:?}", basin.index, basin.start);
        }
        of_nearest += usize::from(!nearest_to_start_agrees(basin, kappa));
    }
    println!(
        "{models} models, {neurons} neurons: {refused} refused, {differ} of the other {} differ; check and sweep disagree on {disagree}; the state nearest to the start is wrong in {of_nearest}",
        models - refused
    );
}
