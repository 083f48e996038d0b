//! What the trials of many networks come to: how many networks do the task, with an interval, and theory's number beside it.

mod groups;

use lowrank_model::Variant;
use lowrank_validate::{FALSE_ALARM_RATE, Judgement, Verdict, judge};
use serde::Serialize;
use statrs::distribution::{Beta, ContinuousCDF, StudentsT};

pub use groups::{OfGroup, part_high};

use self::groups::groups;
use crate::{Decision, Networks, Ran, Task, TaskError, Wanted};

/// Coverage of the intervals.
const COVERAGE: f64 = 0.95;
/// How far the mean readout of a condition may be from theory at [`REFERENCE`] neurons, in parts of the distance between high
/// and low: what the slaved bulk (T28) and moments in place of the vectors leave out, with room for a factor of two. It goes as
/// 1/sqrt(N), as what theory leaves out does, and is no more than [`LARGEST`].
const READOUT_MARGIN: f64 = 0.1;
const REFERENCE: f64 = 2500.0;
const LARGEST: f64 = 0.2;
/// How far the rate of success may be from theory's: fifty networks that all do as theory says are enough to pass.
const SUCCESS_MARGIN: f64 = 0.25;

/// A proportion with its 95 % interval (Clopper-Pearson).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Proportion {
    /// How many did.
    pub count: usize,
    /// Of how many.
    pub of: usize,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Proportion {
    /// `count` of `of`.
    pub fn new(count: usize, of: usize) -> Self {
        Self::with_tails(count, of, 0.5 * (1.0 - COVERAGE))
    }

    /// The same with this probability beyond each end of the interval.
    fn with_tails(count: usize, of: usize, tail: f64) -> Self {
        let (k, n) = (count as f64, of as f64);
        let quantile = |a: f64, b: f64, p: f64| Beta::new(a, b).map_or(f64::NAN, |beta| beta.inverse_cdf(p));
        let low = if count == 0 { 0.0 } else { quantile(k, n - k + 1.0, tail) };
        let high = if count == of { 1.0 } else { quantile(k + 1.0, n - k, 1.0 - tail) };
        Self { count, of, low, high }
    }

    /// The proportion itself.
    pub fn value(&self) -> f64 {
        self.count as f64 / self.of as f64
    }
}

/// Whether two rates of success over the same networks agree.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Agreement {
    /// Rate of the networks minus rate by theory.
    pub difference: f64,
    /// Ends of its simultaneous interval: exact ones of how many networks do more, and how many less, than theory says.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Pass: the interval lies within the margin; fail: it does not, and excludes zero.
    pub verdict: Verdict,
}

impl Agreement {
    /// Of `of` networks, `more` do the task and not by theory, `fewer` by theory alone; one of `family` claims.
    fn new(more: usize, fewer: usize, of: usize, family: usize) -> Self {
        // Two intervals of two ends each share the level.
        let tail = 0.25 * FALSE_ALARM_RATE / family.max(1) as f64;
        let [of_more, of_fewer] = [more, fewer].map(|count| Proportion::with_tails(count, of, tail));
        let (low, high) = (of_more.low - of_fewer.high, of_more.high - of_fewer.low);
        let verdict = if -SUCCESS_MARGIN <= low && high <= SUCCESS_MARGIN {
            Verdict::Pass
        } else if low > 0.0 || high < 0.0 {
            Verdict::Fail
        } else {
            Verdict::Inconclusive
        };
        Self { difference: of_more.value() - of_fewer.value(), low, high, verdict }
    }
}

/// A mean over networks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Mean {
    /// The mean.
    #[schemars(with = "Option<f64>")]
    pub mean: f64,
    /// Half width of its 95 % interval (Student's t over networks); NaN for fewer than two.
    #[schemars(with = "Option<f64>")]
    pub half_width: f64,
    /// Networks in it.
    pub networks: usize,
}

impl Mean {
    /// The mean of one value a network; values that are not numbers are left out.
    pub fn of(values: impl Iterator<Item = f64>) -> Self {
        let values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
        let quantile = StudentsT::new(0.0, 1.0, n - 1.0).map_or(f64::NAN, |t| t.inverse_cdf(0.5 * (1.0 + COVERAGE)));
        let half_width = if values.len() < 2 { f64::NAN } else { quantile * (variance / n).sqrt() };
        Self { mean, half_width, networks: values.len() }
    }
}

/// Whether a trial was right, if anything was wanted.
type OfTrial = fn(&Ran) -> Option<bool>;

/// One condition over all networks.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct OfCondition {
    /// Its label.
    pub label: String,
    /// Its group of a psychometric curve.
    pub group: String,
    /// Its level.
    pub level: f64,
    /// The number that decides, and theory's.
    pub value: Mean,
    /// Theory's of the same networks and noise.
    pub predicted: Mean,
    /// Part of the trials that end high.
    pub high: Mean,
    /// Theory's.
    pub predicted_high: Mean,
    /// Reaction time of the trials that have one.
    pub reaction: Mean,
    /// Theory's.
    pub predicted_reaction: Mean,
    /// Whether network and theory agree within the margin; none for an unscored condition.
    pub claim: Option<Judgement>,
}

