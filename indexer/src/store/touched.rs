//! What was written above the finalized slot, so that it can be looked at again.

use std::collections::{BTreeMap, HashMap};

use sqlx::PgConnection;

use super::{
    Batch, Change, Settled, Table,
    rows::{self, Closed},
    writer::int,
};
use crate::Result;

/// So many rows of a table are remembered one by one at the start; if there are more, its whole program is looked at.
const MOST: usize = 5_000;

/// Rows above the finalized slot, in memory only: the tables themselves tell a new writer.
#[derive(Clone, Debug, Default)]
pub struct Touched {
    /// The slot of the last change of each.
    rows: HashMap<(Table, String), u64>,
    /// Programs of which more than is worth a list changed, by a scan that can be undone, and when.
    programs: BTreeMap<&'static str, u64>,
}

impl Touched {
    pub(super) async fn read(connection: &mut PgConnection, finalized: u64) -> Result<Self> {
        let mut touched = Self::default();
        for table in Table::ALL {
            let text = format!("SELECT address, slot FROM {} WHERE slot > $1 LIMIT $2", table.name());
            let most = i64::try_from(MOST).unwrap_or(i64::MAX);
            let query = sqlx::query_as(rows::sql(text)).bind(int(finalized)).bind(most);
            let found: Vec<(String, i64)> = query.fetch_all(&mut *connection).await?;
            if found.len() < MOST {
                touched.rows.extend(found.into_iter().map(|(address, slot)| ((table, address), slot.unsigned_abs())));
                continue;
            }
            let text = format!("SELECT max(slot) FROM {}", table.name());
            let top: i64 = sqlx::query_scalar(rows::sql(text)).fetch_one(&mut *connection).await?;
            touched.whole(table.program(), top.unsigned_abs());
        }
        Ok(touched)
    }

    fn whole(&mut self, program: &'static str, slot: u64) {
        let at = self.programs.entry(program).or_default();
        *at = slot.max(*at);
    }

    pub(super) fn note(&mut self, batch: &Batch, closed: Vec<Closed>, finalized: u64) {
        let scans = batch.scanned.iter().filter(|scan| !scan.finalized && scan.slot > finalized);
        for scan in scans {
            self.whole(scan.program, scan.slot);
        }
        // What a scan found is final, or its program is in the list above.
        for row in batch.rows.iter().filter(|row| !matches!(row.change, Change::Scanned(_))) {
            if row.slot > finalized {
                self.row(row.table, &row.address, row.slot);
            }
        }
        for Closed { table, address, slot, .. } in closed.into_iter().filter(|closed| closed.slot > finalized) {
            self.row(table, &address, slot);
        }
        if batch.finalized.is_some() {
            self.settled(finalized);
        }
    }

    fn row(&mut self, table: Table, address: &str, slot: u64) {
        let at = self.rows.entry((table, address.to_owned())).or_default();
        *at = slot.max(*at);
    }

    /// Rows that were written again may be above the finalized slot still.
    pub(super) fn judged(&mut self, states: &[Settled], finalized: u64) {
        for state in states.iter().filter(|state| state.slot > finalized && state.data.is_some()) {
            self.row(state.table, &state.address, state.slot);
        }
    }

    pub(super) fn settled(&mut self, finalized: u64) {
        self.rows.retain(|_, slot| *slot > finalized);
        self.programs.retain(|_, slot| *slot > finalized);
    }

    /// Whether nothing is above the finalized slot.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.programs.is_empty()
    }

    /// The rows last changed at slots up to `to`, programs apart.
    pub fn rows(&self, to: u64) -> Vec<(Table, String)> {
        let due = self.rows.iter().filter(|(_, slot)| **slot <= to).map(|(key, _)| key.clone());
        due.collect()
    }

    /// The rows last changed at this very slot.
    pub fn at(&self, slot: u64) -> Vec<(Table, String)> {
        self.rows.iter().filter(|(_, at)| **at == slot).map(|(key, _)| key.clone()).collect()
    }

    /// The programs that have to be looked at whole, since a slot up to `to`.
    pub fn programs(&self, to: u64) -> Vec<&'static str> {
        self.programs.iter().filter(|(_, slot)| **slot <= to).map(|(program, _)| *program).collect()
    }

    /// The programs that a scan at `slot` or later touched.
    pub fn programs_since(&self, slot: u64) -> Vec<&'static str> {
        self.programs.iter().filter(|(_, at)| **at >= slot).map(|(program, _)| *program).collect()
    }
}
