//! What a rule looks at: the runbook, and the questions that several rules ask about it.

use std::collections::{BTreeMap, BTreeSet};

use super::check::CheckContext;
use super::model::{InputSpec, Part, Runbook, StepSpec};
use crate::id::Phase;
use crate::profile::Profile;
use crate::source::{Diagnostics, Doc, Sources, Span};
use crate::value::{RefAt, Reference};

/// One rule: what it says, and how it looks.
pub(super) struct Rule {
    /// Its code, name and documentation.
    pub(super) doc: Doc,
    /// Looks at a runbook and says what is wrong.
    pub(super) check: fn(&Context<'_>, &mut Diagnostics),
}

/// A runbook under its rules.
pub(super) struct Context<'a> {
    pub(super) runbook: &'a Runbook,
    pub(super) profile: Option<&'a Profile>,
    pub(super) sources: &'a Sources,
    pub(super) settings: &'a CheckContext,
    index: BTreeMap<&'a str, usize>,
    inputs: BTreeMap<&'a str, &'a InputSpec>,
    uses: Vec<Vec<(RefAt<'a>, Part)>>,
    rings: Vec<Vec<usize>>,
}

/// A step that another one needs or refers to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    /// The other step.
    pub(super) to: usize,
    /// Where it is named.
    pub(super) span: Span,
    /// Whether it is named in `needs`.
    pub(super) needs: bool,
}

impl<'a> Context<'a> {
    pub(super) fn new(
        runbook: &'a Runbook,
        profile: Option<&'a Profile>,
        sources: &'a Sources,
        settings: &'a CheckContext,
    ) -> Self {
        let mut index = BTreeMap::new();
        for (at, step) in runbook.steps.iter().enumerate() {
            index.entry(step.id.value.as_str()).or_insert(at);
        }
        let inputs = runbook.inputs.iter().map(|input| (input.name.value.as_str(), input)).collect();
        let uses = runbook.steps.iter().map(StepSpec::uses).collect();
        let mut context = Self { runbook, profile, sources, settings, index, inputs, uses, rings: Vec::new() };
        context.rings = context.find_rings();
        context
    }

