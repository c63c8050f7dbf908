//! The binary itself, against a scripted chain and a real Postgres.

#![allow(clippy::unwrap_used)]

mod common;

use std::{
    path::Path,
    process::{Output, Stdio},
    time::Duration,
};

use assay_escrow::SeatState;
use assay_indexer::{
    commands::sample,
    config::{self, Cli},
    store::watermark,
};
use clap::{CommandFactory, Parser};
use common::{
    Postgres,
    chain::{Chain, Fault},
    index::count,
    seats,
};
use tokio::process::Command;

/// The binary with a clean environment.
fn binary(chain: &Chain, database: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay-indexer"));
    command.env_clear().env("ASSAY_RPC_URL", chain.rpc_url()).env("ASSAY_WS_URL", chain.ws_url());
    command.env("DATABASE_URL", database).env("ASSAY_LISTEN", "127.0.0.1:0").env("ASSAY_SWEEP_SECONDS", "1");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

async fn run(command: &mut Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

async fn until(mut done: impl AsyncFnMut() -> bool) {
    for _ in 0..6_000 {
        if done().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not done in a minute");
}

fn terminate(child: &tokio::process::Child) {
    let sent = std::process::Command::new("kill").args(["-TERM", &child.id().unwrap().to_string()]).status();
    assert!(sent.unwrap().success());
}

#[tokio::test]
async fn graceful_sigterm() {
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("sigterm").await;
    let chain = Chain::start().await;
    let load = tokio::spawn({
        let chain = chain.clone();
        async move {
            for n in 0.. {
                seats::write(&chain, n, SeatState::Claimed);
                chain.post(seats::settled(n / 2));
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    });
    for command in ["run", "ingest"] {
        let before = watermark(&pool).await.unwrap();
        let child = binary(&chain, &url).arg(command).spawn().unwrap();
        until(async || watermark(&pool).await.unwrap() > before + 50 && count(&pool, "events").await > 50).await;
        // In the middle of it.
        terminate(&child);
        let ended = tokio::time::timeout(Duration::from_secs(30), child.wait_with_output()).await.unwrap().unwrap();
        let log = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(0), "{log}");
        assert!(log.contains("stopping"), "{log}");
    }
    // With a node that does not answer any more it ends in its patience, too.
    let child = binary(&chain, &url).env("ASSAY_STOP_SECONDS", "2").spawn().unwrap();
    let before = watermark(&pool).await.unwrap();
    until(async || watermark(&pool).await.unwrap() > before).await;
    chain.fault("*", Fault::Late(Duration::from_secs(60)), 1_000);
    let asked = chain.calls("getSlot");
    until(async || chain.calls("getSlot") > asked).await;
    terminate(&child);
    let ended = tokio::time::timeout(Duration::from_secs(20), child.wait_with_output()).await.unwrap().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
    load.abort();
    chain.heal();

    // It starts again where it was, and ends with what the chain has.
    let child = binary(&chain, &url).spawn().unwrap();
    until(async || watermark(&pool).await.unwrap() == chain.slot()).await;
    until(async || {
        count(&pool, "seats WHERE closed_slot IS NULL").await == chain.accounts(assay_escrow::ID).len() as i64
    })
    .await;
    terminate(&child);
    assert_eq!(child.wait_with_output().await.unwrap().status.code(), Some(0));
    assert_eq!(run(binary(&chain, &url).arg("verify")).await.0, 0);
}

#[tokio::test]
async fn a_gap_ends_the_process_loudly() {
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("loud").await;
    let chain = Chain::start().await;
    seats::write(&chain, 1, SeatState::Claimed);
    assert_eq!(run(binary(&chain, &url).arg("rebuild")).await.0, 0);
    chain.advance(500);
    chain.prune(400);
    let (code, _, log) = run(&mut binary(&chain, &url)).await;
    assert_eq!(code, 3, "{log}");
    assert!(
        log.contains("history is missing: the tables end at slot 11, but the node's history begins at 400"),
        "{log}"
    );
    assert_eq!(watermark(&pool).await.unwrap(), 11);
    let (code, out, _) = run(binary(&chain, &url).arg("check")).await;
    assert_eq!(code, 1);
    assert!(out.contains("FAIL  chain: history is missing"), "{out}");
}

#[tokio::test]
async fn rebuild_verify_backfill_record_and_replay() {
    let postgres = Postgres::start().await;
    let (url, pool) = postgres.migrated("commands").await;
    let chain = Chain::start().await;
    for n in 0..5 {
        seats::write(&chain, n, SeatState::Claimed);
    }
    chain.post(seats::settled(0));
    chain.post(seats::settled(1));
    let (code, out, log) = run(binary(&chain, &url).arg("rebuild")).await;
    assert_eq!((code, out.as_str()), (0, "rebuilt up to slot 17\n"), "{log}");
    assert!(log.contains("reading transactions: 2"), "no line of progress: {log}");
    assert_eq!(run(binary(&chain, &url).arg("rebuild")).await.0, 3);
    let verified = run(binary(&chain, &url).arg("verify")).await;
    assert_eq!((verified.0, verified.1.as_str()), (0, "every open row equals the chain\n"));

    // An event is lost, a row is wrong: each command finds its own.
    sqlx::query("DELETE FROM events WHERE slot = 16").execute(&pool).await.unwrap();
    let (code, out, log) = run(binary(&chain, &url).args(["backfill", "--from", "12"])).await;
    assert_eq!((code, out.as_str()), (0, "2 transactions since slot 12, 1 new events\n"), "{log}");
    let sql = "UPDATE seats SET data = jsonb_set(data, '{state}', '\"Sealed\"') WHERE address = $1";
    sqlx::query(sql).bind(seats::address(3).to_string()).execute(&pool).await.unwrap();
    let (code, out, _) = run(binary(&chain, &url).arg("verify")).await;
    let expected = format!("seats {}: state is \"Sealed\" here, \"Claimed\" there\n", seats::address(3));
    assert_eq!((code, out), (1, expected));

    // A recording makes the same tables without a node.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("chain.jsonl");
    let (code, out, log) = run(binary(&chain, &url).args(["record", "--slots", "0", "--out"]).arg(&file)).await;
    assert_eq!((code, out.as_str()), (0, "recorded up to slot 17: 2 transactions\n"), "{log}");
    assert_eq!(run(binary(&chain, &url).args(["record", "--slots", "0", "--out"]).arg(&file)).await.0, 1);
    let (replayed, rows) = postgres.migrated("replayed").await;
    let dead = Chain::start().await;
    let mut replay = binary(&dead, &replayed);
    replay.args(["rebuild", "--source", "recorded", "--recording"]).arg(&file);
    let (code, out, log) = run(&mut replay).await;
    assert_eq!((code, out.as_str()), (0, "rebuilt up to slot 17\n"), "{log}");
    assert_eq!((count(&rows, "seats WHERE closed_slot IS NULL").await, count(&rows, "events").await), (3, 2));
    assert_eq!(run(binary(&chain, &replayed).arg("verify")).await.0, 0);
    assert_eq!(dead.calls("getSlot"), 0);

    // Cut, it is refused by name.
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, &text[..text.len() - 20]).unwrap();
    let (code, _, log) = run(replay.env("DATABASE_URL", postgres.create("cut").await)).await;
    assert_eq!(code, 1);
    assert!(log.contains("the recording is broken at line"), "{log}");
}

#[tokio::test]
async fn check_says_what_to_do() {
    let postgres = Postgres::start().await;
    let url = postgres.create("checked").await;
    let chain = Chain::start().await;
    let folder = tempfile::tempdir().unwrap();
    let blobs = folder.path().join("blobs");
    let (code, out, log) = run(binary(&chain, &url).arg("--check").env("ASSAY_BLOBS", &blobs)).await;
    assert_eq!(code, 0, "{out}{log}");
    assert_eq!(out.lines().filter(|line| line.starts_with("OK    ")).count(), 4, "{out}");
    assert!(out.contains("OK    database: it answers and has no tables yet"), "{out}");
    assert!(out.contains("at slot 10"), "{out}");

    let nowhere = "postgres://nobody:a-secret@127.0.0.1:1/none";
    let mut broken = binary(&chain, nowhere);
    broken.args(["check", "--source", "yellowstone", "--yellowstone-url", "http://127.0.0.1:1/a-secret"]);
    broken.env("ASSAY_YELLOWSTONE_TOKEN", "a-secret").env("ASSAY_JWT_SECRET_FILE", folder.path().join("none"));
    let (code, out, log) = run(&mut broken).await;
    assert_eq!(code, 1);
    let failed: Vec<_> = out.lines().filter_map(|line| line.strip_prefix("FAIL  ")?.split(':').next()).collect();
    assert_eq!(failed, ["database", "Yellowstone", "token secret"], "{out}");
    assert!(!format!("{out}{log}").contains("a-secret"), "{out}{log}");

    let (code, _, log) = run(binary(&chain, &url).args(["--source", "recorded"])).await;
    assert_eq!(code, 2);
    assert!(log.contains("--source recorded needs --recording"), "{log}");
}

fn given(file: &Path, flags: &[&str], variable: Option<(&str, &str)>) -> Result<Cli, String> {
    let arguments = ["assay-indexer", "--config", file.to_str().unwrap()].into_iter().chain(flags.iter().copied());
    let arguments = arguments.map(Into::into).collect();
    let env = |name: &std::ffi::OsStr| variable.filter(|(known, _)| *known == name).map(|(_, value)| value.into());
    let arguments = config::arguments(arguments, env).map_err(|why| why.to_string())?;
    Ok(Cli::parse_from(arguments))
}

#[test]
fn flags_beat_environment_beats_file_beats_defaults() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("indexer.toml");
    let mint = "So11111111111111111111111111111111111111112";
    let text = format!("sweep-seconds = 7\nlog-json = true\nsymbol = [\"{mint}=SOL\"]\nrpc-url = \"http://file:1\"\n");
    std::fs::write(&file, text).unwrap();
    let cli = given(&file, &[], None).unwrap();
    assert_eq!((cli.config.sweep_seconds, cli.config.log_json), (7, true));
    assert_eq!((cli.config.rpc_url.as_str(), cli.config.max_lag_slots), ("http://file:1", 300));
    assert_eq!(cli.config.symbols, [(mint.into(), "SOL".into())]);
    for flags in [&["verify", "--sweep-seconds", "9"][..], &["--sweep-seconds=9"][..]] {
        assert_eq!(given(&file, flags, None).unwrap().config.sweep_seconds, 9);
    }
    // The variable itself is read by the parser, in the process that has it; here the file must only stand back.
    assert_eq!(given(&file, &[], Some(("ASSAY_SWEEP_SECONDS", "8"))).unwrap().config.sweep_seconds, 30);

    let wrong = |text: &str| {
        std::fs::write(&file, text).unwrap();
        given(&file, &[], None).unwrap_err()
    };
    assert!(wrong("sweep-second = 7").contains("there is no setting `sweep-second`"));
    assert!(wrong("log-json = 1").contains("`log-json` is either true or false"));
    assert!(wrong("[rpc]\nurl = 1").contains("there is no setting `rpc`"));
    let broken = wrong("rpc-url = \"a-secret\nx");
    assert!(!broken.contains("a-secret"), "{broken}");
}

#[tokio::test]
async fn the_environment_beats_the_file_in_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("indexer.toml");
    std::fs::write(&file, "sweep-seconds = 0\n").unwrap();
    let chain = Chain::start().await;
    // 0 is out of bounds: it is an error where the file is believed, and none where it is not.
    let mut believed = binary(&chain, "postgres://unused/unused");
    let (code, _, log) =
        run(believed.env_remove("ASSAY_SWEEP_SECONDS").arg("openapi").arg("--config").arg(&file)).await;
    assert_eq!(code, 2, "{log}");
    assert!(log.contains("--sweep-seconds"), "{log}");
    let mut beaten = binary(&chain, "postgres://unused/unused");
    let (code, out, _) = run(beaten.env("ASSAY_CONFIG", &file).arg("openapi")).await;
    assert_eq!(code, 0);
    assert_eq!(out, assay_indexer::serve::openapi().unwrap());
}

#[test]
fn the_sample_has_every_setting_and_parses() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/indexer.toml");
    let text = std::fs::read_to_string(&committed).unwrap();
    assert_eq!(text, sample(), "write it again: assay-indexer sample > deploy/indexer.toml");
    // With every key in use it is a file of settings.
    let used = |line: &str| match line.strip_prefix('#') {
        Some(rest) if rest.starts_with(|first: char| first.is_ascii_lowercase()) => rest.to_owned(),
        _ => line.to_owned(),
    };
    let text: String = text.lines().map(|line| used(line) + "\n").collect();
    assert_eq!(text.parse::<toml::Table>().unwrap().len(), config::settings().keys().count());
    // A folder or S3, not both.
    let text: String =
        text.lines().filter(|line| !line.starts_with("blob-store")).map(|line| line.to_owned() + "\n").collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("indexer.toml");
    std::fs::write(&file, text).unwrap();
    given(&file, &[], None).unwrap();
    given(&committed, &[], None).unwrap();
}

#[test]
fn every_command_has_an_example_and_the_exit_codes_are_told() {
    let mut cli = Cli::command();
    assert!(cli.render_help().to_string().contains("Exit codes:\n  0  done"));
    for command in cli.get_subcommands_mut().filter(|command| command.get_name() != "help") {
        let (name, help) = (command.get_name().to_owned(), command.render_help().to_string());
        assert!(help.contains("Example:\n  ") && help.contains(&format!("assay-indexer {name}")), "{name}: {help}");
    }
}
