//! The attack matrix. A [`Case`] is one instruction that would land, in a world prepared for it; from the accounts that
//! the IDL lists follow its attacks. Each is tried on a fork and reported as one line: attack, account, error.
//!
//! A new instruction is tested by naming it once, with a second call for other parties where there is one:
//! `Case::new(world, call).other(same_call_for_others)`.

use anchor_lang::{
    prelude::Pubkey,
    solana_program::instruction::{AccountMeta, Instruction},
};
use solana_sdk::account::Account;

use crate::{
    chain::wallet,
    idl::{self, IdlInstruction},
    world::World,
};

/// An executable that is none of ours.
const MEMO: Pubkey = Pubkey::from_str_const("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");

/// One instruction that would land.
pub struct Case {
    world: World,
    call: Instruction,
    other: Option<Instruction>,
    /// What stands before the call in its transaction.
    beside: Vec<Instruction>,
}

/// What came of an attack.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Outcome {
    /// `escrow::settle`.
    pub instruction: String,
    /// Name of the attack, for instance `missing_signer`.
    pub attack: &'static str,
    /// The account attacked, or `-`.
    pub account: String,
    /// `ok`, or the error's number and name.
    pub result: String,
}

impl Outcome {
    /// The line of the committed table.
    pub fn line(&self) -> String {
        format!("{:<30} {:<22} {:<18} {}", self.instruction, self.attack, self.account, self.result)
    }
}

impl Case {
    /// A call, and the world in which it lands.
    pub fn new(world: &World, call: Instruction) -> Self {
        Self { world: world.clone(), call, other: None, beside: Vec::new() }
    }

    /// What the call needs before it in its transaction.
    pub fn beside(mut self, calls: Vec<Instruction>) -> Self {
        self.beside = calls;
        self
    }

    /// The same call for other parties: another job, operator or mint of the same world, from which accounts are taken.
    pub fn other(mut self, call: Instruction) -> Self {
        self.other = Some(call);
        self
    }

    /// Name of the instruction.
    pub fn name(&self) -> String {
        self.spec().name.clone()
    }

    /// Try the call as it is, and every attack that its accounts allow.
    ///
    /// # Panics
    /// If the untouched call fails, or a failed attack changed an account.
    pub fn run(&self) -> Vec<Outcome> {
        self.land();
        let mut outcomes = self.on_data();
        for index in 0..self.spec().accounts.len() {
            outcomes.extend(self.on_flags(index));
            outcomes.extend(self.on_account(index));
            outcomes.extend(self.on_pairs(index));
        }
        outcomes.extend(self.on_life());
        outcomes
    }

    /// The world before the call.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The world after the untouched call.
    ///
    /// # Panics
    /// If it fails.
    pub fn land(&self) -> World {
        let mut fork = self.world.clone();
        if let Err(failure) = fork.send(&self.with(self.call.clone())) {
            panic!("{}: the call itself fails with {}\n{}", self.name(), failure.name, failure.logs.join("\n"));
        }
        fork
    }

    fn with(&self, call: Instruction) -> Vec<Instruction> {
        self.beside.iter().cloned().chain([call]).collect()
    }

