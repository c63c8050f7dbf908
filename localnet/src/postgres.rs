//! A private Postgres: the system's own server binaries, with their data in the data folder.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::{Pid, User, chown, geteuid},
};
use sqlx::{ConnectOptions, Connection, Executor, postgres::PgConnectOptions, postgres::PgSslMode};

use crate::{
    ChildSpec, Error, Result, Supervisor,
    child::{RunAs, prepare},
    folder::{Folder, private},
    ports::HOST,
};

/// The database that the indexer uses.
pub const DATABASE: &str = "assay";
/// The child's name.
pub const NAME: &str = "postgres";
const SUPERUSER: &str = "postgres";
/// It is stopped after everybody who uses it.
const STOP_ORDER: u8 = 9;
const PATIENCE: Duration = Duration::from_secs(30);

/// Starts Postgres under `supervisor` and makes an empty database [`DATABASE`]; returns its URL. The old one is
/// dropped: it mirrors a chain that is gone. Anyone on this machine may connect; nobody else can.
///
/// # Errors
/// When there are no binaries, it cannot run as root, or it fails: each says what to do.
pub async fn start(folder: &Folder, supervisor: &Supervisor, port: u16) -> Result<String> {
    let bin = binaries()?;
    let run_as = run_as(&bin)?;
    let data = folder.postgres();
    let log = folder.logs().join(format!("{NAME}.log"));
    if !data.join("PG_VERSION").exists() {
        let (bin, data, run_as) = (bin.clone(), data.clone(), run_as.clone());
        let initialised = tokio::task::spawn_blocking(move || initialise(&bin, &data, &run_as)).await;
        initialised.unwrap_or_else(|why| Err(why.to_string())).map_err(|why| Error::Postgres {
            step: "make its data folder",
            why,
            log: log.clone(),
        })?;
    }
    clear_stale_pid(&data).await.map_err(|why| Error::Postgres { step: "start", why, log: log.clone() })?;
    let status = supervisor.spawn(server(&bin, &data, port, run_as))?;
    let deadline = Instant::now() + PATIENCE;
    while !ready(&data) {
        if status.deaths() > 0 || Instant::now() > deadline {
            supervisor.stop(NAME);
            return Err(Error::Postgres { step: "start", why: last_lines(&log), log });
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    create_database(port).await?;
    Ok(format!("postgres://{SUPERUSER}@{HOST}:{port}/{DATABASE}?sslmode=disable"))
}

/// The folder of `postgres` and `initdb`: `PG_BIN_DIR` if set, else on the `PATH`, else Debian's newest.
///
/// # Errors
/// [`Error::NoPostgres`] says where it looked.
pub fn binaries() -> Result<PathBuf> {
    let complete = |dir: &PathBuf| dir.join("postgres").is_file() && dir.join("initdb").is_file();
    if let Some(dir) = std::env::var_os("PG_BIN_DIR").filter(|v| !v.is_empty()) {
        // What was asked for, or nothing: another version would only confuse.
        let dir = PathBuf::from(dir);
        let looked = format!("PG_BIN_DIR is {}", dir.display());
        return dir.canonicalize().ok().filter(complete).ok_or(Error::NoPostgres { looked });
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    // The link on the PATH may point to a folder that has initdb too.
    let on_path = std::env::split_paths(&path)
        .filter_map(|dir| Some(dir.join("postgres").canonicalize().ok()?.parent()?.to_owned()));
    let debian = Path::new("/usr/lib/postgresql");
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir(debian)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    on_path
        .chain(versions.into_iter().map(|(_, dir)| dir))
        .find(complete)
        .ok_or(Error::NoPostgres { looked: format!("looked on the PATH and in {}", debian.display()) })
}

/// Postgres refuses root. A user namespace makes it another while its files stay the caller's; where that is not
/// allowed, it runs as the user `postgres` (or nobody). `ASSAY_PG_USER` names a user and skips the namespace.
fn run_as(bin: &Path) -> Result<RunAs> {
    if !geteuid().is_root() {
        return Ok(RunAs::Caller);
    }
    let wanted = std::env::var("ASSAY_PG_USER").ok().filter(|v| !v.is_empty());
    let mut why = String::from("ASSAY_PG_USER is set");
    if wanted.is_none() {
        match attempt(bin, &RunAs::Namespace) {
            Ok(()) => return Ok(RunAs::Namespace),
            Err(refused) => why = format!("user namespaces are refused: {refused}"),
        }
    }
    let names = wanted.map_or_else(|| vec!["postgres".to_owned(), "nobody".to_owned()], |name| vec![name]);
    for name in names {
        if let Ok(Some(user)) = User::from_name(&name) {
            let user = RunAs::User { uid: user.uid.as_raw(), gid: user.gid.as_raw() };
            match attempt(bin, &user) {
                Ok(()) => return Ok(user),
                Err(refused) => why = format!("{why}; running as {name} is refused: {refused}"),
            }
        }
    }
    Err(Error::PostgresAsRoot { why })
}

fn attempt(bin: &Path, run_as: &RunAs) -> Result<(), String> {
    let mut command = Command::new(bin.join("postgres"));
    prepare(&mut command, run_as, Signal::SIGKILL);
    let out = command.arg("--version").output().map_err(|why| why.to_string())?;
    if out.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&out.stderr).trim().to_owned()) }
}