/// A task in one variant at one random strength and size.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Score {
    /// Name of the variant.
    pub variant: &'static str,
    /// Random strength.
    pub g: f64,
    /// Neurons.
    pub neurons: usize,
    /// Networks that do the task.
    pub success: Proportion,
    /// Those that do it by theory.
    pub predicted_success: Proportion,
    /// Part of the trials that are right, over networks.
    pub right: Mean,
    /// By theory.
    pub predicted_right: Mean,
    /// Part of the trials of which theory foretells whether they are right.
    pub foretold: f64,
    /// Whether the rates of success agree within the margin.
    pub claim: Agreement,
    /// The shortest step that a trial took.
    pub step: f64,
    /// The largest estimated local error of a trial, per unit time (T37).
    pub error_estimate: f64,
    /// Every condition.
    pub conditions: Vec<OfCondition>,
    /// Every group with levels.
    pub groups: Vec<OfGroup>,
}

/// The scores of all variants and random strengths, in their order, over the networks that are not lost; none where fewer than two are
/// left. Over all of `family` the claims of success and of thresholds
/// share one false-alarm rate, half of it each; those of conditions have one of their own.
///
/// # Errors
/// Fewer than two networks.
pub fn scores(task: &Task, networks: &Networks, ran: &[Vec<Ran>], family: usize) -> Result<Vec<Score>, TaskError> {
    let neurons = networks.neurons;
    let mut scores = Vec::new();
    for (variant, form) in networks.variants.iter().enumerate() {
        for (strength, g) in networks.strengths.iter().enumerate() {
            let own = |ran: &&Ran| ran.variant == variant && ran.strength == strength;
            let of_network = ran.iter().map(|ran| ran.iter().filter(own).collect::<Vec<&Ran>>());
            // Without those that are lost; of one network nothing can be judged.
            let of_network: Vec<Vec<&Ran>> = of_network.filter(|ran| !ran.is_empty()).collect();
            if of_network.len() < 2 && ran.len() >= 2 {
                continue;
            }
            let task = Task { g: *g, ..task.clone() };
            scores.push(score(&task, &of_network, (*form, neurons), family)?);
        }
    }
    Ok(scores)
}

fn score(
    task: &Task,
    networks: &[Vec<&Ran>],
    (variant, neurons): (Variant, usize),
    family: usize,
) -> Result<Score, TaskError> {
    let part = |ran: &[&Ran], of: OfTrial| {
        let judged: Vec<bool> = ran.iter().filter_map(|ran| of(ran)).collect();
        judged.iter().filter(|right| **right).count() as f64 / judged.len() as f64
    };
    let seen: OfTrial = |ran| ran.seen.right;
    let predicted: OfTrial = |ran| ran.predicted.right;
    let rates = |of| networks.iter().map(move |ran| part(ran, of)).collect::<Vec<f64>>();
    let (right, predicted_right) = (rates(seen), rates(predicted));
    let does = |rate: &f64| *rate >= task.required - 1e-9;
    let success = |rates: &[f64]| Proportion::new(rates.iter().filter(|rate| does(rate)).count(), rates.len());
    let one_sided = |a: &[f64], b: &[f64]| a.iter().zip(b).filter(|(a, b)| does(a) && !does(b)).count();
    let (more, fewer) = (one_sided(&right, &predicted_right), one_sided(&predicted_right, &right));
    let all = || networks.iter().flatten().filter(|ran| ran.seen.right.is_some());
    let agree = all().filter(|ran| ran.seen.right == ran.predicted.right).count();
    let margin = margin(task, networks, neurons);
    let conditions = (0..task.conditions.len())
        .map(|condition| of_condition(task, networks, condition, margin, family * task.conditions.len()));
    Ok(Score {
        variant: variant.name(),
        g: task.g,
        neurons,
        success: success(&right),
        predicted_success: success(&predicted_right),
        right: Mean::of(right.iter().copied()),
        predicted_right: Mean::of(predicted_right.iter().copied()),
        foretold: agree as f64 / all().count() as f64,
        claim: Agreement::new(more, fewer, networks.len(), 2 * family),
        step: networks.iter().flatten().map(|ran| ran.step).fold(f64::INFINITY, f64::min),
        error_estimate: networks.iter().flatten().map(|ran| ran.error_estimate).fold(0.0, f64::max),
        conditions: conditions.collect::<Result<_, _>>()?,
        groups: groups(task, networks, (variant, neurons), family)?,
    })
}

/// What theory leaves out, in parts of the distance between high and low.
fn part_left_out(neurons: usize) -> f64 {
    (READOUT_MARGIN * (REFERENCE / neurons as f64).sqrt()).min(LARGEST)
}