    fn spec(&self) -> &'static IdlInstruction {
        idl::find(&self.call).expect("an instruction of ours")
    }

    fn on_data(&self) -> Vec<Outcome> {
        let changed = |change: fn(&mut Instruction)| {
            let mut call = self.call.clone();
            change(&mut call);
            call
        };
        vec![
            self.attempt("truncated_data", None, changed(|call| call.data.truncate(call.data.len() - 1))),
            self.attempt("trailing_data", None, changed(|call| call.data.push(0))),
            self.attempt("unknown_instruction", None, changed(|call| call.data[0] ^= 0xff)),
            self.attempt("missing_account", None, changed(|call| call.accounts.truncate(call.accounts.len() - 1))),
            self.attempt("extra_account", None, changed(|call| call.accounts.push(AccountMeta::new(MEMO, false)))),
        ]
    }

    fn on_flags(&self, index: usize) -> Vec<Outcome> {
        let account = &self.spec().accounts[index];
        let changed = |change: fn(&mut AccountMeta)| {
            let mut call = self.call.clone();
            change(&mut call.accounts[index]);
            call
        };
        let mut outcomes = Vec::new();
        if account.signer {
            outcomes.push(self.attempt("missing_signer", Some(index), changed(|meta| meta.is_signer = false)));
        }
        if account.writable {
            outcomes.push(self.attempt("not_writable", Some(index), changed(|meta| meta.is_writable = false)));
        }
        outcomes
    }

    fn on_account(&self, index: usize) -> Vec<Outcome> {
        let account = &self.spec().accounts[index];
        let original = self.call.accounts[index].pubkey;
        if account.signer {
            return vec![self.replaced("wrong_signer", index, self.world.mallory)];
        }
        let Some(found) = self.world.chain.account(&original) else {
            return vec![self.replaced("wrong_address", index, wallet("nowhere"))];
        };
        if found.executable {
            return vec![self.replaced("arbitrary_cpi_target", index, MEMO)];
        }
        let mut outcomes = vec![self.replaced("wrong_address", index, wallet("nowhere"))];
        if !found.data.is_empty() {
            // The same bytes, where anybody could have put them.
            outcomes.push(self.copied("wrong_owner_program", index, Account { owner: MEMO, ..found.clone() }));
            let mut cosplay = found.clone();
            cosplay.data[..8].copy_from_slice(b"cosplay!");
            outcomes.push(self.copied("type_cosplay", index, cosplay));
        }
        let others = self.other.as_ref().map(|other| other.accounts[index].pubkey);
        if let Some(other) = others.filter(|other| *other != original) {
            outcomes.push(self.replaced("of_another", index, other));
        }
        outcomes
    }

    /// One account in two roles.
    fn on_pairs(&self, index: usize) -> Vec<Outcome> {
        let accounts = &self.spec().accounts;
        let owner = |i: usize| self.world.chain.account(&self.call.accounts[i].pubkey).map(|a| (a.owner, a.data.len()));
        let alike = |other: &usize| {
            let both = accounts[index].writable && accounts[*other].writable && !accounts[index].signer;
            both && *other != index && owner(*other).is_some() && owner(*other) == owner(index)
        };
        let twice = |other: usize| {
            let mut outcome = self.replaced("duplicate_mutable", index, self.call.accounts[other].pubkey);
            outcome.account = format!("{}={}", accounts[index].name, accounts[other].name);
            outcome
        };
        (0..accounts.len()).filter(alike).map(twice).collect()
    }

    /// The same call twice; and accounts to be created that have lamports already.
    fn on_life(&self) -> Vec<Outcome> {
        let mut fork = self.world.clone();
        fork.send(&self.with(self.call.clone())).expect("it landed before");
        let twice = result(fork.send(&self.with(self.call.clone())));
        let mut outcomes = vec![self.outcome("twice", None, twice)];
        for (index, account) in self.spec().accounts.iter().enumerate() {
            let address = self.call.accounts[index].pubkey;
            if account.writable && !account.signer && self.world.chain.account(&address).is_none() {
                let mut fork = self.world.clone();
                fork.chain.fund(&address, 1_000_000);
                let landed = result(fork.send(&self.with(self.call.clone())));
                outcomes.push(self.outcome("prefunded_pda", Some(index), landed));
            }
        }
        outcomes
    }

    fn replaced(&self, attack: &'static str, index: usize, by: Pubkey) -> Outcome {
        let mut call = self.call.clone();
        call.accounts[index].pubkey = by;
        self.attempt(attack, Some(index), call)
    }

    /// Replace an account by another, which is put at an address of its own.
    fn copied(&self, attack: &'static str, index: usize, account: Account) -> Outcome {
        let address = wallet("a copy");
        let mut fork = self.world.clone();
        fork.chain.set(&address, account);
        let mut call = self.call.clone();
        call.accounts[index].pubkey = address;
        self.outcome(attack, Some(index), self.attempt_in(&mut fork, call))
    }

    fn attempt(&self, attack: &'static str, index: Option<usize>, call: Instruction) -> Outcome {
        self.outcome(attack, index, self.attempt_in(&mut self.world.clone(), call))
    }

    /// Send a call; when it fails, nothing may have changed.
    fn attempt_in(&self, fork: &mut World, call: Instruction) -> String {
        let accounts: Vec<Pubkey> = call.accounts.iter().map(|meta| meta.pubkey).collect();
        let read = |fork: &World| accounts.iter().map(|address| fork.chain.account(address)).collect::<Vec<_>>();
        let before = read(fork);
        let sent = fork.send(&self.with(call));
        if sent.is_err() {
            assert_eq!(read(fork), before, "a failed call changed an account");
        }
        result(sent)
    }

    fn outcome(&self, attack: &'static str, index: Option<usize>, result: String) -> Outcome {
        let account = index.map_or("-", |i| &self.spec().accounts[i].name).to_owned();
        Outcome { instruction: self.name(), attack, account, result }
    }
}

fn result(sent: Result<crate::Receipt, Box<crate::Failure>>) -> String {
    sent.map_or_else(|failure| failure.name, |_| "ok".into())
}