    /// The steps.
    pub(super) fn steps(&self) -> &'a [StepSpec] {
        &self.runbook.steps
    }

    /// The place of a step of this id; the first when there are several.
    pub(super) fn index_of(&self, id: &str) -> Option<usize> {
        self.index.get(id).copied()
    }

    /// Whether an id is known, be it of a step with faults.
    pub(super) fn knows_step(&self, id: &str) -> bool {
        self.index.contains_key(id) || self.runbook.broken.steps.contains(id)
    }

    /// An input.
    pub(super) fn input(&self, name: &str) -> Option<&'a InputSpec> {
        self.inputs.get(name).copied()
    }

    /// Whether a name stands for a secret: a secret input, or an output that is declared `sensitive`.
    pub(super) fn is_secret(&self, reference: &Reference) -> bool {
        match (reference.root.as_str(), reference.path.as_slice()) {
            ("input", [name, ..]) => self.input(name).is_some_and(|input| input.ty.is_secret()),
            ("step", [id, name, ..]) => {
                self.index_of(id).is_some_and(|owner| self.steps()[owner].sensitive.contains(name))
            }
            _ => false,
        }
    }

    /// The ids of all steps.
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.index.keys().copied()
    }

    /// Every name that is used, with the step that uses it.
    pub(super) fn uses(&self) -> impl Iterator<Item = (usize, RefAt<'a>, Part)> + '_ {
        self.uses.iter().enumerate().flat_map(|(step, uses)| uses.iter().map(move |(at, part)| (step, *at, *part)))
    }

    /// The place of a name in its file.
    pub(super) fn place(&self, at: RefAt<'_>) -> Span {
        self.sources.within(at.literal, at.reference.start, at.reference.end)
    }

    /// The steps that a step needs or refers to.
    pub(super) fn edges(&self, step: usize) -> Vec<Edge> {
        let mut edges = Vec::new();
        for id in &self.steps()[step].needs {
            if let Some(to) = self.index_of(id.value.as_str()) {
                edges.push(Edge { to, span: id.span, needs: true });
            }
        }
        for (at, _) in &self.uses[step] {
            if at.reference.root == "step"
                && let Some(to) = at.reference.path.first().and_then(|id| self.index_of(id))
            {
                edges.push(Edge { to, span: self.place(*at), needs: false });
            }
        }
        edges
    }

    /// Whether step `a` runs before step `b` when both run: by phase, then by the order of the file.
    pub(super) fn runs_before(&self, a: usize, b: usize) -> bool {
        let key = |at: usize| (self.steps()[at].phase, at);
        key(a) < key(b)
    }

    /// Steps that wait for each other: each ring in its order.
    pub(super) fn rings(&self) -> &[Vec<usize>] {
        &self.rings
    }

    /// Whether two steps are in one ring.
    pub(super) fn in_one_ring(&self, a: usize, b: usize) -> bool {
        self.rings.iter().any(|ring| ring.contains(&a) && ring.contains(&b))
    }

    /// Finds rings without recursion: what has no way on, or no way in, is in none; then follow any way on.
    fn find_rings(&self) -> Vec<Vec<usize>> {
        let ways = (0..self.steps().len()).map(|step| {
            // A step that refers to itself by name is told apart from one that needs itself.
            let edges = self.edges(step).into_iter().filter(|edge| edge.needs || edge.to != step);
            edges.map(|edge| edge.to).collect()
        });
        let mut graph = Graph::new(ways.collect());
        let mut rings = Vec::new();
        while let Some(first) = graph.first() {
            let mut path = vec![first];
            let mut place = BTreeMap::from([(first, 0)]);
            let ring = loop {
                let at = *path.last().expect("the path begins with a step");
                let next = graph.way_on(at).expect("what is left has a way on");
                if let Some(start) = place.get(&next) {
                    break path.split_off(*start);
                }
                place.insert(next, path.len());
                path.push(next);
            };
            for step in &ring {
                graph.remove(*step);
            }
            rings.push(ring);
        }
        rings
    }

    /// Whether steps of a phase run in an ordinary run.
    pub(super) fn ordinary(phase: Phase) -> bool {
        match phase {
            Phase::Checklist | Phase::Deploy | Phase::Verify => true,
            Phase::Drill | Phase::Rollback => false,
        }
    }
}

/// Steps and their ways, with those taken out that are in no ring.
struct Graph {
    ways: Vec<BTreeSet<usize>>,
    back: Vec<BTreeSet<usize>>,
    left: BTreeSet<usize>,
}

impl Graph {
    fn new(ways: Vec<BTreeSet<usize>>) -> Self {
        let mut back = vec![BTreeSet::new(); ways.len()];
        for (from, targets) in ways.iter().enumerate() {
            for to in targets {
                back[*to].insert(from);
            }
        }
        let left = (0..ways.len()).collect();
        let mut graph = Self { ways, back, left };
        for step in 0..graph.ways.len() {
            graph.prune(step);
        }
        graph
    }

    fn first(&self) -> Option<usize> {
        self.left.first().copied()
    }

    fn way_on(&self, step: usize) -> Option<usize> {
        self.ways[step].first().copied()
    }

    fn remove(&mut self, step: usize) {
        if !self.left.remove(&step) {
            return;
        }
        let mut touched = Vec::new();
        for to in std::mem::take(&mut self.ways[step]) {
            self.back[to].remove(&step);
            touched.push(to);
        }
        for from in std::mem::take(&mut self.back[step]) {
            self.ways[from].remove(&step);
            touched.push(from);
        }
        for step in touched {
            self.prune(step);
        }
    }

    /// Takes a step out that is in no ring, and all that are in none then.
    fn prune(&mut self, step: usize) {
        let mut queue = vec![step];
        while let Some(step) = queue.pop() {
            let loose = self.ways[step].is_empty() || self.back[step].is_empty();
            if !loose || !self.left.remove(&step) {
                continue;
            }
            for to in std::mem::take(&mut self.ways[step]) {
                self.back[to].remove(&step);
                queue.push(to);
            }
            for from in std::mem::take(&mut self.back[step]) {
                self.ways[from].remove(&step);
                queue.push(from);
            }
        }
    }
}
