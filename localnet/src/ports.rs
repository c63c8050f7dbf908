//! Which ports, and whether they are free. Everything listens on 127.0.0.1 only.

use std::{io, net::TcpListener};

use serde::Serialize;

use crate::{Error, Result};

/// The only address anything here listens on.
pub const HOST: &str = "127.0.0.1";

const RPC_FLAG: &str = "--rpc-port";
const PG_FLAG: &str = "--pg-port";
const API_FLAG: &str = "--api-port";
const FROM_FLAG: &str = "--ports-from";

/// The ports of one localnet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Ports {
    /// JSON-RPC of the chain.
    pub rpc: u16,
    /// WebSocket of the chain: always `rpc + 1`, because Solana's clients derive it so.
    pub ws: u16,
    /// The private Postgres.
    pub postgres: u16,
    /// The indexer's API.
    pub api: u16,
}

impl Ports {
    /// The ports when nothing else is said. The API is not at 8900, which is the WebSocket.
    pub const DEFAULT: Ports = Ports { rpc: 8899, ws: 8900, postgres: 5442, api: 8910 };

    /// `base`, `base + 1`, ... for RPC, WebSocket, Postgres and API, in this order.
    ///
    /// # Errors
    /// When they run past 65535.
    pub fn from_base(base: u16) -> Result<Ports> {
        let at = |n: u16| base.checked_add(n).ok_or(Error::PortsTooHigh { flag: FROM_FLAG });
        Ok(Ports { rpc: base, ws: at(1)?, postgres: at(2)?, api: at(3)? })
    }

    /// The same with another RPC port, and the WebSocket beside it.
    ///
    /// # Errors
    /// When the WebSocket's port would be 65536.
    pub fn with_rpc(self, rpc: u16) -> Result<Ports> {
        Ok(Ports { rpc, ws: rpc.checked_add(1).ok_or(Error::PortsTooHigh { flag: RPC_FLAG })?, ..self })
    }

    /// Checks that no two services share a port and that each is free now.
    ///
    /// # Errors
    /// The first port that is not, with the flag that changes it.
    pub fn check(&self) -> Result<()> {
        let wanted = [
            (self.rpc, "the chain's RPC".to_owned(), RPC_FLAG),
            (self.ws, "the chain's WebSocket, always the RPC port + 1".to_owned(), RPC_FLAG),
            (self.postgres, "Postgres".to_owned(), PG_FLAG),
            (self.api, "the indexer's API".to_owned(), API_FLAG),
        ];
        for (n, (port, what, flag)) in wanted.iter().enumerate() {
            if let Some((_, first, _)) = wanted.iter().take(n).find(|other| other.0 == *port) {
                return Err(Error::PortTwice { port: *port, first: first.clone(), second: what.clone(), flag });
            }
            check_free(*port, what, flag)?;
        }
        Ok(())
    }
}

/// Checks that `port` can be listened on now.
///
/// # Errors
/// [`Error::PortInUse`], naming the port, what it is for and the flag that changes it.
pub fn check_free(port: u16, what: &str, flag: &'static str) -> Result<()> {
    match TcpListener::bind((HOST, port)) {
        Ok(_) => Ok(()),
        Err(e) if e.kind() == io::ErrorKind::AddrInUse => Err(Error::PortInUse { port, what: what.to_owned(), flag }),
        // Such as a port below 1024: the system's own words say it best.
        Err(source) => Err(Error::File { action: "listen on", path: format!("{HOST}:{port}").into(), source }),
    }
}

/// The base of a block of `count` free ports, for tests. Blocks of one process do not overlap, and those of
/// processes that run at once start at different places; below the range that the system hands out itself.
///
/// # Errors
/// When no such block is free.
pub fn free_block(count: u16) -> Result<u16> {
    use std::sync::atomic::{AtomicU32, Ordering};
    const LOWEST: u32 = 12_000;
    const SPAN: u32 = 20_000;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let start = std::process::id().wrapping_mul(97) % SPAN;
    for _ in 0..SPAN / u32::from(count.max(1)) {
        let offset = (start + NEXT.fetch_add(u32::from(count), Ordering::Relaxed)) % SPAN;
        let base = u16::try_from(LOWEST + offset).map_err(|_| Error::PortsTooHigh { flag: FROM_FLAG })?;
        if (0..count).all(|n| check_free(base + n, "a test", FROM_FLAG).is_ok()) {
            return Ok(base);
        }
    }
    Err(Error::PortInUse { port: LOWEST as u16, what: "a test".to_owned(), flag: FROM_FLAG })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_from_hands_out_consecutive_ports() {
        let ports = Ports::from_base(20_000).unwrap();
        assert_eq!(ports, Ports { rpc: 20_000, ws: 20_001, postgres: 20_002, api: 20_003 });
        assert!(matches!(Ports::from_base(65_534), Err(Error::PortsTooHigh { flag: "--ports-from" })));
        assert!(matches!(Ports::DEFAULT.with_rpc(65_535), Err(Error::PortsTooHigh { flag: "--rpc-port" })));
    }

    #[test]
    fn a_taken_port_names_itself_and_its_flag() {
        let base = free_block(8).unwrap();
        let ports = Ports::from_base(base).unwrap();
        ports.check().unwrap();
        let _taken = TcpListener::bind((HOST, ports.ws)).unwrap();
        let said = ports.check().unwrap_err().to_string();
        assert!(said.contains(&format!("port {} ", base + 1)) && said.contains("--rpc-port"), "{said}");
    }

    #[test]
    fn one_port_for_two_is_refused() {
        let ports = Ports { api: 9001, ..Ports::DEFAULT.with_rpc(9000).unwrap() };
        assert!(matches!(ports.check(), Err(Error::PortTwice { port: 9001, flag: "--api-port", .. })));
    }
}
