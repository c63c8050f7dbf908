//! Dead letters: what could not be decoded, kept with its bytes.

use sqlx::PgConnection;

use super::{
    Batch, DeadLetter,
    writer::{Tx, Writer, int},
};
use crate::Result;

/// What can be decoded is no dead letter any more.
pub(super) async fn revive(tx: &mut Tx<'_>, batch: &Batch) -> Result<()> {
    let addresses = batch.rows.iter().map(|row| row.address.clone());
    let events = batch.events.iter().map(|e| format!("{}/{}/{}", e.signature, e.ix, e.inner_ix));
    let keys: Vec<_> = addresses.chain(events).collect();
    if !keys.is_empty() {
        // Most often there is none at all.
        let text = "DELETE FROM dead_letters WHERE EXISTS (SELECT FROM dead_letters) AND key = ANY ($1)";
        sqlx::query(text).bind(keys).execute(&mut **tx).await?;
    }
    Ok(())
}

/// Keeps the latest bytes of each key.
pub(super) async fn bury(tx: &mut Tx<'_>, dead: &[DeadLetter]) -> Result<u64> {
    let mut count = 0;
    for letter in dead {
        let query = sqlx::query(
            "INSERT INTO dead_letters AS old (key, program, slot, bytes, error, time) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (key) DO UPDATE SET slot = excluded.slot, bytes = excluded.bytes, error = excluded.error
             WHERE excluded.slot > old.slot AND (old.bytes, old.error) <> (excluded.bytes, excluded.error)",
        );
        let query = query.bind(&letter.key).bind(&letter.program).bind(int(letter.slot)).bind(&letter.bytes);
        count += query.bind(&letter.error).bind(letter.time).execute(&mut **tx).await?.rows_affected();
    }
    Ok(count)
}

type Stored = (String, String, i64, Option<i64>, Vec<u8>, String);

async fn after(connection: &mut PgConnection, slot: i64, key: &str, most: i64) -> Result<Vec<DeadLetter>> {
    let text = "SELECT key, program, slot, time, bytes, error FROM dead_letters
         WHERE (slot, key) > ($1, $2) ORDER BY slot, key LIMIT $3";
    let found: Vec<Stored> = sqlx::query_as(text).bind(slot).bind(key).bind(most).fetch_all(connection).await?;
    let letter = |(key, program, slot, time, bytes, error): Stored| {
        let slot = slot.unsigned_abs();
        DeadLetter { key, program, slot, time, bytes, error }
    };
    Ok(found.into_iter().map(letter).collect())
}

/// Tries every dead letter again by `read`, in the order of their slots; returns how many are none any more.
///
/// # Errors
/// When the database does not answer.
pub async fn retry(writer: &mut Writer, read: impl Fn(&mut Batch, &DeadLetter)) -> Result<u64> {
    /// Letters of a batch.
    const MOST: i64 = 500;
    let mut revived = 0;
    let (mut slot, mut key) = (-1, String::new());
    loop {
        let letters = after(&mut writer.connection, slot, &key, MOST).await?;
        let Some(last) = letters.last() else { return Ok(revived) };
        (slot, key) = (int(last.slot), last.key.clone());
        let mut batch = Batch::default();
        for letter in &letters {
            read(&mut batch, letter);
        }
        revived += u64::try_from(letters.len().saturating_sub(batch.dead.len())).unwrap_or_default();
        // What is still dead is in the table already.
        batch.dead.clear();
        writer.apply(batch).await?;
    }
}
