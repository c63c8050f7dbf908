//! The committed IDLs: which instructions there are, and which accounts they take.

use std::sync::LazyLock;

use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use serde_json::Value;

/// One account of an instruction.
#[derive(Clone, Debug)]
pub struct IdlAccount {
    pub name: String,
    pub signer: bool,
    pub writable: bool,
}

/// One instruction of one program.
#[derive(Clone, Debug)]
pub struct IdlInstruction {
    /// `escrow::settle`.
    pub name: String,
    pub program: Pubkey,
    pub discriminator: Vec<u8>,
    pub accounts: Vec<IdlAccount>,
    pub args: usize,
}

/// One account type of one program.
#[derive(Clone, Debug)]
pub struct IdlType {
    /// `escrow::Job`.
    pub name: String,
    pub program: Pubkey,
    pub discriminator: Vec<u8>,
}

const NAMES: [&str; 6] = ["token", "staking", "reputation", "escrow", "verification", "governance"];

static INSTRUCTIONS: LazyLock<Vec<IdlInstruction>> = LazyLock::new(|| NAMES.iter().flat_map(|n| read(n)).collect());

/// Names of the programs.
pub fn names() -> &'static [&'static str] {
    &NAMES
}

/// A program's IDL.
pub fn file(name: &str) -> Value {
    let path = format!("{}/../idl/assay_{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{path}: {why}"));
    serde_json::from_str(&text).unwrap_or_else(|why| panic!("{path}: {why}"))
}

fn address(idl: &Value) -> Pubkey {
    idl["address"].as_str().and_then(|text| text.parse().ok()).expect("an IDL has an address")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn read(program: &str) -> Vec<IdlInstruction> {
    let idl = file(program);
    let text = |value: &Value| value.as_str().expect("a name").to_owned();
    let account = |account: &Value| IdlAccount {
        name: text(&account["name"]),
        signer: account["signer"] == true,
        writable: account["writable"] == true,
    };
    let instruction = |ix: &Value| IdlInstruction {
        name: format!("{program}::{}", text(&ix["name"])),
        program: address(&idl),
        discriminator: list(&ix["discriminator"]).iter().filter_map(Value::as_u64).map(|byte| byte as u8).collect(),
        accounts: list(&ix["accounts"]).iter().map(account).collect(),
        args: list(&ix["args"]).len(),
    };
    list(&idl["instructions"]).iter().map(instruction).collect()
}

/// Every account type of every program.
pub fn account_types() -> Vec<IdlType> {
    let of = |program: &&'static str| {
        let idl = file(program);
        let one = |account: &Value| {
            // A name that two programs have is a whole path.
            let name = account["name"].as_str().and_then(|path| path.rsplit("::").next()).expect("a name");
            let bytes = list(&account["discriminator"]).iter().filter_map(Value::as_u64).map(|byte| byte as u8);
            IdlType { name: format!("{program}::{name}"), program: address(&idl), discriminator: bytes.collect() }
        };
        let own = |account: &&Value| {
            let name = account["name"].as_str().unwrap_or_default();
            !name.contains("::") || name.starts_with(&format!("assay_{program}::"))
        };
        list(&idl["accounts"]).iter().filter(own).map(one).collect::<Vec<_>>()
    };
    NAMES.iter().flat_map(of).collect()
}

/// Address and name of the six programs.
pub fn programs() -> Vec<(Pubkey, &'static str)> {
    NAMES.iter().map(|name| (address(&file(name)), *name)).collect()
}

/// Every instruction of every program.
pub fn instructions() -> &'static [IdlInstruction] {
    &INSTRUCTIONS
}

/// The instruction that this is a call of.
pub fn find(call: &Instruction) -> Option<&'static IdlInstruction> {
    INSTRUCTIONS.iter().find(|ix| ix.program == call.program_id && call.data.starts_with(&ix.discriminator))
}

/// `escrow::settle`, if it is one of ours.
pub fn name(call: &Instruction) -> Option<String> {
    find(call).map(|ix| ix.name.clone())
}
