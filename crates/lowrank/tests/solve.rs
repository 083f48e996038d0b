//! What solve adds on request, against values known otherwise.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::disallowed_methods)]

use std::process::Command;

fn solve(text: &str, arguments: &[&str], code: i32) -> (tempfile::TempDir, String, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("own.toml"), text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_lowrank"));
    let output = command.args(["solve", "own.toml"]).args(arguments).current_dir(folder.path()).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{message}");
    (folder, String::from_utf8(output.stdout).unwrap(), message)
}

#[test]
fn the_autocovariance_of_chaos_obeys_its_equation() {
    let text = "seed = 1\n[network]\nneurons = 100\ng = 2.0\n";
    let (folder, out, _) = solve(text, &["--autocovariance", "--json", "--out", "out"], 0);
    let record: serde_json::Value = serde_json::from_str(&out).unwrap();
    let curve = &record["data"]["solutions"][0]["chaotic"][0]["autocovariance"];
    let list = |name: &str| curve[name].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect::<Vec<f64>>();
    let (lags, delta, c_r) = (list("lags"), list("delta"), list("c_r"));
    // Delta_0 at g = 2 (docs/theory.md section 6).
    assert!((delta[0] - 1.924_805).abs() < 1e-6, "{}", delta[0]);
    // Delta'' = Delta - g^2 C_r (T12), by central differences of fourth order in the lag.
    let h = lags[1];
    for i in 2..40 {
        let second = (-delta[i - 2] + 16.0 * delta[i - 1] - 30.0 * delta[i] + 16.0 * delta[i + 1] - delta[i + 2])
            / (12.0 * h * h);
        assert!((second - (delta[i] - 4.0 * c_r[i])).abs() < 5e-3, "{i}: {second} {}", delta[i] - 4.0 * c_r[i]);
    }
    // The tail: the ratio of two late values.
    let rate = (delta[50] / delta[60]).ln() / (lags[60] - lags[50]);
    assert!((rate / curve["tail_rate"].as_f64().unwrap() - 1.0).abs() < 1e-2, "{rate} {curve}");
    // The spectrum at zero is twice the integral of Delta, by the trapezoid rule.
    let integral = h * (delta.iter().sum::<f64>() - 0.5 * (delta[0] + delta[60]));
    assert!((list("spectrum")[0] / (2.0 * integral) - 1.0).abs() < 1e-2, "{} {integral}", list("spectrum")[0]);
    for file in ["autocovariance.csv", "autocovariance.npz"] {
        assert!(folder.path().join("out").join(file).exists(), "{file}");
    }
}

/// A rank-one overlap of 1.5: without a random part the central state loses its stability at overlap one.
const OVERLAP: &str = r#"
seed = 1
[network]
neurons = 100
g = 0.5
[structure]
rank = 1
covariances = { "m[0]" = 1.0, "n[0]" = 9.0 }
[[axis]]
"#;

#[test]
fn branch_points_along_an_axis_are_where_theory_puts_them() {
    let along = format!("{OVERLAP}parameter = \"covariance m[0] n[0]\"\nvalues = [0.5, 2.0]\n");
    let (folder, out, _) = solve(&along, &["--branches", "--json", "--out", "out"], 0);
    let record: serde_json::Value = serde_json::from_str(&out).unwrap();
    let events = record["data"]["branch_points"][0]["events"].as_array().unwrap();
    let points: Vec<&serde_json::Value> = events.iter().filter(|event| event["kind"] == "branch-point").collect();
    // At x = 0 every slope is one: the outlier of (T10) is the overlap, and crosses one there.
    assert!(points.len() == 1 && (points[0]["parameter"].as_f64().unwrap() - 1.0).abs() < 1e-7, "{events:?}");
    let text = std::fs::read_to_string(folder.path().join("out/branches.csv")).unwrap();
    assert!(text.lines().nth(1).unwrap().contains("branch point"), "{text}");
    // Along g the quiet state becomes chaotic at one, whatever the overlap below one is.
    let along = OVERLAP.replace("\"n[0]\" = 9.0", "\"n[0]\" = 9.0, \"m[0] n[0]\" = 0.5")
        + "parameter = \"g\"\nvalues = [0.4, 1.6]\n";
    let (_folder, out, _) = solve(&along, &["--branches"], 0);
    assert!(out.lines().any(|line| line.contains("onset of chaos") && line.contains("1.0000")), "{out}");
    let (_folder, _, message) = solve(OVERLAP.split("[[axis]]").next().unwrap(), &["--branches"], 2);
    assert!(message.contains("--branches") && message.contains("[[axis]]"), "{message}");
}

