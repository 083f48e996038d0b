//! The report of a validation as one HTML file that needs nothing else: no network, no fonts, no other file.
//!
//! Its text is `html/report.html`, a template; its looks `html/report.css`; sorting and filtering `html/report.js`, without
//! which it is a plain table. Everything put into the template is escaped. Figures are images of their own within the
//! page: their identifiers and styles touch neither each other nor the page. A policy in the head forbids the browser
//! to load anything. The same run makes the same bytes.

mod command;
mod figures;
mod parameters;
mod strip;

use lowrank_model::decimals;
use lowrank_validate::{Claim, Effort, Outcome, PointRecord, Scaling, Verdict};
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use serde::Serialize;

use crate::table::{fixed, median_slope};
use crate::{Provenance, ReportError};
use command::command_line;
pub use command::quoted;
pub use figures::evidence;
use parameters::parameters;
use strip::{Strip, strip};

const TEMPLATE: &str = include_str!("html/report.html");
const STYLE: &str = include_str!("html/report.css");
const SCRIPT: &str = include_str!("html/report.js");

/// Characters of a commit at the head of the page; the whole is at its end.
const SHORT_COMMIT: usize = 12;

/// The report of a run.
///
/// `command` is the command that made it, without the options for size, seed, pattern and planted fault, which are
/// added: "cargo xtask validate". `figures` are captions with complete SVG documents.
///
/// # Errors
/// None in practice: the template is part of the program.
pub fn html(
    outcome: &Outcome,
    provenance: &Provenance,
    command: &str,
    figures: &[(&str, &str)],
) -> Result<String, ReportError> {
    let page = page(outcome, provenance, command, figures)?;
    let mut environment = Environment::empty();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    Ok(environment.render_named_str("report.html", TEMPLATE, Serde(page))?)
}

/// Everything the template names.
#[derive(Serialize)]
struct Page<'a> {
    style: Value,
    script: Value,
    headline: String,
    passed: bool,
    planted: Option<String>,
    /// What could not be judged, a line each.
    missing: Vec<String>,
    facts: Vec<(&'static str, String)>,
    verdicts: Vec<Count>,
    claims: Vec<Row<'a>>,
    variants: Vec<String>,
    points: Vec<Point<'a>>,
    /// Their names, each once.
    point_names: Vec<&'a str>,
    figures: Vec<(&'a str, String)>,
    alarm: String,
    family: usize,
    effort: &'static str,
    margin_factor: f64,
    scaling: Vec<Slope<'a>>,
    scaling_sizes: &'a [usize],
    median: String,
    provenance: &'a Provenance,
    command: String,
}

/// How many claims have a verdict.
#[derive(Serialize)]
struct Count {
    class: &'static str,
    count: usize,
}

/// A row of the table: cells as they are read, and as they are sorted.
#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    point: &'a str,
    /// Which of the points it is of, from 1: two may have one name.
    article: usize,
    statistic: &'a str,
    variant: String,
    verdict: &'static str,
    /// Fails first.
    rank: usize,
    neurons: usize,
    networks: usize,
    numbers: Vec<Cell>,
    strip: Option<Strip>,
}

/// A number of a row.
#[derive(Serialize)]
struct Cell {
    label: &'static str,
    class: &'static str,
    text: String,
    /// The whole number; empty where it is none.
    exact: String,
}

#[derive(Serialize)]
struct Point<'a> {
    name: &'a str,
    why: &'a str,
    phase: &'static str,
    variants: String,
    verdicts: Vec<Count>,
    parameters: Vec<(String, String)>,
}

#[derive(Serialize)]
struct Slope<'a> {
    name: &'a str,
    errors: Vec<String>,
    slope: String,
}

fn page<'a>(
    outcome: &'a Outcome,
    provenance: &'a Provenance,
    command: &str,
    figures: &[(&'a str, &str)],
) -> Result<Page<'a>, ReportError> {
    let mut point_names: Vec<&str> = outcome.points.iter().map(|point| point.name.as_str()).collect();
    point_names.dedup();
    let effort = match outcome.effort {
        Effort::Quick => "quick",
        Effort::Standard => "standard",
        Effort::Full => "full",
        Effort::Own { .. } => "own size",
    };
    let mut variants: Vec<String> = Vec::new();
    for claim in &outcome.claims {
        let variant = claim.variant.to_string();
        if !variants.contains(&variant) {
            variants.push(variant);
        }
    }
    Ok(Page {
        style: Value::from_safe_string(STYLE.to_owned()),
        script: Value::from_safe_string(SCRIPT.to_owned()),
        headline: headline(outcome),
        passed: outcome.passed(),
        planted: outcome.plant.map(|plant| plant.to_string()),
        missing: outcome.missing(),
        facts: facts(outcome, provenance, effort, &variants),
        verdicts: counts(&outcome.claims.iter().collect::<Vec<_>>()),
        claims: outcome.claims.iter().map(|claim| row(claim, outcome)).collect(),
        variants,
        points: outcome.points.iter().map(|p| point(p, outcome)).collect::<Result<_, _>>()?,
        point_names,
        figures: figures.iter().map(|(caption, svg)| (*caption, percent_encoded(svg))).collect(),
        alarm: format!("{} %", 100.0 * outcome.false_alarm_rate),
        family: outcome.family,
        effort,
        margin_factor: outcome.margin_factor,
        scaling: outcome.scaling.iter().map(slope).collect(),
        scaling_sizes: outcome.scaling.first().map(|s| &s.neurons[..]).unwrap_or_default(),
        median: median_slope(outcome).map(|(median, ..)| decimals(median, 2)).unwrap_or_default(),
        provenance,
        command: command_line(command, outcome),
    })
}

