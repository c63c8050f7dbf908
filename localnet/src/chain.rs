//! The local chain: surfpool in this process, offline, with its programs in place before anybody can ask.

use std::{
    fs,
    path::PathBuf,
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crossbeam_channel::{Receiver, Sender};
use solana_sdk::pubkey::Pubkey;
use surfpool_core::{
    runloops::start_local_surfnet_runloop,
    surfnet::{
        locker::SurfnetSvmLocker,
        svm::{SurfnetSvm, SurfnetSvmConfig},
    },
};
use surfpool_types::{BlockProductionMode, RpcConfig, SimnetCommand, SimnetConfig, SimnetEvent, SurfpoolConfig};
use tokio::sync::watch;

use crate::{Error, Ports, Result, ports::HOST};

/// Solana's own slot time, in milliseconds.
pub const DEFAULT_SLOT_MS: u64 = 400;
const PATIENCE: Duration = Duration::from_secs(60);
/// A difference of more than this between the chain's clock and ours is somebody's doing (time travel, a paused
/// clock), to be kept; a smaller one is drift, to be undone.
const JUMP_MS: i64 = 5_000;

/// A program to put on the chain.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its address.
    pub id: Pubkey,
    /// Its built `.so`.
    pub path: PathBuf,
    /// Who may upgrade it. Without one it is the system program, which can sign nothing.
    pub upgrade_authority: Option<Pubkey>,
}

/// A running chain. Dropping it ends block production and closes its ports.
pub struct Chain {
    commands: Sender<SimnetCommand>,
    life: watch::Receiver<Life>,
}

#[derive(Clone, Debug)]
enum Life {
    Starting,
    Ready,
    Ended(String),
}

impl Chain {
    /// Starts it and waits until it answers; `slot_ms` is the time of a slot in milliseconds.
    ///
    /// # Errors
    /// [`Error::Program`] for a missing or unloadable program, [`Error::Chain`] for the rest.
    pub async fn start(ports: &Ports, slot_ms: u64, programs: Vec<Program>) -> Result<Chain> {
        let programs = programs.into_iter().map(read).collect::<Result<Vec<_>>>()?;
        let (svm, events, geyser) = SurfnetSvm::new(SurfnetSvmConfig {
            slot_time: slot_ms,
            instruction_profiling_enabled: false,
            ..Default::default()
        })
        .map_err(|why| Error::Chain(why.to_string()))?;
        let locker = SurfnetSvmLocker::new(svm);
        let (commands, inbox) = crossbeam_channel::unbounded();
        let (tell, life) = watch::channel(Life::Starting);
        let listener = Listener { events, clock: Clock::new(locker.clone(), slot_ms), tell: tell.clone() };
        let config = configuration(ports, slot_ms);
        let for_loop = commands.clone();
        let run = async move || -> Result<(), String> {
            preload(&locker, &programs).await?;
            start_local_surfnet_runloop(locker, config, for_loop, inbox, geyser).await.map_err(|e| e.to_string())
        };
        spawn_thread("chain-events", move || listener.run())?;
        // The loop blocks its thread between blocks, so it gets a runtime of its own.
        spawn_thread("chain", move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
            let end = match runtime {
                Ok(runtime) => runtime.block_on(run()).err(),
                Err(why) => Some(why.to_string()),
            };
            tell.send_replace(Life::Ended(end.unwrap_or_else(|| "it was stopped".into())));
        })?;
        let mut chain = Chain { commands, life };
        match tokio::time::timeout(PATIENCE, chain.wait(|life| !matches!(life, Life::Starting))).await {
            Ok(Life::Ready) => Ok(chain),
            Ok(Life::Ended(why)) => Err(Error::Chain(why)),
            Ok(Life::Starting) | Err(_) => Err(Error::Chain("it did not become ready within a minute".into())),
        }
    }

    /// Waits until the chain ends by itself, which it should not, and says why it did.
    pub async fn ended(&mut self) -> Error {
        match self.wait(|life| matches!(life, Life::Ended(_))).await {
            Life::Ended(why) => Error::Chain(why),
            _ => Error::Chain("its thread is gone".into()),
        }
    }

    async fn wait(&mut self, until: impl FnMut(&Life) -> bool) -> Life {
        match self.life.wait_for(until).await {
            Ok(life) => life.clone(),
            Err(_) => Life::Ended("its thread is gone".into()),
        }
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        // Fails only if the loop has ended.
        let _ = self.commands.send(SimnetCommand::Terminate(None));
    }
}

fn spawn_thread(name: &str, work: impl FnOnce() + Send + 'static) -> Result<()> {
    let spawned = thread::Builder::new().name(name.into()).spawn(work);
    spawned.map(drop).map_err(|why| Error::Chain(format!("cannot start a thread: {why}")))
}

