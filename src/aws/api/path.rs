//! Where in a tree of values something stands.

use std::fmt;

/// One step of a way into a value.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum PathPart {
    /// A member of a structure, or a key of a map.
    Name(String),
    /// An item of a list, from 0.
    Index(usize),
}

/// A way into a value: `Filters[0].Values`. Empty for the value itself.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Path(pub Vec<PathPart>);

impl Path {
    /// The same way, seen from a structure or a map above.
    #[must_use]
    pub fn below(mut self, name: &str) -> Self {
        self.0.insert(0, PathPart::Name(name.to_owned()));
        self
    }

    /// The same way, seen from a list above.
    #[must_use]
    pub fn below_item(mut self, index: usize) -> Self {
        self.0.insert(0, PathPart::Index(index));
        self
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, part) in self.0.iter().enumerate() {
            match part {
                PathPart::Name(name) if position == 0 => write!(f, "{name}")?,
                PathPart::Name(name) => write!(f, ".{name}")?,
                PathPart::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Path;

    #[test]
    fn a_path_reads_like_an_expression() {
        let path = Path::default().below("Values").below_item(3).below("Filters");
        assert_eq!(path.to_string(), "Filters[3].Values");
        assert_eq!(Path::default().to_string(), "");
    }
}
