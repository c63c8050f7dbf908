//! `config`: where the chain and the wallet are.

use std::fs;

use serde_json::json;
use serde_yaml::{Mapping, Value};

use crate::{
    args::Global,
    config::{self, Settings},
    context::Context,
    error::{Error, Result},
    output::facts,
};

/// Shows what the other commands will use.
pub fn get(context: &Context, global: &Global) -> Result<()> {
    let Settings { url, keypair, commitment, api, folder, localnet, .. } = &context.settings;
    let file = config::file(global);
    let (keypair, folder, file) =
        (keypair.display().to_string(), folder.display().to_string(), file.display().to_string());
    let commitment = commitment.commitment.to_string();
    let document = json!({
        "config": file, "url": url, "websocket": config::websocket(url), "keypair": keypair, "commitment": commitment,
        "api": api, "localnet": {"folder": folder, "runs": localnet.is_some()},
    });
    context.out.data(&document, || {
        let runs = if localnet.is_some() { "runs" } else { "does not run" };
        facts(&[
            ("config file", file.clone()),
            ("chain", url.clone()),
            ("wallet", keypair.clone()),
            ("commitment", commitment.clone()),
            ("indexer's API", api.clone()),
            ("localnet", format!("{folder} ({runs})")),
        ])
    })
}

/// Writes --url, --keypair and --commitment into the Solana tools' config file; what else is in it stays.
pub fn set(context: &Context, global: &Global) -> Result<()> {
    let path = config::file(global);
    let bad = |why: serde_yaml::Error| Error::BadConfig { path: path.clone(), why: why.to_string() };
    let mut all: Mapping = match fs::read_to_string(&path) {
        Ok(text) if text.trim().is_empty() => Mapping::new(),
        Ok(text) => serde_yaml::from_str(&text).map_err(bad)?,
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => Mapping::new(),
        Err(why) => return Err(Error::file("read", &path)(why)),
    };
    let keypair = global.keypair.as_ref().map(|path| path.display().to_string());
    let commitment = global.commitment.map(|commitment| format!("{commitment:?}").to_lowercase());
    let given = [("json_rpc_url", global.url.clone()), ("keypair_path", keypair), ("commitment", commitment)];
    let mut written = vec![];
    for (key, value) in given.into_iter().filter_map(|(key, value)| Some((key, value?))) {
        written.push(key);
        // Ours to set with the RPC's: the Solana tools derive it when it is empty.
        if key == "json_rpc_url" {
            all.insert("websocket_url".into(), Value::String(String::new()));
        }
        all.insert(key.into(), Value::String(value));
    }
    if written.is_empty() {
        return Err(Error::Usage("say what to set: --url, --keypair or --commitment".into()));
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
    }
    let text = serde_yaml::to_string(&all).map_err(bad)?;
    // Whole or not at all.
    let new = path.with_extension("yml.new");
    fs::write(&new, text).map_err(Error::file("write", &new))?;
    fs::rename(&new, &path).map_err(Error::file("write", &path))?;
    let file = path.display().to_string();
    context.out.data(&json!({"config": file, "set": written}), || {
        facts(&[("config file", file.clone()), ("set", written.join(", "))])
    })
}