fn configuration(ports: &Ports, slot_ms: u64) -> SurfpoolConfig {
    SurfpoolConfig {
        simnets: vec![SimnetConfig {
            offline_mode: true,
            remote_rpc_url: None,
            slot_time: slot_ms,
            instruction_profiling_enabled: false,
            block_production_mode: BlockProductionMode::Clock,
            ..Default::default()
        }],
        rpc: RpcConfig { bind_host: HOST.into(), bind_port: ports.rpc, ws_port: ports.ws, ..Default::default() },
        ..Default::default()
    }
}

fn read(program: Program) -> Result<(Program, Vec<u8>)> {
    let wrong = |why: String| Error::Program { id: program.id.to_string(), path: program.path.clone(), why };
    let elf = fs::read(&program.path).map_err(|why| wrong(why.to_string()))?;
    if !elf.starts_with(b"\x7fELF") {
        return Err(wrong("it is no ELF file".into()));
    }
    Ok((program, elf))
}

/// Puts the programs on the chain, before its RPC opens.
async fn preload(locker: &SurfnetSvmLocker, programs: &[(Program, Vec<u8>)]) -> Result<(), String> {
    for (program, elf) in programs {
        let wrong = |why: String| format!("cannot load program {} from {}: {why}", program.id, program.path.display());
        locker
            .write_program(program.id, program.upgrade_authority, 0, elf, &None)
            .await
            .map_err(|why| wrong(why.to_string()))?;
        // `write_program` only notes it when the machine refuses the bytes; setting the account again tells.
        let account = locker.get_account_local(&program.id).inner.map_account().map_err(|e| wrong(e.to_string()))?;
        locker
            .with_svm_writer(|svm| svm.set_account(&program.id, account.clone()))
            .map_err(|why| wrong(why.to_string()))?;
    }
    Ok(())
}

/// Listens to what the chain says about itself.
struct Listener {
    events: Receiver<SimnetEvent>,
    clock: Clock,
    tell: watch::Sender<Life>,
}

impl Listener {
    fn run(mut self) {
        for event in self.events.iter() {
            match event {
                SimnetEvent::Ready(_) => {
                    self.tell.send_replace(Life::Ready);
                }
                SimnetEvent::Aborted(why) => {
                    self.tell.send_replace(Life::Ended(why));
                }
                SimnetEvent::SystemClockUpdated(_) => self.clock.keep(),
                SimnetEvent::ErrorLog(_, text) | SimnetEvent::WarnLog(_, text) => tracing::debug!("chain: {text}"),
                SimnetEvent::Shutdown => return,
                _ => {}
            }
        }
    }
}

/// Keeps the chain's clock on real time. Surfpool adds one slot time per block, makes an extra block every 75, and
/// sleeps between blocks however long they took: left alone it gained 800 ms a minute with slots of 400 ms and lost
/// 450 ms with slots of 50 ms, and deadlines (which programs count in unix seconds) with it. The clock never runs
/// backwards.
struct Clock {
    locker: SurfnetSvmLocker,
    slot_ms: i64,
    /// How far somebody has moved the chain's time away from ours.
    travelled_ms: i64,
}

impl Clock {
    fn new(locker: SurfnetSvmLocker, slot_ms: u64) -> Clock {
        Clock { locker, slot_ms: i64::try_from(slot_ms).unwrap_or(i64::MAX), travelled_ms: 0 }
    }

    fn keep(&mut self) {
        let Some(now) = unix_ms() else { return };
        let (slot_ms, travelled) = (self.slot_ms, self.travelled_ms);
        self.travelled_ms = self.locker.with_svm_writer(move |svm| {
            let Ok(chain) = i64::try_from(svm.updated_at) else { return travelled };
            let (step, travelled) = correction(chain, now, travelled, slot_ms);
            svm.updated_at = svm.updated_at.saturating_add_signed(step);
            travelled
        });
    }
}

fn unix_ms() -> Option<i64> {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_millis()).ok()
}

/// What to add to the chain's time, and how far it is travelled henceforth, all in milliseconds. Less than half a
/// slot is taken away at once: the next block adds a whole one, so that time goes on.
fn correction(chain: i64, now: i64, travelled: i64, slot_ms: i64) -> (i64, i64) {
    let ahead = chain.saturating_sub(now.saturating_add(travelled));
    if ahead.abs() > JUMP_MS.max(slot_ms.saturating_mul(4)) {
        (0, travelled.saturating_add(ahead))
    } else {
        (ahead.saturating_neg().max(slot_ms / -2), travelled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drift_is_undone_and_travel_is_kept() {
        assert_eq!(correction(10_000, 10_000, 0, 400), (0, 0));
        assert_eq!(correction(9_000, 10_000, 0, 400), (1_000, 0), "late: catch up at once");
        assert_eq!(correction(10_100, 10_000, 0, 400), (-100, 0), "early: give back");
        assert_eq!(correction(11_000, 10_000, 0, 400), (-200, 0), "but never a whole slot");
        assert_eq!(correction(96_400, 10_000, 0, 400), (0, 86_400), "a day was travelled");
        assert_eq!(correction(96_500, 10_000, 86_400, 400), (-100, 86_400), "and is kept since");
    }
}
