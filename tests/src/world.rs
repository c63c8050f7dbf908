//! A market ready for work: configured programs, payment mint, requesters and operators. Windows are short.
//!
//! Class 0 has 10 seconds: 70 to seal, 20 to reveal; epochs are 100 seconds, unbonding is 1,000.

use anchor_lang::{
    prelude::Pubkey,
    solana_program::instruction::{AccountMeta, Instruction},
};
use assay_sdk::{
    ASY, addresses,
    escrow::{Capabilities, ClassParams, ENGINES, EscrowParams},
    ix,
    staking::StakingParams,
    token::{ASY_MINT, Emission, FeeSplit, TokenParams},
    verification::VerificationParams,
};
use solana_sdk::account::Account;

use crate::{
    chain::{Chain, Failure, Receipt, hash, wallet},
    invariants,
};

/// Unix time at which a world begins; an epoch's first second.
pub const START: i64 = 1_800_000_000;
/// Slot in which a world begins.
pub const START_SLOT: u64 = 10_000;
/// Base units of ASY that may ever be minted.
pub const MAX_SUPPLY: u64 = 1_000_000_000 * ASY;
/// Base units of ASY that each operator stakes.
pub const STAKE: u64 = 5_000 * ASY;
/// Base units of ASY that each operator has after it staked.
pub const SPARE: u64 = 5_000 * ASY;
/// Base units of tUSD (6 decimals) that each requester has.
pub const FUNDS: u64 = 1_000_000_000;
/// Least stake of class 0.
pub const CLASS_STAKE: u64 = 1_000 * ASY;
/// Base units of ASY for 10^9 base units of tUSD: 2 ASY a dollar.
pub const BOND_RATE: u64 = 2_000 * ASY;
/// Lamports of each wallet.
pub const WALLET: u64 = 100_000_000_000;
/// Lamports for who settles, expires or closes.
pub const BOUNTY: u64 = 5_000;
/// Seconds to review the usual accepted job.
pub const REVIEW: u32 = 50;
/// Seconds after a job's end from which royalties may go to the protocol.
pub const GRACE: i64 = 100;
/// Base units of ASY that who opens a case has at stake.
pub const CHALLENGE_BOND: u64 = 10 * ASY;
/// Base units of ASY that a juror has at stake in a chair.
pub const JUROR_BOND: u64 = 20 * ASY;
/// Hash of this cluster's first block.
pub const GENESIS: [u8; 32] = [42; 32];

/// What verification is initialized with.
pub fn verification_params() -> VerificationParams {
    VerificationParams {
        jury: 3,
        challenge_bond: CHALLENGE_BOND,
        juror_bond: JUROR_BOND,
        canary_seconds: 0,
        canary_keeper: wallet("canary keeper"),
        class_values: [ASY, 2 * ASY, 4 * ASY, 8 * ASY, 16 * ASY],
    }
}

/// What escrow is initialized with.
pub fn escrow_params() -> EscrowParams {
    let class = |n: u64| ClassParams { seconds: 10 * n as u32, stake: CLASS_STAKE * n };
    EscrowParams {
        fee_bps: 250,
        bond_bps: 3_000,
        wrong_bps: 2_500,
        classes: [class(1), class(2), class(3), class(4), class(5)],
        seal_factor: 7,
        reveal_factor: 2,
        spread: 4,
        widen_seconds: 30,
        max_job_seconds: 2_000,
        worker_floor_bps: 6_000,
        review_min_seconds: 10,
        review_max_seconds: 1_000,
        cancel_floor_bps: 1_000,
        bounty_lamports: BOUNTY as u32,
        royalty_grace_seconds: GRACE as u32,
    }
}

/// What staking is initialized with.
pub fn staking_params() -> StakingParams {
    StakingParams {
        unbonding: 1_000,
        epoch_seconds: 100,
        weight_cap: 1_000_000 * ASY,
        harmed_bps: 4_000,
        caller_bps: 1_000,
        min_self_stake: 100 * ASY,
        max_commission_bps: 3_000,
        commission_step_bps: 25,
        // Tests of jail set it.
        jail_seconds: 0,
    }
}

/// What the token program is initialized with: half of the fees burned, the rest to the treasury; an epoch of emission
/// has 100 seconds and 1,000 ASY, and keeps 99 % from one to the next.
pub fn token_params() -> TokenParams {
    TokenParams {
        split: FeeSplit { burn_bps: 5_000, reserve_bps: 0, rewards_bps: 0, treasury_bps: 5_000 },
        emission: Emission { first: 1_000 * ASY, keep_bps: 9_900, epoch_seconds: 100 },
        reserve_mint: Pubkey::default(),
    }
}

