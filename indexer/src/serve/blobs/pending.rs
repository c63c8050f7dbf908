//! The rows of uploads under way.

use axum::http::StatusCode;

use super::{Blobs, Name, owner::Owner, store::chunk};
use crate::serve::problem::Problem;

/// An upload's row.
#[derive(Debug, Clone)]
pub struct Upload {
    pub id: String,
    pub name: Name,
    pub size: u64,
    pub chunk_size: u64,
    pub hashed: u64,
}

impl Upload {
    /// Number of chunks.
    pub fn chunks(&self) -> u64 {
        self.size.div_ceil(self.chunk_size)
    }

    /// Bytes of chunk `n`.
    pub fn length_of(&self, n: u64) -> u64 {
        self.chunk_size.min(self.size.saturating_sub(n.saturating_mul(self.chunk_size)))
    }
}

impl Blobs {
    /// The upload, if it is the caller's to go on with.
    pub(super) async fn upload(&self, id: &str, caller: &Owner) -> Result<Upload, Problem> {
        if id.len() != 32 || !id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(Problem::bad("the id of an upload has 32 lower hex digits"));
        }
        let row = sqlx::query_as("SELECT name, size, chunk_size, hashed, owner FROM uploads WHERE id = $1").bind(id);
        let row: Option<(String, i64, i64, i32, String)> = row.fetch_optional(&self.pool).await?;
        let (name, size, chunk_size, hashed, owner) = row.ok_or_else(|| {
            Problem::missing("there is no such upload; it was completed, given up or has expired: begin one anew")
        })?;
        if Owner::is_wallet(&owner) && owner != caller.0 {
            return Err(Problem::new(StatusCode::FORBIDDEN, "another wallet began this upload; sign in with that one"));
        }
        let (size, chunk_size) = (size.unsigned_abs(), chunk_size.unsigned_abs().max(1));
        Ok(Upload {
            id: id.to_owned(),
            name: Name::read(&name)?,
            size,
            chunk_size,
            hashed: hashed.unsigned_abs().into(),
        })
    }

    /// The chunks that are there, as ranges.
    pub(super) async fn have(&self, upload: &Upload) -> Result<Vec<[u64; 2]>, Problem> {
        let rows = sqlx::query_scalar("SELECT n FROM upload_chunks WHERE upload = $1 ORDER BY n").bind(&upload.id);
        let rows: Vec<i32> = rows.fetch_all(&self.pool).await?;
        let mut have: Vec<[u64; 2]> = vec![];
        for n in rows.into_iter().map(|n| u64::from(n.unsigned_abs())) {
            match have.last_mut() {
                Some([_, last]) if *last + 1 == n => *last = n,
                _ => have.push([n, n]),
            }
        }
        Ok(have)
    }

    /// Enters a chunk that is in the store.
    pub(super) async fn stored(&self, upload: &Upload, n: u64, hash: &Name) -> Result<(), Problem> {
        let mut transaction = self.pool.begin().await?;
        let alive = sqlx::query("UPDATE uploads SET touched_at = now() WHERE id = $1").bind(&upload.id);
        let alive = alive.execute(&mut *transaction).await?.rows_affected() == 1;
        let insert = sqlx::query_scalar(
            "INSERT INTO upload_chunks VALUES ($1, $2, $3)
             ON CONFLICT (upload, n) DO UPDATE SET n = excluded.n RETURNING sha256",
        );
        let insert = insert.bind(&upload.id).bind(i32::try_from(n).unwrap_or(i32::MAX)).bind(&hash.0);
        let entered: String = insert.fetch_one(&mut *transaction).await?;
        if alive && entered == hash.0 {
            return Ok(transaction.commit().await?);
        }
        drop(transaction);
        self.store.delete(&chunk(&upload.id, n, &hash.0)).await?;
        Err(if alive { other_content(n) } else { Problem::missing("the upload was given up meanwhile") })
    }

    /// Makes a verified upload a blob. If somebody else was first, the chunks are not needed.
    pub(super) async fn publish(&self, upload: &Upload) -> Result<(), Problem> {
        let mut transaction = self.pool.begin().await?;
        let insert = sqlx::query(
            "INSERT INTO blobs (kind, name, size, owner, upload, chunk_size)
             SELECT 'blobs', name, size, owner, id, chunk_size FROM uploads WHERE id = $1
             ON CONFLICT (kind, name) DO NOTHING",
        );
        let first = insert.bind(&upload.id).execute(&mut *transaction).await?.rows_affected() == 1;
        if first {
            sqlx::query("DELETE FROM uploads WHERE id = $1").bind(&upload.id).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        if first { Ok(()) } else { self.throw_away(&upload.id).await }
    }

    /// Deletes an upload and its chunks. Its row goes first: whoever stores a chunk meanwhile takes that one back.
    pub(super) async fn throw_away(&self, id: &str) -> Result<(), Problem> {
        sqlx::query("DELETE FROM uploads WHERE id = $1").bind(id).execute(&self.pool).await?;
        self.delete_chunks(id).await
    }

    pub(super) async fn delete_chunks(&self, id: &str) -> Result<(), Problem> {
        let rows = sqlx::query_as("SELECT n, sha256 FROM upload_chunks WHERE upload = $1").bind(id);
        let rows: Vec<(i32, String)> = rows.fetch_all(&self.pool).await?;
        for (n, sha256) in rows {
            self.store.delete(&chunk(id, n.unsigned_abs().into(), &sha256)).await?;
        }
        sqlx::query("DELETE FROM upload_chunks WHERE upload = $1").bind(id).execute(&self.pool).await?;
        Ok(())
    }
}

/// Two contents as one chunk.
pub fn other_content(n: u64) -> Problem {
    let detail =
        format!("another content was stored as chunk {n}; if that one is wrong, DELETE the upload and begin anew");
    Problem::new(StatusCode::CONFLICT, detail)
}
