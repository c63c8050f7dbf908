//! Keeps children alive, and ends them all.

use std::{
    collections::{BTreeMap, VecDeque},
    fs,
    path::PathBuf,
    process::Child,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill, killpg},
    unistd::Pid,
};

use crate::{ChildSpec, Error, Result, folder::Folder};

/// How long a child may take to end when asked, before it is killed.
pub const GRACE: Duration = Duration::from_secs(5);
/// A child that keeps dying is started at most so often in a minute.
pub const MAX_STARTS_PER_MINUTE: usize = 20;
const MINUTE: Duration = Duration::from_secs(60);
const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(5);
const TICK: Duration = Duration::from_millis(20);

/// Called with the pids by name whenever one changes.
pub type OnChange = Box<dyn Fn(&BTreeMap<String, u32>) + Send>;

/// A supervised child, as seen from outside.
#[derive(Debug, Default)]
pub struct Status {
    pid: AtomicU32,
    deaths: AtomicU32,
}

impl Status {
    /// Its pid now, or `None` between a death and the restart.
    pub fn pid(&self) -> Option<u32> {
        Some(self.pid.load(Ordering::Acquire)).filter(|pid| *pid != 0)
    }

    /// How often it has died unasked.
    pub fn deaths(&self) -> u32 {
        self.deaths.load(Ordering::Acquire)
    }
}

enum Order {
    Spawn(Box<ChildSpec>, Sender<Result<Arc<Status>>>),
    Stop(String, Sender<()>),
    Shutdown,
}

/// The supervisor: one thread that starts every child and lives as long as any of them, since the kernel's death
/// signal is bound to the starting thread. Dropping it stops all children and waits for that.
pub struct Supervisor {
    orders: Sender<Order>,
    thread: Option<JoinHandle<()>>,
}

