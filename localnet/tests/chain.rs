//! What the indexer and the nodes rely on in the local chain; a new surfpool that changes it must fail here.
#![allow(clippy::unwrap_used)]

use std::{
    str::FromStr,
    time::{SystemTime, UNIX_EPOCH},
};

use assay_localnet::{Chain, Ports, ports::free_block};
use futures_util::{FutureExt, Stream, StreamExt};
use solana_commitment_config::CommitmentConfig;
use solana_pubsub_client::nonblocking::pubsub_client::PubsubClient;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_api::config::{
    RpcAccountInfoConfig, RpcProgramAccountsConfig, RpcTransactionLogsConfig, RpcTransactionLogsFilter,
};
use solana_sdk::{
    instruction::{AccountMeta, Instruction},
    pubkey::Pubkey,
    signature::{Keypair, Signature},
    signer::Signer,
    transaction::Transaction,
};

const TOKEN: &str = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
const NATIVE_MINT: &str = "So11111111111111111111111111111111111111112";
const TOKEN_ACCOUNT_BYTES: usize = 165;

fn key(text: &str) -> Pubkey {
    Pubkey::from_str(text).unwrap()
}

async fn chain(slot_ms: u64) -> (Chain, Ports, RpcClient) {
    let ports = Ports::from_base(free_block(2).unwrap()).unwrap();
    let chain = Chain::start(&ports, slot_ms, vec![]).await.unwrap();
    let rpc = RpcClient::new_with_commitment(format!("http://127.0.0.1:{}", ports.rpc), CommitmentConfig::processed());
    (chain, ports, rpc)
}

async fn send(rpc: &RpcClient, payer: &Keypair, others: &[&Keypair], steps: &[Instruction]) -> Signature {
    let hash = rpc.get_latest_blockhash().await.unwrap();
    let signers: Vec<_> = std::iter::once(payer).chain(others.iter().copied()).collect();
    let transaction = Transaction::new_signed_with_payer(steps, Some(&payer.pubkey()), &signers, hash);
    let confirmed = CommitmentConfig::confirmed();
    rpc.send_and_confirm_transaction_with_spinner_and_commitment(&transaction, confirmed).await.unwrap()
}

/// Makes an account of the token program for wrapped SOL.
fn open(payer: &Keypair, account: &Pubkey, lamports: u64) -> [Instruction; 2] {
    let mut create = vec![0; 4];
    create.extend(lamports.to_le_bytes());
    create.extend((TOKEN_ACCOUNT_BYTES as u64).to_le_bytes());
    create.extend(key(TOKEN).to_bytes());
    let mut initialise = vec![18];
    initialise.extend(payer.pubkey().to_bytes());
    let system = vec![AccountMeta::new(payer.pubkey(), true), AccountMeta::new(*account, true)];
    let token = vec![AccountMeta::new(*account, false), AccountMeta::new_readonly(key(NATIVE_MINT), false)];
    [
        Instruction { program_id: Pubkey::default(), accounts: system, data: create },
        Instruction { program_id: key(TOKEN), accounts: token, data: initialise },
    ]
}

fn close(payer: &Keypair, account: &Pubkey) -> Instruction {
    let accounts = vec![
        AccountMeta::new(*account, false),
        AccountMeta::new(payer.pubkey(), false),
        AccountMeta::new_readonly(payer.pubkey(), true),
    ];
    Instruction { program_id: key(TOKEN), accounts, data: vec![9] }
}

async fn next<T>(stream: &mut (impl Stream<Item = T> + Unpin)) -> T {
    tokio::time::timeout(std::time::Duration::from_secs(60), stream.next()).await.expect("in time").expect("open")
}

