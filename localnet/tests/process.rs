//! The binary as a user meets it: ready, busy, killed, stopped.
#![allow(clippy::unwrap_used)]

mod common;

use std::{fs, net::TcpListener};

use common::{Net, family, runs, send, wait_for};
use nix::sys::signal::Signal;
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use sqlx::{Connection, PgConnection};

const SLEEPER: [&str; 2] = ["--child", "sleeper=sleep 100000"];

fn gone(family: &[u32]) {
    for pid in family {
        wait_for(&format!("process {pid} to go"), || (!runs(*pid)).then_some(()));
    }
}

#[tokio::test]
async fn it_comes_up_answers_and_stops_on_ctrl_c() {
    let mut net = Net::start(&SLEEPER, &[]);
    let state = net.state().unwrap();
    assert_eq!(state.endpoints.rpc, format!("http://127.0.0.1:{}", net.base));
    assert_eq!(state.endpoints.ws, format!("ws://127.0.0.1:{}", net.base + 1));
    assert_eq!(state.endpoints.api, format!("http://127.0.0.1:{}", net.base + 3));
    assert_eq!(state.pids.keys().collect::<Vec<_>>(), ["postgres", "sleeper"]);

    let rpc = RpcClient::new_with_commitment(state.endpoints.rpc.clone(), CommitmentConfig::processed());
    rpc.get_health().await.unwrap();
    let first = rpc.get_slot().await.unwrap();
    while rpc.get_slot().await.unwrap() == first {}

    let mut database = PgConnection::connect(&state.endpoints.postgres).await.unwrap();
    assert_eq!(sqlx::query_scalar::<_, i32>("select 1").fetch_one(&mut database).await.unwrap(), 1);
    let name: String = sqlx::query_scalar("select current_database()::text").fetch_one(&mut database).await.unwrap();
    assert_eq!(name, "assay");

    let family = family(net.process.id());
    assert!(family.len() > 4, "itself, sleep, Postgres and its workers: {family:?}");
    assert_eq!(net.end(Signal::SIGINT).code(), Some(0));
    gone(&family);
    assert!(!net.path("localnet.json").exists());
    let log = fs::read_to_string(net.path("logs/postgres.log")).unwrap();
    assert!(
        log.contains("received fast shutdown request") && log.trim_end().ends_with("database system is shut down"),
        "{log}"
    );
}

#[test]
fn sigterm_stops_it_and_a_stubborn_child_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("stubborn.sh");
    fs::write(&script, "trap '' TERM INT\nsleep 100000 &\nwhile :; do wait; done\n").unwrap();
    let child = format!("stubborn=sh {}", script.display());
    let mut net = Net::start_in(folder, &["--child", &child], &[]);
    let stubborn = net.pid("stubborn").unwrap();
    wait_for("its own child", || (family(stubborn).len() == 2).then_some(()));
    let family = family(net.process.id());
    assert_eq!(net.end(Signal::SIGTERM).code(), Some(0));
    gone(&family);
}

#[test]
fn kill_9_leaves_no_child_and_the_next_start_works() {
    let mut net = Net::start(&SLEEPER, &[]);
    let all = family(net.process.id());
    assert!(all.contains(&net.pid("postgres").unwrap()) && all.contains(&net.pid("sleeper").unwrap()));
    assert_eq!(net.end(Signal::SIGKILL).code(), None);
    gone(&all);
    let folder = std::mem::replace(&mut net.folder, tempfile::tempdir().unwrap());
    let mut again = Net::start_in(folder, &[], &[]);
    assert_eq!(again.state().unwrap().pids.keys().collect::<Vec<_>>(), ["postgres"]);
    assert_eq!(again.end(Signal::SIGINT).code(), Some(0));
}