/// How far the number that decides may be from theory's.
fn margin(task: &Task, networks: &[Vec<&Ran>], neurons: usize) -> f64 {
    match task.decision {
        Decision::Readout { .. } | Decision::Period { .. } => part_left_out(neurons) * range(task, networks),
        Decision::Angle { tolerance, .. } => tolerance,
    }
}

/// The distance between the highest and the lowest mean prediction, zero among them.
fn range(task: &Task, networks: &[Vec<&Ran>]) -> f64 {
    let mean = |condition: usize| {
        let of = |ran: &&&Ran| ran.condition == condition;
        Mean::of(networks.iter().flatten().filter(of).map(|ran| ran.predicted.value)).mean
    };
    let means: Vec<f64> = (0..task.conditions.len()).map(mean).collect();
    let (low, high) = means.iter().fold((0.0_f64, 0.0_f64), |(low, high), mean| (low.min(*mean), high.max(*mean)));
    high - low
}

fn of_condition(
    task: &Task,
    networks: &[Vec<&Ran>],
    condition: usize,
    margin: f64,
    family: usize,
) -> Result<OfCondition, TaskError> {
    let given = &task.conditions[condition];
    let each = |of: &dyn Fn(&Ran) -> f64| -> Vec<f64> {
        let mean = |ran: &Vec<&Ran>| {
            let values = ran.iter().filter(|ran| ran.condition == condition).map(|ran| of(ran));
            let values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
            values.iter().sum::<f64>() / values.len() as f64
        };
        networks.iter().map(mean).collect()
    };
    let over = |of: &dyn Fn(&Ran) -> f64| Mean::of(each(of).into_iter());
    let high = |high: bool| f64::from(u8::from(high));
    let reaction = |reaction: Option<f64>| reaction.unwrap_or(f64::NAN);
    let off: Vec<f64> = each(&|ran| task.decision.distance(ran.seen.value, ran.predicted.value));
    let claimed = given.wanted != Wanted::Anything;
    let mut claim = claimed.then(|| judge(&off, 0.0, margin, family)).transpose()?;
    if let (Decision::Angle { .. }, Some(claim)) = (&task.decision, &mut claim) {
        claim.verdict = of_distance(claim, margin);
    }
    Ok(OfCondition {
        label: given.label.clone(),
        group: given.group.clone(),
        level: given.level,
        value: over(&|ran| ran.seen.value),
        predicted: over(&|ran| ran.predicted.value),
        high: over(&|ran| high(ran.seen.high)),
        predicted_high: over(&|ran| high(ran.predicted.high)),
        reaction: over(&|ran| reaction(ran.seen.reaction)),
        predicted_reaction: over(&|ran| reaction(ran.predicted.reaction)),
        claim,
    })
}

/// The verdict on a mean distance, which is never zero: within the margin, beyond it, or neither.
fn of_distance(claim: &Judgement, margin: f64) -> Verdict {
    if claim.estimate + claim.half_width <= margin {
        Verdict::Pass
    } else if claim.estimate - claim.half_width > margin {
        Verdict::Fail
    } else {
        Verdict::Inconclusive
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_agree_only_if_there_are_networks_enough_to_tell() {
        let verdict = |more, fewer, of| Agreement::new(more, fewer, of, 50).verdict;
        assert_eq!(verdict(0, 0, 50), Verdict::Pass);
        assert_eq!(verdict(0, 0, 20), Verdict::Inconclusive);
        assert_eq!(verdict(3, 3, 50), Verdict::Inconclusive);
        assert_eq!(verdict(0, 30, 50), Verdict::Fail);
        assert_eq!(verdict(30, 0, 50), Verdict::Fail);
        // P(none of 50 | p) = tail: p = 1 - (0.25 * 0.01 / 50)^(1/50).
        let claim = Agreement::new(0, 0, 50, 50);
        assert!((claim.high - (1.0 - 5e-5_f64.powf(1.0 / 50.0))).abs() < 1e-9, "{claim:?}");
    }

    #[test]
    fn intervals_are_those_of_tables() {
        // Clopper and Pearson, 95 %: 0 of 10 up to 0.3085; 8 of 10 from 0.4439 to 0.9748; 10 of 10 from 0.6915.
        let ends = |count| {
            let p = Proportion::new(count, 10);
            (p.low, p.high)
        };
        let close = |a: (f64, f64), b: (f64, f64)| assert!((a.0 - b.0).abs() < 5e-5 && (a.1 - b.1).abs() < 5e-5);
        close(ends(0), (0.0, 0.3085));
        close(ends(8), (0.4439, 0.9748));
        close(ends(10), (0.6915, 1.0));
        // t_{0.975, 3} = 3.1824; deviation of 1, 2, 3, 4 is 1.2910.
        let mean = Mean::of([1.0, 2.0, 3.0, 4.0, f64::NAN].into_iter());
        assert!(Mean::of(std::iter::once(1.0)).half_width.is_nan());
        assert!((mean.mean - 2.5).abs() < 1e-12 && (mean.half_width - 3.1824 * 1.2910 / 2.0).abs() < 1e-3);
    }
}
