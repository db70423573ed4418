//! A place in an answer: `ResultSet.Rows`.

use serde_json::{Map, Value};

use super::fault::PaginatorFault;
use crate::aws::api::jmespath::Expression;

/// One or more names, each a member of the one before.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Key(Vec<String>);

impl Key {
    pub(super) fn read(text: &str) -> Result<Self, PaginatorFault> {
        let expression = Expression::read(text)
            .map_err(|fault| PaginatorFault::Expression { source_text: text.to_owned(), fault })?;
        let names = expression.names().ok_or_else(|| PaginatorFault::Key(text.to_owned()))?;
        Ok(Key(names.into_iter().map(str::to_owned).collect()))
    }

    /// Takes what stands there out of the answer. Null is nothing.
    pub(super) fn take(&self, answer: &mut Value) -> Option<Value> {
        let (last, way) = self.0.split_last()?;
        let object = way.iter().try_fold(answer, |value, name| value.get_mut(name))?.as_object_mut()?;
        object.shift_remove(last).filter(|found| !found.is_null())
    }

    /// The place itself, with the objects that lead there: null when nothing stands there yet, or when what leads there
    /// is no object.
    pub(super) fn place<'m>(&self, merged: &'m mut Map<String, Value>) -> Option<&'m mut Value> {
        let (last, way) = self.0.split_last()?;
        let mut object = merged;
        for name in way {
            object = object.entry(name).or_insert_with(|| Value::Object(Map::new())).as_object_mut()?;
        }
        Some(object.entry(last).or_insert(Value::Null))
    }
}
