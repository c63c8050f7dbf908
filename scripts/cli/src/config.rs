//! Where the chain, the wallet, the API and the localnet are: from options, the Solana tools' config, defaults.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use solana_commitment_config::CommitmentConfig;
use solana_sdk::{hash::Hash, pubkey::Pubkey};

use crate::{
    args::{self, Commitment, Format, Global},
    error::{Error, Result},
};

/// The chain's RPC when nothing else is said.
pub const LOCALHOST: &str = "http://127.0.0.1:8899";
/// The indexer's API when nothing else is said and no localnet runs.
pub const DEFAULT_API: &str = "http://127.0.0.1:8910";

const SOLANA_CONFIG: &str = ".config/solana/cli/config.yml";

/// The Solana tools' config file, whether it is there or not.
pub fn file(global: &Global) -> PathBuf {
    let home = || std::env::home_dir().unwrap_or_default().join(SOLANA_CONFIG);
    global.config.clone().unwrap_or_else(home)
}

/// The WebSocket that belongs to an RPC, as the Solana tools derive it: its port and one.
pub fn websocket(url: &str) -> String {
    let Ok(mut url) = reqwest::Url::parse(url) else { return String::new() };
    let scheme = if url.scheme() == "https" { "wss" } else { "ws" };
    let port = url.port().map(|port| port.saturating_add(1));
    let text = url.set_port(port).map(|()| url.to_string()).unwrap_or_default();
    text.split_once(':').map(|(_, rest)| format!("{scheme}:{rest}")).unwrap_or_default()
}

/// All that commands need to know.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The chain's JSON-RPC.
    pub url: String,
    /// The wallet's file.
    pub keypair: PathBuf,
    /// How sure the chain must be.
    pub commitment: CommitmentConfig,
    /// The indexer's API, without a slash at the end.
    pub api: String,
    /// How transactions are sent, or not.
    pub sending: Sending,
    /// How to write results.
    pub output: Format,
    /// The localnet's data folder, whether there is one or not.
    pub folder: PathBuf,
    /// The localnet that `url` is of, if it is one and runs.
    pub localnet: Option<Localnet>,
}

/// What is done with a transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum How {
    /// It is sent.
    #[default]
    Send,
    /// It is simulated.
    DryRun,
    /// It is signed and shown.
    Sign,
    /// It is shown unsigned.
    Dump,
}

/// How transactions are sent, or not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sending {
    /// What is done with them.
    pub how: How,
    /// Who pays the fees, if not the wallet.
    pub fee_payer: Option<PathBuf>,
    /// Micro-lamports for each compute unit.
    pub unit_price: Option<u64>,
    /// What to sign with instead of the chain's latest blockhash.
    pub blockhash: Option<Hash>,
}

impl Sending {
    fn of(args: &args::Sending) -> Self {
        let how = match args {
            args if args.dry_run => How::DryRun,
            args if args.sign_only => How::Sign,
            args if args.dump_transaction => How::Dump,
            _ => How::Send,
        };
        let (fee_payer, unit_price) = (args.fee_payer.clone(), args.with_compute_unit_price);
        Self { how, fee_payer, unit_price, blockhash: args.blockhash }
    }
}

/// What `localnet.json` says.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Localnet {
    /// The chain's RPC.
    pub rpc: String,
    /// The indexer's API.
    pub api: String,
    /// Keypair file of the faucet, relative to the data folder.
    #[serde(default)]
    pub faucet: Option<PathBuf>,
    /// Mint of the test dollar.
    #[serde(default, with = "text")]
    pub payment_mint: Option<Pubkey>,
    /// Who vouches for its operators as attestors.
    #[serde(default, with = "text")]
    pub registrar: Option<Pubkey>,
    /// The key of the proofs that its operators make.
    #[serde(default, with = "text")]
    pub proof_key: Option<Pubkey>,
}

mod text {
    use serde::{Deserialize, Deserializer, de::Error};

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<super::Pubkey>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| text.parse().map_err(|_| D::Error::custom(format!("{text} is no address")))).transpose()
    }
}

/// The parts of the Solana tools' `config.yml` that matter here.
#[derive(Debug, Default, Deserialize)]
struct SolanaConfig {
    json_rpc_url: Option<String>,
    keypair_path: Option<String>,
    commitment: Option<Commitment>,
}

