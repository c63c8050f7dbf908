//! What the binary does besides working.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Result;
use assay_node::{
    agent::rules,
    attempt,
    operation::{
        dashboard,
        init::{self, Init},
        log,
        profile::Measuring,
    },
    runtime::wasm::WasmRuntime,
};
use clap::Subcommand;

use crate::{Args, settings};

/// What the node can do.
#[derive(Subcommand)]
pub enum Command {
    /// Take seats, compute and get paid until stopped
    Run,
    /// Make the data folder and a file of settings, and look at everything that a node needs
    Init {
        /// The file to write [default: node.toml in the data folder]
        #[arg(long, value_name = "FILE")]
        settings: Option<PathBuf>,
        /// For programs
        #[arg(long)]
        json: bool,
    },
    /// Say of everything that the settings name whether it can be used, or of a policy file whether a node would go by it;
    /// exit code 1 if something cannot be used
    Check {
        /// A policy file, to look at nothing else
        file: Option<PathBuf>,
        /// For programs
        #[arg(long)]
        json: bool,
    },
    /// Print a file of settings with every key, its meaning and its default
    Sample,
    /// Print this machine's signed profile; measure it if there is none
    Profile {
        /// Measure anew
        #[arg(long)]
        measure: bool,
    },
    /// Look at a running node: what it computes, earns and risks; q quits, p pauses
    Dashboard {
        /// Its address [default: that of the node in --data]
        #[arg(long, value_name = "URL")]
        node: Option<String>,
        /// Print one frame as text
        #[arg(long)]
        once: bool,
        /// Print the status as JSON
        #[arg(long, conflicts_with = "once")]
        json: bool,
    },
    /// Compute units of a job that is not posted; writes one line of JSON for each. It needs no wallet, chain or folder
    Try(attempt::Args),
    /// For tests: print the steps at which a node can be made to die
    #[command(hide = true)]
    Steps,
}

/// A file of settings.
fn sample() -> String {
    settings().sample(|name| match name {
        "URL" => "http://127.0.0.1:8910".into(),
        "COMMAND" => "/path/to/command".into(),
        "THREADS" => "4".into(),
        "CIDR" => "10.0.0.0/8".into(),
        "NAME" => "name".into(),
        name => format!("/path/to/{}", name.to_lowercase()),
    })
}

/// Does what was asked.
///
/// # Errors
/// What it says, for people.
pub async fn dispatch(mut args: Args) -> Result<ExitCode> {
    match args.command.take().unwrap_or(Command::Run) {
        Command::Run => {
            let tail = log::start(args.log_json)?;
            return crate::run(args, tail).await.map(|()| ExitCode::SUCCESS);
        }
        Command::Sample => print!("{}", sample()),
        Command::Init { settings, json } => init(&args, settings, json).await?,
        Command::Check { file: Some(file), .. } => {
            rules::read(&file)?;
            println!("{} is a policy", file.display());
        }
        Command::Check { file: None, json } => return check(&args, json).await,
        Command::Try(what) => attempt::run(&what, &mut std::io::stdout())?,
        Command::Steps => println!("{}", assay_node::crash::STEPS.join("\n")),
        Command::Profile { measure } => {
            let (wallet, data) = (args.wallet()?, args.data()?);
            let runtime = WasmRuntime::new()?;
            let measuring = Measuring { data, nvidia_smi: &args.nvidia_smi, runtime: &runtime, wallet: &wallet };
            let signed = if measure { measuring.measure()? } else { measuring.current()? };
            print!("{}", signed.to_json()?);
        }
        Command::Dashboard { node, once, json } => {
            let own = || args.data.as_deref().map_or(Ok(format!("http://{}", args.listen)), dashboard::address);
            let node = node.map_or_else(own, Ok)?;
            match (once, json) {
                (true, _) => print!("{}", dashboard::once(node).await?),
                (_, true) => println!("{}", dashboard::json(node).await?),
                _ => dashboard::run(node).await?,
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn init(args: &Args, file: Option<PathBuf>, json: bool) -> Result<()> {
    let (wallet, data) = (args.wallet()?, args.data()?);
    let file = file.unwrap_or_else(|| data.join(init::FILE));
    let keypair = args.keypair.as_deref().unwrap_or(Path::new(""));
    let init = Init { file: &file, url: &args.url, keypair, data, api: args.api.as_deref() };
    let created = init.write(&sample())?;
    let runtime = WasmRuntime::new()?;
    let measuring = Measuring { data, nvidia_smi: &args.nvidia_smi, runtime: &runtime, wallet: &wallet };
    let signed = measuring.current()?;
    let findings = args.checked(&wallet)?.findings().await;
    println!("{}", init.report(created, &signed, &findings).shown(json)?);
    Ok(())
}

async fn check(args: &Args, json: bool) -> Result<ExitCode> {
    let mut findings = args.checked(&args.wallet()?)?.findings().await;
    if let Some(file) = &args.policy {
        let read = rules::read(file).map(|_| format!("{} is one", file.display()));
        findings.push(("policy", read.map_err(|why| format!("{why:#}"))));
    }
    let failed = findings.iter().any(|(_, found)| found.is_err());
    println!("{}", if json { init::json(&findings)? } else { init::lines(&findings) });
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
