//! Instructions out of files, and in words.

use std::{fs, path::Path};

use assay_sdk::{
    governance::AUTHORITY,
    instructions::{self, Known},
    ix,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};
use solana_sdk::{
    instruction::{AccountMeta, Instruction},
    pubkey::Pubkey,
    transaction::Transaction,
};

use crate::error::{Error, Result};

/// A file of actions: a dumped transaction, or instructions.
#[derive(Deserialize)]
#[serde(untagged)]
enum File {
    Dumped { transaction: String },
    One(Call),
    Many(Vec<Call>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    program: String,
    accounts: Vec<Account>,
    /// In hex, or `base64:` and base64.
    data: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Account {
    address: String,
    #[serde(default)]
    signer: bool,
    #[serde(default)]
    writable: bool,
}

/// The instructions in a file, in order.
pub fn read(path: &Path) -> Result<Vec<Instruction>> {
    let text = fs::read(path).map_err(Error::file("read", path))?;
    parse(&text).map_err(|why| Error::Usage(format!("{} holds no actions: {why}", path.display())))
}

fn parse(text: &[u8]) -> Result<Vec<Instruction>, String> {
    let expected = "expected what --dump-transaction --output json prints, or [{program, accounts, data}]";
    let file: File = serde_json::from_slice(text).map_err(|why| format!("{expected} ({why})"))?;
    let calls = match file {
        File::Dumped { transaction } => of_transaction(&transaction)?,
        File::One(call) => vec![call.instruction()?],
        File::Many(calls) => calls.into_iter().map(Call::instruction).collect::<Result<_, _>>()?,
    };
    if calls.is_empty() {
        return Err("there is no instruction in it".into());
    }
    Ok(calls)
}

impl Call {
    fn instruction(self) -> Result<Instruction, String> {
        let key = |text: &str| text.parse::<Pubkey>().map_err(|_| format!("{text} is no address"));
        let meta = |account: Account| {
            let Account { address, signer, writable } = account;
            Ok::<_, String>(AccountMeta { pubkey: key(&address)?, is_signer: signer, is_writable: writable })
        };
        let data = match self.data.strip_prefix("base64:") {
            Some(text) => STANDARD.decode(text).map_err(|_| "data is not base64".to_owned())?,
            None => hex::decode(&self.data).map_err(|_| "data is not hex".to_owned())?,
        };
        let accounts = self.accounts.into_iter().map(meta).collect::<Result<_, _>>()?;
        Ok(Instruction { program_id: key(&self.program)?, accounts, data })
    }
}

/// The instructions of a transaction in base64, but for what only says how it is run.
fn of_transaction(text: &str) -> Result<Vec<Instruction>, String> {
    let bad = || "its transaction is not one in base64, of the legacy form".to_owned();
    let bytes = STANDARD.decode(text).map_err(|_| bad())?;
    let Transaction { message, .. } = bincode::deserialize(&bytes).map_err(|_| bad())?;
    let meta = |index: &u8| {
        let index = usize::from(*index);
        let pubkey = *message.account_keys.get(index).ok_or_else(bad)?;
        // The fee payer of the dump is written because it pays; so it is in the instruction that is stored.
        let (is_signer, is_writable) = (message.is_signer(index), message.is_maybe_writable(index, None));
        Ok::<_, String>(AccountMeta { pubkey, is_signer, is_writable })
    };
    let budget = solana_compute_budget_interface::ID;
    let mut calls = vec![];
    for compiled in &message.instructions {
        let program_id = *message.account_keys.get(usize::from(compiled.program_id_index)).ok_or_else(bad)?;
        let accounts = compiled.accounts.iter().map(meta).collect::<Result<_, _>>()?;
        if program_id != budget {
            calls.push(Instruction { program_id, accounts, data: compiled.data.clone() });
        }
    }
    Ok(calls)
}

/// Why a list of instructions cannot be proposed, before anything is sent.
pub fn check(calls: &[Instruction]) -> Result<()> {
    let most = usize::from(assay_sdk::governance::MAX_ACTIONS);
    if calls.len() > most {
        let why = format!("{} instructions, and a proposal has {most} at most: make two", calls.len());
        return Err(Error::Usage(why));
    }
    for (nth, call) in calls.iter().enumerate() {
        if ix::governance::terms(call).validate().is_err() {
            let why = format!(
                "instruction {nth}, {}, cannot be proposed: it is too large, or one of governance's or staking's own \
                 that no vote may run (docs/governance.md)",
                name(call)
            );
            return Err(Error::Usage(why));
        }
    }
    Ok(())
}

fn known(call: &Instruction) -> Option<&'static Known> {
    instructions::lookup(&call.program_id, &call.data)
}

/// Others' programs that proposals call.
const OTHERS: [(Pubkey, &str); 5] = [
    (ix::SYSTEM_PROGRAM, "the system program"),
    (ix::TOKEN_PROGRAM, "SPL Token"),
    (ix::TOKEN_2022_PROGRAM, "Token-2022"),
    (ix::ASSOCIATED_TOKEN_PROGRAM, "the associated token program"),
    (Pubkey::from_str_const("BPFLoaderUpgradeab1e11111111111111111111111"), "the upgradeable loader"),
];

/// What it is, as far as is known.
pub fn name(call: &Instruction) -> String {
    if let Some((_, other)) = OTHERS.iter().find(|(program, _)| *program == call.program_id) {
        return format!("a call of {other}");
    }
    known(call)
        .map_or_else(|| format!("a call of {}", call.program_id), |known| format!("{} {}", known.program, known.name))
}

/// The name of its account number `at`.
pub fn account(call: &Instruction, at: usize) -> String {
    let found = known(call).and_then(|known| known.accounts.get(at));
    found.cloned().unwrap_or_else(|| format!("account {at}"))
}

/// As documents have it.
pub fn call_json(call: &Instruction) -> Value {
    let accounts = call.accounts.iter().enumerate().map(|(at, meta)| {
        json!({
            "name": account(call, at), "address": meta.pubkey.to_string(), "signer": meta.is_signer,
            "writable": meta.is_writable, "authority": meta.pubkey == AUTHORITY,
        })
    });
    json!({
        "program": call.program_id.to_string(), "name": name(call), "accounts": accounts.collect::<Vec<_>>(),
        "data": hex::encode(&call.data),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u8) -> Pubkey {
        Pubkey::new_from_array([n; 32])
    }

    #[test]
    fn a_dumped_transaction_is_its_instructions_without_the_budget() {
        let call = ix::staking::set_paused(&AUTHORITY, true);
        let budget = solana_compute_budget_interface::ComputeBudgetInstruction::set_compute_unit_limit(5);
        let transaction = Transaction::new_with_payer(&[budget, call.clone()], Some(&AUTHORITY));
        let text = json!({"transaction": STANDARD.encode(bincode::serialize(&transaction).unwrap()), "message": "", "signers": []});
        let found = parse(text.to_string().as_bytes()).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].program_id, &found[0].data), (call.program_id, &call.data));
        let metas =
            |call: &Instruction| call.accounts.iter().map(|meta| (meta.pubkey, meta.is_signer)).collect::<Vec<_>>();
        assert_eq!(metas(&found[0]), metas(&call));
        assert_eq!(name(&found[0]), "staking set_paused");
        assert_eq!(account(&found[0], 0), "by");
        check(&found).unwrap();
    }

    #[test]
    fn instructions_are_read_as_written() {
        let one = json!({"program": key(1).to_string(), "accounts": [{"address": key(2).to_string(), "writable": true}], "data": "00ff"});
        let expected =
            Instruction { program_id: key(1), accounts: vec![AccountMeta::new(key(2), false)], data: vec![0, 255] };
        assert_eq!(parse(one.to_string().as_bytes()).unwrap(), std::slice::from_ref(&expected));
        assert_eq!(parse(json!([one, one]).to_string().as_bytes()).unwrap(), [expected.clone(), expected.clone()]);
        let base64 = json!({"program": key(1).to_string(), "accounts": [], "data": "base64:AP8="});
        assert_eq!(parse(base64.to_string().as_bytes()).unwrap()[0].data, [0, 255]);
        assert_eq!(name(&expected), format!("a call of {}", key(1)));
        assert_eq!(name(&ix::create_ata(&key(1), &key(2), &key(3))), "a call of the associated token program");
    }

    #[test]
    fn what_is_none_is_told() {
        let table = [
            ("[]", "no instruction"),
            ("{}", "expected what --dump-transaction"),
            (r#"{"transaction": "!"}"#, "not one in base64"),
            (r#"[{"program": "me", "accounts": [], "data": ""}]"#, "me is no address"),
            (r#"[{"program": "11111111111111111111111111111111", "accounts": [], "data": "0"}]"#, "not hex"),
        ];
        for (text, said) in table {
            let why = parse(text.as_bytes()).unwrap_err();
            assert!(why.contains(said), "{text}: {why}");
        }
    }

    #[test]
    fn what_no_vote_may_run_is_refused_before_it_is_sent() {
        let many = vec![ix::staking::advance_epoch(); 9];
        assert!(check(&many).unwrap_err().to_string().contains("8 at most"));
        let own = ix::governance::finish_vote(3);
        let why = check(&[ix::staking::advance_epoch(), own]).unwrap_err().to_string();
        assert!(why.contains("instruction 1, governance finish_vote, cannot be proposed"), "{why}");
    }
}