impl Supervisor {
    /// Starts the supervising thread; logs and pid files go to `folder`.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn new(folder: &Folder, on_change: OnChange) -> Result<Supervisor> {
        let (orders, inbox) = mpsc::channel();
        let keeper = Keeper { logs: folder.logs(), pids: folder.pids(), on_change, children: Vec::new() };
        let thread = thread::Builder::new()
            .name("supervisor".into())
            .spawn(move || keeper.run(&inbox))
            .map_err(Error::file("start", "the supervisor's thread"))?;
        Ok(Supervisor { orders, thread: Some(thread) })
    }

    /// Starts a child and keeps it running until it is stopped.
    ///
    /// # Errors
    /// When its name is taken or its first start fails.
    pub fn spawn(&self, spec: ChildSpec) -> Result<Arc<Status>> {
        let (answer, answered) = mpsc::channel();
        self.orders.send(Order::Spawn(Box::new(spec), answer)).map_err(|_| Error::ShuttingDown)?;
        answered.recv().map_err(|_| Error::ShuttingDown)?
    }

    /// Stops one child for good and waits until it is gone; an unknown name is fine.
    pub fn stop(&self, name: &str) {
        let (answer, answered) = mpsc::channel();
        if self.orders.send(Order::Stop(name.to_owned(), answer)).is_ok() {
            // An error means the thread is gone, and with it every child.
            let _ = answered.recv();
        }
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        // Both fail only if the thread is gone, and with it every child.
        let _ = self.orders.send(Order::Shutdown);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Kept {
    spec: ChildSpec,
    process: Option<Child>,
    status: Arc<Status>,
    /// Starts in the last minute.
    starts: VecDeque<Instant>,
    next_start: Instant,
}

/// What the supervising thread owns.
struct Keeper {
    logs: PathBuf,
    pids: PathBuf,
    on_change: OnChange,
    children: Vec<Kept>,
}

impl Keeper {
    fn run(mut self, inbox: &Receiver<Order>) {
        loop {
            match inbox.recv_timeout(TICK) {
                Ok(Order::Spawn(spec, answer)) => {
                    let _ = answer.send(self.add(*spec));
                }
                Ok(Order::Stop(name, answer)) => {
                    self.stop(|kept| kept.spec.name == name);
                    let _ = answer.send(());
                }
                Err(RecvTimeoutError::Timeout) => {}
                Ok(Order::Shutdown) | Err(RecvTimeoutError::Disconnected) => break,
            }
            self.tend();
        }
        while let Some(order) = self.children.iter().map(|kept| kept.spec.stop_order).min() {
            self.stop(|kept| kept.spec.stop_order == order);
        }
    }

    fn add(&mut self, spec: ChildSpec) -> Result<Arc<Status>> {
        if self.children.iter().any(|kept| kept.spec.name == spec.name) {
            return Err(Error::ChildTwice(spec.name));
        }
        let status = Arc::<Status>::default();
        let now = Instant::now();
        self.children.push(Kept {
            spec,
            process: None,
            status: status.clone(),
            starts: VecDeque::new(),
            next_start: now,
        });
        let index = self.children.len() - 1;
        if let Err(source) = self.start(index) {
            let spec = self.children.remove(index).spec;
            return Err(Error::Spawn { name: spec.name, program: spec.program, source });
        }
        Ok(status)
    }

    fn start(&mut self, index: usize) -> std::io::Result<()> {
        let kept = &mut self.children[index];
        kept.starts.push_back(Instant::now());
        let process = kept.spec.start(&self.logs.join(format!("{}.log", kept.spec.name)))?;
        kept.status.pid.store(process.id(), Ordering::Release);
        kept.process = Some(process);
        self.changed();
        Ok(())
    }

    /// Notices deaths and restarts what is due.
    fn tend(&mut self) {
        for index in 0..self.children.len() {
            let kept = &mut self.children[index];
            let name = kept.spec.name.clone();
            match kept.process.as_mut().map(Child::try_wait) {
                Some(Ok(None)) => {}
                Some(Ok(Some(how))) => {
                    kept.process = None;
                    kept.status.pid.store(0, Ordering::Release);
                    kept.status.deaths.fetch_add(1, Ordering::AcqRel);
                    let delay = kept.delay();
                    kept.next_start = Instant::now() + delay;
                    eprintln!(
                        "{name} died ({how}); restarting in {} ms; log: {}",
                        delay.as_millis(),
                        self.log_of(&name)
                    );
                    self.changed();
                }
                Some(Err(why)) => eprintln!("cannot see whether {name} still runs: {why}"),
                None if kept.next_start <= Instant::now() => {
                    if let Err(why) = self.start(index) {
                        let kept = &mut self.children[index];
                        let delay = kept.delay();
                        kept.next_start = Instant::now() + delay;
                        eprintln!("{name} cannot be restarted ({why}); trying again in {} ms", delay.as_millis());
                    }
                }
                None => {}
            }
        }
    }

    fn log_of(&self, name: &str) -> String {
        self.logs.join(format!("{name}.log")).display().to_string()
    }

    /// Ends the children that `which` says: asks, waits up to [`GRACE`], kills.
    fn stop(&mut self, which: impl Fn(&Kept) -> bool) {
        let (mut ending, staying) = std::mem::take(&mut self.children).into_iter().partition::<Vec<_>, _>(which);
        self.children = staying;
        for kept in &mut ending {
            kept.signal(kept.spec.stop_signal);
        }
        let deadline = Instant::now() + GRACE;
        while ending.iter_mut().any(Kept::running) && Instant::now() < deadline {
            thread::sleep(TICK);
        }
        for kept in &mut ending {
            if kept.running() {
                eprintln!("{} did not end within {} s; killing it", kept.spec.name, GRACE.as_secs());
                kept.kill();
            }
            kept.status.pid.store(0, Ordering::Release);
        }
        self.changed();
    }

    /// Brings the pid files and the listener up to date.
    fn changed(&self) {
        let pids: BTreeMap<_, _> =
            self.children.iter().filter_map(|kept| Some((kept.spec.name.clone(), kept.status.pid()?))).collect();
        for entry in fs::read_dir(&self.pids).into_iter().flatten().flatten() {
            if !entry.file_name().to_str().is_some_and(|name| pids.contains_key(name)) {
                // A pid file that stays behind only misleads; it is no reason to stop.
                let _ = fs::remove_file(entry.path());
            }
        }
        for (name, pid) in &pids {
            if let Err(why) = fs::write(self.pids.join(name), format!("{pid}\n")) {
                eprintln!("cannot write the pid file of {name}: {why}");
            }
        }
        (self.on_change)(&pids);
    }
}

impl Kept {
    /// How long to wait before the next start: doubling with each start of the last minute.
    fn delay(&mut self) -> Duration {
        while self.starts.front().is_some_and(|at| at.elapsed() > MINUTE) {
            self.starts.pop_front();
        }
        match self.starts.front() {
            Some(oldest) if self.starts.len() >= MAX_STARTS_PER_MINUTE => MINUTE.saturating_sub(oldest.elapsed()),
            _ => {
                let doublings = u32::try_from(self.starts.len().saturating_sub(1)).unwrap_or(u32::MAX).min(6);
                (FIRST_DELAY * 2_u32.pow(doublings)).min(LONGEST_DELAY)
            }
        }
    }

    fn running(&mut self) -> bool {
        self.process.as_mut().is_some_and(|process| matches!(process.try_wait(), Ok(None)))
    }

    fn pid(&self) -> Option<Pid> {
        Some(Pid::from_raw(i32::try_from(self.process.as_ref()?.id()).ok()?))
    }

    /// Signals it if it runs. It was not waited for yet, so its pid cannot be another's.
    fn signal(&mut self, signal: Signal) {
        if self.running()
            && let Some(pid) = self.pid()
        {
            // Fails only if it is gone already.
            let _ = kill(pid, signal);
        }
    }

    /// Kills it with all of its group, and waits.
    fn kill(&mut self) {
        if let Some(group) = self.pid() {
            let _ = killpg(group, Signal::SIGKILL);
        }
        if let Some(process) = &mut self.process {
            let _ = process.wait();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_longest_and_then_to_a_minute() {
        let now = Instant::now();
        let spec = ChildSpec::new("x", "true");
        let mut kept =
            Kept { spec, process: None, status: Arc::default(), starts: VecDeque::from([now]), next_start: now };
        let mut delays = vec![];
        for _ in 0..8 {
            delays.push(kept.delay().as_millis());
            kept.starts.push_back(now);
        }
        assert_eq!(delays, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
        kept.starts.resize(MAX_STARTS_PER_MINUTE, now);
        assert!(kept.delay() > LONGEST_DELAY);
    }
}