#[test]
fn eigenvalues_inside_the_disc_are_told_with_the_mean_slope() {
    // At rest every slope is one: the eigenvalue is the overlap, 0.5, inside a disc of radius g.
    let spec = OVERLAP.replace("\"n[0]\" = 9.0", "\"n[0]\" = 9.0, \"m[0] n[0]\" = 0.5");
    let axes = format!("{spec}parameter = \"g\"\nvalues = [0.25, 0.75]\n");
    let (folder, out, _) = solve(&axes, &["--eigenvalues", "--json", "--out", "out"], 0);
    let record: serde_json::Value = serde_json::from_str(&out).unwrap();
    for solved in record["data"]["solutions"].as_array().unwrap() {
        let response = &solved["stationary"][0]["linearisation"];
        assert_eq!((&response["mean_slope"], &response["eigenvalues"][0]), (&1.0.into(), &vec![0.5, 0.0].into()));
    }
    let text = std::fs::read_to_string(folder.path().join("out/eigenvalues.csv")).unwrap();
    let rows: Vec<&str> = text.lines().collect();
    assert_eq!(rows[0], "g,variant,number,kappa_1,mean_slope,rho,eigenvalue,re,im,growth_rate,reason");
    assert_eq!(
        rows[1..],
        ["0.25,current,1,0.0,1.0,0.25,1,0.5,0.0,-0.5,", "0.75,current,1,0.0,1.0,0.75,1,0.5,0.0,-0.5,"]
    );
    // What was not asked for is not there.
    let (_folder, out, _) = solve(&axes, &["--json"], 0);
    assert!(!out.contains("linearisation"), "{out}");
}

#[test]
fn continuous_families_have_the_dimension_of_their_isotropy() {
    for (rank, words) in [(2, "a ring of radius"), (3, "a sphere of dimension 2 and radius")] {
        let moments = (0..rank).flat_map(|k| {
            [format!("\"m[{k}]\" = 1.0"), format!("\"n[{k}]\" = 4.0"), format!("\"m[{k}] n[{k}]\" = 1.8")]
        });
        let moments = moments.collect::<Vec<_>>().join(", ");
        let text = format!(
            "seed = 1\n[network]\nneurons = 100\ng = 0.5\n[structure]\nrank = {rank}\ncovariances = {{ {moments} }}\n"
        );
        let (_, out, _) = solve(&text, &[], 0);
        assert!(out.contains(words) && out.matches("continuous family").count() == 1, "{out}");
        let (_, out, _) = solve(&text, &["--json"], 0);
        let record: serde_json::Value = serde_json::from_str(&out).unwrap();
        let states = record["data"]["solutions"][0]["stationary"].as_array().unwrap();
        let families: Vec<_> = states.iter().filter_map(|s| s["family"]["dimension"].as_u64()).collect();
        assert_eq!(families, [rank - 1], "{record}");
    }
}

#[test]
fn a_check_of_a_family_claims_nothing_that_hangs_on_where_a_network_settles() {
    // delta_0 of these networks is some ten percent above that of the family, which a claim would call a failure of theory.
    for rank in [2, 3] {
        let moments = (0..rank).flat_map(|k| {
            [format!("\"m[{k}]\" = 1.0"), format!("\"n[{k}]\" = 5.12"), format!("\"m[{k}] n[{k}]\" = 1.6")]
        });
        let moments = moments.collect::<Vec<_>>().join(", ");
        let text = format!(
            "seed = 3\nrealisations = 12\n[network]\nneurons = 400\ng = 0.3\n[structure]\nrank = {rank}\n\
             covariances = {{ {moments} }}\n[start]\nalong = {{ \"m[0]\" = 0.5, \"m[1]\" = 0.4 }}\n\
             [run]\ntransient = 40.0\nwindow = 20.0\ninterval = 2.0\n"
        );
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("own.toml"), text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_lowrank"));
        let output = command.args(["check", "own.toml", "--json"]).current_dir(folder.path()).output().unwrap();
        let record: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let claims = record["claims"].as_array().unwrap().iter().map(|c| c["statistic"].as_str().unwrap());
        assert_eq!(claims.collect::<Vec<_>>(), ["mu", "r_mean"]);
        assert_eq!(output.status.code(), Some(0), "{record}");
    }
}

