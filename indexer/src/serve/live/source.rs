//! Items from the database, in pages.

use sqlx::{PgConnection, PgExecutor};

use super::{
    item::{Item, ItemRow},
    topics::Topics,
};

/// Items of a page.
pub const PAGE: i64 = 500;

/// Each of the three is read along its own ids; the cases and jobs are looked up by their keys.
const ITEMS: &str = "
    SELECT s.id, s.op, s.json, coalesce(s.job, c.job) AS job, j.address IS NOT NULL AS job_known, s.of_case,
        j.requester, j.mint, j.data ->> 'class' AS class
    FROM (
        (SELECT id, 0 AS op, json, job, of_case FROM event_rows
            WHERE id > $1 AND id <= $2 AND ($4::text[] IS NULL OR job = ANY ($4) OR of_case = ANY ($6))
                AND ($5::text[] IS NULL OR kind = ANY ($5))
            ORDER BY id LIMIT $3)
        UNION ALL
        (SELECT id, 1, event, event ->> 'job', event -> 'data' ->> 'case' FROM retractions
            WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3)
        UNION ALL
        (SELECT id, 2, jsonb_build_object('id', id::text, 'kind', kind, 'object', object, 'deadline', deadline::text,
                'job', job, 'parties', parties, 'at', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),
                'data', data), job, data ->> 'case' FROM notices
            WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3)
    ) s
    LEFT JOIN cases c ON c.address = s.of_case
    LEFT JOIN jobs j ON j.address = coalesce(s.job, c.job)
    ORDER BY s.id LIMIT $3";

/// The first items with `after < id <= up_to`, a page at most; of events those only that the topics may want.
///
/// # Errors
/// When the database does not answer.
pub async fn page(
    connection: &mut PgConnection,
    after: i64,
    up_to: i64,
    topics: Option<&Topics>,
) -> Result<Vec<Item>, sqlx::Error> {
    let (jobs, kinds) = topics.map(Topics::narrow).unwrap_or_default();
    let cases: Vec<String> = match &jobs {
        Some(jobs) => {
            let sql = "SELECT address FROM cases WHERE job = ANY ($1)";
            sqlx::query_scalar(sql).bind(jobs).fetch_all(&mut *connection).await?
        }
        None => vec![],
    };
    let query = sqlx::query_as::<_, ItemRow>(ITEMS).bind(after).bind(up_to).bind(PAGE);
    let rows = query.bind(jobs).bind(kinds).bind(cases).fetch_all(connection).await?;
    Ok(rows.into_iter().map(Item::from).collect())
}

/// The newest id there is.
///
/// # Errors
/// When the database does not answer.
pub async fn newest(on: impl PgExecutor<'_>) -> Result<i64, sqlx::Error> {
    let sql = "SELECT greatest((SELECT max(id) FROM events), (SELECT max(id) FROM retractions),
        (SELECT max(id) FROM notices), 0)";
    sqlx::query_scalar(sql).fetch_one(on).await
}

/// No id can be greater: the last that was drawn.
///
/// # Errors
/// When the database does not answer.
pub async fn drawn(on: impl PgExecutor<'_>) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM events_id_seq").fetch_one(on).await
}

/// The greatest id that retention has dropped; 0 if it dropped nothing.
///
/// # Errors
/// When the database does not answer.
pub async fn forgotten(on: impl PgExecutor<'_>) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT forgotten FROM watermark").fetch_one(on).await
}
