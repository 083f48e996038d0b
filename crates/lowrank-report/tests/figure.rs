//! Figures: each mark is on the sheet, files have their size and their origin, and what cannot be drawn is refused in
//! one line.
#![allow(clippy::disallowed_methods, reason = "tests of the crate that writes files")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use lowrank_report::{
    Anchor, Axis, Band, Cloud, Colour, Figure, Heat, Legend, Line, Map, Mark, Note, ONE_COLUMN, Origin, Panel, Points,
    Provenance, Shape, TWO_COLUMNS, draw, write_figure,
};

fn line(points: Vec<(f64, f64)>) -> Mark {
    Mark::Line(Line { points, label: "theory".to_owned(), ..Line::default() })
}

fn dots(points: Vec<(f64, f64)>, errors: Vec<f64>) -> Mark {
    let label = "networks".to_owned();
    Mark::Points(Points { points, errors, label, colour: Colour::Blue, shape: Shape::Circle })
}

fn heat() -> Heat {
    let values = vec![vec![0.0, 0.5, 1.0], vec![f64::NAN, 0.2, 0.7]];
    let label = "√Δ_T".to_owned();
    Heat { x: vec![1.0, 2.0, 3.0], y: vec![0.0, 1.0, 2.0], values, label, ..Heat::default() }
}

fn panel(marks: Vec<Mark>) -> Panel {
    let axis = |label: &str| Axis { label: label.to_owned(), ..Axis::default() };
    Panel { x: axis("strength *g*"), y: axis("*κ*_{max}"), marks, ..Panel::default() }
}

fn log(panel: Panel) -> Panel {
    Panel { x: Axis { log: true, ..panel.x }, y: Axis { log: true, ..panel.y }, ..panel }
}

fn figure(panels: Vec<Panel>) -> Figure {
    Figure { title: "Study".to_owned(), panels, ..Figure::default() }
}

fn svg(panel: Panel) -> String {
    draw(&figure(vec![panel])).unwrap().svg
}

/// The part of the first group of this class.
fn group<'a>(svg: &'a str, class: &str) -> &'a str {
    let start = svg.find(&format!("<g class=\"{class}\">")).unwrap_or_else(|| panic!("no {class} in {svg}"));
    let end = svg[start..].find("</g>").unwrap();
    &svg[start..start + end]
}

fn refusal(panel: Panel) -> String {
    let text = draw(&figure(vec![panel])).unwrap_err().to_string();
    assert!(!text.contains('\n') && text.starts_with("figure 'Study': "), "{text}");
    text
}

/// Width and height in points.
fn size_of_page(pdf: &[u8]) -> (f64, f64) {
    let text = String::from_utf8_lossy(pdf);
    let start = text.find("/MediaBox").unwrap();
    let part = &text[text[start..].find('[').unwrap() + start + 1..];
    let numbers: Vec<f64> =
        part[..part.find(']').unwrap()].split_whitespace().map(|number| number.parse().unwrap()).collect();
    (numbers[2], numbers[3])
}

