//! Bodies of XML.

use serde_json::Value;

use super::input::{InputFault, Within, given, list, map, text};
use super::scalar::as_text;
use crate::aws::api::model::{Flag, Member, ShapeKind, ShapeRef, TimestampFormat, XmlNamespace};

/// Members as one element.
pub(super) fn members(
    name: &str,
    namespace: Option<&XmlNamespace>,
    members: &[(&Member, ShapeRef<'_>, &Value)],
) -> Result<String, InputFault> {
    let mut writer = Writer::default();
    writer.structure(name, namespace, members)?;
    Ok(writer.text)
}

/// A value as one element.
pub(super) fn element(
    name: &str,
    namespace: Option<&XmlNamespace>,
    shape: ShapeRef<'_>,
    value: &Value,
) -> Result<String, InputFault> {
    match shape.kind() {
        ShapeKind::Structure(_) => members(name, namespace, &given(shape, value)?),
        ShapeKind::List(_)
        | ShapeKind::Map { .. }
        | ShapeKind::Text(_)
        | ShapeKind::Integer
        | ShapeKind::Long
        | ShapeKind::Float
        | ShapeKind::Double
        | ShapeKind::Boolean
        | ShapeKind::Blob
        | ShapeKind::Timestamp => {
            let mut writer = Writer::default();
            writer.value(name, shape, value)?;
            Ok(writer.text)
        }
    }
}

#[derive(Default)]
struct Writer {
    text: String,
}

impl Writer {
    fn open(&mut self, name: &str, namespace: Option<&XmlNamespace>) {
        self.text.push('<');
        self.text.push_str(name);
        if let Some(namespace) = namespace {
            match &namespace.prefix {
                Some(prefix) => self.attribute(&format!("xmlns:{prefix}"), &namespace.uri),
                None => self.attribute("xmlns", &namespace.uri),
            }
        }
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.text.push(' ');
        self.text.push_str(name);
        self.text.push_str("=\"");
        self.escaped(value);
        self.text.push('"');
    }

    fn close(&mut self, name: &str) {
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push('>');
    }

    /// Line ends are written as references: a parser would change a bare carriage return, and all in attributes.
    fn escaped(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                '"' => self.text.push_str("&quot;"),
                '\r' => self.text.push_str("&#xD;"),
                '\n' => self.text.push_str("&#xA;"),
                '\u{85}' => self.text.push_str("&#x85;"),
                '\u{2028}' => self.text.push_str("&#x2028;"),
                c => self.text.push(c),
            }
        }
    }

    fn structure(
        &mut self,
        name: &str,
        namespace: Option<&XmlNamespace>,
        members: &[(&Member, ShapeRef<'_>, &Value)],
    ) -> Result<(), InputFault> {
        self.open(name, namespace);
        for (member, shape, value) in members.iter().filter(|(_, shape, _)| shape.has(Flag::XmlAttribute)) {
            let name = shape.location_name().unwrap_or(&member.name);
            self.attribute(name, text(value).below(&member.name)?);
        }
        self.text.push('>');
        for (member, shape, value) in members.iter().filter(|(_, shape, _)| !shape.has(Flag::XmlAttribute)) {
            let name = shape.location_name().unwrap_or(&member.name);
            self.value(name, *shape, value).below(&member.name)?;
        }
        self.close(name);
        Ok(())
    }

    fn value(&mut self, name: &str, shape: ShapeRef<'_>, value: &Value) -> Result<(), InputFault> {
        let namespace = shape.xml_namespace();
        match shape.kind() {
            ShapeKind::Structure(_) => self.structure(name, namespace, &given(shape, value)?)?,
            ShapeKind::List(item) => {
                let item = shape.follow(item);
                let flattened = shape.has(Flag::Flattened);
                let item_name = if flattened { name } else { item.location_name().unwrap_or("member") };
                if !flattened {
                    self.open(name, namespace);
                    self.text.push('>');
                }
                for (value, index) in list(value)?.iter().zip(0_usize..) {
                    if value.is_null() {
                        self.open(item_name, None);
                        self.text.push('>');
                        self.close(item_name);
                    } else {
                        self.value(item_name, item, value).below_item(index)?;
                    }
                }
                if !flattened {
                    self.close(name);
                }
            }
            ShapeKind::Map { key, value: of } => {
                let (key, of) = (shape.follow(key), shape.follow(of));
                let flattened = shape.has(Flag::Flattened);
                if !flattened {
                    self.open(name, namespace);
                    self.text.push('>');
                }
                let entry_name = if flattened { name } else { "entry" };
                for (entry, value) in map(value)?.iter().filter(|(_, value)| !value.is_null()) {
                    self.open(entry_name, None);
                    self.text.push('>');
                    let key_name = key.location_name().unwrap_or("key");
                    self.open(key_name, key.xml_namespace());
                    self.text.push('>');
                    self.escaped(entry);
                    self.close(key_name);
                    self.value(of.location_name().unwrap_or("value"), of, value).below(entry)?;
                    self.close(entry_name);
                }
                if !flattened {
                    self.close(name);
                }
            }
            ShapeKind::Text(_)
            | ShapeKind::Integer
            | ShapeKind::Long
            | ShapeKind::Float
            | ShapeKind::Double
            | ShapeKind::Boolean
            | ShapeKind::Blob
            | ShapeKind::Timestamp => {
                let text = as_text(shape, value, TimestampFormat::Iso8601)?;
                self.open(name, namespace);
                self.text.push('>');
                self.escaped(&text);
                self.close(name);
            }
        }
        Ok(())
    }
}
