//! The embedded store: a table of entries by name in one file.

use std::{
    collections::BTreeMap,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use redb::{
    Builder, Database, Durability, Error, ReadableDatabase, ReadableTable, TableDefinition, backends::FileBackend,
};

use super::{Entry, JournalError, Result, io_error, private, sync_dir};

const ENTRIES: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("entries");
/// Entries are few and short: a node holds a handful of seats.
const CACHE_BYTES: usize = 1 << 20;

/// The file, and the store in it.
#[derive(Debug)]
pub(super) struct Store {
    path: PathBuf,
    /// None after the disk failed: the store trusts nothing it has in memory then, and is opened anew.
    database: Option<Database>,
    /// What is on disk, by name: opened anew the store must write, which a full disk does not let it, and a salt that cannot
    /// be read then would cost a bond.
    known: BTreeMap<String, Entry>,
}

impl Store {
    pub(super) fn open(dir: &Path) -> Result<Self> {
        let mut store = Self { path: dir.join("journal.redb"), database: None, known: BTreeMap::new() };
        // The table is there from now on, and the file in its folder.
        store.change(|_| Ok(()))?;
        sync_dir(dir)?;
        for entry in store.read()? {
            store.known.insert(entry.question.clone(), entry);
        }
        Ok(store)
    }

    pub(super) fn get(&self, question: &str) -> Option<Entry> {
        self.known.get(question).cloned()
    }

    pub(super) fn all(&self) -> Vec<Entry> {
        self.known.values().cloned().collect()
    }

    fn read(&mut self) -> Result<Vec<Entry>> {
        let found = self.using(|database| {
            let table = database.begin_read()?.open_table(ENTRIES)?;
            let rows =
                table.iter()?.map(|row| row.map(|(name, bytes)| (name.value().to_owned(), bytes.value().to_vec())));
            Ok(rows.collect::<Result<Vec<_>, _>>()?)
        })?;
        found.iter().map(|(question, bytes)| self.parse(question, bytes)).collect()
    }

    /// Write entries, all or none. They are on disk when this returns.
    pub(super) fn put(&mut self, entries: &[Entry]) -> Result<()> {
        let json = entries.iter().map(serde_json::to_vec).collect::<Result<Vec<_>, _>>();
        let json = json.map_err(|error| io_error(&self.path)(error.into()))?;
        self.change(|table| {
            for (entry, json) in entries.iter().zip(&json) {
                table.insert(entry.question.as_str(), json.as_slice())?;
            }
            Ok(())
        })?;
        self.known.extend(entries.iter().map(|entry| (entry.question.clone(), entry.clone())));
        Ok(())
    }

    pub(super) fn remove(&mut self, question: &str) -> Result<()> {
        self.change(|table| table.remove(question).map(drop).map_err(Error::from))?;
        self.known.remove(question);
        Ok(())
    }

    fn change(
        &mut self,
        change: impl FnOnce(&mut redb::Table<'_, &'static str, &'static [u8]>) -> Result<(), Error>,
    ) -> Result<()> {
        self.using(|database| {
            let mut transaction = database.begin_write()?;
            transaction.set_durability(Durability::Immediate)?;
            change(&mut transaction.open_table(ENTRIES)?)?;
            Ok(transaction.commit()?)
        })
    }

    fn using<T>(&mut self, act: impl FnOnce(&Database) -> Result<T, Error>) -> Result<T> {
        let database = match self.database.take() {
            Some(database) => database,
            None => self.database()?,
        };
        let outcome = act(&database);
        if outcome.is_ok() {
            self.database = Some(database);
        }
        outcome.map_err(|error| self.failed(error))
    }

    fn database(&self) -> Result<Database> {
        let file = private().read(true).write(true).create(true).truncate(false).open(&self.path);
        let file = file.map_err(io_error(&self.path))?;
        let open = || {
            let backend = FileBackend::new(file)?;
            Builder::new().set_cache_size(CACHE_BYTES).create_with_backend(backend)
        };
        open().map_err(|error| self.failed(error.into()))
    }

    fn parse(&self, question: &str, bytes: &[u8]) -> Result<Entry> {
        let damaged = |reason: String| JournalError::Damaged { path: self.path.clone(), reason };
        let entry: Entry =
            serde_json::from_slice(bytes).map_err(|error| damaged(format!("entry {question}: {error}")))?;
        let other = entry.question != question;
        if other { Err(damaged(format!("entry {question} is about {}", entry.question))) } else { Ok(entry) }
    }

    fn failed(&self, error: Error) -> JournalError {
        match error {
            Error::Io(source) if source.kind() != ErrorKind::InvalidData => io_error(&self.path)(source),
            Error::DatabaseAlreadyOpen => JournalError::Busy(self.path.clone()),
            other => JournalError::Damaged { path: self.path.clone(), reason: other.to_string() },
        }
    }
}
