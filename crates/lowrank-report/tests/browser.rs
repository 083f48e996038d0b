//! The HTML report in headless Chromium: nothing sticks out at 400 and at 1400 pixels, the table sorts and filters.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stdout, clippy::disallowed_methods)]

use std::fs;
use std::process::Command;

use lowrank_report::{Provenance, html};
use lowrank_validate::{Claim, Effort, Judgement, OperatingPoint, Outcome, PointRecord, Scaling, Verdict, all_points};
use serde_json::Value;

/// What the page is made to do, and what comes of it: appended to the page, so that it runs after the page's own script.
const ACTIONS: &str = include_str!("browser/actions.js");

/// A run of every point with made-up numbers: row k is off by k hundredths of a margin, every fifth row fails, every
/// seventh is inconclusive.
fn outcome() -> Outcome {
    let points = all_points().unwrap();
    let mut claims: Vec<Claim> = Vec::new();
    for point in &points {
        for &(variant, _) in &point.variants {
            for (statistic, _) in point.statistics_of(variant) {
                let k = claims.len();
                let (theory, margin) = ((k * 37 % 101) as f64 - 50.0, 0.5);
                let estimate = theory + margin * k as f64 / 100.0;
                let verdict = if k.is_multiple_of(5) {
                    Verdict::Fail
                } else if k.is_multiple_of(7) {
                    Verdict::Inconclusive
                } else {
                    Verdict::Pass
                };
                let judgement = Judgement { estimate, standard_error: 0.01, z: Some(1.0), half_width: 0.04, verdict };
                claims.push(Claim {
                    name: format!("{}/{variant}/{statistic}", point.name),
                    point: point.name.to_string(),
                    variant,
                    statistic: statistic.to_string(),
                    neurons: 1000,
                    networks: 96,
                    theory,
                    margin,
                    judgement,
                });
            }
        }
    }
    let slope = |claim: &Claim| Scaling {
        name: claim.name.clone(),
        neurons: vec![500, 1000, 2000],
        error: vec![0.4, 0.3, 0.2],
        slope: -0.5,
    };
    Outcome {
        seed: 1,
        effort: Effort::Full,
        sizes: Effort::Full.sizes(),
        margin_factor: 0.7,
        only: None,
        plant: None,
        false_alarm_rate: 0.01,
        family: claims.len(),
        points: points.iter().map(record).collect(),
        failures: vec![],
        unclaimed: vec![],
        scaling: claims.iter().map(slope).collect(),
        claims,
    }
}

fn record(point: &OperatingPoint) -> PointRecord {
    PointRecord {
        name: point.name.to_string(),
        why: point.why.to_string(),
        model: point.model.clone(),
        phase: point.phase,
        variants: point.variants.iter().map(|(v, _)| *v).collect(),
        kappa: point.kappa.clone(),
        initial: (vec![], point.initial.deviation),
        neurons: 1000,
        networks: 96,
        bulk: point.bulk.to_string(),
        copies: point.copies,
        predictor: point.predictor,
        method: point.method.name(),
        step: point.timing.step,
        transient: point.timing.transient,
        window: point.timing.window,
        interval: point.timing.interval,
        lags: point.lags.clone(),
    }
}

/// What [`ACTIONS`] tells of the page at a width; none where there is no Chromium.
fn at_width(page: &str, width: usize) -> Option<Value> {
    if !Command::new("chromium").arg("--version").output().is_ok_and(|output| output.status.success()) {
        println!("skipped: there is no chromium on the path");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    // No window is narrower than 500 pixels; a frame is, and its page sees the frame's width.
    let attribute = page.replace('&', "&amp;").replace('"', "&quot;");
    let frame =
        format!("<!DOCTYPE html><iframe width={width} height=900 style='border:0' srcdoc=\"{attribute}\"></iframe>");
    let file = folder.path().join("frame.html");
    fs::write(&file, frame).unwrap();
    let profile = folder.path().join("profile");
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"])
        .args(["--disable-background-networking", "--disable-component-update", "--hide-scrollbars"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .args(["--window-size=1500,1000", "--timeout=60000", "--dump-dom"])
        .arg(format!("file://{}", file.display()))
        .output()
        .unwrap();
    let dom = String::from_utf8(output.stdout).unwrap();
    let told = dom.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>")).map(|(title, _)| title);
    let told = told.unwrap_or_else(|| panic!("the page's script did not run to its end"));
    Some(serde_json::from_str(told).unwrap())
}

/// Skipped, with a line that says so, where there is no `chromium`.
#[test]
fn chromium_if_there_shows_the_whole_page_and_sorts_and_filters_it() {
    let outcome = outcome();
    let provenance =
        Provenance { program: "lowrank", version: "0.1.0", commit: "0123456789abcdef".repeat(3), instructions: "avx2" };
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"900\" height=\"300\"><circle r=\"90\"/></svg>";
    let page = html(&outcome, &provenance, "cargo xtask validate", &[("A wide figure", svg)]).unwrap();
    let page = page.replace("</body>", &format!("<script>{ACTIONS}</script></body>"));
    let name = |k: usize| outcome.claims[k].name.as_str();
    let by_theory = |a: &&Claim, b: &&Claim| a.theory.total_cmp(&b.theory);
    let count = |kept: &dyn Fn(&Claim) -> bool| outcome.claims.iter().filter(|c| kept(c)).count();
    for width in [400, 1400] {
        let Some(told) = at_width(&page, width) else { return };
        assert_eq!(told["width"], width);
        assert!(
            told["scroll"].as_u64().unwrap() <= width as u64,
            "at {width} pixels the page is {} wide",
            told["scroll"]
        );
        assert_eq!(told["beyond"], "", "at {width} pixels these stick out");
        assert_eq!(told["cards"], width < 1000);
        assert_eq!(told["figure"], true, "the figure is not shown");

        let all = outcome.claims.len();
        assert_eq!(told["all"]["rows"], all);
        assert_eq!(told["all"]["first"], name(0));
        // The smallest and the largest theory come first, each by the row of the run that has it first.
        let smallest = outcome.claims.iter().min_by(by_theory).unwrap();
        let largest = outcome.claims.iter().rev().max_by(by_theory).unwrap();
        assert_eq!(told["ascending"]["first"], smallest.name);
        assert_eq!(told["ascending"]["sort"], "ascending");
        assert_eq!(told["descending"]["first"], largest.name);
        assert_eq!(told["descending"]["sort"], "descending");
        assert_eq!(told["descending"]["rows"], all);
        // By verdict, fails are first; by name, text is in order.
        assert_eq!(told["verdicts"]["first"], name(0));
        assert_eq!(told["statistics"]["first"], {
            let autocovariance = outcome.claims.iter().find(|c| c.statistic == "autocovariance_1").unwrap();
            autocovariance.name.as_str()
        });

        assert_eq!(told["kappa"]["rows"], count(&|c| c.name.contains("kappa")));
        let both = count(&|c| c.name.contains("kappa") && c.judgement.verdict == Verdict::Fail);
        assert_eq!(told["kappa_failed"]["rows"], both);
        assert_eq!(told["kappa_failed"]["text"], format!("{both} of {all} claims"));
        let rate = count(&|c| c.point == "tangent" && c.variant.name() == "rate");
        assert_eq!(told["tangent_rate"]["rows"], rate);
        assert_eq!(told["nothing"]["rows"], 0);
        assert_eq!(told["nothing"]["none"], true);
        assert_eq!(told["again"], told["all"], "showing all brings back the page as it was");
    }
}
