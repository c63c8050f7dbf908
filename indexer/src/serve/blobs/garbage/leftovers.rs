//! Bytes in the store that the ledger does not know.

use std::time::SystemTime;

use futures_util::{StreamExt, TryStreamExt};
use object_store::ObjectMeta;

use super::{Blobs, Kind, Name};
use crate::serve::problem::Problem;

/// Objects compared with the ledger in one go.
const BATCH: usize = 1_000;

impl Blobs {
    /// Enters what is in the store and not in the ledger: from before there was one, or of a process that was killed.
    pub(super) async fn adopt(&self) -> Result<(), Problem> {
        for kind in [Kind::Blob, Kind::Result] {
            let mut found = self.store.list(kind.folder()).try_chunks(BATCH);
            while let Some(objects) = found.next().await {
                self.adopt_some(kind, objects.map_err(|why| unreadable(&why.1))?).await?;
            }
        }
        Ok(())
    }

    async fn adopt_some(&self, kind: Kind, objects: Vec<ObjectMeta>) -> Result<(), Problem> {
        let named = objects.into_iter().filter_map(|meta| {
            let name = Name::read(meta.location.filename()?).ok()?;
            Some((name.0, i64::try_from(meta.size).ok()?, meta.last_modified.timestamp() as f64))
        });
        let (mut names, mut sizes, mut times) = (vec![], vec![], vec![]);
        named.for_each(|(name, size, time)| {
            names.push(name);
            sizes.push(size);
            times.push(time);
        });
        let insert = sqlx::query(
            "INSERT INTO blobs (kind, name, size, owner, touched_at)
             SELECT $1, name, size, 'anonymous', to_timestamp(time)
             FROM unnest($2::text[], $3::bigint[], $4::float8[]) AS found (name, size, time)
             ON CONFLICT (kind, name) DO NOTHING",
        );
        insert.bind(kind.folder()).bind(names).bind(sizes).bind(times).execute(&self.pool).await?;
        Ok(())
    }

    /// Deletes chunks of uploads that are no more, and what killed processes left half written.
    pub(super) async fn delete_leftovers(&self) -> Result<(), Problem> {
        let old = SystemTime::now().checked_sub(self.upload_life()).unwrap_or(SystemTime::UNIX_EPOCH);
        let mut chunks = self.store.list("uploads");
        let mut last = (String::new(), true);
        while let Some(meta) = chunks.next().await {
            let meta = meta.map_err(|why| unreadable(&why))?;
            let Some(id) = meta.location.parts().nth(1).map(|part| part.as_ref().to_owned()) else { continue };
            if SystemTime::from(meta.last_modified) > old {
                continue;
            }
            if last.0 != id {
                last = (id.clone(), self.is_known(&id).await?);
            }
            if !last.1 {
                self.store.delete(&meta.location).await?;
            }
        }
        drop(chunks);
        if let Some(folder) = self.store.folder.clone() {
            // The disk is slow, and has no other way to be asked.
            let swept = tokio::task::spawn_blocking(move || delete_staged(&folder, old)).await;
            swept.map_err(|why| std::io::Error::other(why).into()).and_then(|swept| swept.map_err(Problem::from))?;
        }
        Ok(())
    }

    async fn is_known(&self, upload: &str) -> Result<bool, Problem> {
        let known = "SELECT EXISTS (SELECT FROM uploads WHERE id = $1) OR EXISTS (SELECT FROM blobs WHERE upload = $1)";
        Ok(sqlx::query_scalar(known).bind(upload).fetch_one(&self.pool).await?)
    }
}

/// `object_store` writes files as `NAME#1` and renames them; a process that is killed leaves them behind.
fn delete_staged(folder: &std::path::Path, old: SystemTime) -> std::io::Result<()> {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for item in std::fs::read_dir(&folder)? {
            let item = item?;
            // What goes away meanwhile was no leftover.
            let Ok(meta) = item.metadata() else { continue };
            if meta.is_dir() {
                folders.push(item.path());
            } else if item.file_name().to_string_lossy().contains('#') && meta.modified().is_ok_and(|time| time < old) {
                let _ = std::fs::remove_file(item.path());
            }
        }
    }
    Ok(())
}

fn unreadable(why: &object_store::Error) -> Problem {
    tracing::warn!("the blob store cannot be listed: {why}");
    Problem::new(axum::http::StatusCode::SERVICE_UNAVAILABLE, "the blob store does not answer; try again in a moment")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn only_old_staged_files_are_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("blobs");
        std::fs::create_dir(&inner).unwrap();
        for name in ["a", "a#1", "b#12"] {
            std::fs::write(inner.join(name), "x").unwrap();
        }
        let now = SystemTime::now();
        delete_staged(folder.path(), now - Duration::from_secs(60)).unwrap();
        assert_eq!(std::fs::read_dir(&inner).unwrap().count(), 3, "they are young");
        delete_staged(folder.path(), now + Duration::from_secs(60)).unwrap();
        let left: Vec<_> = std::fs::read_dir(&inner).unwrap().map(|item| item.unwrap().file_name()).collect();
        assert_eq!(left, ["a"]);
    }
}
