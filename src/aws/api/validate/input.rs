//! An input against its model.

use super::{Fault, FaultKind, Given};
use crate::aws::api::model::{Flag, Location, Member, Operation, Service, ShapeKind, ShapeRef};
use crate::aws::api::protocol::{is_base64, is_filled_in, is_time};
use crate::aws::api::{Path, PathPart};

/// As many levels as the serializer takes.
const LEVELS: usize = 128;

/// All that is wrong with an input, in the order of the input; what is missing comes last in its structure.
pub fn validate(service: &Service, operation: &Operation, given: &Given<'_>) -> Vec<Fault> {
    let mut walk = Walk { faults: Vec::new(), path: Vec::new(), service, operation };
    match (service.input(operation), given) {
        (Some(shape), given) => walk.value(shape, given),
        (None, Given::Map(entries)) => {
            for (name, _) in entries {
                walk.at(PathPart::Name((*name).to_owned()), |walk| walk.push(FaultKind::Unknown { known: Vec::new() }));
            }
        }
        (None, Given::Null | Given::Unknown) => {}
        (None, given) => walk.push(FaultKind::WrongType { expected: "a map", found: given.kind() }),
    }
    walk.faults
}

struct Walk<'a> {
    faults: Vec<Fault>,
    path: Vec<PathPart>,
    service: &'a Service,
    operation: &'a Operation,
}

