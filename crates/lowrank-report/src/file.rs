//! Files that are either whole or absent: written to a temporary name, synced, renamed.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use crate::ReportError;

/// How the names of files being written begin and end.
pub(crate) const UNFINISHED: (&str, &str) = (".lowrank-", ".tmp");
/// How often a file is begun anew that another process took for stale.
pub(crate) const ATTEMPTS: usize = 10;

/// What becomes of a file that has the name already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Existing {
    /// It stays; writing fails with [`ErrorKind::AlreadyExists`].
    Kept,
    /// It is replaced at once.
    Replaced,
}

/// Writes `content` to `path`, making its folder if need be. A file that was there is replaced at once or kept.
///
/// # Errors
/// Whatever the file system refuses.
pub fn write_file(path: &Path, content: &[u8]) -> Result<(), ReportError> {
    let refused = |source| ReportError::Write { path: path.to_owned(), source };
    fs::create_dir_all(folder_of(path)).map_err(refused)?;
    write_whole(path, content, Existing::Replaced).map_err(refused)
}

/// The text of a file.
///
/// # Errors
/// It is not there, cannot be read, or is no text.
pub fn read_text(path: &Path) -> Result<String, ReportError> {
    fs::read_to_string(path).map_err(|source| ReportError::Read { path: path.to_owned(), source })
}

/// Writes `content` to `path` in a folder that is there: to a name that no other thread or process uses, synced,
/// renamed.
///
/// Whatever is refused, nothing half written is under `path`, and nothing is left of the other name.
pub(crate) fn write_whole(path: &Path, content: &[u8], existing: Existing) -> io::Result<()> {
    let folder = folder_of(path);
    let mut attempt = 1;
    while !write_once(folder, path, content, existing)? {
        if attempt == ATTEMPTS {
            return Err(io::Error::other("another process keeps removing the file while it is written"));
        }
        attempt += 1;
    }
    // The rename itself must reach the disk; where folders cannot be opened there is nothing to sync.
    if let Ok(folder) = File::open(folder) {
        folder.sync_all()?;
    }
    Ok(())
}

/// Removes what killed processes left half written in `folder`.
///
/// A process locks what it writes, and the system drops the lock when the process ends in whatever way: a file whose
/// lock can be had has no writer. One that is caught between making and locking its file, or whose locks are not seen
/// from here (another machine), notices that its file is gone and writes it anew.
pub(crate) fn remove_stale(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        if name.starts_with(UNFINISHED.0) && name.ends_with(UNFINISHED.1) {
            // What cannot be removed does no harm.
            if let Ok(file) = File::open(entry.path())
                && file.try_lock().is_ok()
            {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// One attempt; false if another process removed the file meanwhile.
fn write_once(folder: &Path, path: &Path, content: &[u8], existing: Existing) -> io::Result<bool> {
    let mut temporary = readable_by_all().prefix(UNFINISHED.0).suffix(UNFINISHED.1).tempfile_in(folder)?;
    // Where files cannot be locked, nobody will have this one's lock either, and it is not taken for stale.
    if let Err(TryLockError::WouldBlock) = temporary.as_file().try_lock() {
        return Ok(false);
    }
    temporary.write_all(content)?;
    temporary.as_file().sync_all()?;
    let renamed = match existing {
        Existing::Kept => temporary.persist_noclobber(path),
        Existing::Replaced => temporary.persist(path),
    };
    match renamed {
        Ok(_) => Ok(true),
        Err(refusal) if refusal.error.kind() == ErrorKind::NotFound => Ok(false),
        Err(refusal) => Err(refusal.error),
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Makes `folder` if need be and proves that files can be written there, before time is spent on what would be lost.
///
/// # Errors
/// Whatever the file system refuses.
pub fn check_folder(folder: &Path) -> Result<(), ReportError> {
    let refused = |source| ReportError::Write { path: folder.to_owned(), source };
    fs::create_dir_all(folder).map_err(refused)?;
    // A full disk gives a file a name and no room.
    tempfile::tempfile_in(folder).and_then(|mut probe| probe.write_all(b"probe")).map_err(refused)
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
    fn a_file_that_is_kept_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("record.json");
        write_whole(&path, b"first", Existing::Kept).unwrap();
        let error = write_whole(&path, b"second", Existing::Kept).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"first");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn only_files_without_a_writer_are_stale() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path(".lowrank-dead.tmp"), b"half").unwrap();
        fs::write(path(".lowrank-settings"), b"of the user").unwrap();
        fs::write(path("kept.tmp"), b"of the user").unwrap();
        let alive = File::create(path(".lowrank-alive.tmp")).unwrap();
        alive.try_lock().unwrap();
        remove_stale(folder.path());
        let left = ["kept.tmp", ".lowrank-settings", ".lowrank-alive.tmp"];
        assert!(left.iter().all(|name| path(name).exists()) && !path(".lowrank-dead.tmp").exists());
        drop(alive);
        remove_stale(folder.path());
        assert!(!path(".lowrank-alive.tmp").exists());
    }

    #[test]
    fn files_survive_a_process_that_looks_for_stale_ones_all_the_time() {
        let folder = tempfile::tempdir().unwrap();
        let done = std::sync::atomic::AtomicBool::new(false);
        let written = std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    remove_stale(folder.path());
                }
            });
            let written = (0..100)
                .filter(|k| write_whole(&folder.path().join(format!("{k}")), b"whole", Existing::Kept).is_ok())
                .count();
            done.store(true, std::sync::atomic::Ordering::Relaxed);
            written
        });
        assert_eq!(written, 100);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 100);
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
