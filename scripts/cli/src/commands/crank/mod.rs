//! `crank`: what anybody may do and is due, for the bounties.

mod cases;
mod earned;
mod jobs;
mod kind;
mod report;
mod rest;
#[cfg(test)]
mod tests;
mod tries;
mod world;

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use assay_sdk::{addresses, ix};
use futures_util::{StreamExt, stream};
use solana_sdk::{pubkey::Pubkey, signature::Signer};

use self::{
    earned::Earned,
    kind::Crank,
    report::{Failed, Report, Sent, Waiting},
    tries::Tries,
    world::{Scope, World},
};
pub use self::{
    kind::Kind,
    rest::{close_vote, instruction},
};
use crate::{
    args,
    config::How,
    context::Context,
    error::{Error, Result},
};

/// Executing a proposal may take more than anything else.
const COMPUTE_UNITS: u32 = 400_000;
/// Transactions at a time: few concern the same accounts.
const PARALLEL: usize = 4;
/// Looks of `--once`: draw, count, settle, pay, close follow from one another.
const PASSES: usize = 12;

impl World {
    /// All that is due.
    pub fn due(&self) -> Vec<Crank> {
        let rest = [self.leftovers(), self.of_staking(), self.of_token(), self.of_governance()];
        self.of_jobs().chain(self.of_cases()).chain(rest.into_iter().flatten()).collect()
    }
}

/// Does what is due, or lists it.
pub async fn run(context: &Context, args: &args::Crank) -> Result<()> {
    let wallet = context.wallet()?;
    let choice = Choice::of(args, wallet.pubkey());
    match context.settings.sending.how {
        How::Send if args.watch => watch(context, &*wallet, &choice, args.every).await,
        How::Send => once(context, &*wallet, &choice).await,
        How::DryRun => {
            let (ready, waiting) = choice.look(context).await?;
            report::list(context, &ready, &waiting)
        }
        How::Sign | How::Dump => {
            let why = "cranks are many transactions, which whoever sends them signs: see them with --dry-run";
            Err(Error::Usage(why.into()))
        }
    }
}

async fn once(context: &Context, wallet: &dyn Signer, choice: &Choice) -> Result<()> {
    let (mut tries, mut report) = (Tries::default(), Report::default());
    for _ in 0..PASSES {
        let (due, waiting) = choice.look(context).await?;
        report.waiting = waiting;
        let due: Vec<_> = due.into_iter().filter(|crank| tries.is_new(&crank.name())).collect();
        if due.is_empty() {
            break;
        }
        report.add(send(context, wallet, due, &mut tries).await);
    }
    report.tell(context)
}

async fn watch(context: &Context, wallet: &dyn Signer, choice: &Choice, every: u32) -> Result<()> {
    let (mut tries, pause) = (Tries::default(), Duration::from_secs(every.max(1).into()));
    let mut told = HashSet::new();
    loop {
        match choice.look(context).await {
            Ok((due, waiting)) => {
                let now = Instant::now();
                tries.forget(now);
                let due: Vec<_> = due.into_iter().filter(|crank| tries.is_ready(&crank.name(), now)).collect();
                // What waits for somebody else is told once.
                let waiting = waiting.into_iter().filter(|one| told.insert(one.clone())).collect();
                let mut report = Report { waiting, ..Report::default() };
                report.add(send(context, wallet, due, &mut tries).await);
                if !report.is_empty() {
                    report.tell(context)?;
                }
            }
            // The chain comes back, or its operator notices.
            Err(why) => context.out.talk(format!("{why}; trying again in {every} s")),
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = tokio::signal::ctrl_c() => return Ok(()),
        }
    }
}

/// Which cranks are wanted.
struct Choice {
    me: Pubkey,
    kinds: Vec<Kind>,
    paid: bool,
    make_accounts: bool,
}

impl Choice {
    fn of(args: &args::Crank, me: Pubkey) -> Self {
        Self { me, kinds: args.kinds.clone(), paid: args.paid, make_accounts: args.make_accounts }
    }

    fn wants(&self, kind: Kind) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&kind)) && (!self.paid || kind.may_pay())
    }

    /// What can be sent now, and what waits for somebody's token account.
    async fn look(&self, context: &Context) -> Result<(Vec<Crank>, Vec<Waiting>)> {
        let world = World::read(context, self.me, Scope::of(|kind| self.wants(kind))).await?;
        let wanted = |crank: &Crank| self.wants(crank.kind) && (!self.paid || crank.pays);
        let due: Vec<_> = world.due().into_iter().filter(wanted).collect();
        let account = |into: &kind::Receiver| addresses::ata_of(&into.owner, &into.mint, &world.program(&into.mint));
        let accounts: Vec<_> = due.iter().flat_map(|crank| &crank.into).map(account).collect();
        let found = context.raw_accounts(&accounts).await?;
        let found = accounts.into_iter().zip(found).filter(|(_, found)| found.is_some());
        let there: HashSet<_> = found.map(|(address, _)| address).collect();
        let (mut ready, mut waiting) = (vec![], vec![]);
        for mut crank in due {
            let missing: Vec<_> = crank.into.iter().filter(|into| !there.contains(&account(into))).cloned().collect();
            let makes = |into: &kind::Receiver| self.make_accounts || into.worth_making || into.owner == self.me;
            if let Some(lacks) = missing.iter().find(|into| !makes(into)) {
                waiting.push(Waiting::new(&crank, lacks));
                continue;
            }
            let make = |into: &kind::Receiver| {
                ix::create_ata_of(&world.program(&into.mint), &self.me, &into.owner, &into.mint)
            };
            crank.work.splice(0..0, missing.iter().map(make));
            ready.push(crank);
        }
        Ok((ready, waiting))
    }
}

/// Sends each, and notes what became of it.
async fn send(context: &Context, wallet: &dyn Signer, due: Vec<Crank>, tries: &mut Tries) -> Report {
    let me = wallet.pubkey();
    let sent = stream::iter(due).map(|crank| async move {
        let signature = match context.send(&[wallet], COMPUTE_UNITS, &crank.work).await {
            Ok(signature) => signature.to_string(),
            Err(why) => return (crank, Err(why)),
        };
        let earned = Earned::of(context, &signature, &me).await;
        (crank, Ok((signature, earned)))
    });
    let outcomes: Vec<_> = sent.buffer_unordered(PARALLEL).collect().await;
    let (mut report, now) = (Report::default(), Instant::now());
    for (crank, outcome) in outcomes {
        match outcome {
            Ok((signature, earned)) => {
                tries.succeeded(crank.name(), now);
                report.sent.push(Sent::new(&crank, signature, earned));
            }
            Err(why) => {
                tries.failed(crank.name(), now);
                report.failed.push(Failed::new(&crank, &why));
            }
        }
    }
    report
}
