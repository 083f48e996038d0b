//! Theory under load: `cargo run --release -p lowrank-examples --example survey -- 10000` sends so many quasi-random
//! models through every solver, on two threads, and prints what was answered, refused and why, and what is wrong.
//! With two numbers, the models from one to the other.
#![allow(clippy::print_stdout)]

use lowrank_tests::survey::survey;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let numbers = std::env::args().skip(1).map(|a| a.parse()).collect::<Result<Vec<usize>, _>>()?;
    let (first, last) = match numbers[..] {
        [first, last] => (first, last),
        [last] => (1, last),
        _ => (1, 300),
    };
    println!("{}", survey(first, last).table());
    Ok(())
}
