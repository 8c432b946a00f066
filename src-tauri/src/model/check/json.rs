//! JSON as people type it: where it breaks and why, in terms that the page has words for.

use jsonschema::{ValidationError, error::ValidationErrorKind as Kind};
use serde_json::Value;

use crate::model::form::{Issue, JsonFault, SchemaFault};

/// Reads typed JSON; the problem says line and character, both from 1.
pub fn parse(text: &str) -> Result<Value, Issue> {
    serde_json::from_str(text).map_err(|error| {
        let line = error.line().max(1);
        let line_of = |line: usize| text.lines().nth(line - 1).unwrap_or_default();
        if error.column() == 0 && line > 1 {
            // A line break where none may be: it belongs to the line it ends.
            let column = line_of(line - 1).chars().count() + 1;
            return Issue::JsonSyntax { line: short(line - 1), column: short(column), fault: fault(&error, None) };
        }
        let typed = line_of(line);
        // serde_json counts bytes; people count characters.
        let before = typed.get(..error.column().saturating_sub(1)).map_or_else(
            // It points into the middle of a character: that one is meant.
            || typed.char_indices().take_while(|(at, c)| at + c.len_utf8() < error.column()).count(),
            |before| before.chars().count(),
        );
        let fault = fault(&error, typed.chars().nth(before));
        Issue::JsonSyntax { line: short(line), column: short(before + 1), fault }
    })
}

