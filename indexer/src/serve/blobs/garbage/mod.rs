//! Garbage: uploads that were never completed, and what no open job and no model refers to.
//!
//! A blob or result is kept while
//! - somebody stored it, or tried to, within the last `--blob-keep-hours`;
//! - a job that is open, or ended within that time, names it: as spec, as root, in its uri, as what a seat revealed, or as
//!   program or input of its spec, if the spec is here;
//! - a model names it, as content or in its uri;
//! - it is of a wallet that has an open job: whose spec may be elsewhere, and nobody fetches it to look.

mod leftovers;
mod references;

use std::time::Duration;

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use sqlx::{Connection, PgConnection};
use tokio_util::sync::CancellationToken;
use utoipa::{IntoParams, ToSchema};

use super::{Blobs, Kind, Name, ledger::Entry, store::whole};
use crate::serve::{
    accounts::{Caller, Role},
    problem::Problem,
    reply::Params,
};

const EVERY: Duration = Duration::from_secs(3_600);
/// Rows looked at in one go.
const BATCH: i64 = 500;
/// Names that a report has at most.
const NAMED: usize = 1_000;
/// Of Postgres' advisory locks, the one of who collects; arbitrary, and nobody else's.
const LOCK: i64 = 0x6173_7361_795f_6763;

/// What was deleted, or would be.
#[derive(Serialize, ToSchema, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Nothing was deleted: this is what would be.
    pub dry_run: bool,
    /// Blobs and results.
    pub deleted: u64,
    /// Their bytes.
    pub bytes: String,
    /// Their names, `blobs/…` or `results/…`; the first 1,000.
    pub names: Vec<String>,
    /// Uploads that were never completed.
    pub uploads: u64,
}

/// How to collect.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Collect {
    /// Only say what would be deleted; true if not given.
    dry_run: Option<bool>,
    /// Hours that what nobody refers to is kept; as the server is configured, if not given.
    #[param(minimum = 1, maximum = 87600)]
    keep_hours: Option<u32>,
}

/// Collects garbage now. For admins.
#[utoipa::path(post, path = "/v1/blobs/garbage", operation_id = "collectGarbage", tag = "blobs", params(Collect), responses(
    (status = 200, description = "What was deleted, or would be", body = Swept),
    (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "Not an admin", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "This indexer keeps no blobs", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "It is being collected already", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "The database or the store does not answer", body = Problem, content_type = "application/problem+json"),
))]
pub async fn collect_garbage(
    State(state): State<crate::serve::State>,
    caller: Caller,
    Params(collect): Params<Collect>,
) -> Result<Json<Swept>, Problem> {
    let blobs = state.blobs()?;
    if !caller.roles.contains(&Role::Admin) {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "only admins collect garbage; the indexer's operator names them",
        ));
    }
    if collect.keep_hours.is_some_and(|hours| !(1..=87_600).contains(&hours)) {
        return Err(Problem::bad("keep_hours must be 1 to 87600"));
    }
    let keep = collect.keep_hours.or(blobs.settings.blob_keep_hours);
    let swept = blobs.collect(keep, collect.dry_run.unwrap_or(true)).await?;
    let swept =
        swept.ok_or_else(|| Problem::new(StatusCode::CONFLICT, "garbage is being collected; ask again later"))?;
    Ok(Json(swept))
}

/// Collects every hour, for as long as the process runs.
pub async fn keep_clean(blobs: Blobs, stop: CancellationToken) {
    loop {
        // Not at once: the tables may not be there yet, and a process that is restarted again and again has better to do.
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        match blobs.collect(blobs.settings.blob_keep_hours, blobs.settings.blob_dry_run).await {
            Ok(None) => {}
            Ok(Some(swept)) => tracing::info!(
                "blobs {}deleted: {} of {} bytes; uploads: {}",
                if swept.dry_run { "that would be " } else { "" },
                swept.deleted,
                swept.bytes,
                swept.uploads
            ),
            Err(why) => tracing::warn!("garbage could not be collected: {why:?}"),
        }
    }
}