/// Width and height in pixels.
fn size_of_image(png: &[u8]) -> (u32, u32) {
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

#[test]
fn every_mark_is_on_the_sheet() {
    let x = vec![0.0, 1.0, 2.0];
    let (lower, upper, label) = (vec![0.0; 3], vec![1.0; 3], String::new());
    let text = svg(panel(vec![
        Mark::Band(Band { x, lower, upper, colour: Colour::Black, label }),
        Mark::Cloud(Cloud { points: vec![(0.1, 0.2), (0.3, 0.4), (0.5, f64::NAN)], ..Cloud::default() }),
        line(vec![(0.0, 0.0), (2.0, 1.0)]),
        dots(vec![(1.0, 0.5), (f64::NAN, 1.0)], vec![0.2, 0.2]),
        Mark::VerticalLine(1.0),
        Mark::HorizontalLine(0.5),
        Mark::Note(Note { at: (1.0, 0.9), text: "fold".to_owned(), anchor: Anchor::End }),
    ]));
    assert!(group(&text, "band").contains("fill-opacity=\"0.25\""));
    assert_eq!(group(&text, "cloud").matches("<circle").count(), 2);
    assert_eq!(group(&text, "line").matches("<path").count(), 1);
    let points = group(&text, "points");
    assert_eq!((points.matches("<circle").count(), points.matches("<path").count()), (1, 2), "{points}");
    assert_eq!(text.matches("<g class=\"rule\">").count(), 2);
    assert!(group(&text, "note").contains("text-anchor=\"end\"") && group(&text, "note").contains(">fold</text>"));
    let labels = group(&text, "labels");
    assert!(labels.contains("strength <tspan font-style=\"italic\">g</tspan>"), "{labels}");
    assert!(labels.contains("font-size=\"5.6\">max</tspan>") && labels.contains("rotate(-90"), "{labels}");
    assert!(text.contains(">Study</text>") && text.contains("<title>Study</title>"));
    assert!(group(&text, "legend").contains("theory") && group(&text, "legend").contains("networks"));
}

#[test]
fn a_value_that_is_not_finite_splits_a_line() {
    let text = svg(panel(vec![line(vec![(0.0, 0.0), (1.0, 1.0), (2.0, f64::NAN), (3.0, 1.0), (4.0, 0.0)])]));
    let path = group(&text, "line");
    assert_eq!((path.matches('M').count(), path.matches('L').count()), (2, 2), "{path}");
}

#[test]
fn logarithmic_axes_name_decades_and_hold_error_bars_that_reach_zero() {
    let text = svg(log(panel(vec![dots(vec![(1.0, 1.0), (1000.0, 0.001)], vec![0.1, 0.002])])));
    let axes = group(&text, "axes");
    let named = axes.matches(">10<tspan dy=\"-2.52\" font-size=\"4.9\">").count();
    assert!(named >= 6 && axes.contains(">−2</tspan>") && axes.contains(">3</tspan>"), "{axes}");
    // Both ends of the first bar have a stroke, of the second only the upper one: the lower is beyond the axis.
    let bars: Vec<usize> = group(&text, "points").lines().map(|line| line.matches('M').count()).collect();
    assert_eq!(bars.iter().sum::<usize>(), 7, "{bars:?}");
}

#[test]
fn a_heat_map_has_a_bar_and_lines_over_it_have_an_edge() {
    let white = Line { points: vec![(1.0, 0.0), (3.0, 2.0)], colour: Colour::White, dashed: true, ..Line::default() };
    let text = svg(panel(vec![Mark::Heat(heat()), Mark::Line(white)]));
    let cells = group(&text, "heat");
    assert_eq!(cells.matches("<rect").count(), 6);
    assert!(cells.contains("#440154") && cells.contains("#fde725") && cells.contains("#a6a6a6"), "{cells}");
    let line = group(&text, "line");
    assert!(line.find("#202020").unwrap() < line.find("#ffffff").unwrap(), "{line}");
    assert_eq!(line.matches("stroke-dasharray").count(), 2);
    let bar = group(&text, "bar");
    assert!(bar.contains("√Δ<tspan") && bar.contains(">0.0</text>") && bar.contains(">1.0</text>"), "{bar}");
}

#[test]
fn differences_are_white_where_there_is_none() {
    let values = vec![vec![-1.0, 0.0, 0.5], vec![0.0; 3]];
    let text = svg(panel(vec![Mark::Heat(Heat { values, map: Map::Diverging, ..heat() })]));
    assert!(group(&text, "heat").contains("#053061") && group(&text, "heat").contains("#f7f7f7"));
    assert!(group(&text, "bar").contains(">−1.0</text>"));
}

#[test]
fn a_legend_finds_a_free_corner_makes_room_or_goes_below() {
    let top = |text: &str| -> f64 {
        let legend = group(text, "legend");
        let start = legend.find(" y=\"").unwrap() + 4;
        legend[start..start + legend[start..].find('"').unwrap()].parse().unwrap()
    };
    let height = |text: &str| -> f64 {
        let start = text.find("height=\"").unwrap() + 8;
        text[start..start + text[start..].find("pt\"").unwrap()].parse().unwrap()
    };
    let rising = vec![(0.0, 0.0), (1.0, 1.0)];
    let cross = vec![(0.0, 0.0), (1.0, 1.0), (f64::NAN, 0.0), (0.0, 1.0), (1.0, 0.0)];
    let corner = svg(panel(vec![line(rising.clone())]));
    let free = svg(panel(vec![line(cross.clone())]));
    let mut fixed = panel(vec![line(cross)]);
    fixed.y.range = Some((0.0, 1.0));
    let below = svg(fixed);
    assert!(top(&corner) < 30.0 && top(&free) < 30.0, "{} {}", top(&corner), top(&free));
    assert!(top(&below) > 150.0 && height(&below) > height(&free), "{}", top(&below));
    // Room is made above the data, not on top of them.
    let highest = |text: &str| {
        let path = group(text, "line").split('"').find(|part| part.starts_with('M')).unwrap().replace(['M', 'L'], " ");
        let numbers: Vec<f64> = path.split_whitespace().map(|number| number.parse().unwrap()).collect();
        numbers.iter().skip(1).step_by(2).copied().fold(f64::INFINITY, f64::min)
    };
    assert!(highest(&free) > top(&free) + 2.0 && highest(&below) < top(&free), "{} {}", highest(&free), top(&free));
}

#[test]
fn a_label_of_several_panels_is_explained_once_below_them() {
    let one = Panel { legend: Legend::Below, ..panel(vec![line(vec![(0.0, 0.0), (1.0, 1.0)])]) };
    let other = Panel { title: "rate".to_owned(), ..one.clone() };
    let text = draw(&Figure { columns: 2, width: TWO_COLUMNS, ..figure(vec![one, other]) }).unwrap().svg;
    assert_eq!(text.matches(">theory</text>").count(), 1);
    assert!(text.contains(">(a)</text>") && text.contains(">(b)</text>") && text.contains(">rate</text>"));
}

#[test]
fn all_formats_have_the_size_of_print_and_the_same_bytes_again() {
    let figure = figure(vec![panel(vec![line(vec![(0.0, 0.0), (1.0, 1.0)]), dots(vec![(0.5, 0.5)], vec![0.1])])]);
    let drawn = draw(&figure).unwrap();
    let width = ONE_COLUMN / 25.4 * 72.0;
    assert!(drawn.svg.starts_with("<svg ") && drawn.svg.contains("width=\"240.94pt\""), "{}", &drawn.svg[..200]);
    assert!(drawn.png.starts_with(b"\x89PNG\r\n\x1a\n") && drawn.pdf.starts_with(b"%PDF-1.7"));
    let (page, image) = (size_of_page(&drawn.pdf), size_of_image(&drawn.png));
    assert!((page.0 - width).abs() < 0.01, "{page:?}");
    let pixels = |points: f64| (points * 300.0 / 72.0).round() as u32;
    assert_eq!(image, (pixels(page.0), pixels(page.1)));
    assert_eq!(draw(&figure).unwrap(), drawn);
}

#[test]
fn files_carry_their_origin_and_what_they_show() {
    let folder = tempfile::tempdir().unwrap();
    let provenance =
        Provenance { program: "lowrank", version: "1.2.3", commit: "abc".to_owned(), instructions: "avx2" };
    let origin = Origin { provenance, seed: 7, command: "lowrank figure study".to_owned() };
    let figure = figure(vec![panel(vec![line(vec![(0.0, 0.25), (1.0, f64::NAN), (2.0, 0.5)])])]);
    let written = write_figure(&folder.path().join("g_1.5"), &figure, &figure, &origin).unwrap();
    let names: Vec<&str> = written.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["g_1.5.svg", "g_1.5.png", "g_1.5.pdf", "g_1.5.json"]);
    let note = "lowrank 1.2.3, commit abc, seed 7: lowrank figure study";
    for path in &written[..3] {
        let bytes = std::fs::read(path).unwrap();
        assert!(bytes.windows(note.len()).any(|part| part == note.as_bytes()), "{}", path.display());
    }
    let data: serde_json::Value = serde_json::from_slice(&std::fs::read(&written[3]).unwrap()).unwrap();
    assert_eq!((&data["seed"], &data["commit"]), (&7.into(), &"abc".into()));
    assert_eq!(data["data"]["panels"][0]["marks"][0]["line"]["points"][2][1], 0.5);
}

