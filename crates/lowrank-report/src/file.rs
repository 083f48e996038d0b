//! Files that are either whole or absent: written to a temporary name, synced, renamed.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why a file could not be written.
#[derive(Debug, Error)]
pub enum ReportError {
    /// The file system refused.
    #[error("cannot write {path}: {source}; choose another place with --out")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The record could not be turned into JSON.
    #[error("cannot write the record as JSON: {0}; report this as a fault of the program")]
    Json(#[from] serde_json::Error),
    /// The figure could not be drawn.
    #[error("cannot draw {name}: {reason}; report this as a fault of the program")]
    Figure {
        /// Name of the figure.
        name: String,
        /// What the plotting library said.
        reason: String,
    },
}

/// Writes `content` to `path`, making its folder if need be. A file that was there is replaced at once or kept.
///
/// # Errors
/// Whatever the file system refuses.
pub fn write_file(path: &Path, content: &[u8]) -> Result<(), ReportError> {
    let refused = |source| ReportError::Write { path: path.to_owned(), source };
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder).map_err(refused)?;
    let mut temporary = readable_by_all().tempfile_in(folder).map_err(refused)?;
    temporary.write_all(content).map_err(refused)?;
    temporary.as_file().sync_all().map_err(refused)?;
    temporary.persist(path).map_err(|e| refused(e.error))?;
    // The rename itself must reach the disk; where folders cannot be opened there is nothing to sync.
    if let Ok(folder) = File::open(folder) {
        folder.sync_all().map_err(refused)?;
    }
    Ok(())
}

/// Makes `folder` if need be and proves that files can be written there, before time is spent on what would be lost.
///
/// # Errors
/// Whatever the file system refuses.
pub fn check_folder(folder: &Path) -> Result<(), ReportError> {
    let refused = |source| ReportError::Write { path: folder.to_owned(), source };
    fs::create_dir_all(folder).map_err(refused)?;
    tempfile::tempfile_in(folder).map(drop).map_err(refused)
}

/// Temporary files are private by default; what is renamed into a result is as open as the user's umask lets it be.
fn readable_by_all() -> tempfile::Builder<'static, 'static> {
    #[allow(unused_mut, reason = "only Unix has permission bits")]
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/record.json");
        write_file(&path, b"first").unwrap();
        write_file(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_refusal_names_the_file_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("occupied");
        fs::write(&file, b"x").unwrap();
        let error = write_file(&file.join("record.json"), b"y").unwrap_err();
        assert!(error.to_string().contains("occupied"), "{error}");
        assert_eq!(fs::read(&file).unwrap(), b"x");
    }
}
