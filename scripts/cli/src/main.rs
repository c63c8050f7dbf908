//! `assay`: post jobs, watch them, stake, and run the market, from a terminal or a script.
//!
//! Data goes to standard output, talk to standard error. Exit codes: 0 done, 1 failed, 2 wrong use, 3 a transaction was sent and
//! nobody knows what became of it.

mod amount;
mod args;
mod client;
mod commands;
mod config;
mod context;
mod duration;
mod error;
mod output;

use std::process::ExitCode;

use clap::Parser;

use crate::{
    args::{Cli, Command, ConfigCommand, JobCommand, OperatorCommand, StakeCommand, TokenCommand},
    commands::{airdrop, job, manual, operator, run, stake, token, wallet},
    context::Context,
    error::{Error, Result},
};

#[tokio::main]
async fn main() -> ExitCode {
    // Before clap, so that every option of theirs, even one that is called like ours, goes to them.
    let outcome = match run::passed_through(std::env::args_os().skip(1)) {
        Some((program, args)) => run::exec(program, &args),
        None => dispatch(Cli::parse()).await,
    };
    match outcome {
        Ok(()) | Err(Error::Shown) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            error.exit_code()
        }
    }
}

async fn dispatch(cli: Cli) -> Result<()> {
    let command = match cli.command {
        Command::Localnet { args } => return run::exec(run::LOCALNET, &args),
        Command::Operator(OperatorCommand::Run { args }) => return run::exec(run::NODE, &args),
        Command::Man { folder } => return manual::pages(&folder),
        Command::Completions { shell } => {
            manual::completions(shell);
            return Ok(());
        }
        other => other,
    };
    let context = Context::new(config::Settings::resolve(&cli.global)?);
    match command {
        Command::Keygen(args) => wallet::keygen(&context, &args),
        Command::Address => wallet::address(&context),
        Command::Balance { address } => wallet::balance(&context, address).await,
        Command::Airdrop(args) => airdrop::run(&context, &args).await,
        Command::Job(command) => match command {
            JobCommand::Post(args) => job::post::run(&context, &args).await,
            JobCommand::List(args) => job::list::run(&context, &args).await,
            JobCommand::Show(args) => job::show::run(&context, &args).await,
            JobCommand::Watch(args) => job::watch::run(&context, &args).await,
            JobCommand::Cancel { job } => job::cancel::run(&context, job).await,
            JobCommand::Accept { job } => job::accept::run(&context, job).await,
            JobCommand::Challenge(args) => job::dispute::run(&context, &args, job::dispute::Verb::Challenge).await,
            JobCommand::Reject(args) => job::dispute::run(&context, &args, job::dispute::Verb::Reject).await,
            JobCommand::Cases { job } => job::cases::run(&context, job).await,
            JobCommand::Report(args) => job::report::run(&context, &args).await,
        },
        Command::Config(ConfigCommand::Get) => commands::config::get(&context, &cli.global),
        Command::Config(ConfigCommand::Set) => commands::config::set(&context, &cli.global),
        Command::Token(command) => match command {
            TokenCommand::Supply => token::supply(&context).await,
            TokenCommand::Claim { claim } => token::claim(&context, &claim).await,
            TokenCommand::Send { amount, to } => token::send(&context, amount, &to).await,
            TokenCommand::Burn { amount } => token::burn(&context, amount).await,
        },
        Command::Stake(command) => stake(&context, command).await,
        #[cfg(feature = "fhe")]
        Command::Fhe(command) => match command {
            args::FheCommand::Keygen(args) => commands::fhe::keygen(&context, &args),
            args::FheCommand::Encrypt(args) => commands::fhe::encrypt(&context, &args),
            args::FheCommand::Decrypt(args) => commands::fhe::decrypt(&context, &args),
        },
        Command::Operator(OperatorCommand::Status { operator: whose }) => operator::status(&context, whose).await,
        Command::Operator(OperatorCommand::Drain { data, undo }) => operator::drain(&context, &data, undo),
        Command::Localnet { .. }
        | Command::Operator(OperatorCommand::Run { .. })
        | Command::Completions { .. }
        | Command::Man { .. } => Ok(()),
    }
}

async fn stake(context: &Context, command: StakeCommand) -> Result<()> {
    match command {
        StakeCommand::Open { classes, commission } => stake::open(context, &classes, commission).await,
        StakeCommand::Pools => stake::list(context).await,
        StakeCommand::Add { amount, whose, most } => {
            stake::add(context, amount, whose.operator, most.max_commission).await
        }
        StakeCommand::Unstake { amount, whose } => stake::unstake(context, amount, whose.operator).await,
        StakeCommand::Withdraw { ticket, whose } => stake::withdraw(context, ticket, whose.operator).await,
        StakeCommand::Redelegate { amount, from, to, most } => {
            stake::redelegate(context, amount, from, to, most.max_commission).await
        }
        StakeCommand::Rewards { whose } => stake::claim(context, whose.operator).await,
        StakeCommand::Commission { bps } => stake::commission(context, bps).await,
        StakeCommand::Show { operator } => stake::show(context, operator).await,
        StakeCommand::Close => stake::close(context).await,
    }
}