#[test]
fn what_cannot_be_drawn_is_refused_with_its_mend() {
    let text = draw(&figure(vec![])).unwrap_err().to_string();
    assert_eq!(text, "figure 'Study': panels is empty; give at least one");
    let narrow = Figure { width: 30.0, columns: 2, ..figure(vec![panel(vec![line(vec![(0.0, 1.0)])]); 2]) };
    assert!(draw(&narrow).unwrap_err().to_string().contains("2 columns on width = 30 mm"));
    let flat = Figure { panel_height: 0.0, ..narrow };
    assert!(draw(&flat).unwrap_err().to_string().contains("panel_height = 0 is not positive"));

    let empty = panel(vec![Mark::VerticalLine(1.0), line(vec![(f64::NAN, 1.0)])]);
    assert!(refusal(empty).contains("panel a has no finite value to draw"));
    let negative = log(panel(vec![line(vec![(1.0, 1.0), (2.0, -0.5)])]));
    assert!(refusal(negative).contains("line 'theory' holds y = -0.5 on a logarithmic axis"));
    let lengths = panel(vec![dots(vec![(1.0, 1.0), (2.0, 2.0)], vec![0.1])]);
    assert!(refusal(lengths).contains("errors of 'networks' has length 1; give 2 or 0"));
    let errors = panel(vec![dots(vec![(1.0, 1.0)], vec![-0.1])]);
    assert!(refusal(errors).contains("errors of 'networks' hold -0.1"));
    let mut range = panel(vec![line(vec![(0.0, 1.0)])]);
    range.x.range = Some((2.0, 1.0));
    assert!(refusal(range).contains("range of the x axis = (2, 1) does not rise"));
    let rows = Heat { values: vec![vec![0.0, 1.0, 2.0], vec![0.0]], ..heat() };
    assert!(refusal(panel(vec![Mark::Heat(rows)])).contains("row 1 of heat map '√Δ_T' has length 1; give 3"));
    let centres = Heat { x: vec![1.0, 2.0], ..heat() };
    assert!(refusal(panel(vec![Mark::Heat(centres)])).contains("x of heat map '√Δ_T' has length 2; give 3 or 4"));
    let falling = Heat { x: vec![1.0, 3.0, 2.0], ..heat() };
    assert!(refusal(panel(vec![Mark::Heat(falling)])).contains("does not rise from 3 to 2"));
    let equal = log(Panel { equal_aspect: true, ..panel(vec![line(vec![(1.0, 1.0)])]) });
    assert!(refusal(equal).contains("equal_aspect = true with a logarithmic axis"));
    let unknown = Panel { title: "J ∝ m".to_owned(), ..panel(vec![line(vec![(1.0, 1.0)])]) };
    assert!(refusal(unknown).contains("'J ∝ m' holds '∝'"));
}
