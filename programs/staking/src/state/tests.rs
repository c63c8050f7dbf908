//! Pools, positions and totals together, without a chain: random histories of staking, leaving, moving, slashes, jail,
//! rewards and claims. What came in is always exactly what was paid, is owed, or waits.

use proptest::prelude::*;

use super::*;
use crate::math;

const POOLS: usize = 3;
const OWNERS: usize = 3;

struct Model {
    config: Config,
    totals: Totals,
    pools: Vec<Pool>,
    /// Owner 0 of a pool is its operator.
    positions: Vec<Vec<Position>>,
    now: i64,
    /// Tokens in the rewards vault.
    vault: u64,
}

impl Model {
    fn new(min_self_stake: u64) -> Self {
        let params = StakingParams {
            unbonding: 1_000,
            epoch_seconds: 100,
            weight_cap: 1 << 60,
            min_self_stake,
            max_commission_bps: 3_000,
            jail_seconds: 250,
            ..StakingParams::default()
        };
        params.validate().unwrap();
        let config = Config { params, ..Config::default() };
        let pools = (0..POOLS).map(|i| Pool { operator: key(i, 0), positions: 1, ..Pool::default() }).collect();
        let of = |i| (0..OWNERS).map(|o| Position { owner: key(i, o), ..Position::default() }).collect();
        let positions = (0..POOLS).map(of).collect();
        Self { config, totals: Totals::default(), pools, positions, now: 1_000_000, vault: 0 }
    }

    fn epoch(&self) -> u64 {
        self.config.epoch(self.now)
    }

    fn begin(&mut self, p: usize) {
        self.totals.roll(self.epoch()).unwrap();
        self.pools[p].earn(&mut self.totals, self.config.params.max_commission_bps).unwrap();
    }

    fn end(&mut self, p: usize, o: usize) {
        let epoch = self.epoch();
        if o == 0 {
            self.pools[p].self_shares = self.positions[p][0].shares;
        }
        self.pools[p].count(&mut self.totals, &self.config.params, epoch, self.now).unwrap();
    }

    fn stake(&mut self, p: usize, o: usize, amount: u64) {
        self.begin(p);
        self.positions[p][o].settle(&self.pools[p]);
        let shares = self.pools[p].add(amount).unwrap();
        let epoch = self.epoch();
        self.positions[p][o].add(shares, epoch).unwrap();
        self.end(p, o);
    }

    fn leave(&mut self, p: usize, o: usize, shares: u128, to: Option<usize>) {
        self.begin(p);
        let (epoch, now) = (self.epoch(), self.now);
        let (mut pool, mut position) = (self.pools[p].clone(), self.positions[p][o].clone());
        position.settle(&pool);
        let gone = position.remove(shares, epoch, now).is_ok();
        let amount = match to {
            _ if !gone => None,
            None => pool.cool(shares).ok().map(|(amount, _)| amount),
            Some(_) => pool.take_active(shares).ok().filter(|_| pool.invariant().is_ok()),
        };
        // As on chain, what fails changes nothing; but it has been rolled and earned by somebody else's write then.
        if let Some(amount) = amount.filter(|amount| *amount > 0) {
            (self.pools[p], self.positions[p][o]) = (pool, position);
            self.end(p, o);
            if let Some(to) = to {
                self.stake(to, o, amount);
            }
        } else {
            self.end(p, o);
        }
    }

    fn slash(&mut self, p: usize, amount: u64, jail: bool) {
        let (epoch, now) = (self.epoch(), self.now);
        let pool = &mut self.pools[p];
        let amount = amount.min(pool.active);
        pool.lock(amount).unwrap();
        assert_eq!(pool.slash(amount, amount).unwrap(), amount);
        if jail {
            pool.jailed_until = now + self.config.params.jail_seconds;
        }
        pool.lighten(&self.config.params, epoch, now);
    }

    fn fund(&mut self, amount: u64) {
        self.totals.roll(self.epoch()).unwrap();
        self.totals.receive(amount).unwrap();
        self.vault += amount;
    }

    /// Returns what the position was paid.
    fn claim(&mut self, p: usize, o: usize) -> u64 {
        self.begin(p);
        let (pool, position) = (&mut self.pools[p], &mut self.positions[p][o]);
        position.settle(pool);
        assert!(position.owed <= pool.rewards_due, "a pool owes more than it has");
        let rewards = std::mem::take(&mut position.owed);
        pool.rewards_due -= rewards;
        let commission = if o == 0 { std::mem::take(&mut pool.commission_due) } else { 0 };
        self.totals.pay(rewards + commission).unwrap();
        self.vault -= rewards + commission;
        self.end(p, o);
        rewards + commission
    }

    fn check(&self) {
        let due: u64 = self.pools.iter().map(|pool| pool.rewards_due + pool.commission_due).sum();
        assert_eq!(self.totals.pending + self.totals.distributed + due, self.totals.accounted);
        assert_eq!(self.totals.accounted, self.vault);
        assert_eq!(self.totals.weight.now, self.pools.iter().map(|pool| pool.counted).sum::<u64>());
        assert_eq!(self.totals.staked, self.pools.iter().map(|pool| pool.counted_stake).sum::<u64>());
        for (pool, positions) in self.pools.iter().zip(&self.positions) {
            pool.invariant().unwrap();
            let held: u128 = positions.iter().map(|position| position.held(pool)).sum();
            assert_eq!(held, pool.active_shares, "shares are whose they are");
            assert_eq!(positions[0].held(pool), pool.self_shares);
            let owed = positions.iter().map(|position| {
                let mut position = position.clone();
                position.settle(pool);
                position.owed
            });
            assert!(owed.sum::<u64>() <= pool.rewards_due);
        }
    }
}

