//! What open jobs and models refer to.

use assay_sdk::spec::{JobSpec, MAX_DOCUMENT_BYTES};
use sqlx::PgConnection;

use super::{BATCH, Blobs, Kind, Name};
use crate::serve::{
    blobs::{ledger::signed, store::whole},
    problem::Problem,
};

/// Hashes in a text: what a uri of ours ends in, and may be of another indexer that has the same blobs.
const IN_URI: &str = "CROSS JOIN LATERAL regexp_matches(data ->> 'uri', '[0-9a-f]{64}', 'g') AS found";

impl Blobs {
    /// Makes the temporary table `blob_references` of this connection.
    pub(super) async fn find_references(&self, connection: &mut PgConnection, hours: u32) -> Result<(), Problem> {
        sqlx::query("CREATE TEMP TABLE blob_references (name text NOT NULL)").execute(&mut *connection).await?;
        let since = i64::from(hours) * 3_600;
        let live = format!(
            "live AS (
                SELECT address, data FROM jobs WHERE closed_slot IS NULL
                UNION ALL
                SELECT address, data FROM jobs WHERE closed_slot IS NOT NULL
                    AND (data ->> 'ended_at')::bigint >= extract(epoch FROM now())::bigint - {since}
            )"
        );
        let statement = format!(
            "WITH {live} INSERT INTO blob_references
             SELECT data ->> 'spec_hash' FROM live WHERE data ? 'spec_hash'
             UNION ALL SELECT data ->> 'root' FROM live WHERE data ? 'root'
             UNION ALL SELECT found[1] FROM live {IN_URI}
             UNION ALL SELECT s.data ->> 'commitment' FROM live JOIN seats s ON s.job = live.address WHERE s.data ? 'commitment'
             UNION ALL SELECT data ->> 'content_hash' FROM models WHERE closed_slot IS NULL AND data ? 'content_hash'
             UNION ALL SELECT found[1] FROM models {IN_URI} WHERE closed_slot IS NULL"
        );
        // Made of constants and a number.
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut *connection).await?;
        sqlx::query("CREATE INDEX ON blob_references (name)").execute(&mut *connection).await?;
        sqlx::query("ANALYZE blob_references").execute(&mut *connection).await?;
        self.read_specs(connection).await?;
        let names = "INSERT INTO blob_references SELECT n FROM blob_specs s CROSS JOIN unnest(s.names) AS n
             WHERE EXISTS (SELECT FROM blob_references r WHERE r.name = s.spec)";
        sqlx::query(names).execute(&mut *connection).await?;
        Ok(())
    }

    /// Reads those of the blobs referred to that may be specs and were not read yet; what is none names nothing.
    async fn read_specs(&self, connection: &mut PgConnection) -> Result<(), Problem> {
        loop {
            let unread = sqlx::query_scalar(
                "SELECT name FROM blobs b WHERE kind = 'blobs' AND upload IS NULL AND size <= $1
                     AND EXISTS (SELECT FROM blob_references r WHERE r.name = b.name)
                     AND NOT EXISTS (SELECT FROM blob_specs s WHERE s.spec = b.name)
                 LIMIT $2",
            );
            let unread = unread.bind(signed(MAX_DOCUMENT_BYTES as u64)).bind(BATCH);
            let unread: Vec<String> = unread.fetch_all(&mut *connection).await?;
            if unread.is_empty() {
                return Ok(());
            }
            for spec in unread {
                let path = whole(Kind::Blob, &Name::read(&spec)?);
                // One whose bytes are lost names nothing until it is stored again, which forgets this. A store that does
                // not answer ends the collection.
                let bytes = match self.store.size(&path).await? {
                    Some(size) if size > 0 => self.store.read(&path, 0..size).await?,
                    _ => bytes::Bytes::new(),
                };
                let insert = sqlx::query("INSERT INTO blob_specs VALUES ($1, $2) ON CONFLICT DO NOTHING");
                insert.bind(&spec).bind(names(&bytes)).execute(&self.pool).await?;
            }
        }
    }
}

/// The hashes that a spec names, also as part of its uris.
fn names(document: &[u8]) -> Vec<String> {
    let Ok(spec) = JobSpec::parse(document) else { return vec![] };
    let artifacts = [spec.program, spec.input];
    artifacts.into_iter().flat_map(|artifact| hashes(&artifact.uri).into_iter().chain([artifact.sha256])).collect()
}

fn hashes(uri: &str) -> Vec<String> {
    let words = uri.split(|c: char| !matches!(c, '0'..='9' | 'a'..='f'));
    words.filter(|word| word.len() == 64).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specs_name_their_program_and_input() {
        let (program, input, other) = ("ab".repeat(32), "cd".repeat(32), "ef".repeat(32));
        let spec = serde_json::json!({"version": 1, "name": "n", "engine": "wasm", "units": 1,
            "program": {"uri": format!("https://a.example/v1/blobs/{other}?x=1"), "sha256": program},
            "input": {"uri": "https://a.example/input", "sha256": input},
            "limits": {"fuel": 1, "memory_mib": 1, "output_bytes": 1}});
        assert_eq!(names(spec.to_string().as_bytes()), [other, program, input]);
        assert_eq!(names(b"{}"), Vec::<String>::new());
    }
}