/// What operators' machines can do.
pub const MACHINE: Capabilities = Capabilities {
    engines: ENGINES,
    cores: 4,
    memory_mib: 4_096,
    disk_gib: 100,
    gpus: 0,
    gpu_memory_mib: 0,
    gpu_model: [0; 4],
    region: *b"DE",
};
/// How many seats each machine works for at a time.
pub const SLOTS: u16 = 8;

/// The market. Cloning it makes a fork.
#[derive(Clone)]
pub struct World {
    pub chain: Chain,
    pub now: i64,
    pub slot: u64,
    /// Upgrade authority, and authority of every Config.
    pub authority: Pubkey,
    /// A payment mint with 6 decimals.
    pub usd: Pubkey,
    pub alice: Pubkey,
    pub bob: Pubkey,
    /// Cranks, for bounties.
    pub carol: Pubkey,
    /// Has SOL and token accounts, and no right to anything.
    pub mallory: Pubkey,
    pub operators: Vec<Pubkey>,
    /// Every job ever posted.
    pub jobs: Vec<Pubkey>,
    /// Every case ever opened.
    pub cases: Vec<Pubkey>,
    /// Whether a pool's locks are exactly its seats' exposures: not where a test locks as escrow would.
    pub locks_are_exposures: bool,
}

impl World {
    /// The programs, not yet initialized.
    pub fn bare() -> Self {
        let authority = wallet("authority");
        let mut world = Self {
            chain: Chain::new(&authority),
            now: START,
            slot: START_SLOT,
            authority,
            usd: wallet("tUSD mint"),
            alice: wallet("alice"),
            bob: wallet("bob"),
            carol: wallet("carol"),
            mallory: wallet("mallory"),
            operators: Vec::new(),
            jobs: Vec::new(),
            cases: Vec::new(),
            locks_are_exposures: true,
        };
        world.tick(0, 0);
        for who in [authority, world.alice, world.bob, world.carol, world.mallory] {
            world.chain.fund(&who, WALLET);
        }
        let usd = world.usd;
        world.create_mint(&usd, 6, &ix::TOKEN_PROGRAM);
        world
    }

    /// The programs initialized, the payment mint allowed, everybody funded, no operators yet.
    pub fn empty() -> Self {
        let mut world = Self::bare();
        let (authority, usd) = (world.authority, world.usd);
        world.ok(&[ix::token::initialize(&authority, MAX_SUPPLY, token_params())]);
        world.ok(&[ix::token::set_minter(&authority, &authority, 10_000_000 * ASY)]);
        world.ok(&[ix::staking::initialize(&authority, staking_params())]);
        world.ok(&[ix::escrow::initialize(&authority, escrow_params())]);
        world.ok(&[ix::verification::initialize(&authority, GENESIS, verification_params())]);
        world.ok(&[ix::escrow::register_mint(&authority, &usd, BOND_RATE)]);
        for shard in 0..4 {
            world.ok(&[ix::token::open_fee_vault(&authority, &usd, shard)]);
        }
        for who in [world.alice, world.bob, world.carol, world.mallory] {
            world.open_accounts(&who);
        }
        for who in [world.alice, world.bob] {
            world.mint_usd(&who, FUNDS);
        }
        world
    }

    /// An [`World::empty`] world with `count` operators, whose stake counts from now.
    pub fn with_operators(count: usize) -> Self {
        let mut world = Self::empty();
        for i in 0..count {
            world.add_operator(&format!("operator {i}"), STAKE);
        }
        // Two epochs: the stake weighs, and may leave.
        world.tick(200, 250);
        world
    }

    /// An operator with SOL, ASY, pool, stake, a record in class 0 and machine 0.
    pub fn add_operator(&mut self, name: &str, stake: u64) -> Pubkey {
        let operator = wallet(name);
        self.chain.fund(&operator, WALLET);
        self.open_accounts(&operator);
        self.mint_asy(&operator, stake + SPARE);
        self.ok(&[ix::staking::open_pool(&operator)]);
        self.operators.push(operator);
        self.ok(&[ix::staking::stake(&operator, stake)]);
        self.ok(&[ix::reputation::open_record(&operator, 0)]);
        self.ok(&[ix::escrow::register_device(&operator, 0, MACHINE, SLOTS, 0)]);
        operator
    }

    /// Let time pass.
    pub fn tick(&mut self, seconds: i64, slots: u64) {
        self.now += seconds;
        self.slot += slots;
        self.chain.set_clock(self.now, self.slot);
        self.chain.set_slot_hashes(self.slot - 1, self.slot - 512);
    }

    /// Set the time, leaving the slot.
    pub fn at(&mut self, now: i64) {
        self.tick(now - self.now, 0);
    }

    /// Send a transaction; every invariant must hold after it.
    ///
    /// # Errors
    /// As [`Chain::send`].
    pub fn send(&mut self, instructions: &[Instruction]) -> Result<Receipt, Box<Failure>> {
        let receipt = self.chain.send(instructions)?;
        invariants::check(self);
        Ok(receipt)
    }

