use lowrank_model::Variant;
use lowrank_validate::{Effort, Judgement, Phase, Plant, Predictor, Unclaimed, all_points};

use super::*;

/// A claim with a margin of 0.1, judged as the harness does.
pub(crate) fn claim(statistic: &str, theory: f64, estimate: f64, half_width: f64) -> Claim {
    let off = (estimate - theory).abs();
    let verdict = match () {
        () if off + half_width <= 0.1 => Verdict::Pass,
        () if off > half_width => Verdict::Fail,
        () => Verdict::Inconclusive,
    };
    let standard_error = half_width / 4.0;
    let z = (estimate - theory) / standard_error;
    Claim {
        name: format!("structured-stationary/rate/{statistic}"),
        point: "structured-stationary".to_owned(),
        variant: Variant::Rate,
        statistic: statistic.to_owned(),
        neurons: 500,
        networks: 64,
        theory,
        margin: 0.1,
        judgement: Judgement { estimate, standard_error, z: Some(z), half_width, verdict },
    }
}

/// Three passes, two failures, one inconclusive, at one point.
pub(crate) fn outcome() -> Outcome {
    let point = all_points().unwrap().into_iter().find(|p| p.name == "structured-stationary").unwrap();
    let record = PointRecord {
        name: point.name.into_owned(),
        why: "one phase & <b>no</b> other".to_owned(),
        model: point.model,
        phase: Phase::AtRest,
        variants: vec![Variant::Rate],
        kappa: point.kappa,
        initial: (vec![("m_1".to_owned(), 1.0)], 0.5),
        neurons: 500,
        networks: 64,
        bulk: "gaussian".to_owned(),
        copies: 1,
        predictor: Predictor::Ensemble,
        method: "ETD-AB3",
        step: 0.2,
        transient: 24.0,
        window: 0.0,
        interval: 1.0,
        lags: vec![],
    };
    let slope = |name: &str, slope| Scaling {
        name: name.to_owned(),
        neurons: vec![500, 1000],
        error: vec![0.25, 0.125],
        slope,
    };
    Outcome {
        seed: 3,
        effort: Effort::Quick,
        sizes: Effort::Quick.sizes(),
        margin_factor: 1.7,
        only: Some("<script>alert('x')</script> & \"".to_owned()),
        plant: Some(Plant::Gain),
        false_alarm_rate: 0.01,
        family: 228,
        points: vec![record],
        claims: vec![
            claim("kappa_1", 1.154_432_1, 1.15, 0.01),
            claim("mu", 0.5, 0.5, 0.05),
            claim("delta_0", -2.0, -2.04, 0.02),
            claim("delta_t", 10.0, 9.0, 0.3),
            claim("r_mean", 0.0, 0.3, 0.05),
            claim("<b>\"'&", 0.25, 0.3, f64::NAN),
        ],
        failures: vec![],
        unclaimed: vec![],
        scaling: vec![slope("a/rate/kappa_1", -0.5), slope("a/rate/mu", -1.25), slope("a/rate/delta_0", -0.001)],
    }
}

fn report(outcome: &Outcome, figures: &[(&str, &str)]) -> String {
    let provenance =
        Provenance { program: "lowrank", version: "0.1.0", commit: "abc<d>".to_owned(), instructions: "avx2" };
    html(outcome, &provenance, "cargo xtask validate", figures).unwrap()
}

fn occurrences(page: &str, text: &str) -> usize {
    page.matches(text).count()
}