/// Runs initdb beside the final folder and renames, so that one killed half-way leaves nothing that looks whole.
fn initialise(bin: &Path, data: &Path, run_as: &RunAs) -> Result<(), String> {
    let fresh = data.with_extension("new");
    fs::create_dir(&fresh).map_err(|why| format!("cannot create {}: {why}", fresh.display()))?;
    private(&fresh).map_err(|why| why.to_string())?;
    if let RunAs::User { uid, gid } = run_as {
        chown(&fresh, Some((*uid).into()), Some((*gid).into())).map_err(|why| why.to_string())?;
    }
    let mut command = Command::new(bin.join("initdb"));
    prepare(&mut command, run_as, Signal::SIGKILL);
    command.args(["-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "-D"]).arg(&fresh);
    let out = command.output().map_err(|why| format!("cannot run initdb: {why}"))?;
    if !out.status.success() {
        let hint = if matches!(run_as, RunAs::User { .. }) {
            "\nit runs as another user, who must be able to reach the folder: choose one with --data"
        } else {
            ""
        };
        return Err(format!("{}{hint}", String::from_utf8_lossy(&out.stderr).trim()));
    }
    fs::rename(&fresh, data).map_err(|why| format!("cannot rename {}: {why}", fresh.display()))
}

fn server(bin: &Path, data: &Path, port: u16, run_as: RunAs) -> ChildSpec {
    let mut spec = ChildSpec::new(NAME, bin.join("postgres"));
    spec.run_as = run_as;
    spec.stop_order = STOP_ORDER;
    // "Fast": ends sessions, writes a checkpoint. On sudden death "immediate", which waits for nothing.
    spec.stop_signal = Signal::SIGINT;
    spec.death_signal = Signal::SIGQUIT;
    let port = port.to_string();
    spec = spec.args(["-D".into(), data.as_os_str().to_owned()]).args(["-p", &port, "-k", ""]);
    let settings = [
        "listen_addresses=127.0.0.1",
        "max_connections=200",
        "timezone=UTC",
        "log_line_prefix=%m ",
        // The data mirrors a chain that does not outlive this process, so it need not outlive the machine either;
        // but a commit must outlive a killed Postgres, so `synchronous_commit` stays on (cheap without fsync).
        "fsync=off",
        "full_page_writes=off",
    ];
    spec.args(settings.into_iter().flat_map(|setting| ["-c", setting]))
}

/// A server of a localnet that was killed may need a moment to end; whoever it is, its pid file must not pass for
/// the new one's. The folder's lock says that no other localnet uses it.
async fn clear_stale_pid(data: &Path) -> Result<(), String> {
    let file = data.join("postmaster.pid");
    let pid = fs::read_to_string(&file).ok().and_then(|text| text.lines().next()?.trim().parse::<i32>().ok());
    let deadline = Instant::now() + PATIENCE;
    while let Some(pid) = pid.filter(|pid| is_postgres(*pid)) {
        if Instant::now() > deadline {
            return Err(format!("process {pid}, the Postgres of an earlier localnet, does not end; kill it"));
        }
        // It was told by its parent's death already; this is for one that missed it.
        let _ = kill(Pid::from_raw(pid), Signal::SIGQUIT);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    match fs::remove_file(&file) {
        Err(why) if file.exists() => Err(format!("cannot remove {}: {why}", file.display())),
        _ => Ok(()),
    }
}

/// Whether a process of this pid is a living Postgres, and not another that got the number since.
fn is_postgres(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.contains("(postgres) ") && !stat.contains(") Z ")
}

/// The last line of its pid file says "ready" once it takes connections.
fn ready(data: &Path) -> bool {
    fs::read_to_string(data.join("postmaster.pid"))
        .is_ok_and(|text| text.lines().nth(7).is_some_and(|line| line.trim() == "ready"))
}

fn last_lines(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(5)..].join("\n")
}

async fn create_database(port: u16) -> Result<()> {
    let options = PgConnectOptions::new_without_pgpass()
        .host(HOST)
        .port(port)
        .username(SUPERUSER)
        .database("postgres")
        .ssl_mode(PgSslMode::Disable)
        .disable_statement_logging();
    let mut connection = options.connect().await?;
    connection.execute("DROP DATABASE IF EXISTS assay WITH (FORCE)").await?;
    connection.execute("CREATE DATABASE assay").await?;
    connection.close().await?;
    Ok(())
}