    /// Send a transaction that must land.
    #[track_caller]
    pub fn ok(&mut self, instructions: &[Instruction]) -> Receipt {
        match self.send(instructions) {
            Ok(receipt) => receipt,
            Err(failure) => panic!("{}\n{}", failure.name, failure.logs.join("\n")),
        }
    }

    /// Send a transaction that must fail with this error number.
    #[track_caller]
    pub fn refused(&mut self, instructions: &[Instruction], code: impl Into<u32>) {
        let code = code.into();
        match self.send(instructions) {
            Ok(_) => panic!("it landed, where error {code} was expected"),
            Err(failure) => assert_eq!(failure.code, Some(code), "{}\n{}", failure.name, failure.logs.join("\n")),
        }
    }

    /// Create an owner's ASY and tUSD accounts.
    pub fn open_accounts(&mut self, owner: &Pubkey) {
        let payer = self.authority;
        for mint in [ASY_MINT, self.usd] {
            self.ok(&[ix::create_ata(&payer, owner, &mint)]);
        }
    }

    /// A mint of some token program, whose mint authority is the world's authority.
    pub fn create_mint(&mut self, mint: &Pubkey, decimals: u8, token_program: &Pubkey) {
        let mut data = vec![0; 82];
        data[0] = 1;
        data[4..36].copy_from_slice(self.authority.as_ref());
        data[44] = decimals;
        data[45] = 1;
        self.chain.set(mint, Account { lamports: 10_000_000, data, owner: *token_program, ..Account::default() });
    }

    /// Give an owner tUSD.
    pub fn mint_usd(&mut self, owner: &Pubkey, amount: u64) {
        let to = addresses::ata(owner, &self.usd);
        let instruction =
            token_instruction(7, amount, &[(self.usd, true, false), (to, true, false), (self.authority, false, true)]);
        self.ok(&[instruction]);
    }

    /// Mint ASY to an owner, against the authority's allowance.
    pub fn mint_asy(&mut self, owner: &Pubkey, amount: u64) {
        let authority = self.authority;
        self.ok(&[ix::token::mint_to(&authority, &addresses::ata(owner, &ASY_MINT), amount)]);
    }

    /// Move tokens of a mint from an owner's associated account to any token account.
    pub fn transfer(&mut self, owner: &Pubkey, mint: &Pubkey, to: &Pubkey, amount: u64) {
        let from = addresses::ata(owner, mint);
        self.ok(&[token_instruction(3, amount, &[(from, true, false), (*to, true, false), (*owner, false, true)])]);
    }

    /// A token account at any address, as its creator could have set it up.
    pub fn token_account(&mut self, name: &str, mint: &Pubkey, owner: &Pubkey) -> Pubkey {
        let address = wallet(name);
        let mut data = vec![0; 165];
        data[..32].copy_from_slice(mint.as_ref());
        data[32..64].copy_from_slice(owner.as_ref());
        data[108] = 1;
        let account = Account { lamports: 10_000_000, data, owner: ix::TOKEN_PROGRAM, ..Account::default() };
        self.chain.set(&address, account);
        address
    }

    /// Base units of tUSD of an owner.
    pub fn usd_of(&self, owner: &Pubkey) -> u64 {
        self.chain.tokens(&addresses::ata(owner, &self.usd))
    }

    /// Base units of unstaked ASY of an owner.
    pub fn asy_of(&self, owner: &Pubkey) -> u64 {
        self.chain.tokens(&addresses::ata(owner, &ASY_MINT))
    }

    /// Base units of ASY there are.
    pub fn supply(&self) -> u64 {
        self.chain.read::<anchor_spl::token::Mint>(&ASY_MINT).supply
    }

    /// An operator's pool.
    pub fn pool(&self, operator: &Pubkey) -> assay_sdk::staking::Pool {
        self.chain.read(&addresses::pool(operator))
    }
}

/// An instruction of SPL Token with an amount: 3 transfer, 7 mint to. Accounts: (address, writable, signer).
pub fn token_instruction(tag: u8, amount: u64, accounts: &[(Pubkey, bool, bool)]) -> Instruction {
    let meta = |(pubkey, is_writable, is_signer): &(Pubkey, bool, bool)| AccountMeta {
        pubkey: *pubkey,
        is_signer: *is_signer,
        is_writable: *is_writable,
    };
    let mut data = vec![tag];
    data.extend(amount.to_le_bytes());
    Instruction { program_id: ix::TOKEN_PROGRAM, accounts: accounts.iter().map(meta).collect(), data }
}

/// A digest that honest operators would find.
pub fn honest() -> [u8; 32] {
    hash(&[b"the right answer"])
}

/// A digest that nobody honest would find; different for each liar.
pub fn lie(liar: &Pubkey) -> [u8; 32] {
    hash(&[b"a lie", liar.as_ref()])
}
