//! The walk: at each step an action is drawn, the model says what must come of it, the chain is asked, and the two are
//! compared. Time passes, transactions fail, and some are made of two actions, of which either may spoil the other.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use assay_tests::{Failure, World};

use crate::{
    actions::{ACTIONS, Action, Clock, Next, Step, View},
    cast::Cast,
    compare,
    dice::Dice,
    laws::Laws,
    sights,
    state::{Model, Refusal, Verdict},
};

/// Steps between comparisons of everything, which should find nothing that the comparison of each step did not.
const AUDIT: u64 = 1_000;
/// All actions, each as likely as the others.
static EVERY: LazyLock<Vec<&'static Action>> = LazyLock::new(|| ACTIONS.iter().collect());
/// Most steps that the story of a failure tells.
const STORY: usize = 40;

/// A walk under way.
pub struct Walk {
    pub world: World,
    pub model: Model,
    pub cast: Cast,
    laws: Laws,
    dice: Dice,
    seed: u64,
    pub steps: u64,
    /// How often each action landed, and was refused.
    pub tally: BTreeMap<&'static str, (u64, u64)>,
    /// How often each reason to refuse was met.
    pub refusals: BTreeMap<String, u64>,
    /// What the walk came by, and how often.
    pub sights: BTreeMap<&'static str, u64>,
    story: Vec<String>,
}

impl Walk {
    pub fn new(seed: u64) -> Self {
        let (world, model, cast) = Cast::assemble();
        let (laws, dice) = (Laws::of(&model), Dice::new(seed));
        let (tally, refusals, sights, story) = Default::default();
        Self { world, model, cast, laws, dice, seed, steps: 0, tally, refusals, sights, story }
    }

    /// Draw an action, do it, compare.
    pub fn step(&mut self) {
        let action = self.draw();
        match self.propose(action) {
            Some(Next::Wait(clock)) => self.wait(clock),
            // Most that would be refused are not sent: few paths go deep otherwise.
            Some(Next::Send(step)) if self.dice.once_in(3) || self.would_land(&step) => {
                self.send_maybe_with_others(action, step);
            }
            _ => {}
        }
    }