fn key(pool: usize, owner: usize) -> Pubkey {
    Pubkey::new_from_array([(pool * OWNERS + owner) as u8; 32])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn rewards_never_exceed_what_came_in(
        min in 0u64..2_000,
        steps in prop::collection::vec((0u8..9, 0..POOLS, 0..OWNERS, any::<u32>()), 1..120),
    ) {
        let mut model = Model::new(min);
        for (action, p, o, n) in steps {
            let amount = 1 + u64::from(n) * u64::from(n % 7);
            let shares = model.positions[p][o].held(&model.pools[p]) / (1 + u128::from(n % 3));
            match action {
                0 | 1 => model.stake(p, o, amount),
                2 if shares > 0 => model.leave(p, o, shares, None),
                3 if shares > 0 => model.leave(p, o, shares, Some((p + 1) % POOLS)),
                4 => model.slash(p, [amount, u64::MAX, 1][n as usize % 3], n % 2 == 0),
                5 => model.fund(amount),
                6 => drop(model.claim(p, o)),
                7 => model.pools[p].commission_bps = (n % 3_000) as u16,
                _ => model.now += i64::from(n % 300),
            }
            model.check();
        }
        // Everybody claims: what is left is dust and what nobody weighed for.
        model.now += 100;
        for p in 0..POOLS {
            (0..OWNERS).for_each(|o| drop(model.claim(p, o)));
        }
        model.check();
    }
}

/// An epoch's reward goes by weight, and in a pool by shares after the commission.
#[test]
fn rewards_go_by_weight_and_share() {
    let mut model = Model::new(0);
    model.pools[0].commission_bps = 1_000;
    model.stake(0, 0, 100);
    model.stake(0, 1, 200);
    model.stake(1, 0, 700);
    model.fund(10_000);
    model.now += 100;
    // Weights 300 and 700; of the 3,000 a tenth is the operator's, the rest by shares.
    assert_eq!([model.claim(0, 0), model.claim(0, 1), model.claim(1, 0)], [300 + 900, 1_800, 7_000]);
    model.check();
    assert_eq!(model.vault, 0);
}

/// What a slash took from the weight earns nothing since the last time, and goes to all at the next epoch's end.
#[test]
fn a_slash_forfeits() {
    let mut model = Model::new(0);
    model.stake(0, 0, 500);
    model.stake(1, 0, 500);
    model.fund(1_000);
    model.now += 100;
    model.slash(0, 250, false);
    assert_eq!([model.claim(0, 0), model.claim(1, 0)], [250, 500]);
    assert_eq!(model.totals.pending, 250);
    model.now += 100;
    // 83 and 166, less a base unit: each is rounded twice, by weight and by share.
    assert_eq!([model.claim(0, 0), model.claim(1, 0)], [82, 165]);
    model.check();
}

/// A slash does not add weight: not to a pool whose time in jail is over and which forfeited rewards there.
#[test]
fn a_slash_never_adds_weight() {
    let mut model = Model::new(0);
    model.stake(0, 0, 500);
    model.stake(1, 0, 500);
    model.fund(1_000);
    model.now += 100;
    model.slash(0, 10, true);
    model.now += 300;
    model.slash(0, 10, false);
    assert_eq!(model.pools[0].weight.now, 0);
    assert_eq!([model.claim(0, 0), model.claim(1, 0)], [0, 500]);
    // The claim weighed it anew: it is back.
    assert_eq!(model.pools[0].weight.now, 480);
}

/// Accumulators wrap: only differences count, so that no number of rewards stops a pool.
#[test]
fn accumulators_wrap() {
    let mut model = Model::new(0);
    model.totals.acc = u128::MAX - 5;
    model.pools[0].acc = u128::MAX - 5;
    model.pools[0].reward_per_share = u128::MAX;
    model.positions[0][0].reward_debt = u128::MAX;
    model.stake(0, 0, 3);
    for _ in 0..5 {
        model.fund(1_000_000_000_000_000_000);
        model.now += 100;
        assert!(model.claim(0, 0) >= 999_999_999_999_999_999);
    }
    model.check();
}

/// A slash to nothing takes unclaimed rewards of the shares with it, and leaves those that come after whole.
#[test]
fn shares_slashed_to_nothing_earn_nothing() {
    let mut model = Model::new(0);
    model.stake(0, 0, 100);
    model.stake(0, 1, 100);
    model.fund(600);
    model.now += 100;
    assert_eq!(model.claim(0, 1), 300);
    model.slash(0, u64::MAX, false);
    model.stake(0, 2, 50);
    model.fund(70);
    model.now += 100;
    assert_eq!([model.claim(0, 0), model.claim(0, 1), model.claim(0, 2)], [0, 0, 68]);
    // Not lost: the pool gives it back to all when it closes.
    assert_eq!(model.pools[0].rewards_due, 300 + 1);
    model.check();
}

#[test]
fn too_little_of_its_own_weighs_nothing() {
    let mut model = Model::new(100);
    model.stake(0, 0, 99);
    model.stake(0, 1, 10_000);
    assert_eq!((model.pools[0].weight.now, model.totals.staked), (0, 10_099));
    model.stake(0, 0, 1);
    assert_eq!(model.pools[0].weight.now, 10_100);
    model.slash(0, 101, false);
    assert_eq!((model.pools[0].weight.now, model.pools[0].self_stake()), (0, 99));
    assert_eq!(math::amount_for(1, 1, 1), Some(1));
}