impl Blobs {
    /// Collects garbage; `None` if somebody else is at it. Without `keep_hours` only uploads and leftovers go.
    pub(super) async fn collect(&self, keep_hours: Option<u32>, dry_run: bool) -> Result<Option<Swept>, Problem> {
        // A connection of its own, with no time limit: what it made and locked goes with it.
        let mut connection = self.pool.acquire().await?.detach();
        let locked = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(LOCK);
        if !locked.fetch_one(&mut connection).await? {
            return Ok(None);
        }
        sqlx::query("SET statement_timeout = 0").execute(&mut connection).await?;
        let mut swept = Swept { dry_run, ..Swept::default() };
        swept.uploads = self.expire_uploads(dry_run).await?;
        if !dry_run {
            self.delete_leftovers().await?;
        }
        if let Some(hours) = keep_hours {
            self.adopt().await?;
            self.find_references(&mut connection, hours).await?;
            self.delete_unreferenced(&mut connection, hours, &mut swept).await?;
        }
        let _ = connection.close().await;
        Ok(Some(swept))
    }

    async fn expire_uploads(&self, dry_run: bool) -> Result<u64, Problem> {
        let expired =
            sqlx::query_scalar("SELECT id FROM uploads WHERE touched_at < now() - make_interval(hours => $1)");
        let expired = expired.bind(i32::try_from(self.settings.blob_upload_hours).unwrap_or(i32::MAX));
        let expired: Vec<String> = expired.fetch_all(&self.pool).await?;
        for id in expired.iter().filter(|_| !dry_run) {
            self.throw_away(id).await?;
        }
        Ok(expired.len() as u64)
    }

    /// Goes through what is old enough, batch by batch.
    async fn delete_unreferenced(
        &self,
        connection: &mut PgConnection,
        hours: u32,
        swept: &mut Swept,
    ) -> Result<(), Problem> {
        let (mut bytes, mut last) = (0, (String::new(), String::new()));
        loop {
            let rows = sqlx::query_as(
                "SELECT kind, name, size, upload, chunk_size, cid FROM blobs b
                 WHERE touched_at < now() - make_interval(hours => $1) AND (kind, name) > ($2, $3)
                     AND NOT EXISTS (SELECT FROM blob_references r WHERE r.name = b.name)
                     AND NOT EXISTS (SELECT FROM jobs j WHERE j.requester = b.owner AND j.closed_slot IS NULL)
                 ORDER BY kind, name LIMIT $4",
            );
            let rows = rows.bind(i32::try_from(hours).unwrap_or(i32::MAX)).bind(&last.0).bind(&last.1).bind(BATCH);
            type Row = (String, String, i64, Option<String>, Option<i64>, Option<String>);
            let rows: Vec<Row> = rows.fetch_all(&mut *connection).await?;
            let Some(end) = rows.last() else { break };
            last = (end.0.clone(), end.1.clone());
            for (kind, name, size, upload, chunk_size, cid) in rows {
                let kind = if kind == Kind::Blob.folder() { Kind::Blob } else { Kind::Result };
                let entry = Entry::of(kind, Name::read(&name)?, (size, upload, chunk_size, cid));
                if !swept.dry_run && !self.delete(&entry, hours).await? {
                    continue;
                }
                swept.deleted += 1;
                bytes += entry.size;
                if swept.names.len() < NAMED {
                    swept.names.push(format!("{}/{name}", kind.folder()));
                }
            }
        }
        swept.bytes = bytes.to_string();
        Ok(())
    }

    /// Deletes one, unless somebody touched it meanwhile. The row goes first: a row without bytes would be a lie, bytes
    /// without a row are found by the next collection.
    async fn delete(&self, entry: &Entry, hours: u32) -> Result<bool, Problem> {
        let delete = sqlx::query(
            "DELETE FROM blobs WHERE kind = $1 AND name = $2 AND touched_at < now() - make_interval(hours => $3)",
        );
        let delete = delete.bind(entry.kind.folder()).bind(&entry.name.0);
        let delete = delete.bind(i32::try_from(hours).unwrap_or(i32::MAX)).execute(&self.pool).await?;
        if delete.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query("DELETE FROM blob_specs WHERE spec = $1").bind(&entry.name.0).execute(&self.pool).await?;
        match &entry.chunked {
            Some((upload, _)) => self.delete_chunks(upload).await?,
            None => self.store.delete(&whole(entry.kind, &entry.name)).await?,
        }
        if let (Some(ipfs), Some(cid)) = (&self.ipfs, &entry.cid)
            && let Err(why) = ipfs.unpin(cid).await
        {
            tracing::warn!("{cid} stays pinned on IPFS: {why}");
        }
        Ok(true)
    }
}