fn headline(outcome: &Outcome) -> String {
    let (all, failed) = (outcome.claims.len(), outcome.count(Verdict::Fail));
    let inconclusive = outcome.count(Verdict::Inconclusive);
    match (failed, inconclusive) {
        (0, 0) if all == 1 => "The claim passes".to_owned(),
        (0, 0) => format!("All {all} claims pass"),
        (0, _) => format!("{inconclusive} of {all} claims inconclusive, none fails"),
        (_, 0) => format!("{failed} of {all} claims fail"),
        (..) => format!("{failed} of {all} claims fail, {inconclusive} inconclusive"),
    }
}

fn facts(outcome: &Outcome, provenance: &Provenance, effort: &str, variants: &[String]) -> Vec<(&'static str, String)> {
    let sizes = outcome.sizes.iter().map(|(n, networks)| format!("{networks} of N\u{a0}=\u{a0}{n}"));
    let mut facts = vec![
        ("Effort", effort.to_owned()),
        ("Networks", sizes.collect::<Vec<_>>().join("; ")),
        ("Variants", variants.join(", ")),
        ("Seed", outcome.seed.to_string()),
        ("Version", format!("{} {}", provenance.program, provenance.version)),
        ("Commit", provenance.commit.chars().take(SHORT_COMMIT).collect()),
    ];
    if let Some(only) = &outcome.only {
        facts.push(("Only claims with", format!("\u{201c}{only}\u{201d} in their name")));
    }
    facts
}

/// Passes, failures and what is inconclusive, in this order.
fn counts(claims: &[&Claim]) -> Vec<Count> {
    [Verdict::Pass, Verdict::Fail, Verdict::Inconclusive]
        .map(|verdict| Count {
            class: class(verdict),
            count: claims.iter().filter(|c| c.judgement.verdict == verdict).count(),
        })
        .into()
}

/// The word in the page, which also chooses colour and mark.
fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::Inconclusive => "inconclusive",
    }
}

/// Whether a claim is about this point: points of one name differ in their variants.
fn is_of(claim: &Claim, point: &PointRecord) -> bool {
    claim.point == point.name && point.variants.contains(&claim.variant)
}

fn row<'a>(claim: &'a Claim, outcome: &Outcome) -> Row<'a> {
    let judgement = &claim.judgement;
    let rank = match judgement.verdict {
        Verdict::Fail => 0,
        Verdict::Inconclusive => 1,
        Verdict::Pass => 2,
    };
    let cell = |label, class, value: f64, text| {
        let exact = if value.is_finite() { value.to_string() } else { String::new() };
        Cell { label, class, text, exact }
    };
    Row {
        name: &claim.name,
        point: &claim.point,
        article: outcome.points.iter().position(|point| is_of(claim, point)).map_or(1, |index| index + 1),
        statistic: &claim.statistic,
        variant: claim.variant.to_string(),
        verdict: class(judgement.verdict),
        rank,
        neurons: claim.neurons,
        networks: claim.networks,
        numbers: vec![
            cell("theory", "theory", claim.theory, fixed(claim.theory)),
            cell("estimate", "estimate", judgement.estimate, fixed(judgement.estimate)),
            cell("SE", "se", judgement.standard_error, fixed(judgement.standard_error)),
            cell("z", "z", judgement.z.unwrap_or(f64::NAN), judgement.z.map_or_else(String::new, |z| decimals(z, 1))),
            cell("margin", "margin", claim.margin, fixed(claim.margin)),
        ],
        strip: strip(claim),
    }
}

fn point<'a>(point: &'a PointRecord, outcome: &Outcome) -> Result<Point<'a>, ReportError> {
    let claims: Vec<&Claim> = outcome.claims.iter().filter(|claim| is_of(claim, point)).collect();
    Ok(Point {
        name: &point.name,
        why: &point.why,
        phase: point.phase.name(),
        variants: point.variants.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        verdicts: counts(&claims),
        parameters: parameters(point)?,
    })
}

fn slope(scaling: &Scaling) -> Slope<'_> {
    Slope {
        name: &scaling.name,
        errors: scaling.error.iter().map(|error| fixed(*error)).collect(),
        slope: decimals(scaling.slope, 2),
    }
}

/// An SVG document as part of the address of an image: everything but letters and digits is written as %XX.
fn percent_encoded(svg: &str) -> String {
    let mut uri = String::with_capacity(2 * svg.len());
    for byte in svg.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => uri.push(char::from(byte)),
            _ => uri += &format!("%{byte:02X}"),
        }
    }
    uri
}

#[cfg(test)]
pub(crate) mod tests;
