//! LiteSVM with the six programs: clock, slot hashes, accounts, and transactions that are sent, timed and decoded.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

use anchor_lang::{
    AccountDeserialize,
    prelude::{Clock, Pubkey},
    solana_program::instruction::{AccountMeta, Instruction},
};
use assay_sdk::{
    decode::{Decoder, EVENT_TAG},
    verification::attest::{ED25519_PROGRAM, SECP256R1_PROGRAM},
};
use litesvm::{LiteSVM, types::TransactionMetadata};
use serde_json::Value;
use solana_sdk::{
    account::Account,
    instruction::InstructionError,
    message::{Message, VersionedMessage},
    signature::Signature,
    transaction::{TransactionError, VersionedTransaction},
};

use crate::idl;

/// Where the loader keeps code.
const LOADER: Pubkey = Pubkey::from_str_const("BPFLoaderUpgradeab1e11111111111111111111111");
/// The SlotHashes sysvar and the owner of sysvars.
pub const SLOT_HASHES: Pubkey = Pubkey::from_str_const("SysvarS1otHashes111111111111111111111111111");
const SYSVAR_OWNER: Pubkey = Pubkey::from_str_const("Sysvar1111111111111111111111111111111111111");
const PRECOMPILES: [Pubkey; 2] = [ED25519_PROGRAM, SECP256R1_PROGRAM];
/// Most bytes of a transaction on the wire.
const MAX_TRANSACTION: usize = 1_232;

/// A decoded event of one of our programs.
#[derive(Clone, Debug)]
pub struct Event {
    pub program: &'static str,
    pub kind: String,
    pub json: Value,
}

impl Event {
    /// A u64 field, which JSON has as a string.
    pub fn u64(&self, field: &str) -> u64 {
        self.json[field].as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{field} of {self:?}"))
    }
}

/// What a transaction that landed did.
#[derive(Clone, Debug)]
pub struct Receipt {
    pub compute_units: u64,
    pub events: Vec<Event>,
    /// What the last instruction that returned anything returned.
    pub return_data: Vec<u8>,
    /// Every account that the transaction locked for writing, but for its payer.
    pub written: BTreeSet<Pubkey>,
}

impl Receipt {
    /// The only event of a kind.
    pub fn event(&self, kind: &str) -> &Event {
        let found: Vec<_> = self.events.iter().filter(|event| event.kind == kind).collect();
        assert_eq!(found.len(), 1, "one {kind} in {:?}", self.events);
        found[0]
    }
}

/// What an instruction takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Compute units.
    pub cu: u64,
    pub accounts: usize,
    pub data_bytes: usize,
}

/// Why a transaction failed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// A program's error number, if it was one.
    pub code: Option<u32>,
    /// `6302 NotVerifier`, `2006 ConstraintSeeds`, or the runtime's name of the error.
    pub name: String,
    pub logs: Vec<String>,
}

/// The chain: cloning it gives a fork on which an attack can be tried.
#[derive(Clone)]
pub struct Chain {
    pub svm: LiteSVM,
    decoder: Arc<Decoder>,
    count: u64,
    payer: Pubkey,
    /// What each instruction took at most, when it was alone in its transaction but for signatures to verify.
    pub usage: BTreeMap<String, Usage>,
    /// Every event so far.
    pub history: Vec<Event>,
}