#[test]
fn every_claim_is_there_with_its_numbers_and_its_verdict() {
    let page = report(&outcome(), &[]);
    assert_eq!(occurrences(&page, "<tr role=\"row\" data-name="), 6);
    for (class, count) in [("pass", 3), ("fail", 2), ("inconclusive", 1)] {
        assert_eq!(occurrences(&page, &format!("data-verdict=\"{class}\"")), count, "{class}");
        assert!(page.contains(&format!("<b>{count}</b> {class}")), "{class}");
        // Said in words and by a mark, not by colour alone; one mark of a pass is in the legend.
        assert_eq!(occurrences(&page, &format!("aria-hidden=\"true\"></span> {class}</td>")), count, "{class}");
    }
    assert_eq!(occurrences(&page, "class=\"mark pass\""), 3 + 1);
    assert_eq!(occurrences(&page, "class=\"mark fail\""), 2);
    assert!(page.contains("not a number"));
    assert!(page.contains("2 of 6 claims fail, 1 inconclusive"));
    assert!(page.contains("title=\"1.1544321\">1.1544</td>"));
    let all_pass = Outcome { claims: outcome().claims[..3].to_vec(), ..outcome() };
    assert!(report(&all_pass, &[]).contains("<h1 class=\"pass\">All 3 claims pass</h1>"));
    let none_fails = Outcome { claims: vec![claim("mu", 0.5, 0.5, 0.5)], ..outcome() };
    assert!(report(&none_fails, &[]).contains("<h1 class=\"fail\">1 of 1 claims inconclusive, none fails</h1>"));
}

#[test]
fn what_was_run_and_how_to_repeat_it_is_there() {
    let page = report(&outcome(), &[]);
    for text in [
        "fault <b>gain</b> was planted",
        "64 of N\u{a0}=\u{a0}500",
        "divided by 228",
        "at most 1 %",
        "multiplied by 1.7",
        "<dt>model.g</dt>",
        "<dt>transient</dt><dd>24.0</dd>",
        "cargo xtask validate --quick --seed 3 --only ",
        "The median slope is -0.50.",
        "<td class=\"number\">0.2500</td><td class=\"number\">0.1250</td><td class=\"number\">-1.25</td>",
        "<td class=\"number\">0.00</td>",
    ] {
        assert!(page.contains(text), "{text}");
    }
    assert!(!page.contains("Missing"));
    let unclaimed = vec![Unclaimed { variant: Variant::Current, from: None, reason: "no <state> here".to_owned() }];
    let page = report(&Outcome { unclaimed: unclaimed.clone(), ..outcome() }, &[]);
    assert!(page.contains("no claim on the current variant: no &lt;state&gt; here"));
    let text = crate::summary(&Outcome { unclaimed, ..outcome() }, &Provenance::here());
    assert!(text.contains("Missing: no claim on the current variant: no <state> here\n"), "{text}");
    let plain = Outcome { plant: None, only: None, scaling: vec![], ..outcome() };
    let page = report(&plain, &[]);
    assert!(!page.contains("planted on purpose") && !page.contains("Scaling with N") && !page.contains("Only claims"));
}

#[test]
fn special_characters_are_escaped() {
    let page = report(&outcome(), &[("a <i>caption</i> & \"more\"", "<svg><script>alert('y')</script></svg>")]);
    for raw in ["<script>alert", "<b>no</b>", "<b>\"'&", "abc<d>", "<i>caption", "alert('y')"] {
        assert!(!page.contains(raw), "{raw}");
    }
    assert!(page.contains("one phase &amp; &lt;b&gt;no&lt;"));
    assert_eq!(occurrences(&page, "<script>"), 1);
    assert_eq!(occurrences(&page, "</script>"), 1);
}

#[test]
fn nothing_is_loaded_from_elsewhere() {
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\"><rect width='9' height='9'/></svg>";
    let page = report(&outcome(), &[("figure", svg)]);
    for text in ["http:", "https:", "url(", "@import", "<link", "<iframe"] {
        assert!(!page.contains(text), "{text}");
    }
    let values = |attribute: &str| -> Vec<String> {
        page.split(attribute).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
    };
    assert!(values(" href=\"").iter().all(|target| target.starts_with('#')));
    let sources = values(" src=\"");
    assert_eq!(sources.len(), 1);
    assert!(
        sources[0].starts_with("data:image/svg+xml;charset=utf-8,%3Csvg%20xmlns%3D%22http%3A%2F%2F"),
        "{}",
        sources[0]
    );
    // Every target within the page is there.
    assert!(values(" href=\"#").iter().all(|id| page.contains(&format!("id=\"{id}\""))));
}

#[test]
fn the_same_run_makes_the_same_bytes() {
    assert_eq!(report(&outcome(), &[("a", "<svg/>")]), report(&outcome(), &[("a", "<svg/>")]));
}
