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
mod templates;
mod units;

use std::process::ExitCode;

use clap::Parser;

use crate::{
    args::{
        BidsCommand, BlobCommand, Cli, Command, ConfigCommand, GovCommand, JobCommand, MarketCommand, ModelCommand,
        OperatorCommand, StakeCommand, TokenCommand, ValidatorCommand,
    },
    commands::{
        airdrop, bench, crank, gov, job, manual, model, node, operator, private, reputation, run, stake, token,
        validator, wallet,
    },
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
            JobCommand::New(args) => job::new::run(&context, &args).await,
            JobCommand::Validate(args) => job::validate::run(&context, &args).await,
            JobCommand::Estimate(args) => job::estimate::run(&context, &args).await,
            JobCommand::TopUp(args) => job::top_up::run(&context, &args).await,
            JobCommand::Results(args) => job::results::run(&context, &args).await,
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
        Command::Blob(command) => blob(&context, command).await,
        Command::Market(command) => market(&context, command).await,
        Command::Private(command) => private::run(&context, &command),
        Command::Config(ConfigCommand::Get) => commands::config::get(&context, &cli.global),
        Command::Config(ConfigCommand::Set) => commands::config::set(&context, &cli.global),
        Command::Token(command) => match command {
            TokenCommand::Supply => token::supply(&context).await,
            TokenCommand::Claim { claim } => token::claim(&context, &claim).await,
            TokenCommand::Send { amount, to } => token::send(&context, amount, &to).await,
            TokenCommand::Burn { amount } => token::burn(&context, amount).await,
        },
        Command::Stake(command) => stake(&context, command).await,
        Command::Operator(OperatorCommand::Init { data, settings }) => node::init(&context, &data, settings.as_deref()),
        Command::Operator(OperatorCommand::Profile { data, measure, verify, of }) => {
            node::profile(&context, &node::Asked { data, measure, verify, of })
        }
        Command::Operator(OperatorCommand::Dashboard { data, node: url, once }) => {
            node::dashboard(&context, data.as_deref(), url, once)
        }
        Command::Validator(command) => match command {
            ValidatorCommand::Join(args) => validator::join::run(&context, &args).await,
            ValidatorCommand::Status { whose } => validator::status::run(&context, whose.operator).await,
            ValidatorCommand::Cases { whose, all } => validator::cases::run(&context, whose.operator, all).await,
            ValidatorCommand::Jury { case, whose } => validator::jury::run(&context, case, whose.operator).await,
        },
        Command::Model(command) => model(&context, command).await,
        Command::Reputation(args) => reputation::run(&context, &args).await,
        Command::Gov(command) => gov(&context, command).await,
        Command::Crank(args) => crank::run(&context, &args).await,
        Command::Bench(args) => bench::run(&context, &args).await,
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

async fn blob(context: &Context, command: BlobCommand) -> Result<()> {
    match command {
        BlobCommand::Put { files } => commands::blob::put(context, &files).await,
        BlobCommand::Get { hash, out } => commands::blob::get(context, &hash, out.as_deref()).await,
        BlobCommand::Status { hashes } => commands::blob::status(context, &hashes).await,
        BlobCommand::Delete { hashes } => commands::blob::delete(context, &hashes).await,
        BlobCommand::SignIn { domain } => commands::blob::sign_in(context, domain.as_deref()).await,
        BlobCommand::SignOut => commands::blob::sign_out(context).await,
    }
}

async fn market(context: &Context, command: MarketCommand) -> Result<()> {
    match command {
        MarketCommand::Devices(args) => commands::market::devices(context, &args).await,
        MarketCommand::Quotes(args) => job::estimate::quotes(context, &args).await,
        MarketCommand::Prices(args) => commands::market::prices(context, &args).await,
        MarketCommand::Bids(command) => match command {
            BidsCommand::List(args) => commands::market::bids::list(context, &args).await,
            BidsCommand::Place(args) => commands::market::bids::place(context, &args).await,
            BidsCommand::Withdraw { job, operator } => commands::market::bids::withdraw(context, job, operator).await,
            BidsCommand::Award(args) => commands::market::award::award(context, &args).await,
        },
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

async fn model(context: &Context, command: ModelCommand) -> Result<()> {
    match command {
        ModelCommand::Publish(args) => model::publish::publish(context, &args).await,
        ModelCommand::Version { id, content } => model::publish::version(context, id, &content).await,
        ModelCommand::Payee { id, payee } => model::publish::payee(context, id, payee).await,
        ModelCommand::Retire { id } => model::publish::retire(context, id).await,
        ModelCommand::List(args) => model::list(context, &args).await,
        ModelCommand::Show { model } => model::show(context, model).await,
        ModelCommand::Royalties { payee, claim } => model::royalties::run(context, payee, claim).await,
    }
}

async fn gov(context: &Context, command: GovCommand) -> Result<()> {
    match command {
        GovCommand::Authority => gov::authority(context),
        GovCommand::List { state, limit } => gov::show::list(context, state, limit).await,
        GovCommand::Show { id } => gov::show::show(context, id).await,
        GovCommand::Propose(args) => gov::propose::run(context, &args).await,
        GovCommand::Start { id, stake } => gov::vote::start(context, id, stake.operator).await,
        GovCommand::Vote { id, choice, actions_hash, stake } => {
            gov::vote::vote(context, id, choice, actions_hash.as_deref(), stake.operator).await
        }
        GovCommand::Queue { id } => gov::end::queue(context, id).await,
        GovCommand::Execute { id, cosigner } => gov::end::execute(context, id, &cosigner).await,
        GovCommand::Veto { id } => gov::end::veto(context, id).await,
        GovCommand::Cancel { id } => gov::end::cancel(context, id).await,
        GovCommand::Close { id } => gov::end::close(context, id).await,
    }
}
