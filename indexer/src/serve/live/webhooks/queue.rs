//! From items to deliveries: for each hook each item that it wants, exactly once.
//!
//! One row, `webhook_cursor`, says how far all hooks are; whoever queues locks it, and moves it in the transaction that
//! inserts the deliveries. A hook that is behind the others has a cursor of its own until it has caught up.

use sqlx::{FromRow, PgConnection, PgPool};

use super::super::{
    item::{Item, Op},
    source,
    topics::Topics,
};

/// Hooks that catch up in one round.
const CATCH_UP: usize = 16;

#[derive(FromRow)]
struct Row {
    id: String,
    wallet: String,
    topics: Vec<String>,
    cursor: Option<i64>,
}

struct Hook {
    id: String,
    wallet: String,
    topics: Topics,
    cursor: Option<i64>,
}

impl Hook {
    /// Notices are for those whom they concern.
    fn wants(&self, item: &Item) -> bool {
        self.cursor.is_none_or(|cursor| item.id > cursor)
            && self.topics.want(item)
            && (item.op != Op::Notice || item.facts.parties.contains(&self.wallet))
    }
}

/// What a round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    /// Deliveries that were queued.
    pub queued: u64,
    /// Whether there may be more to do.
    pub more: bool,
}

/// Queues what is new, a page at most; does nothing while another instance does.
///
/// # Errors
/// When the database does not answer; then nothing was queued.
pub async fn fill(pool: &PgPool) -> Result<Filled, sqlx::Error> {
    let mut tx = pool.begin().await?;
    let locked = "SELECT id FROM webhook_cursor FOR UPDATE SKIP LOCKED";
    let Some(global) = sqlx::query_scalar::<_, i64>(locked).fetch_optional(&mut *tx).await? else {
        return Ok(Filled::default());
    };
    let sql = "SELECT id, wallet, topics, cursor FROM webhooks WHERE state = 'active'";
    let rows: Vec<Row> = sqlx::query_as(sql).fetch_all(&mut *tx).await?;
    let hooks = rows.into_iter().filter_map(|row| {
        let Row { id, wallet, topics, cursor } = row;
        let parsed = Topics::parse(topics.iter().map(String::as_str)).ok()?;
        Some(Hook { id, wallet, topics: parsed, cursor })
    });
    let (behind, mut present): (Vec<_>, Vec<_>) =
        hooks.partition(|hook| hook.cursor.is_some_and(|cursor| cursor < global));
    let mut filled = Filled { queued: 0, more: behind.len() > CATCH_UP };
    for hook in behind.into_iter().take(CATCH_UP) {
        let (queued, whole) = catch_up(&mut tx, &hook, global).await?;
        filled.queued += queued;
        // It goes with the rest from here on.
        if whole { present.push(Hook { cursor: None, ..hook }) } else { filled.more = true }
    }
    // Where nobody wants anything, nothing need be read.
    let items = if present.is_empty() { vec![] } else { source::page(&mut tx, global, i64::MAX, None).await? };
    let skipped = if present.is_empty() { source::newest(&mut *tx).await? } else { global };
    filled.more |= !items.is_empty();
    filled.queued += insert(&mut tx, &items, &present).await?;
    let moved = items.last().map_or(skipped, |item| item.id);
    if moved > global {
        sqlx::query("UPDATE webhook_cursor SET id = $1").bind(moved).execute(&mut *tx).await?;
        let sql = "UPDATE webhooks SET cursor = NULL WHERE state = 'active' AND cursor >= $1 AND cursor <= $2";
        sqlx::query(sql).bind(global).bind(moved).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(filled)
}

/// A page of what a hook has missed; returns how many deliveries that made, and whether that was all.
async fn catch_up(tx: &mut PgConnection, hook: &Hook, global: i64) -> Result<(u64, bool), sqlx::Error> {
    let from = hook.cursor.unwrap_or(global);
    let items = source::page(tx, from, global, Some(&hook.topics)).await?;
    let whole = i64::try_from(items.len()).is_ok_and(|count| count < source::PAGE);
    let next = items.last().map(|item| item.id).filter(|_| !whole);
    let sql = "UPDATE webhooks SET cursor = $2 WHERE id = $1";
    sqlx::query(sql).bind(&hook.id).bind(next).execute(&mut *tx).await?;
    Ok((insert(tx, &items, std::slice::from_ref(hook)).await?, whole))
}

async fn insert(tx: &mut PgConnection, items: &[Item], hooks: &[Hook]) -> Result<u64, sqlx::Error> {
    let mut columns = (vec![], vec![], vec![], vec![]);
    for item in items {
        for hook in hooks.iter().filter(|hook| hook.wants(item)) {
            columns.0.push(hook.id.as_str());
            columns.1.push(item.id);
            columns.2.push(type_of(item));
            columns.3.push(body(item));
        }
    }
    if columns.0.is_empty() {
        return Ok(0);
    }
    // A hook that was deleted meanwhile gets nothing, and is no error.
    let sql = "INSERT INTO webhook_deliveries (hook, item, type, body)
        SELECT n.hook, n.item, n.type, n.body FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[])
            WITH ORDINALITY AS n (hook, item, type, body, at)
        WHERE EXISTS (SELECT FROM webhooks h WHERE h.id = n.hook)
        ORDER BY n.at ON CONFLICT (hook, item) DO NOTHING";
    let query = sqlx::query(sql).bind(columns.0).bind(columns.1).bind(columns.2).bind(columns.3);
    Ok(query.execute(tx).await?.rows_affected())
}

fn type_of(item: &Item) -> String {
    let facts = &item.facts;
    match item.op {
        Op::Event => format!("{}.{}", facts.program, facts.kind),
        Op::Retracted => "retracted".into(),
        Op::Notice => format!("notice.{}", facts.kind),
    }
}

/// As the specification of Standard Webhooks advises: type, time, data.
fn body(item: &Item) -> String {
    let (type_of, json) = (type_of(item), &item.json);
    format!(r#"{{"type":"{type_of}","timestamp":"{}","data":{json}}}"#, item.time)
}
