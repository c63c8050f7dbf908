//! Where numbers go between the variables of a function, and where their bits are to be made canonical.

use std::collections::{HashMap, HashSet};

use super::operators::Shape;

/// Where a value came from that nobody has seen the bits of yet.
#[derive(Clone, Copy)]
pub enum From {
    /// The operator at this place computed it: it may be a NaN of the machine's choice, in lanes of it if it is a vector.
    Operator(usize, Shape),
    /// It is written down, and no NaN.
    Constant,
    /// It was in a variable.
    Local(Get),
}

/// A variable that is read, at a place inside of so many loops.
#[derive(Clone, Copy)]
pub struct Get {
    pub local: u32,
    pub at: usize,
    pub depth: u32,
}

/// What is known of a value on the stack: where it came from, unless its bits are laid down.
pub type Entry = Option<From>;

/// Who takes a value: an operator to which it is numbers of a shape, or one to which it is bits.
pub type As = Option<Shape>;

/// What all that a variable may hold is.
#[derive(Clone, Copy, PartialEq)]
enum Holds {
    /// Zeros and other constants.
    Constants,
    /// These, and what operators computed in a shape.
    Computed(Shape),
    /// Anything, such as what was read from memory: not to be touched.
    Bits,
}

impl Holds {
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Constants, one) | (one, Self::Constants) => one,
            (one, other) if one == other => one,
            _ => Self::Bits,
        }
    }
}

#[derive(Default)]
struct Variable {
    into: Vec<Entry>,
    /// Loops around the innermost place where it is set.
    depth: u32,
}

/// Of one function.
pub struct Flow {
    parameters: u32,
    /// After which of its operators a value of this shape is to be made canonical.
    places: Vec<(usize, Shape)>,
    taken: Vec<(Get, As)>,
    variables: HashMap<u32, Variable>,
}

impl Flow {
    /// Of a function with so many parameters, which may be anything.
    pub fn new(parameters: u32) -> Self {
        Self { parameters, places: vec![], taken: vec![], variables: HashMap::new() }
    }

    /// These values are taken as that. A number of one shape is bits to another.
    pub fn take(&mut self, values: &[Entry], as_what: As) {
        for value in values.iter().flatten() {
            match *value {
                From::Operator(at, shape) if Some(shape) != as_what => self.places.push((at, shape)),
                From::Local(get) => self.taken.push((get, as_what)),
                From::Operator(..) | From::Constant => {}
            }
        }
    }

    /// A variable is set, inside of so many loops.
    pub fn set(&mut self, local: u32, value: Entry, depth: u32) {
        let variable = self.variables.entry(local).or_default();
        variable.into.push(value);
        variable.depth = variable.depth.max(depth);
    }

    /// The places, in order. Bits that come out of a variable are made canonical where they went into it; or where it is
    /// read, if that is outside of a loop that sets it, and it holds nothing but what was computed.
    pub fn finish(mut self) -> Vec<(usize, Shape)> {
        let (holds, mut followed) = (self.holds(), HashSet::new());
        while let Some((get, as_what)) = self.taken.pop() {
            let Some(variable) = self.variables.get(&get.local) else { continue };
            match holds.get(&get.local) {
                Some(Holds::Computed(shape)) if Some(*shape) == as_what => {}
                Some(Holds::Computed(shape)) if get.depth < variable.depth => self.places.push((get.at, *shape)),
                _ if followed.insert((get.local, as_what)) => {
                    let into = variable.into.clone();
                    self.take(&into, as_what);
                }
                _ => {}
            }
        }
        self.places.sort_unstable_by_key(|(at, _)| *at);
        self.places.dedup();
        self.places
    }

    /// What each variable that is set may hold.
    fn holds(&self) -> HashMap<u32, Holds> {
        let before = |local: u32| if local < self.parameters { Holds::Bits } else { Holds::Constants };
        let (mut holds, mut copied) = (HashMap::new(), HashMap::<u32, Vec<u32>>::new());
        for (local, variable) in &self.variables {
            let all = variable.into.iter().map(|value| match value {
                None => Holds::Bits,
                Some(From::Constant) => Holds::Constants,
                Some(From::Operator(_, shape)) => Holds::Computed(*shape),
                Some(From::Local(get)) => {
                    copied.entry(get.local).or_default().push(*local);
                    before(get.local)
                }
            });
            holds.insert(*local, all.fold(before(*local), Holds::or));
        }
        // What a variable holds, those hold that it is copied to. Each changes twice at most.
        let mut open: Vec<_> = self.variables.keys().copied().collect();
        while let Some(local) = open.pop() {
            let now = holds.get(&local).copied().unwrap_or(Holds::Bits);
            for other in copied.get(&local).into_iter().flatten() {
                let known = holds.entry(*other).or_insert(Holds::Bits);
                if known.or(now) != *known {
                    *known = known.or(now);
                    open.push(*other);
                }
            }
        }
        holds
    }
}
