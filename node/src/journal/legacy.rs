//! Journals from before the store: a JSON file for each entry. They are read once, at the first start.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{Entry, JournalError, Result, io_error, store::Store, sync_dir};

/// Move them all into the store, and remove them once they are on disk there. A node killed in between does it again: what
/// the store has is newer.
pub(super) fn migrate(dir: &Path, store: &mut Store) -> Result<()> {
    for half in files(dir, "tmp")? {
        fs::remove_file(&half).map_err(io_error(&half))?;
    }
    let files = files(dir, "json")?;
    if files.is_empty() {
        return Ok(());
    }
    let mut entries = vec![];
    for path in &files {
        let entry = read(path)?;
        match store.get(&entry.question) {
            None => entries.push(entry),
            Some(known) if (known.digest, known.salt) == (entry.digest, entry.salt) => {}
            Some(_) => return Err(damaged(path, "the store has another salt for it".into())),
        }
    }
    store.put(&entries)?;
    for path in &files {
        fs::remove_file(path).map_err(io_error(path))?;
    }
    tracing::info!(entries = files.len(), "moved the journal into its store");
    sync_dir(dir)
}

fn read(path: &Path) -> Result<Entry> {
    let bytes = fs::read(path).map_err(io_error(path))?;
    let entry: Entry = serde_json::from_slice(&bytes).map_err(|error| damaged(path, error.to_string()))?;
    super::named(&entry.question)?;
    let same = path.file_stem().is_some_and(|name| name == entry.question.as_str());
    if same { Ok(entry) } else { Err(damaged(path, format!("it is about {}", entry.question))) }
}

fn damaged(path: &Path, reason: String) -> JournalError {
    JournalError::Damaged { path: path.to_owned(), reason }
}

fn files(dir: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let list = || -> io::Result<Vec<PathBuf>> {
        let paths = fs::read_dir(dir)?.map(|entry| Ok(entry?.path()));
        paths.filter(|path| path.as_ref().map_or(true, |p| p.extension().is_some_and(|e| e == extension))).collect()
    };
    list().map_err(io_error(dir))
}
