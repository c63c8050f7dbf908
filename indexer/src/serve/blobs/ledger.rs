//! The ledger in Postgres: what is stored, by whom, since when.

use axum::http::StatusCode;
use sqlx::{PgConnection, PgPool};

use super::{Blobs, Kind, Name, owner::Owner, store::whole};
use crate::serve::problem::Problem;

/// What the ledger says of a blob or result.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Blob or result.
    pub kind: Kind,
    /// Its name.
    pub name: Name,
    /// Its bytes.
    pub size: u64,
    /// If it is not one object: the upload whose chunks it is, and their size.
    pub chunked: Option<(String, u64)>,
    /// Where IPFS has it.
    pub cid: Option<String>,
}

type Columns = (i64, Option<String>, Option<i64>, Option<String>);

impl Entry {
    pub(super) fn of(kind: Kind, name: Name, (size, upload, chunk_size, cid): Columns) -> Self {
        let chunked = upload.zip(chunk_size).map(|(upload, size)| (upload, size.unsigned_abs()));
        Self { kind, name, size: size.unsigned_abs(), chunked, cid }
    }
}

/// Bytes as Postgres counts them: signed.
pub fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

impl Blobs {
    /// What the ledger says, if anything.
    pub async fn entry(&self, kind: Kind, name: &Name) -> Result<Option<Entry>, Problem> {
        let row = sqlx::query_as("SELECT size, upload, chunk_size, cid FROM blobs WHERE kind = $1 AND name = $2");
        let row: Option<Columns> = row.bind(kind.folder()).bind(&name.0).fetch_optional(&self.pool).await?;
        Ok(row.map(|columns| Entry::of(kind, name.clone(), columns)))
    }

    /// Whether it is stored already. If so its time begins anew, so that no garbage collection takes it just when
    /// somebody counts on it.
    pub async fn touch(&self, kind: Kind, name: &Name, owner: &Owner) -> Result<bool, Problem> {
        let touched = sqlx::query_scalar(
            "UPDATE blobs SET touched_at = now() WHERE kind = $1 AND name = $2 RETURNING upload IS NOT NULL",
        );
        let chunked: Option<bool> = touched.bind(kind.folder()).bind(&name.0).fetch_optional(&self.pool).await?;
        if chunked == Some(true) {
            return Ok(true);
        }
        let size = self.store.size(&whole(kind, name)).await?;
        if let (None, Some(size)) = (chunked, size) {
            // It was there before the ledger was.
            self.enter(kind, name, size, owner).await?;
        }
        Ok(size.is_some())
    }

    /// Counts it in its owner's quota; what is about to be stored is entered first, so that two at once do not both fit.
    ///
    /// # Errors
    /// 413 when the quota has no room.
    pub async fn enter(&self, kind: Kind, name: &Name, size: u64, owner: &Owner) -> Result<(), Problem> {
        let mut transaction = self.pool.begin().await?;
        let insert = sqlx::query(
            "INSERT INTO blobs (kind, name, size, owner) VALUES ($1, $2, $3, $4)
             ON CONFLICT (kind, name) DO UPDATE SET touched_at = now()",
        );
        let insert = insert.bind(kind.folder()).bind(&name.0).bind(signed(size)).bind(&owner.0);
        insert.execute(&mut *transaction).await?;
        // What garbage collection read of it may be of the time when its bytes were lost.
        let forget = sqlx::query("DELETE FROM blob_specs WHERE spec = $1").bind(&name.0);
        forget.execute(&mut *transaction).await?;
        self.fits(&mut transaction, owner).await?;
        Ok(transaction.commit().await?)
    }

    /// Takes back what [`Blobs::enter`] did: the store failed. What IPFS has is not lost with it.
    pub async fn strike(&self, kind: Kind, name: &Name) {
        let delete = sqlx::query("DELETE FROM blobs WHERE kind = $1 AND name = $2 AND upload IS NULL AND cid IS NULL");
        if let Err(why) = delete.bind(kind.folder()).bind(&name.0).execute(&self.pool).await {
            tracing::warn!("{} {} is in the ledger but not in the store: {why}", kind.folder(), name.0);
        }
    }

    /// Whether what the owner holds, as this transaction has it, is within its quota.
    pub async fn fits(&self, transaction: &mut PgConnection, owner: &Owner) -> Result<(), Problem> {
        let held = sqlx::query_scalar("SELECT bytes FROM blob_usage WHERE owner = $1");
        let held: Option<i64> = held.bind(&owner.0).fetch_optional(transaction).await?;
        let quota = owner.quota(&self.settings);
        if held.unwrap_or(0) <= signed(quota) { Ok(()) } else { Err(self.over(owner, quota)) }
    }

    /// Whether so many bytes more may fit: to say no before they are sent. [`Blobs::enter`] decides.
    pub async fn may_fit(&self, owner: &Owner, bytes: u64) -> Result<(), Problem> {
        let held = sqlx::query_scalar("SELECT bytes FROM blob_usage WHERE owner = $1");
        let held: Option<i64> = held.bind(&owner.0).fetch_optional(&self.pool).await?;
        let quota = owner.quota(&self.settings);
        let sum = held.unwrap_or(0).saturating_add(signed(bytes));
        if sum <= signed(quota) { Ok(()) } else { Err(self.over(owner, quota)) }
    }

    fn over(&self, owner: &Owner, quota: u64) -> Problem {
        let (whose, what) = match Owner::is_wallet(&owner.0) {
            true => {
                ("your wallet", "delete uploads you do not finish, or wait until jobs that need your blobs have ended")
            }
            false => ("callers who did not sign in", "sign in for a quota of your own"),
        };
        let detail = format!("this is more than the {quota} bytes that {whose} may hold; {what}");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    }
}

/// The chunks' hashes of an upload from `first` on, at most `count`.
pub async fn chunk_hashes(pool: &PgPool, upload: &str, first: u64, count: u64) -> Result<Vec<String>, Problem> {
    let rows =
        sqlx::query_scalar("SELECT sha256 FROM upload_chunks WHERE upload = $1 AND n >= $2 AND n < $3 ORDER BY n");
    let rows = rows.bind(upload).bind(signed(first)).bind(signed(first.saturating_add(count)));
    Ok(rows.fetch_all(pool).await?)
}
