//! A private Postgres for a test: real server, own folder, no port.
#![allow(dead_code, clippy::unwrap_used)]

pub mod chain;
pub mod child;
pub mod fake;
pub mod faulty;
pub mod gate;
pub mod index;
pub mod script;
pub mod seats;
pub mod server;
pub mod tables;
pub mod yellowstone;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use sqlx::{Connection, PgConnection, PgPool};
use tempfile::TempDir;

pub struct Postgres {
    server: Child,
    folder: TempDir,
    /// Whether there is a small disk, mounted where only the server sees it.
    small: bool,
    /// Whether a commit waits for the disk, as it does where it matters.
    durable: bool,
}

impl Postgres {
    /// Starts one and waits until it answers.
    pub async fn start() -> Postgres {
        Self::begin(false, false).await
    }

    /// Starts one whose commits wait for the disk, as Postgres does unless it is told otherwise.
    pub async fn start_durable() -> Postgres {
        Self::begin(false, true).await
    }

    async fn begin(small: bool, durable: bool) -> Postgres {
        let folder = tempfile::Builder::new().prefix("assay-pg").tempdir().unwrap();
        let data = folder.path().join("data");
        let bin = bin_dir();
        let mut initdb = command(&bin.join("initdb"));
        initdb.args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "-D"]).arg(&data);
        let made = initdb.output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let server = Self::serve(&folder, small, durable);
        let postgres = Postgres { server, folder, small, durable };
        postgres.answers().await;
        postgres
    }

    fn serve(folder: &TempDir, small: bool, durable: bool) -> Child {
        let (data, bin) = (folder.path().join("data"), bin_dir().join("postgres"));
        let mut server = if small { faulty::on_small_disk(&bin, &folder.path().join("small")) } else { command(&bin) };
        server.arg("-D").arg(&data).arg("-k").arg(folder.path()).args(["-c", "listen_addresses="]);
        if !durable {
            server.args(["-c", "fsync=off"]);
        }
        // The bench reads there which statements were run.
        server.args(["-c", "track_activity_query_size=65536"]);
        let log = fs::File::options().append(true).create(true).open(folder.path().join("log")).unwrap();
        server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap()
    }

    async fn answers(&self) {
        for _ in 0..1_000 {
            if PgConnection::connect(&self.url("postgres")).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{}", fs::read_to_string(self.folder.path().join("log")).unwrap());
    }

    /// An empty database.
    pub async fn create(&self, name: &'static str) -> String {
        let mut connection = PgConnection::connect(&self.url("postgres")).await.unwrap();
        let sql = format!("CREATE DATABASE {name}");
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        self.url(name)
    }

    /// A migrated database: its url and a pool.
    pub async fn migrated(&self, name: &'static str) -> (String, PgPool) {
        let url = self.create(name).await;
        let pool = assay_indexer::store::pool(&url).unwrap();
        assay_indexer::store::migrate(&url).await.unwrap();
        (url, pool)
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://postgres@localhost/{database}?host={}", self.folder.path().display())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if !matches!(self.server.try_wait(), Ok(None)) {
            return;
        }
        // SIGINT: a fast shutdown. It is our own child, not waited for yet.
        let _ = Command::new("kill").args(["-INT", &self.server.id().to_string()]).status();
        let _ = self.server.wait();
    }
}

/// Postgres refuses to run as root: then it gets a user namespace in which it is somebody else.
fn command(program: &Path) -> Command {
    if fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0) {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-user=1000", "--map-group=1000", "--"]).arg(program);
        return command;
    }
    Command::new(program)
}

/// `$PG_BIN_DIR`, or where Debian or the PATH has it.
fn bin_dir() -> PathBuf {
    let given = std::env::var_os("PG_BIN_DIR").map(PathBuf::from);
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|e| e.path().join("bin"));
    let path: Vec<_> = std::env::var_os("PATH").iter().flat_map(std::env::split_paths).collect();
    let mut all = given.into_iter().chain(debian).chain(path);
    all.find(|dir| dir.join("initdb").is_file()).expect("no Postgres: install it or set PG_BIN_DIR")
}