impl Settings {
    /// Options first, then the Solana tools' config, then a running localnet, then defaults.
    pub fn resolve(global: &Global) -> Result<Self> {
        let home = std::env::home_dir().unwrap_or_default();
        let file = SolanaConfig::read(global.config.as_deref(), &home)?;
        let folder = global.localnet.clone().unwrap_or_else(|| default_folder(&home));
        let found = Localnet::read(&folder)?;

        let named = global.url.clone().or_else(|| match (&global.localnet, &found) {
            (Some(_), Some(localnet)) => Some(localnet.rpc.clone()),
            _ => None,
        });
        let configured = file.json_rpc_url.as_deref().filter(|text| !text.is_empty()).map(url).transpose();
        let configured = configured.map_err(|why| Error::Usage(format!("in the Solana tools' config: {why}")))?;
        let url = named.or(configured).or_else(|| found.as_ref().map(|localnet| localnet.rpc.clone()));
        let url = url.unwrap_or_else(|| LOCALHOST.into());

        let localnet = found.filter(|localnet| same_place(&localnet.rpc, &url));
        let api = global.api.clone().or_else(|| localnet.as_ref().map(|localnet| localnet.api.clone()));
        let keypair = global.keypair.clone().or_else(|| file.keypair_path.map(|path| expand(&path, &home)));
        Ok(Self {
            keypair: keypair.unwrap_or_else(|| home.join(".config/solana/id.json")),
            commitment: commitment(global.commitment.or(file.commitment)),
            api: api.unwrap_or_else(|| DEFAULT_API.into()).trim_end_matches('/').to_owned(),
            sending: Sending::of(&global.sending),
            output: global.output,
            url,
            folder,
            localnet,
        })
    }

    /// Whether the chain is on this machine.
    pub fn is_loopback(&self) -> bool {
        place(&self.url).is_some_and(|(host, _)| host == "127.0.0.1" || host == "[::1]")
    }
}

impl SolanaConfig {
    fn read(named: Option<&Path>, home: &Path) -> Result<Self> {
        let path = named.map_or_else(|| home.join(SOLANA_CONFIG), Path::to_owned);
        let text = match fs::read_to_string(&path) {
            Err(why) if why.kind() == ErrorKind::NotFound && named.is_none() => return Ok(Self::default()),
            text => text.map_err(Error::file("read", &path))?,
        };
        serde_yaml::from_str(&text).map_err(|why| Error::BadConfig { path, why: why.to_string() })
    }
}

impl Localnet {
    /// Reads `localnet.json`, which is there while a localnet is ready.
    fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join("localnet.json");
        let text = match fs::read(&path) {
            Err(why) if why.kind() == ErrorKind::NotFound => return Ok(None),
            text => text.map_err(Error::file("read", &path))?,
        };
        let broken = |why| Error::Refused(format!("{} cannot be read ({why}): restart the localnet", path.display()));
        serde_json::from_slice(&text).map(Some).map_err(broken)
    }
}

fn default_folder(home: &Path) -> PathBuf {
    let share = std::env::var_os("XDG_DATA_HOME").filter(|value| !value.is_empty()).map(PathBuf::from);
    share.unwrap_or_else(|| home.join(".local/share")).join("assay/localnet")
}

fn commitment(named: Option<Commitment>) -> CommitmentConfig {
    match named {
        Some(Commitment::Processed) => CommitmentConfig::processed(),
        Some(Commitment::Finalized) => CommitmentConfig::finalized(),
        Some(Commitment::Confirmed) | None => CommitmentConfig::confirmed(),
    }
}

fn expand(path: &str, home: &Path) -> PathBuf {
    path.strip_prefix("~/").map_or_else(|| path.into(), |rest| home.join(rest))
}

/// (host, port) of a URL; `localhost` is 127.0.0.1.
fn place(url: &str) -> Option<(String, Option<u16>)> {
    let url = reqwest::Url::parse(url).ok()?;
    let host = url.host_str().map(|host| if host == "localhost" { "127.0.0.1" } else { host }.to_owned())?;
    Some((host, url.port_or_known_default()))
}

fn same_place(a: &str, b: &str) -> bool {
    place(a).is_some_and(|a| Some(a) == place(b))
}

/// Clap's parser of the chain's URL or moniker.
pub fn url(text: &str) -> Result<String, String> {
    Ok(match text {
        "l" | "localhost" => LOCALHOST.into(),
        "d" | "devnet" => "https://api.devnet.solana.com".into(),
        "t" | "testnet" => "https://api.testnet.solana.com".into(),
        "m" | "mainnet-beta" => "https://api.mainnet-beta.solana.com".into(),
        other => {
            return http(other).map_err(|_| {
                format!("{other:?} is neither an http(s) URL nor one of l, d, t, m (localhost, devnet, …)")
            });
        }
    })
}