fn short(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// serde_json tells the cause only by its text.
fn fault(error: &serde_json::Error, at: Option<char>) -> JsonFault {
    let text = error.to_string();
    let says = |start: &str| text.starts_with(start);
    if says("EOF") {
        return JsonFault::Ended;
    }
    if !says("control character") && !says("invalid escape") {
        match at {
            Some('“' | '”' | '„' | '‟' | '‘' | '’' | '\'' | '`' | '«' | '»' | '＂' | '「' | '」') => {
                return JsonFault::Quotes;
            }
            Some('，' | '：' | '；' | '｛' | '｝' | '［' | '］' | '【' | '】' | '、' | '。') => {
                return JsonFault::FullWidth;
            }
            _ => {}
        }
    }
    match () {
        () if says("trailing comma") => JsonFault::TrailingComma,
        () if says("trailing characters") => JsonFault::Trailing,
        () if says("expected `:`") => JsonFault::Colon,
        () if says("expected `,`") => JsonFault::Comma,
        () if says("key must be a string") => JsonFault::Name,
        () if says("control character") => JsonFault::LineBreak,
        () if says("invalid escape") || text.contains("hex escape") || says("invalid unicode") => JsonFault::Escape,
        () if says("invalid number") || says("number out of range") => JsonFault::Number,
        () if says("recursion limit") => JsonFault::TooDeep,
        () => JsonFault::Value,
    }
}

/// What the app's schema does not allow; validators word it in English only.
pub fn schema_fault(error: &ValidationError<'_>) -> SchemaFault {
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match error.kind() {
        Kind::Required { property } => SchemaFault::Missing { name: plain(property) },
        Kind::AdditionalProperties { unexpected } => SchemaFault::Unknown { names: unexpected.clone() },
        Kind::Type { kind } => {
            use jsonschema::error::TypeKind;
            SchemaFault::Type {
                types: match kind {
                    TypeKind::Single(one) => vec![one.to_string()],
                    TypeKind::Multiple(many) => many.iter().map(|one| one.to_string()).collect(),
                },
            }
        }
        Kind::Enum { options } => SchemaFault::Options {
            options: options.as_array().map(|all| all.iter().map(plain).collect()).unwrap_or_default(),
        },
        Kind::Constant { expected_value } => SchemaFault::Options { options: vec![plain(expected_value)] },
        Kind::MinLength { limit } => SchemaFault::TooShort { min: *limit },
        Kind::MaxLength { limit } => SchemaFault::TooLong { max: *limit },
        Kind::MinItems { limit } => SchemaFault::TooFew { min: *limit },
        Kind::MaxItems { limit } => SchemaFault::TooMany { max: *limit },
        Kind::Minimum { limit } => SchemaFault::TooSmall { min: limit.to_string() },
        Kind::Maximum { limit } => SchemaFault::TooLarge { max: limit.to_string() },
        Kind::Pattern { pattern } => SchemaFault::Pattern { pattern: pattern.clone() },
        _ => SchemaFault::Other { message: error.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_json_is_told_by_its_place_and_its_cause() {
        for (text, line, column, fault) in [
            ("{\"a\": 1", 1, 7, JsonFault::Ended),
            ("{\"a\": 1}}", 1, 9, JsonFault::Trailing),
            ("{\n  \"a\": 1\n  \"b\": 2\n}", 3, 3, JsonFault::Comma),
            ("{\"a\": 1,}", 1, 9, JsonFault::TrailingComma),
            ("{\"a\" 1}", 1, 6, JsonFault::Colon),
            ("{a: 1}", 1, 2, JsonFault::Name),
            ("{“a”: 1}", 1, 2, JsonFault::Quotes),
            ("{'a': 1}", 1, 2, JsonFault::Quotes),
            ("{\"名称\"：\"甲\"}", 1, 6, JsonFault::FullWidth),
            ("{\"名称\": \"甲\"，\"b\": 1}", 1, 11, JsonFault::FullWidth),
            ("{\"a\": \"x\ny\"}", 1, 9, JsonFault::LineBreak),
            ("{\"a\": \"C:\\docs\"}", 1, 11, JsonFault::Escape),
            ("{\"a\": 1.}", 1, 9, JsonFault::Number),
            ("{\"a\": yes}", 1, 7, JsonFault::Value),
        ] {
            let expected = Err(Issue::JsonSyntax { line, column, fault });
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    #[test]
    fn what_a_schema_does_not_allow_is_told_by_its_kind() {
        let schema = serde_json::json!({
            "type": "object", "required": ["id"], "additionalProperties": false,
            "properties": {
                "id": {"type": "integer", "minimum": 1, "maximum": 9}, "name": {"type": "string", "maxLength": 3, "minLength": 2},
                "kind": {"enum": ["a", "b"]}, "list": {"type": "array", "maxItems": 1}, "code": {"pattern": "^x"}
            }
        });
        let validator = jsonschema::draft7::new(&schema).expect("a sound schema");
        for (value, path, fault) in [
            (r"{}", "", SchemaFault::Missing { name: "id".into() }),
            (r#"{"id": 1, "x": 2}"#, "", SchemaFault::Unknown { names: vec!["x".into()] }),
            (r#"{"id": "1"}"#, "/id", SchemaFault::Type { types: vec!["integer".into()] }),
            (r#"{"id": 0}"#, "/id", SchemaFault::TooSmall { min: "1".into() }),
            (r#"{"id": 10}"#, "/id", SchemaFault::TooLarge { max: "9".into() }),
            (r#"{"id": 1, "name": "abcd"}"#, "/name", SchemaFault::TooLong { max: 3 }),
            (r#"{"id": 1, "name": "a"}"#, "/name", SchemaFault::TooShort { min: 2 }),
            (r#"{"id": 1, "kind": "c"}"#, "/kind", SchemaFault::Options { options: vec!["a".into(), "b".into()] }),
            (r#"{"id": 1, "list": [1, 2]}"#, "/list", SchemaFault::TooMany { max: 1 }),
            (r#"{"id": 1, "code": "y"}"#, "/code", SchemaFault::Pattern { pattern: "^x".into() }),
        ] {
            let value: Value = serde_json::from_str(value).expect("JSON");
            let error = validator.iter_errors(&value).next().expect("a fault");
            assert_eq!((error.instance_path().to_string().as_str(), schema_fault(&error)), (path, fault), "{value}");
        }
    }
}
