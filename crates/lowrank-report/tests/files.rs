//! Files of arrays as others read them: the bytes of an .npz, and NumPy where `python3` has it.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stdout, clippy::disallowed_methods)]

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Command;

use lowrank_report::{
    Arrays, Cells, Column, Origin, Provenance, array, read_npy, sidecar, write_csv, write_file, write_npz,
};
use serde_json::{Value, json};

fn arrays() -> Arrays {
    Arrays::new(vec![
        array("kappa", &[("time", 3), ("rank", 2)], vec![0.1, -2.0, 1e300, 5e-324, f64::NAN, 6.0], "1", "overlaps"),
        array("time", &[("time", 3)], vec![0.0, 0.5, 1.0], "unit time constants", "time of the samples"),
        array("g", &[], vec![1.2], "1", "random strength"),
        array("nothing", &[("none", 0)], vec![], "1", "no number at all"),
    ])
    .unwrap()
}

fn provenance() -> Provenance {
    Provenance { program: "lowrank", version: "0.1.0", commit: "abc".to_owned(), instructions: "avx2" }
}

fn write(path: &Path) {
    let origin = Origin { provenance: &provenance(), seed: Some(7), spec: &json!({"network": {"g": 1.2}}) };
    write_npz(path, &arrays(), &origin).unwrap();
}

#[test]
fn an_npz_file_has_every_array_and_its_axes_and_the_same_bytes_again() {
    let folder = tempfile::tempdir().unwrap();
    let [path, again] = ["deep/run.npz", "again.npz"].map(|name| folder.path().join(name));
    write(&path);
    write(&again);
    let bytes = fs::read(&path).unwrap();
    assert!(bytes == fs::read(&again).unwrap(), "the bytes differ");
    assert_eq!(fs::read(sidecar(&path)).unwrap(), fs::read(sidecar(&again)).unwrap());

    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let names: Vec<String> = archive.file_names().map(|name| name.unwrap().into_owned()).collect();
    let expected = ["kappa", "kappa__axes", "time", "time__axes", "g", "g__axes", "nothing", "nothing__axes"];
    assert_eq!(names, expected.map(|name| format!("{name}.npy")));
    let mut member = |name: &str| {
        let mut bytes = Vec::new();
        archive.by_name(name).unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    };
    let kappa = folder.path().join("kappa.npy");
    write_file(&kappa, &member("kappa.npy")).unwrap();
    let kappa = read_npy(&kappa).unwrap();
    assert_eq!(kappa.shape, [3, 2]);
    assert!(
        kappa.values.iter().zip([0.1, -2.0, 1e300, 5e-324, f64::NAN, 6.0]).all(|(a, b)| a.to_bits() == b.to_bits())
    );
    let axes = member("kappa__axes.npy");
    let letters: String = axes[128..].chunks(4).map(|c| char::from(c[0])).collect();
    assert_eq!(letters, "timerank");
}

#[test]
fn the_description_says_what_made_the_arrays_and_what_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.npz");
    write(&path);
    assert_eq!(sidecar(&path), folder.path().join("run.npz.json"));
    let told: Value = serde_json::from_slice(&fs::read(sidecar(&path)).unwrap()).unwrap();
    for (field, expected) in [
        ("schema", json!(1)),
        ("program", json!("lowrank")),
        ("version", json!("0.1.0")),
        ("commit", json!("abc")),
        ("seed", json!(7)),
        ("spec", json!({"network": {"g": 1.2}})),
    ] {
        assert_eq!(told[field], expected, "{field}");
    }
    assert_eq!(told["arrays"].as_object().unwrap().len(), 4);
    let kappa = json!({"shape": [3, 2], "axes": ["time", "rank"], "unit": "1", "description": "overlaps"});
    assert_eq!(told["arrays"]["kappa"], kappa);
}

/// Runs a script under `python3` in `folder`; none where there is no NumPy.
fn numpy(folder: &Path, script: &str) -> Option<()> {
    let python = |script: &str| Command::new("python3").args(["-c", script]).current_dir(folder).output();
    if !python("import numpy").is_ok_and(|output| output.status.success()) {
        println!("skipped: python3 has no numpy");
        return None;
    }
    let output = python(script).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(())
}

/// Skipped, with a line that says so, where `python3 -c "import numpy"` fails.
#[test]
fn numpy_if_there_loads_what_is_written() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("run.npz"));
    let text = |cells: &[&str]| Cells::Text(cells.iter().map(|c| (*c).to_owned()).collect());
    let columns = [("g", Cells::Numbers(vec![0.1, 1e300])), ("phase", text(&["rest", "chaos"]))];
    let columns = columns.map(|(name, cells)| Column { name: name.to_owned(), cells });
    let origin = Origin { provenance: &provenance(), seed: None, spec: &() };
    write_csv(&folder.path().join("table.csv"), &columns, &origin).unwrap();
    numpy(folder.path(), include_str!("numpy/load.py"));
}

/// Skipped, with a line that says so, where `python3 -c "import numpy"` fails.
#[test]
fn files_of_numpy_if_there_are_read() {
    let folder = tempfile::tempdir().unwrap();
    if numpy(folder.path(), include_str!("numpy/save.py")).is_none() {
        return;
    }
    let mut read = 0;
    for entry in fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.starts_with("bad") {
            let told = read_npy(&path).unwrap_err().to_string();
            assert!(told.contains(&name) && !told.contains('\n'), "{told}");
        } else {
            let numbers = read_npy(&path).unwrap();
            let shape: &[usize] = if name.starts_with("vector") { &[6] } else { &[2, 3] };
            assert_eq!(
                (&numbers.shape[..], &numbers.values[..]),
                (shape, &[-1.0, 2.0, 3.0, 4.0, 5.0, 6.0][..]),
                "{name}"
            );
        }
        read += 1;
    }
    // Eight types as a vector and as a matrix in two orders; three versions; seven that are refused.
    assert_eq!(read, 8 * 3 + 3 + 7);
}
