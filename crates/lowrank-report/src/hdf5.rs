//! Arrays as an HDF5 file, which holds its own description.
//!
//! Every array is a dataset of float64 in the root group with the attributes `axes` and `DIMENSION_LABELS` (names of its
//! axes; the second is where `h5py` and the HDF5 library look for them), `unit` and `description`. Attributes of the root
//! group: `schema`, `program`, `version`, `commit`, `seed` where there is one, and `spec` as JSON. The same arrays make
//! the same bytes.

use std::io;
use std::path::Path;

use hdf5_pure::{AttrValue, FileBuilder};
use serde::Serialize;

use crate::arrays::SCHEMA;
use crate::{Arrays, Origin, ReportError, write_file};

/// Writes the arrays and what made them to `path`.
///
/// # Errors
/// Whatever the file system refuses; a spec that is no JSON.
pub fn write_hdf5<S: Serialize>(path: &Path, arrays: &Arrays, origin: &Origin<'_, S>) -> Result<(), ReportError> {
    // Of variable length: other attributes end at 64 kB, and a spec may hold whole vectors.
    let text = |text: &str| AttrValue::VarLenString(text.to_owned());
    let mut file = FileBuilder::new();
    file.set_attr("schema", AttrValue::U32(SCHEMA));
    let made_by = origin.provenance;
    let spec = serde_json::to_string(origin.spec)?;
    for (name, value) in
        [("program", made_by.program), ("version", made_by.version), ("commit", &made_by.commit), ("spec", &spec)]
    {
        file.set_attr(name, text(value));
    }
    if let Some(seed) = origin.seed {
        file.set_attr("seed", AttrValue::U64(seed));
    }
    for array in arrays.iter() {
        let shape: Vec<u64> = array.axes.iter().map(|(_, length)| *length as u64).collect();
        let names: Vec<String> = array.axes.iter().map(|(name, _)| name.clone()).collect();
        let dataset = file.create_dataset(&array.name).with_f64_data(&array.values).with_shape(&shape);
        dataset.set_attr("unit", text(&array.unit)).set_attr("description", text(&array.description));
        if !names.is_empty() {
            dataset.set_attr("axes", AttrValue::VarLenStringArray(names.clone()));
            dataset.set_attr("DIMENSION_LABELS", AttrValue::VarLenStringArray(names));
        }
    }
    let refused = |error| ReportError::Write { path: path.to_owned(), source: io::Error::other(error) };
    write_file(path, &file.finish().map_err(refused)?)
}

#[cfg(test)]
mod tests {
    use hdf5_pure::File;

    use super::*;
    use crate::{Provenance, array};

    #[test]
    fn what_is_written_reads_back() {
        let arrays = Arrays::new(vec![
            array("kappa", &[("time", 3), ("rank", 2)], vec![1.0, 2.0, 3.0, 4.0, 5.0, -6.5], "1", "overlap \u{3ba}"),
            array("time", &[("time", 3)], vec![0.0, 0.5, 1.0], "unit time constants", "time"),
            array("g", &[], vec![1.2], "1", "random strength"),
        ])
        .unwrap();
        let provenance =
            Provenance { program: "lowrank", version: "0.1.0", commit: "abc".to_owned(), instructions: "avx2" };
        // Longer than an attribute of fixed length can be.
        let spec = serde_json::json!({ "vector": vec![0.125; 20_000] });
        let origin = Origin { provenance: &provenance, seed: Some(u64::MAX), spec: &spec };
        let folder = tempfile::tempdir().unwrap();
        let [path, again] = ["run.h5", "again.h5"].map(|name| folder.path().join(name));
        write_hdf5(&path, &arrays, &origin).unwrap();
        write_hdf5(&again, &arrays, &origin).unwrap();
        assert!(std::fs::read(&path).unwrap() == std::fs::read(&again).unwrap(), "the bytes differ");

        let file = File::open(&path).unwrap();
        for array in arrays.iter() {
            let dataset = file.dataset(&array.name).unwrap();
            let shape: Vec<usize> = dataset.shape().unwrap().iter().map(|n| *n as usize).collect();
            assert_eq!(shape, array.shape());
            assert_eq!(dataset.read_f64().unwrap(), array.values);
            let attributes = dataset.attrs().unwrap();
            assert_eq!(attributes["unit"], AttrValue::VarLenString(array.unit.clone()));
            assert_eq!(attributes["description"], AttrValue::VarLenString(array.description.clone()));
            let names: Vec<String> = array.axis_names().into_iter().map(str::to_owned).collect();
            for name in ["axes", "DIMENSION_LABELS"] {
                let labels = (!names.is_empty()).then(|| AttrValue::VarLenStringArray(names.clone()));
                assert_eq!(attributes.get(name), labels.as_ref(), "{name} of {}", array.name);
            }
        }
        let attributes = file.root().attrs().unwrap();
        assert_eq!(attributes["seed"], AttrValue::U64(u64::MAX));
        assert_eq!(attributes["commit"], AttrValue::VarLenString("abc".to_owned()));
        assert_eq!(attributes["spec"], AttrValue::VarLenString(spec.to_string()));
    }
}
