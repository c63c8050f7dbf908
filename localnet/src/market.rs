//! The market on top of chain and Postgres: which programs are loaded, which processes run.

use std::path::{Path, PathBuf};

use assay_sdk::{escrow, governance, reputation, staking, token, verification};
use solana_sdk::pubkey::Pubkey;

use crate::{
    ChildSpec, Localnet, Program, Result,
    genesis::{self, Market},
    sibling,
};

/// The programs' folder: `$ASSAY_PROGRAMS`, or `programs/deploy` of the sources that this was built from.
pub fn programs_folder() -> PathBuf {
    let built = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../programs/deploy");
    std::env::var_os("ASSAY_PROGRAMS").map_or_else(built, PathBuf::from)
}

/// The six programs, upgradeable by `authority`.
pub fn programs(folder: &Path, authority: Pubkey) -> Vec<Program> {
    let all = [
        (token::ID, "token"),
        (staking::ID, "staking"),
        (reputation::ID, "reputation"),
        (escrow::ID, "escrow"),
        (verification::ID, "verification"),
        (governance::ID, "governance"),
    ];
    let program = |(id, name)| {
        let path = folder.join(format!("assay_{name}.so"));
        Program { id, path, upgrade_authority: Some(authority) }
    };
    all.into_iter().map(program).collect()
}

/// The web portal's folder, if it was built: `$ASSAY_APP`, or `app/dist` of the sources that this was built from.
fn app() -> Option<PathBuf> {
    let built = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../app/dist");
    let folder = std::env::var_os("ASSAY_APP").map_or_else(built, PathBuf::from);
    folder.join("index.html").is_file().then_some(folder)
}

/// Start the indexer with its API, and a node for each operator; the last ones lie. `watch`: the share of what others
/// deliver that each looks at.
///
/// # Errors
/// When a binary is missing or does not start.
pub fn spawn(localnet: &Localnet, market: &Market, operators: u16, watch: f64) -> Result<()> {
    let (at, folder) = (localnet.endpoints(), localnet.folder());
    let listen = at.api.trim_start_matches("http://");
    let mut indexer = ChildSpec::new("indexer", sibling("assay-indexer")?)
        .args(["--rpc-url", &at.rpc, "--ws-url", &at.ws, "--listen", listen, "--sweep-seconds", "2"])
        // All nodes, tests and portals of a localnet come from one address.
        .args(["--rate-per-second", "0"])
        .args(["--blobs".into(), folder.run().join("blobs").into_os_string()])
        .env("DATABASE_URL", &at.postgres);
    for (mint, name) in [(market.payment_mint.as_str(), "tUSD"), (&token::ASY_MINT.to_string(), "ASY")] {
        indexer = indexer.args(["--symbol", &format!("{mint}={name}")]);
    }
    if let Some(app) = app() {
        indexer = indexer.args(["--app".into(), app.into_os_string()]);
    }
    localnet.spawn(indexer)?;
    for index in 0..operators {
        let lies = index >= operators.saturating_sub(market.liars);
        localnet.spawn(node(localnet, index, lies, watch)?)?;
    }
    Ok(())
}

/// The node of an operator, whose wallet is its attestor's key too.
fn node(localnet: &Localnet, index: u16, lies: bool, watch: f64) -> Result<ChildSpec> {
    let (at, folder, name) = (localnet.endpoints(), localnet.folder(), genesis::operator(index));
    let wallet = folder.keys().join(format!("{name}.json")).into_os_string();
    let node = ChildSpec::new(&name, sibling("assay-node")?)
        .args(["--url", &at.rpc, "--api", &at.api, "--poll-ms", "400", "--patience-ms", "1500", "--threads", "1"])
        .args(["--watch", &watch.to_string(), "--listen", "127.0.0.1:0"])
        // Whoever tries it out serves files from this machine.
        .args(["--artifact-net", "127.0.0.0/8"])
        .args(["--keypair".into(), wallet.clone(), "--attestor-key".into(), wallet])
        .args(["--prover".into(), sibling("assay-localnet-prover")?.into_os_string()])
        .args(["--data".into(), folder.run().join(&name).into_os_string()]);
    Ok(if lies { node.args(["--lie"]) } else { node })
}