    /// An action, by its weight.
    fn draw(&mut self) -> &'static Action {
        let weights: u64 = ACTIONS.iter().map(|action| action.weight).sum();
        let mut at = self.dice.below(weights);
        let chosen = |action: &&Action| {
            let here = at < action.weight;
            at = at.saturating_sub(if here { 0 } else { action.weight });
            here
        };
        ACTIONS.iter().find(chosen).expect("a number below the sum of all weights")
    }

    fn propose(&mut self, action: &Action) -> Option<Next> {
        let view = View { world: &self.world, model: &self.model, cast: &self.cast };
        (action.propose)(&view, &mut self.dice)
    }

    fn would_land(&self, step: &Step) -> bool {
        (step.then)(&mut self.model.clone()).is_ok()
    }

    pub fn wait(&mut self, Clock { seconds, slots }: Clock) {
        self.note(format!("wait {seconds} s, {slots} slots"));
        self.world.tick(seconds, slots);
        (self.model.now, self.model.slot) = (self.world.now, self.world.slot);
    }

    /// One time in eight more actions go into the same transaction, up to three: some as things stand, some as they will
    /// stand after the ones before.
    fn send_maybe_with_others(&mut self, action: &'static Action, step: Step) {
        let mut all = vec![(action.name, step)];
        let alone = action.name == "staking::close_case";
        let more = if !alone && self.dice.once_in(8) { 1 + self.dice.below(3) } else { 0 };
        let mut after = self.model.clone();
        for _ in 0..more {
            let foreseen = self.dice.once_in(2) && (all[all.len() - 1].1.then)(&mut after).is_ok();
            let other = if self.dice.once_in(2) { self.draw() } else { self.dice.one(&EVERY) };
            let model = if foreseen { &after } else { &self.model };
            let view = View { world: &self.world, model, cast: &self.cast };
            // Closing what the walk feigned, twice or beside a real case, would close a real one.
            let feigned = ["staking::close_case", "staking::open_case"].contains(&other.name);
            if let Some(Next::Send(next)) = (other.propose)(&view, &mut self.dice)
                && !feigned
                && fits(all.iter().flat_map(|(_, step)| &step.calls).chain(&next.calls))
            {
                all.push((other.name, next));
            }
        }
        self.send(all);
    }

    /// Send a transaction of these steps, and compare; returns whether it landed.
    pub fn send(&mut self, steps: Vec<(&'static str, Step)>) -> bool {
        self.steps += 1;
        let mut after = self.model.clone();
        let expected: Verdict = steps.iter().try_for_each(|(_, step)| (step.then)(&mut after));
        let names: Vec<_> = steps.iter().map(|(name, _)| *name).collect();
        let calls: Vec<Instruction> = steps.into_iter().flat_map(|(_, step)| step.calls).collect();
        self.note(format!("{} -> {expected:?}", names.join(" + ")));
        let touched: BTreeSet<Pubkey> =
            calls.iter().flat_map(|call| &call.accounts).filter(|meta| meta.is_writable).map(|m| m.pubkey).collect();

        let sent = self.world.chain.run(&calls);
        self.judge(&expected, sent.as_ref().err().map(AsRef::as_ref));
        let landed = sent.is_ok();
        if landed {
            for sight in sights::seen(&self.model, &after) {
                *self.sights.entry(sight).or_default() += 1;
            }
            self.model = after;
        }
        for name in names {
            let (ok, refused) = self.tally.entry(name).or_default();
            *(if landed { ok } else { refused }) += 1;
        }
        self.agree(compare::differences(&self.model, &self.world.chain, touched));
        self.agree(self.laws.broken(&self.model));
        if self.steps.is_multiple_of(AUDIT) {
            self.audit();
        }
        landed
    }

    /// Compare everything.
    pub fn audit(&self) {
        self.agree(compare::differences(&self.model, &self.world.chain, compare::known(&self.model)));
    }

    fn judge(&mut self, expected: &Verdict, failure: Option<&Failure>) {
        let agreed = match (expected, failure) {
            (Ok(()), None) => true,
            (Err(Refusal::Code(code)), Some(failure)) => failure.code == Some(*code),
            (Err(Refusal::Runtime(name)), Some(failure)) => failure.name == *name,
            _ => false,
        };
        if let Some(failure) = failure {
            *self.refusals.entry(failure.name.clone()).or_default() += 1;
        }
        if !agreed {
            let logs =
                failure.map_or(String::new(), |failure| format!("{}\n{}", failure.name, failure.logs.join("\n")));
            self.fail(&format!("expected {expected:?}, and it {}", if logs.is_empty() { "landed" } else { &logs }));
        }
    }

    fn agree(&self, differences: Vec<String>) {
        if !differences.is_empty() {
            self.fail(&differences.join("\n"));
        }
    }

    fn note(&mut self, what: String) {
        if self.story.len() == STORY {
            self.story.remove(0);
        }
        self.story.push(format!("{:>8} {what}", self.steps));
    }

    pub fn fail(&self, why: &str) -> ! {
        panic!("SEED={} STEPS={}: {why}\nThe last steps:\n{}", self.seed, self.steps, self.story.join("\n"));
    }
}

/// Whether they fit into one transaction, with something to spare.
fn fits<'a>(calls: impl Iterator<Item = &'a Instruction>) -> bool {
    let (mut keys, mut signers, mut bytes) = (BTreeSet::new(), BTreeSet::new(), 0);
    for call in calls {
        keys.insert(call.program_id);
        keys.extend(call.accounts.iter().map(|meta| meta.pubkey));
        signers.extend(call.accounts.iter().filter(|meta| meta.is_signer).map(|meta| meta.pubkey));
        bytes += call.accounts.len() + call.data.len() + 8;
    }
    bytes + 32 * keys.len() + 64 * signers.len() < 1_080
}