/// Tables on request are never empty: a row says why there is nothing to list.
#[test]
fn a_table_without_entries_says_why() {
    let quiet = "seed = 1\n[network]\nneurons = 100\ng = 0.5\n";
    let axis = "[[axis]]\nparameter = \"g\"\nvalues = [0.2, 0.6]\n";
    let (_folder, out, _) = solve(quiet, &["--autocovariance"], 0);
    assert!(out.contains("no chaotic or fluctuating solution"), "{out}");
    let (_folder, out, _) = solve(&format!("{quiet}{axis}"), &["--branches"], 0);
    assert!(out.contains("one branch was followed, and nothing happens on it"), "{out}");
    let (_folder, out, _) = solve("seed = 1\n[network]\nneurons = 100\nnoise = 0.5\n", &["--eigenvalues"], 0);
    assert!(out.contains("no stationary solution"), "{out}");
    // Beyond g = sqrt(2) a threshold-linear network has no bounded state at all.
    let linear = quiet.replace("g = 0.5", "g = 1.6\ntransfer = \"threshold-linear\"");
    let linear = format!("{linear}[structure]\nrank = 0\nmeans = {{ \"I[0]\" = 1.0 }}\n[[input]]\namplitude = 1.0\n");
    let (_folder, out, _) = solve(&linear, &["--eigenvalues", "--autocovariance"], 0);
    assert!(out.contains("no stationary solution") && out.contains("no chaotic or fluctuating solution"), "{out}");
    let (_folder, out, _) = solve(&format!("{linear}{}", axis.replace("0.2, 0.6", "1.5, 1.8")), &["--branches"], 0);
    assert!(out.contains("there is no stationary solution along the axis"), "{out}");
    // From below the branch runs to infinity there, in proportion to the root of the distance or to its inverse.
    let (_folder, out, _) = solve(&format!("{linear}{}", axis.replace("0.2, 0.6", "0.5, 1.8")), &["--branches"], 0);
    let row = out.lines().find(|line| line.contains("runs to infinity")).unwrap();
    assert!(row.contains("1.414"), "{out}");
}

#[test]
fn branches_say_that_chaotic_solutions_are_not_followed() {
    let text = "seed = 1\n[network]\nneurons = 100\n[[axis]]\nparameter = \"g\"\nvalues = [0.5, 1.5]\n";
    let (_folder, _, message) = solve(text, &["--branches"], 0);
    assert!(
        message.contains("--branches follows stationary solutions") && message.contains("1 of 2 points"),
        "{message}"
    );
}

/// Two overlaps of which one passes the other at two, and two that are equal all along g.
#[test]
fn a_ring_at_one_value_is_an_event_and_one_that_lasts_is_said_not_to_be_followed() {
    let equal = "seed = 1\n[network]\nneurons = 100\ng = 0.5\n[structure]\nrank = 2\ncovariances = { \"m[0]\" = 1.0, \"m[1]\" = 1.0, \
                 \"n[0]\" = 8.0, \"n[1]\" = 8.0, \"m[0] n[0]\" = 2.0, \"m[1] n[1]\" = 2.0 }\n[[axis]]\n";
    let overlap = |low: f64| format!("{equal}parameter = \"covariance m[0] n[0]\"\nvalues = [{low}, 2.3]\n");
    // Met by a value, and between two.
    for low in [1.7, 1.65] {
        let (_folder, out, _) = solve(&overlap(low), &["--branches"], 0);
        let events: Vec<&str> =
            out.lines().filter(|line| line.contains("continuum") || line.contains("fold ")).collect();
        assert!(matches!(events[..], [event] if event.contains("continuum") && event.contains("2.0000")), "{out}");
    }
    let (_folder, out, _) = solve(&format!("{equal}parameter = \"g\"\nvalues = [0.2, 0.6]\n"), &["--branches"], 3);
    assert!(out.contains("a continuous family (a ring) over a range of the axis"), "{out}");
}