impl Walk<'_> {
    fn push(&mut self, kind: FaultKind) {
        self.faults.push(Fault { path: Path(self.path.clone()), kind });
    }

    fn at(&mut self, part: PathPart, walk: impl FnOnce(&mut Self)) {
        self.path.push(part);
        walk(self);
        self.path.pop();
    }

    fn value(&mut self, shape: ShapeRef<'_>, given: &Given<'_>) {
        if self.path.len() >= LEVELS {
            return self.push(FaultKind::TooDeep);
        }
        if matches!(given, Given::Unknown) {
            return;
        }
        match shape.kind() {
            ShapeKind::Structure(structure) if structure.document => {}
            ShapeKind::Structure(structure) => match given {
                _ if shape.has(Flag::EventStream) => self.push(FaultKind::EventStream),
                Given::Map(entries) => {
                    self.structure(shape, entries);
                    let found = entries.iter().filter(|(_, given)| !matches!(given, Given::Null)).count();
                    if structure.union && found != 1 {
                        self.push(FaultKind::UnionCount { found });
                    }
                }
                given => self.wrong("a map", given),
            },
            ShapeKind::List(item) => match given {
                Given::List(items) => {
                    self.size(shape, items.len());
                    for (index, given) in items.iter().enumerate() {
                        self.at(PathPart::Index(index), |walk| walk.item(shape.follow(item), given));
                    }
                }
                given => self.wrong("a list", given),
            },
            ShapeKind::Map { value, .. } => match given {
                Given::Map(entries) => {
                    self.size(shape, entries.len());
                    for (name, given) in entries {
                        self.at(PathPart::Name((*name).to_owned()), |walk| walk.item(shape.follow(value), given));
                    }
                }
                given => self.wrong("a map", given),
            },
            ShapeKind::Text(choices) => match given {
                // Text that is JSON on the wire may be given as what it holds.
                _ if shape.has(Flag::JsonValue) => {}
                Given::SomeText => {}
                Given::Text(text) => self.text(shape, choices, text),
                given => self.wrong("text", given),
            },
            ShapeKind::Integer | ShapeKind::Long => match given {
                Given::Number(number) if number.is_i64() || number.is_u64() => {
                    self.number(shape, number.as_f64().unwrap_or_default());
                }
                Given::Number(number) if number.as_f64().is_some_and(|float| float.fract() == 0.0) => {
                    self.number(shape, number.as_f64().unwrap_or_default());
                }
                Given::Number(_) => {
                    self.push(FaultKind::WrongType { expected: "a whole number", found: "a number with a fraction" });
                }
                given => self.wrong("a whole number", given),
            },
            ShapeKind::Float | ShapeKind::Double => match given {
                Given::Number(number) => self.number(shape, number.as_f64().unwrap_or_default()),
                Given::Text("NaN" | "Infinity" | "-Infinity") | Given::SomeText => {}
                given => self.wrong("a number", given),
            },
            ShapeKind::Boolean => match given {
                Given::Bool(_) => {}
                given => self.wrong("a boolean", given),
            },
            ShapeKind::Blob => match given {
                Given::SomeText => {}
                Given::Text(text) if is_base64(text) => {}
                Given::Text(_) => self.push(FaultKind::NotBase64),
                given => self.wrong("text in base64", given),
            },
            ShapeKind::Timestamp => match given {
                Given::SomeText | Given::Number(_) => {}
                Given::Text(text) if is_time(text) => {}
                Given::Text(_) => self.push(FaultKind::NotTime),
                given => self.wrong("a time", given),
            },
        }
    }

    /// Items and entries may be null.
    fn item(&mut self, shape: ShapeRef<'_>, given: &Given<'_>) {
        if !matches!(given, Given::Null) {
            self.value(shape, given);
        }
    }

    fn structure(&mut self, shape: ShapeRef<'_>, entries: &[(&str, Given<'_>)]) {
        for (name, given) in entries {
            let part = PathPart::Name((*name).to_owned());
            match shape.member(name) {
                None => {
                    let known = shape.members().iter().map(|member| member.name.to_string()).collect();
                    self.at(part, |walk| walk.push(FaultKind::Unknown { known }));
                }
                Some(_) if matches!(given, Given::Null) => {}
                Some(member) => {
                    let of = shape.follow(&member.reference);
                    self.at(part, |walk| {
                        walk.value(of, given);
                        if walk.is_label(of) && matches!(given, Given::Text("")) {
                            walk.push(FaultKind::EmptyLabel);
                        }
                    });
                }
            }
        }
        for member in shape.members() {
            let there = entries.iter().any(|(name, given)| *name == &*member.name && !matches!(given, Given::Null));
            if self.is_wanted(shape, member) && !there {
                self.push(FaultKind::Missing { name: member.name.to_string() });
            }
        }
    }

    /// Parts of the address stand in the input itself, not in what it holds.
    fn is_label(&self, shape: ShapeRef<'_>) -> bool {
        self.path.len() == 1 && (shape.location() == Some(Location::Uri) || shape.has(Flag::HostLabel))
    }

    fn is_wanted(&self, shape: ShapeRef<'_>, member: &Member) -> bool {
        let of = shape.follow(&member.reference);
        let at_top = self.path.is_empty();
        let is_label = at_top && (of.location() == Some(Location::Uri) || of.has(Flag::HostLabel));
        let is_filled =
            at_top && (of.has(Flag::IdempotencyToken) || is_filled_in(self.service, self.operation, &member.name));
        (member.required || is_label) && !is_filled
    }

    fn text(&mut self, shape: ShapeRef<'_>, choices: &[Box<str>], text: &str) {
        if !choices.is_empty() && !choices.iter().any(|choice| &**choice == text) {
            self.push(FaultKind::NotInEnum { choices: choices.iter().map(ToString::to_string).collect() });
        } else {
            self.size(shape, text.chars().count());
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "no length comes near 2^52")]
    fn size(&mut self, shape: ShapeRef<'_>, length: usize) {
        self.number(shape, length as f64);
    }

    fn number(&mut self, shape: ShapeRef<'_>, number: f64) {
        let bounds = shape.bounds();
        if let Some(least) = bounds.min.filter(|least| number < *least) {
            self.push(FaultKind::TooSmall { least });
        }
        if let Some(most) = bounds.max.filter(|most| number > *most) {
            self.push(FaultKind::TooLarge { most });
        }
    }

    fn wrong(&mut self, expected: &'static str, given: &Given<'_>) {
        self.push(FaultKind::WrongType { expected, found: given.kind() });
    }
}