impl Chain {
    /// A chain with the six programs, whose upgrade authority is `authority`.
    pub fn new(authority: &Pubkey) -> Self {
        let mut svm = LiteSVM::new().with_sigverify(false).with_blockhash_check(false).with_log_bytes_limit(None);
        let deploy = deploy();
        for (id, name) in idl::programs() {
            let path = deploy.join(format!("assay_{name}.so"));
            svm.add_program_from_file(id, &path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
            let address = assay_sdk::addresses::program_data(&id);
            let mut data = svm.get_account(&address).expect("LiteSVM keeps ProgramData");
            // UpgradeableLoaderState::ProgramData: tag (4), slot (8), then Option<Pubkey>.
            data.data[12] = 1;
            data.data[13..45].copy_from_slice(authority.as_ref());
            assert_eq!(data.owner, LOADER);
            svm.set_account(address, data).expect("ProgramData is plain data");
        }
        let payer = wallet("fee payer");
        let decoder = Arc::new(Decoder::new().expect("the IDLs are sound"));
        let mut chain = Self { svm, decoder, count: 0, payer, usage: BTreeMap::new(), history: Vec::new() };
        chain.fund(&payer, 1_000_000_000_000);
        chain
    }

    /// Give an address lamports: it becomes a wallet.
    pub fn fund(&mut self, who: &Pubkey, lamports: u64) {
        self.set(who, Account { lamports, ..Account::default() });
    }

    /// Write an account.
    pub fn set(&mut self, address: &Pubkey, account: Account) {
        self.svm.set_account(*address, account).expect("an account that LiteSVM takes");
    }

    /// Read an account.
    pub fn account(&self, address: &Pubkey) -> Option<Account> {
        self.svm.get_account(address).filter(|account| account.lamports > 0)
    }

    /// Lamports of an address.
    pub fn lamports(&self, address: &Pubkey) -> u64 {
        self.account(address).map_or(0, |account| account.lamports)
    }

    /// Read an account of a known type, if it exists.
    pub fn find<T: AccountDeserialize>(&self, address: &Pubkey) -> Option<T> {
        let account = self.account(address).filter(|account| !account.data.is_empty())?;
        Some(assay_sdk::account(&account.data).unwrap_or_else(|why| panic!("{address}: {why}")))
    }

    /// Read an account of a known type.
    pub fn read<T: AccountDeserialize>(&self, address: &Pubkey) -> T {
        self.find(address).unwrap_or_else(|| panic!("{address} does not exist"))
    }

    /// Base units in a token account; 0 if there is none.
    pub fn tokens(&self, address: &Pubkey) -> u64 {
        self.find::<anchor_spl::token::TokenAccount>(address).map_or(0, |account| account.amount)
    }

    /// Set the clock.
    pub fn set_clock(&mut self, now: i64, slot: u64) {
        let clock = Clock { unix_timestamp: now, slot, ..Clock::default() };
        self.svm.set_sysvar(&clock);
    }

    /// Set the slot hashes to those of the slots `oldest..=newest`; a slot's hash is made of its number.
    pub fn set_slot_hashes(&mut self, newest: u64, oldest: u64) {
        let slots: Vec<u64> = (oldest..=newest).rev().take(512).collect();
        let mut data = (slots.len() as u64).to_le_bytes().to_vec();
        for slot in slots {
            data.extend(slot.to_le_bytes());
            data.extend(hash(&[b"slot", &slot.to_le_bytes()]));
        }
        data.resize(8 + 512 * 40, 0);
        self.set(&SLOT_HASHES, Account { lamports: 1, data, owner: SYSVAR_OWNER, ..Account::default() });
    }

    /// Send instructions as one transaction, paid by nobody of interest. Signers are those that the metas name.
    ///
    /// # Errors
    /// What the runtime or a program said.
    pub fn send(&mut self, instructions: &[Instruction]) -> Result<Receipt, Box<Failure>> {
        let message = Message::new(instructions, Some(&self.payer));
        let keys = message.account_keys.clone();
        let written = (1..keys.len()).filter(|i| message.is_maybe_writable(*i, None)).map(|i| keys[i]).collect();
        let meta = self.submit(message)?;
        // The runtime's own verification of signatures takes none.
        let mut programs = instructions.iter().filter(|call| !PRECOMPILES.contains(&call.program_id));
        if let (Some(only), None) = (programs.next(), programs.next())
            && let Some(name) = idl::name(only)
        {
            let most = self.usage.entry(name).or_default();
            let cu = meta.compute_units_consumed;
            if cu > most.cu {
                *most = Usage { cu, accounts: only.accounts.len(), data_bytes: only.data.len() };
            }
        }
        let events = self.events(&keys, &meta);
        self.history.extend(events.iter().cloned());
        Ok(Receipt { compute_units: meta.compute_units_consumed, events, return_data: meta.return_data.data, written })
    }

    /// As [`Chain::send`], without reading its events or keeping anything: for millions of transactions. Returns the
    /// compute units.
    ///
    /// # Errors
    /// What the runtime or a program said.
    pub fn run(&mut self, instructions: &[Instruction]) -> Result<u64, Box<Failure>> {
        let message = Message::new(instructions, Some(&self.payer));
        self.submit(message).map(|meta| meta.compute_units_consumed)
    }

    /// Keep no transactions: a long run would fill the memory with them.
    pub fn forget_transactions(&mut self) {
        self.svm = std::mem::take(&mut self.svm).with_transaction_history(0);
    }

    fn submit(&mut self, message: Message) -> Result<TransactionMetadata, Box<Failure>> {
        let signatures = (0..message.header.num_required_signatures).map(|i| self.signature(i)).collect();
        // Where anybody signs, that one pays: the payer of these tests, its key and its signature, would not be there.
        let (signers, payer) = (usize::from(message.header.num_required_signatures), 32 + 64);
        let bytes = message.serialize().len() + 1 + 64 * signers - if signers > 1 { payer } else { 0 };
        assert!(bytes <= MAX_TRANSACTION, "a transaction of {bytes} bytes cannot be sent");
        let sent =
            self.svm.send_transaction(VersionedTransaction { signatures, message: VersionedMessage::Legacy(message) });
        sent.map_err(|failed| Box::new(Failure::new(&failed.err, failed.meta.logs)))
    }

    // Not a real signature, but unlike every other: the runtime knows transactions by their first.
    fn signature(&mut self, index: u8) -> Signature {
        self.count += 1;
        let mut bytes = [index; 64];
        bytes[..8].copy_from_slice(&self.count.to_le_bytes());
        Signature::from(bytes)
    }

    fn events(&self, keys: &[Pubkey], meta: &TransactionMetadata) -> Vec<Event> {
        let inner = meta.inner_instructions.iter().flatten().map(|inner| &inner.instruction);
        let tagged = inner.filter_map(|inner| {
            let rest = inner.data.strip_prefix(&EVENT_TAG)?;
            Some((keys[usize::from(inner.program_id_index)], rest.to_vec()))
        });
        tagged
            .map(|(program, data)| {
                let event = self.decoder.event(&program, &data).unwrap_or_else(|why| panic!("{why}"));
                Event { program: event.program, kind: event.kind, json: event.json }
            })
            .collect()
    }
}

impl Failure {
    fn new(error: &TransactionError, logs: Vec<String>) -> Self {
        let (code, name) = match error {
            TransactionError::InstructionError(_, InstructionError::Custom(code)) => {
                (Some(*code), format!("{code} {}", error_name(*code, &logs)))
            }
            TransactionError::InstructionError(_, error) => (None, format!("{error:?}")),
            error => (None, format!("{error:?}")),
        };
        Self { code, name, logs }
    }
}

/// Our programs' errors by their number; Anchor's by the log; a number below 100 is the system or token program's.
fn error_name(code: u32, logs: &[String]) -> String {
    if let Some(ours) = assay_sdk::errors::lookup(code) {
        return ours.name.clone();
    }
    let named = logs.iter().rev().find_map(|line| line.split("Error Code: ").nth(1)?.split('.').next());
    match named {
        Some(name) if code >= 100 => name.to_owned(),
        _ => "of a called program".to_owned(),
    }
}

/// Where the programs' `.so` files are: the committed ones, or another build's, for instance one with a check taken out,
/// to see that the attack on it is noticed.
pub fn deploy() -> PathBuf {
    let built = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../programs/deploy");
    std::env::var_os("ASSAY_PROGRAMS").map_or(built, PathBuf::from)
}

/// A wallet's address from its name.
pub fn wallet(name: &str) -> Pubkey {
    Pubkey::new_from_array(hash(&[b"wallet", name.as_bytes()]))
}

/// sha256 of the parts.
pub fn hash(parts: &[&[u8]]) -> [u8; 32] {
    solana_sdk::hash::hashv(parts).to_bytes()
}

/// The meta of an account at an index, to change it.
pub fn meta(instruction: &mut Instruction, index: usize) -> &mut AccountMeta {
    &mut instruction.accounts[index]
}