/// Clap's parser of an http URL.
pub fn http(text: &str) -> Result<String, String> {
    let good = place(text).is_some() && (text.starts_with("http://") || text.starts_with("https://"));
    if good { Ok(text.to_owned()) } else { Err(format!("{text:?} is not an http:// or https:// URL")) }
}

/// Clap's parser of a root: 64 hex digits, made lower case.
pub fn root(text: &str) -> Result<String, String> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| format!("{text:?} is not 64 hex digits"))?;
    Ok(hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn global(config: &Path, folder: &Path) -> Global {
        Global { config: Some(config.into()), localnet: Some(folder.into()), ..Global::default() }
    }

    #[test]
    fn options_go_before_the_config_file() {
        let place = tempfile::tempdir().unwrap();
        let config = place.path().join("config.yml");
        fs::write(&config, "---\njson_rpc_url: \"https://rpc.example\"\nwebsocket_url: ''\nkeypair_path: /k.json\naddress_labels: {}\ncommitment: finalized\n").unwrap();
        let mut options = global(&config, place.path());
        let settings = Settings::resolve(&options).unwrap();
        assert_eq!((settings.url.as_str(), settings.keypair.as_path()), ("https://rpc.example", Path::new("/k.json")));
        assert_eq!((settings.commitment, settings.api.as_str()), (CommitmentConfig::finalized(), DEFAULT_API));
        options.url = Some(url("l").unwrap());
        options.api = Some("http://api.example/".into());
        options.commitment = Some(Commitment::Processed);
        let settings = Settings::resolve(&options).unwrap();
        assert_eq!((settings.url.as_str(), settings.api.as_str()), (LOCALHOST, "http://api.example"));
        assert_eq!(settings.commitment, CommitmentConfig::processed());
    }

    #[test]
    fn a_localnet_tells_where_it_is() {
        let place = tempfile::tempdir().unwrap();
        let config = place.path().join("config.yml");
        fs::write(&config, "{}").unwrap();
        let mint = Pubkey::new_from_array([7; 32]);
        let text = format!(
            r#"{{"pid": 1, "rpc": "http://127.0.0.1:9100", "api": "http://127.0.0.1:9103", "payment_mint": "{mint}"}}"#
        );
        fs::write(place.path().join("localnet.json"), text).unwrap();
        let mut options = global(&config, place.path());
        let settings = Settings::resolve(&options).unwrap();
        assert_eq!((settings.url.as_str(), settings.api.as_str()), ("http://127.0.0.1:9100", "http://127.0.0.1:9103"));
        assert_eq!(settings.localnet.unwrap().payment_mint, Some(mint));
        options.url = Some("http://127.0.0.1:8899".into());
        let other = Settings::resolve(&options).unwrap();
        assert_eq!((other.localnet, other.api.as_str()), (None, DEFAULT_API), "another chain's API is of no use");
    }

    #[test]
    fn a_broken_config_is_named() {
        let place = tempfile::tempdir().unwrap();
        let config = place.path().join("config.yml");
        fs::write(&config, "[").unwrap();
        let said = Settings::resolve(&global(&config, place.path())).unwrap_err().to_string();
        assert!(said.contains("config.yml") && said.contains("--config"), "{said}");
        let missing = Settings::resolve(&global(&place.path().join("none.yml"), place.path()));
        assert!(matches!(missing, Err(Error::File { action: "read", .. })));
    }

    #[test]
    fn only_this_machine_is_loopback() {
        let place = tempfile::tempdir().unwrap();
        let config = place.path().join("config.yml");
        fs::write(&config, "{}").unwrap();
        let table = [
            ("http://127.0.0.1:8899", true),
            ("http://localhost", true),
            ("http://[::1]:8899/", true),
            ("http://127.0.0.1.example.org:8899", false),
            ("http://localhost@example.org", false),
            ("https://api.devnet.solana.com", false),
        ];
        for (text, expected) in table {
            let options = Global { url: Some(url(text).unwrap()), ..global(&config, place.path()) };
            assert_eq!(Settings::resolve(&options).unwrap().is_loopback(), expected, "{text}");
        }
    }

    #[test]
    fn urls_are_checked() {
        assert_eq!(url("m").unwrap(), "https://api.mainnet-beta.solana.com");
        for text in ["mars", "ftp://a", "http://", "127.0.0.1:8899", ""] {
            assert!(url(text).unwrap_err().contains("neither an http(s) URL nor"), "{text}");
        }
        assert_eq!(root(&"AB".repeat(32)).unwrap(), "ab".repeat(32));
        assert!(root("ab").is_err());
    }
}
