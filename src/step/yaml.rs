//! YAML as JSON. The short forms of `CloudFormation` (`!Ref x`, `!GetAtt a.b`) become their long forms.

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Number, Value, json};

/// The first document as JSON.
pub(crate) fn yaml_to_json(text: &str) -> Result<Value, String> {
    let documents = Yaml::load_from_str(text).map_err(|error| error.to_string())?;
    documents.first().map_or(Ok(Value::Null), convert)
}

fn convert(node: &Yaml<'_>) -> Result<Value, String> {
    match node {
        Yaml::Value(scalar) => Ok(scalar_to_json(scalar)),
        Yaml::Representation(text, ..) => Ok(Value::String(text.to_string())),
        Yaml::Sequence(items) => items.iter().map(convert).collect(),
        Yaml::Mapping(pairs) => {
            let mut map = Map::new();
            for (key, value) in pairs {
                let key = match convert(key)? {
                    Value::String(text) => text,
                    other => other.to_string(),
                };
                map.insert(key, convert(value)?);
            }
            Ok(Value::Object(map))
        }
        Yaml::Tagged(tag, inner) => tagged(&tag.suffix, convert(inner)?),
        Yaml::Alias(_) => Err("an alias leads nowhere".to_owned()),
        Yaml::BadValue => Err("a value is broken".to_owned()),
    }
}

/// `!Ref x` is `{"Ref": "x"}`, `!GetAtt a.b` is `{"Fn::GetAtt": ["a", "b"]}`, `!X y` is `{"Fn::X": y}`.
fn tagged(tag: &str, value: Value) -> Result<Value, String> {
    let value = match (tag, value) {
        ("GetAtt", Value::String(path)) => match path.split_once('.') {
            Some((resource, attribute)) => json!([resource, attribute]),
            None => return Err(format!("`!GetAtt {path}` names no attribute")),
        },
        (_, value) => value,
    };
    let name = match tag {
        "Ref" | "Condition" => tag.to_owned(),
        _ => format!("Fn::{tag}"),
    };
    Ok(json!({ name: value }))
}

fn scalar_to_json(scalar: &Scalar<'_>) -> Value {
    match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(yes) => Value::Bool(*yes),
        Scalar::Integer(number) => Value::Number((*number).into()),
        Scalar::FloatingPoint(number) => Number::from_f64(**number).map_or(Value::Null, Value::Number),
        Scalar::String(text) => Value::String(text.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::yaml_to_json;

    #[test]
    fn short_forms_become_long_ones() {
        let text =
            "a: !Ref x\nb: !GetAtt t.Arn\nc: !Sub '${x}-y'\nd: [1, 2.5, true, null, \"3\"]\ne: !If [p, 1, !Ref y]\n";
        assert_eq!(
            yaml_to_json(text).unwrap(),
            json!({
                "a": {"Ref": "x"},
                "b": {"Fn::GetAtt": ["t", "Arn"]},
                "c": {"Fn::Sub": "${x}-y"},
                "d": [1, 2.5, true, null, "3"],
                "e": {"Fn::If": ["p", 1, {"Ref": "y"}]},
            })
        );
        assert!(yaml_to_json("a: [1").is_err());
    }
}