#[tokio::test(flavor = "multi_thread")]
async fn rent_clock_hashes_and_genesis() {
    let (_chain, _ports, rpc) = chain(20).await;
    let genesis = rpc.get_genesis_hash().await.unwrap();

    let rent = rpc.get_account_data(&key("SysvarRent111111111111111111111111111111111")).await.unwrap();
    let per_byte_year = u64::from_le_bytes(rent[..8].try_into().unwrap());
    let threshold = f64::from_le_bytes(rent[8..16].try_into().unwrap());
    assert_eq!(per_byte_year as f64 * threshold, 6960.0, "{per_byte_year} x {threshold}");
    assert_eq!(rpc.get_minimum_balance_for_rent_exemption(0).await.unwrap(), 128 * 6960);

    // As many slots as fill SlotHashes, and as would let a clock of its own drift.
    let hashes_at = key("SysvarS1otHashes111111111111111111111111111");
    while rpc.get_slot().await.unwrap() < 600 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let hashes = rpc.get_account_data(&hashes_at).await.unwrap();
    let newest = u64::from_le_bytes(hashes[8..16].try_into().unwrap());
    let kept = u64::from_le_bytes(hashes[..8].try_into().unwrap());
    assert_eq!(kept, 512);
    assert!(newest >= 600, "the newest is the current slot's own: {newest}");

    let clock = rpc.get_account_data(&key("SysvarC1ock11111111111111111111111111111111")).await.unwrap();
    let chain_time = i64::from_le_bytes(clock[32..40].try_into().unwrap());
    let real_time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
    assert!((chain_time - real_time).abs() <= 2, "chain {chain_time}, real {real_time}");

    // It holds the second of the start: one for the life of a chain, another for the next chain.
    assert_eq!(rpc.get_genesis_hash().await.unwrap(), genesis);
    let (_other, _ports, other) = self::chain(50).await;
    assert_ne!(other.get_genesis_hash().await.unwrap(), genesis);
}

#[tokio::test(flavor = "multi_thread")]
async fn scans_logs_and_program_subscriptions() {
    let (_chain, ports, rpc) = chain(200).await;
    let client = PubsubClient::new(format!("ws://127.0.0.1:{}", ports.ws)).await.unwrap();
    let mentions = RpcTransactionLogsFilter::Mentions(vec![TOKEN.into()]);
    let logs = |commitment| RpcTransactionLogsConfig { commitment: Some(commitment) };
    let (mut processed, _end) =
        client.logs_subscribe(mentions.clone(), logs(CommitmentConfig::processed())).await.unwrap();
    let (mut confirmed, _end) = client.logs_subscribe(mentions, logs(CommitmentConfig::confirmed())).await.unwrap();
    let account_config =
        RpcAccountInfoConfig { commitment: Some(CommitmentConfig::confirmed()), ..RpcAccountInfoConfig::default() };
    let config = RpcProgramAccountsConfig { account_config, with_context: Some(true), ..Default::default() };
    let (mut accounts, _end) = client.program_subscribe(&key(TOKEN), Some(config.clone())).await.unwrap();
    let subscribed_at = rpc.get_slot().await.unwrap();
    while rpc.get_slot().await.unwrap() < subscribed_at + 5 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }

    let (payer, account) = (Keypair::new(), Keypair::new());
    rpc.request_airdrop(&payer.pubkey(), 10_000_000_000).await.unwrap();
    let lamports = rpc.get_minimum_balance_for_rent_exemption(TOKEN_ACCOUNT_BYTES).await.unwrap();
    let opened = send(&rpc, &payer, &[&account], &open(&payer, &account.pubkey(), lamports)).await;
    let early = next(&mut processed).await;
    let late = next(&mut confirmed).await;
    assert_eq!((&early.value.signature, &late.value.signature), (&opened.to_string(), &opened.to_string()));
    let slot = rpc.get_signature_statuses(&[opened]).await.unwrap().value[0].as_ref().unwrap().slot;
    println!("transaction slot {slot}; logs processed {} confirmed {}", early.context.slot, late.context.slot);
    assert_eq!((early.context.slot, late.context.slot), (slot, slot));
    let change = next(&mut accounts).await;
    println!("program notification: {} at context slot {}", change.value.pubkey, change.context.slot);
    assert_eq!(change.value.pubkey, account.pubkey().to_string());
    assert!(change.context.slot < slot, "the slot of the subscription, not of the change: not to be trusted");

    let scan: serde_json::Value = rpc
        .send(
            solana_rpc_client_api::request::RpcRequest::GetProgramAccounts,
            serde_json::json!([TOKEN, {"encoding": "base64", "commitment": "confirmed", "withContext": true}]),
        )
        .await
        .unwrap();
    println!("scan at {} of {} accounts", scan["context"]["slot"], scan["value"].as_array().unwrap().len());
    assert!(scan["context"]["slot"].as_u64().unwrap() >= slot);
    let found = scan["value"].as_array().unwrap().iter().any(|a| a["pubkey"] == account.pubkey().to_string());
    assert!(found, "the scan has the account");

    let closed = send(&rpc, &payer, &[], &[close(&payer, &account.pubkey())]).await;
    assert_eq!(next(&mut confirmed).await.value.signature, closed.to_string());
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    assert!(accounts.next().now_or_never().is_none(), "a close is not told to the program's subscribers");
    let gone = rpc.get_account_with_commitment(&account.pubkey(), CommitmentConfig::processed()).await.unwrap();
    assert_eq!(gone.value, None);
}
