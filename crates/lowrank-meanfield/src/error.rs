//! The one error of this crate.

use lowrank_model::{ModelError, decimals, decimals_of};
use thiserror::Error;

/// Why theory has no answer.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum MeanFieldError {
    /// A mean or variance at which no average can be taken.
    #[error(
        "the Gaussian average needs a mean within +-{limit:e} and a variance in [0, {limit:e}], not mean {mu} and variance {d}: lower g, the overlaps or the inputs"
    )]
    BadArgument {
        /// Mean.
        mu: f64,
        /// Variance.
        d: f64,
        /// Largest mean and variance.
        limit: f64,
    },
    /// A covariance outside \[0, D\].
    #[error("the pair average needs a covariance in [{low}, {d}] ({d} is the variance), not {c}")]
    BadCovariance {
        /// Covariance asked for.
        c: f64,
        /// Smallest covariance.
        low: f64,
        /// Variance.
        d: f64,
    },
    /// The ends of an interval of covariances are exchanged.
    #[error("the interval of covariances runs from {from} to {to}: give the smaller end first")]
    Reversed {
        /// Lower end given.
        from: f64,
        /// Upper end given.
        to: f64,
    },
    /// The Hermite series is too long to be summed.
    #[error("the Hermite series at variance {d} has not converged after {terms} terms: lower g or the variances")]
    SeriesTooLong {
        /// Variance.
        d: f64,
        /// Terms computed.
        terms: usize,
    },
    /// No start led to a solution.
    #[error(
        "no {what} found from {starts} starts; best residual {residual:e}, limit {limit:e}; that does not show that there is none: change g or the overlaps a little"
    )]
    NoSolution {
        /// What was looked for.
        what: &'static str,
        /// Number of starting points tried.
        starts: usize,
        /// Smallest residual reached.
        residual: f64,
        /// Residual that counts as solved.
        limit: f64,
    },
    /// A function does not change sign between the ends of a bracket.
    #[error("{what} does not change sign between {low} (value {f_low}) and {high} (value {f_high}): widen the bracket")]
    NoSignChange {
        /// What was to become zero.
        what: &'static str,
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
        /// Value at the lower end.
        f_low: f64,
        /// Value at the upper end.
        f_high: f64,
    },
    /// A function jumps across zero.
    #[error(
        "{what} jumps across zero near g = {g} (it is {value} there): a branch ends in a fold, there is no crossing; narrow the bracket to one branch"
    )]
    Jump {
        /// What was to become zero.
        what: &'static str,
        /// Where it jumps.
        g: f64,
        /// Its value there.
        value: f64,
    },
    /// The input carries white noise.
    #[error(
        "input {input} carries white noise of strength {strength}: this theory takes inputs without noise, set input.noise to 0"
    )]
    NoisyInput {
        /// Which input vector.
        input: usize,
        /// Its noise strength.
        strength: f64,
    },
    /// White noise of every unit's own.
    #[error(
        "every unit has white noise of strength sigma = {sigma}, so nothing is stationary: its states are fluctuating, or set network.noise to 0"
    )]
    NoStationaryState {
        /// Strength of the noise.
        sigma: f64,
    },
    /// A continuation that cannot go on.
    #[error(
        "the continuation stalled at parameter {parameter} after {points} points, with steps of {step:e} of the interval (least {limit:e}): the branch is not smooth there, end the interval before"
    )]
    Stalled {
        /// Parameter reached.
        parameter: f64,
        /// Points before it.
        points: usize,
        /// Last step tried, in parts of the interval.
        step: f64,
        /// Smallest step.
        limit: f64,
    },
    /// A branch with more points than a continuation takes.
    #[error(
        "the branch has not ended after {limit} points, at parameter {parameter}: continue it in shorter intervals"
    )]
    TooManyPoints {
        /// Parameter reached.
        parameter: f64,
        /// Most points.
        limit: usize,
    },
    /// A diagram of more branches than are followed.
    #[error(
        "there are more than {limit} branches, at parameter {parameter}: choose a shorter interval or fewer samples"
    )]
    TooManyBranches {
        /// Parameter reached.
        parameter: f64,
        /// Most branches.
        limit: usize,
    },
    /// The start of a continuation lies outside its interval.
    #[error("the branch starts at parameter {parameter}: choose a start within the interval from {low} to {high}")]
    StartOutside {
        /// Parameter of the start.
        parameter: f64,
        /// Lower end of the interval.
        low: f64,
        /// Upper end.
        high: f64,
    },
    /// An interval of a parameter that is none.
    #[error("the interval runs from {low} to {high}: give finite ends, the smaller one first")]
    BadInterval {
        /// Lower end given.
        low: f64,
        /// Upper end given.
        high: f64,
    },
    /// An input that never comes to rest.
    #[error(
        "input {input} is a sine of period {period}: stationary and chaotic states have constant inputs; follow {}, or leave the sine out",
        if *noisy { "networks with lowrank simulate" } else { "the time course with lowrank transient" }
    )]
    EndlessInput {
        /// The input.
        input: usize,
        /// Period of the sine, in unit time constants.
        period: f64,
        /// Whether the units carry white noise, which the theory of time courses does not take.
        noisy: bool,
    },
    /// A model without the symmetry that a transition needs.
    #[error("{what} is not defined for {found}: it needs {needs}")]
    WrongModel {
        /// The transition.
        what: &'static str,
        /// What the model has.
        found: String,
        /// What the model must have.
        needs: &'static str,
    },
    /// A lag that is negative or not finite.
    #[error("the {what} is {value}: it must be a finite number >= 0")]
    BadTime {
        /// "lag" or "sampling interval".
        what: &'static str,
        /// The value given.
        value: f64,
    },
    /// An option outside its limits.
    #[error("option {field} is {value}: choose it in [{low:e}, {high}]")]
    BadOption {
        /// Name of the option.
        field: &'static str,
        /// The value given.
        value: f64,
        /// Smallest value.
        low: f64,
        /// Largest value.
        high: f64,
    },
    /// A panel of a transient cannot be solved, however short.
    #[error(
        "the transient is not smooth at time {time}: on panels of length {length:e} its sources are resolved to {tail:e} (tolerance {tolerance:e}) with residual {residual:e}; lower g, or shorten the time (run.transient and run.window of a spec, `TransientOptions` of the library)"
    )]
    Unresolved {
        /// Start of the panel.
        time: f64,
        /// Highest Legendre coefficients of the sources.
        tail: f64,
        /// What they may be.
        tolerance: f64,
        /// Last change of the fixed-point iteration.
        residual: f64,
        /// Length of the shortest panel tried.
        length: f64,
    },
    /// A transient needs too many times.
    #[error(
        "the transient needs {times} times to go on from {time} to {end}, more than {limit}: end it earlier (run.transient and run.window of a spec), or give the input fewer changes or as a sine (input.changes, input.from and input.sine); the library has a tolerance in `TransientOptions` too"
    )]
    TooManyTimes {
        /// Number of times.
        times: usize,
        /// Most times.
        limit: usize,
        /// How far it has come.
        time: f64,
        /// Where it should end.
        end: f64,
    },
    /// A time outside the interval of a transient.
    #[error("time {time} is outside the transient: ask within [0, {end}]")]
    OutsideTransient {
        /// The time asked for.
        time: f64,
        /// End of the interval.
        end: f64,
    },
    /// No chaotic solution was found where there has to be one.
    #[error(
        "no chaotic solution found, though activity has a bound and every stationary solution is unstable (rho = {rho:.4}, delta_0 = {delta_0:.4e} at one of them): the search has missed it: change g or the overlaps a little"
    )]
    ChaosNotFound {
        /// Bulk radius of an unstable stationary solution.
        rho: f64,
        /// The population variance of x.
        delta_0: f64,
    },
    /// Chaos so close to its onset that it cannot be told from rest.
    #[error(
        "just above the onset of chaos (g = {g}, rho - 1 = {excess:.1e}) activity fluctuates too weakly to be resolved: move g or the overlaps by a thousandth, away from the onset"
    )]
    WeakChaos {
        /// Random strength.
        g: f64,
        /// Bulk radius of an unstable stationary solution, or of the chaotic one whose exponent is hidden, less one.
        excess: f64,
    },
    /// White noise whose fluctuations are too weak to be told from rest.
    #[error(
        "noise of strength sigma = {sigma:e} makes x fluctuate by a variance of about {delta_t:.0e}, too little to be resolved (delta_0 = {delta_0:.0e} without it): raise network.noise, or set it to 0"
    )]
    WeakFluctuations {
        /// Strength of the noise.
        sigma: f64,
        /// The temporal variance that it makes, to first order.
        delta_t: f64,
        /// The variance of x without noise.
        delta_0: f64,
    },
    /// A chaotic solution of one time scale of which nobody knows whether it exists at two.
    #[error(
        "the chaotic solution with kappa {} could not be followed from one time scale to tau_s = {tau_s}, tau_r = {tau_r}: Newton stopped at tau_s = {reached_s:.4}, tau_r = {reached_r:.4}, and nothing shows that it ends there; bring the time constants nearer to one of the two",
        decimals_of(kappa, 4)
    )]
    NotFollowed {
        /// Its kappa where it was last seen.
        kappa: Vec<f64>,
        /// The model's time constant of x.
        tau_s: f64,
        /// The model's time constant of r.
        tau_r: f64,
        /// Time constant of x to which it was followed.
        reached_s: f64,
        /// Time constant of r to which it was followed.
        reached_r: f64,
    },
    /// Solutions, but no stable one.
    #[error(
        "theory has no stable state: {stationary} stationary and {fluctuating} fluctuating solutions, all unstable; networks may oscillate: look at their course with lowrank simulate"
    )]
    NoStableState {
        /// Number of stationary solutions.
        stationary: usize,
        /// Number of fluctuating ones.
        fluctuating: usize,
    },
    /// From the start kappa never comes to rest.
    #[error(
        "from this start {} does not come to rest: after {time:.0} it still moves between {} and {}, on a cycle that no solution stands for or very slowly; start closer to a stable state, or look at the course of networks with lowrank simulate",
        kappa.map_or("the variance".to_owned(), |k| format!("kappa_{}", k + 1)),
        decimals(*low, 4),
        decimals(*high, 4)
    )]
    Oscillates {
        /// The kappa that moves most, counted from zero; none where it is the individual variance.
        kappa: Option<usize>,
        /// Smallest value of what moves.
        low: f64,
        /// Largest value.
        high: f64,
        /// Time that was followed.
        time: f64,
    },
    /// From the start activity grows without bound.
    #[error(
        "from this start the activity grows without bound (unbounded){}: lower g or the overlaps, or choose a transfer function that has a bound",
        growth_rate.map_or(String::new(), |rate| format!(", at the rate {rate:.4}"))
    )]
    Unbounded {
        /// The fastest rate at which activity of the model grows far from the origin (T29), in inverse units of time; none
        /// where no direction of growth was found.
        growth_rate: Option<f64>,
    },
    /// A start from which networks may go to one state or to another.
    #[error(
        "the start lies close to the border between the basins of the states with kappa {}{}: a finite network may end in any of them; {}",
        ends.iter().map(|kappa| decimals_of(kappa, 4)).collect::<Vec<_>>().join(" and "),
        if *unbounded { " and of unbounded growth" } else { "" },
        if *from_every_start {
            "in networks of 4000 neurons the border scatters by as much as states are apart, so that no other start helps: move g or the overlaps"
        } else {
            "start farther along m, or on the other side"
        }
    )]
    NearSeparatrix {
        /// kappa of the states on both sides.
        ends: Vec<Vec<f64>>,
        /// Whether activity grows without bound on one side.
        unbounded: bool,
        /// Whether networks scatter so much that some have lost a state, wherever they start.
        from_every_start: bool,
    },
    /// A state that hardly resists a push in one direction.
    #[error(
        "the state with kappa {} hardly resists in one direction (eigenvalue {eigenvalue:.4}, where 1 is no resistance): what networks of 4000 neurons deviate by moves their kappa by {scatter:.1} times its size; move the overlaps apart, or make the input stronger",
        decimals_of(kappa, 4)
    )]
    SoftState {
        /// kappa of the state.
        kappa: Vec<f64>,
        /// The largest real eigenvalue of (T10), or of B (T32), at the state.
        eigenvalue: f64,
        /// How far a network's deviation of order 1 / sqrt(N) moves kappa, one standard deviation, in units of the root of the sum of
        /// kappa_k squared.
        scatter: f64,
    },
    /// Strong inhibition of threshold-linear units.
    #[error(
        "whether activity has a bound cannot be told: along its fastest direction it grows at {along:.4} per unit time, and as inhibition makes the direction fluctuate, more slowly by up to {slower:.4}; run networks (lowrank simulate), or move g or the overlaps"
    )]
    UndecidedGrowth {
        /// lambda - 1 of the fastest ray (T29).
        along: f64,
        /// By how much less networks may grow, per unit time.
        slower: f64,
    },
    /// Directions of threshold-linear units that neither settle nor repeat themselves in the time they are followed.
    #[error(
        "whether activity has a bound cannot be told: some of its directions neither settle nor come back to themselves in the time they are followed, and may grow at up to {at_most:.4} per unit time, where all others grow at {found:.4} at most; run networks (lowrank simulate), or move g or the overlaps"
    )]
    UndecidedDirection {
        /// The largest growth rate that is known, per unit time.
        found: f64,
        /// The largest that a direction may have which is not.
        at_most: f64,
    },
    /// The model was refused.
    #[error(transparent)]
    Model(#[from] ModelError),
}
