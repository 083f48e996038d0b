//! Arrays as an .npz file of NumPy, beside it their description as JSON.
//!
//! An .npz file is a zip of .npy files. Every array is there by its name as float64 in C order, and `NAME__axes` has the
//! names of its axes, strings as NumPy stores them: `z["kappa__axes"]` is `array(['time', 'rank'])`. The values of an
//! axis are the array of its name. Nothing is compressed, as by `numpy.savez`, and no clock is asked: the same arrays make
//! the same bytes.
//!
//! `NAME.npz.json` beside it has the schema version, program, version, commit, seed, spec, and of each array shape, axes,
//! unit and description.

use std::ffi::OsString;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Map, Value, json};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

use crate::arrays::{AXES, SCHEMA};
use crate::npy::{encode_numbers, encode_strings};
use crate::{Arrays, Origin, Provenance, ReportError, write_file};

/// Writes the arrays to `path` and their description to [`sidecar`] of it, the description first, so that no array is
/// without.
///
/// # Errors
/// Whatever the file system refuses; a spec that is no JSON.
pub fn write_npz<S: Serialize>(path: &Path, arrays: &Arrays, origin: &Origin<'_, S>) -> Result<(), ReportError> {
    let description = description(arrays, origin)?;
    let bytes = encode(arrays).map_err(|source| ReportError::Write { path: path.to_owned(), source: source.into() })?;
    write_file(&sidecar(path), description.as_bytes())?;
    write_file(path, &bytes)
}

/// Where the description of an .npz file is: its name with ".json" after it.
pub fn sidecar(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".json");
    name.into()
}

fn encode(arrays: &Arrays) -> zip::result::ZipResult<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for array in arrays.iter() {
        let axes = encode_strings(&array.axis_names());
        let numbers = encode_numbers(&array.shape(), &array.values);
        for (name, bytes) in [(array.name.clone(), numbers), (format!("{}{AXES}", array.name), axes)] {
            let options = SimpleFileOptions::default()
                .compression_method(CompressionMethod::Stored)
                .last_modified_time(DateTime::DEFAULT)
                .system(System::Unix)
                .unix_permissions(0o644)
                .large_file(u32::try_from(bytes.len()).is_err());
            archive.start_file(name + ".npy", options)?;
            archive.write_all(&bytes)?;
        }
    }
    Ok(archive.finish()?.into_inner())
}

fn description<S: Serialize>(arrays: &Arrays, origin: &Origin<'_, S>) -> Result<String, ReportError> {
    #[derive(Serialize)]
    struct Record<'a, S> {
        schema: u32,
        #[serde(flatten)]
        provenance: &'a Provenance,
        seed: Option<u64>,
        spec: &'a S,
        arrays: Map<String, Value>,
    }
    let of = |array: &crate::Array| {
        json!({
            "shape": array.shape(),
            "axes": array.axis_names(),
            "unit": array.unit,
            "description": array.description,
        })
    };
    let arrays = arrays.iter().map(|array| (array.name.clone(), of(array))).collect();
    let Origin { provenance, seed, spec } = *origin;
    Ok(serde_json::to_string_pretty(&Record { schema: SCHEMA, provenance, seed, spec, arrays })? + "\n")
}
