//! A Postgres that is stopped and started again, or whose disk is small.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};

use super::Postgres;

impl Postgres {
    /// Stops the server: `-INT` as usual, `-QUIT` at once, as if it had crashed.
    pub fn stop(&mut self, signal: &str) {
        let _ = Command::new("kill").args([signal, &self.server.id().to_string()]).status();
        let _ = self.server.wait();
    }

    /// Starts it again on the same folder and waits until it answers.
    pub async fn restart(&mut self) {
        self.server = Self::serve(&self.folder, self.small, self.durable);
        self.answers().await;
    }

    /// One that has a small disk for a tablespace; `None` where that cannot be mounted.
    pub async fn start_small() -> Option<Postgres> {
        let try_it = "mount -t tmpfs tmpfs /mnt";
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "--", "sh", "-c", try_it]);
        let can = command.stderr(Stdio::null()).status().is_ok_and(|status| status.success());
        if can { Some(Self::begin(true, false).await) } else { None }
    }

    /// A migrated database on the small disk, with a table `ballast` that takes some of it.
    pub async fn migrated_small(&self) -> (String, PgPool) {
        let mut connection = PgConnection::connect(&self.url("postgres")).await.unwrap();
        let place = self.folder.path().join("small").join("space").display().to_string();
        for sql in
            [format!("CREATE TABLESPACE small LOCATION '{place}'"), "CREATE DATABASE small TABLESPACE small".into()]
        {
            sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        }
        let url = self.url("small");
        assay_indexer::store::migrate(&url).await.unwrap();
        let pool = assay_indexer::store::pool(&url).unwrap();
        let ballast = "CREATE TABLE ballast AS SELECT repeat('x', 1000) FROM generate_series(1, 10000)";
        sqlx::query(ballast).execute(&pool).await.unwrap();
        (url, pool)
    }
}

/// A command that sees a disk of 48 MB at `place`, and is the user who owns it.
pub fn on_small_disk(program: &Path, place: &Path) -> Command {
    fs::create_dir_all(place).unwrap();
    let mut command = Command::new("unshare");
    // As root of a namespace it mounts; as somebody else, for Postgres is no root's, it runs.
    let script = "mount -t tmpfs -o size=48m,mode=0777 tmpfs \"$1\" && mkdir -m 0700 \"$1/space\" && shift 1 \
        && exec unshare --user --map-user=1000 --map-group=1000 -- \"$@\"";
    command.args(["--user", "--map-root-user", "--mount", "--", "sh", "-c", script, "sh"]).arg(place).arg(program);
    command
}