#[test]
fn a_killed_child_is_restarted() {
    let net = Net::start(&SLEEPER, &[]);
    let first = net.pid("sleeper").unwrap();
    send(first, Signal::SIGKILL);
    let second = wait_for("the restart", || net.pid("sleeper").filter(|pid| *pid != first));
    assert!(runs(second));
    wait_for("the state file", || (net.state()?.pids.get("sleeper") == Some(&second)).then_some(()));
}

#[test]
fn a_killed_postgres_is_restarted_with_its_data() {
    let net = Net::start(&[], &[]);
    let url = net.state().unwrap().endpoints.postgres;
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let query = |sql: &'static str| {
        runtime.block_on(async { sqlx::raw_sql(sql).execute(&mut PgConnection::connect(&url).await?).await })
    };
    query("create table t as select 1").unwrap();
    let first = net.pid("postgres").unwrap();
    send(first, Signal::SIGKILL);
    wait_for("the restart", || net.pid("postgres").filter(|pid| *pid != first));
    wait_for("the table", || query("select * from t").ok());
}

#[test]
fn a_second_one_on_the_same_folder_is_told_who_has_it() {
    let net = Net::start(&[], &[]);
    let out = Net::try_another(&net.folder, net.base + 100, &[]);
    let said = String::from_utf8(out.stderr).unwrap();
    assert_eq!(out.status.code(), Some(1));
    assert!(said.contains("busy data folder") && said.contains(&format!("process {} ", net.process.id())), "{said}");
    assert!(net.state().is_some(), "the first one's state is untouched");
}

#[test]
fn a_port_in_use_names_the_flag() {
    let base = assay_localnet::ports::free_block(8).unwrap();
    for (port, flag) in
        [(base, "--rpc-port"), (base + 1, "--rpc-port"), (base + 2, "--pg-port"), (base + 3, "--api-port")]
    {
        // A process that another test forks right now may hold the trial's socket for a moment.
        let _taken = wait_for("the port", || TcpListener::bind(("127.0.0.1", port)).ok());
        let out = Net::try_another(&tempfile::tempdir().unwrap(), base, &[]);
        let said = String::from_utf8(out.stderr).unwrap();
        assert_eq!(out.status.code(), Some(1));
        assert!(said.contains(&format!("port {port} ")) && said.contains(flag), "{said}");
    }
}

#[test]
fn missing_postgres_and_bad_programs_are_told_clearly() {
    let folder = tempfile::tempdir().unwrap();
    let base = assay_localnet::ports::free_block(8).unwrap();
    let out = Net::command(&folder, base, &[]).env("PG_BIN_DIR", folder.path()).output().unwrap();
    let said = String::from_utf8(out.stderr).unwrap();
    assert_eq!(out.status.code(), Some(1));
    assert!(said.contains("apt-get install postgresql") && said.contains("PG_BIN_DIR"), "{said}");

    let bytes: [(&str, &[u8]); 2] = [("text.so", b"no program"), ("broken.so", b"\x7fELF and no more")];
    for (name, bytes) in bytes {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let program = format!("Stake11111111111111111111111111111111111112={}", path.display());
        let out = Net::try_another(&folder, base, &["--program", &program]);
        let said = String::from_utf8(out.stderr).unwrap();
        assert_eq!(out.status.code(), Some(1), "{name}: {said}");
        assert!(said.contains("cannot load program Stake1111") && said.contains(name), "{said}");
    }
}

/// Where user namespaces are refused, root falls back to another user; forced here by naming one.
#[test]
fn root_can_run_postgres_as_another_user() {
    if !nix::unistd::geteuid().is_root() {
        return; // nothing to fall back from
    }
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let mut net = Net::start_in(folder, &[], &[("ASSAY_PG_USER", "nobody")]);
    let nobody = nix::unistd::User::from_name("nobody").unwrap().unwrap().uid.as_raw();
    let postgres = net.pid("postgres").unwrap();
    assert_eq!(fs::metadata(format!("/proc/{postgres}")).unwrap().uid(), nobody);
    let all = family(net.process.id());
    assert_eq!(net.end(Signal::SIGKILL).code(), None);
    gone(&all);
}
