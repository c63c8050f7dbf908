//! What the writer looks up in its own tables.

use super::{
    Table, rows,
    writer::{Writer, int},
};
use crate::Result;

/// A row as an audit sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// Its table.
    pub table: Table,
    /// Its address, base58.
    pub address: String,
    /// Its slot.
    pub slot: u64,
    /// Whether it is no tombstone.
    pub open: bool,
}

impl Writer {
    /// Slot and signature of the transactions whose events are in the tables, of the slots after `from` up to `to`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn transactions(&mut self, from: u64, to: u64) -> Result<Vec<(u64, String)>> {
        let text = "SELECT DISTINCT slot, signature FROM events WHERE slot > $1 AND slot <= $2";
        let query = sqlx::query_as(text).bind(int(from)).bind(int(to));
        let found: Vec<(i64, String)> = query.fetch_all(&mut self.connection).await?;
        Ok(found.into_iter().map(|(slot, signature)| (slot.unsigned_abs(), signature)).collect())
    }

    /// Those of the rows whose slot is `to` at most.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn rows_of(&mut self, some: &[(Table, String)], to: u64) -> Result<Vec<Look>> {
        let mut looks = vec![];
        for table in Table::ALL {
            let addresses: Vec<_> = some.iter().filter(|(of, _)| *of == table).map(|(_, a)| a.as_str()).collect();
            if !addresses.is_empty() {
                let text = format!(
                    "SELECT address, slot, closed_slot IS NULL FROM {} WHERE address = ANY ($1) AND slot <= $2",
                    table.name()
                );
                let query = sqlx::query_as(rows::sql(text)).bind(addresses).bind(int(to));
                looks.extend(look(table, query.fetch_all(&mut self.connection).await?));
            }
        }
        Ok(looks)
    }

    /// A program's rows of the slots after `from` up to `to`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn rows_between(&mut self, program: &str, from: u64, to: u64) -> Result<Vec<Look>> {
        let mut looks = vec![];
        for table in Table::ALL.into_iter().filter(|table| table.program() == program) {
            let text = format!(
                "SELECT address, slot, closed_slot IS NULL FROM {} WHERE slot > $1 AND slot <= $2",
                table.name()
            );
            let query = sqlx::query_as(rows::sql(text)).bind(int(from)).bind(int(to));
            looks.extend(look(table, query.fetch_all(&mut self.connection).await?));
        }
        Ok(looks)
    }
}

fn look(table: Table, found: Vec<(String, i64, bool)>) -> impl Iterator<Item = Look> {
    found.into_iter().map(move |(address, slot, open)| Look { table, address, slot: slot.unsigned_abs(), open })
}
