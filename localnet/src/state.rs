//! `localnet.json`: what a script needs to find a running localnet.

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};

use crate::{Error, Folder, Ports, Result, genesis::Market, ports::HOST};

/// Where everything can be reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoints {
    /// The chain's JSON-RPC, as an http URL.
    pub rpc: String,
    /// The chain's WebSocket, as a ws URL.
    pub ws: String,
    /// The indexer's API and the web portal, as an http URL.
    pub api: String,
    /// The database, as a postgres URL.
    pub postgres: String,
}

impl Endpoints {
    pub(crate) fn new(ports: &Ports, postgres: String) -> Endpoints {
        Endpoints {
            rpc: format!("http://{HOST}:{}", ports.rpc),
            ws: format!("ws://{HOST}:{}", ports.ws),
            api: format!("http://{HOST}:{}", ports.api),
            postgres,
        }
    }
}

/// The content of `localnet.json`, which is there exactly while the localnet is ready (or was killed).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Of the localnet itself.
    pub pid: u32,
    /// The data folder.
    pub data: PathBuf,
    /// Where everything can be reached.
    #[serde(flatten)]
    pub endpoints: Endpoints,
    /// What is on the chain, unless it is a bare one.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub market: Option<Market>,
    /// Of each child that runs now, by name.
    pub pids: BTreeMap<String, u32>,
}

/// Keeps the file right.
pub(crate) struct File {
    path: PathBuf,
    data: PathBuf,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    pids: BTreeMap<String, u32>,
    /// Set once announced.
    state: Option<State>,
}

impl File {
    pub(crate) fn new(folder: &Folder) -> File {
        File { path: folder.state(), data: folder.root().to_owned(), known: Mutex::default() }
    }

    pub(crate) fn set_pids(&self, pids: &BTreeMap<String, u32>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.pids.clone_from(pids);
        if let Some(state) = &mut known.state {
            state.pids.clone_from(pids);
            if let Err(why) = self.write(state) {
                eprintln!("{why}");
            }
        }
    }

    pub(crate) fn announce(&self, endpoints: &Endpoints, market: Option<Market>) -> Result<State> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let state = State {
            pid: std::process::id(),
            data: self.data.clone(),
            endpoints: endpoints.clone(),
            market,
            pids: known.pids.clone(),
        };
        self.write(&state)?;
        known.state = Some(state.clone());
        Ok(state)
    }

    pub(crate) fn withdraw(&self) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.state.take().is_some() {
            // Whoever removed it did our work.
            let _ = fs::remove_file(&self.path);
        }
    }

    /// Writes beside and renames, so that a reader sees the old file or the new one, never half of one.
    fn write(&self, state: &State) -> Result<()> {
        let fresh = self.path.with_extension("json.new");
        serde_json::to_vec_pretty(state)
            .map_err(Into::into)
            .and_then(|bytes| fs::write(&fresh, bytes))
            .and_then(|()| fs::rename(&fresh, &self.path))
            .map_err(Error::file("write", &self.path))
    }
}
