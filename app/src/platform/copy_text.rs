//! Rows as PostgreSQL's COPY reads them: a line a row, a tab between columns, `\N` for nothing.

use std::fmt::Write as _;

use sea_orm::{DbErr, Value};

/// Adds a row.
///
/// # Errors
/// For a value that is no number, text, truth value, time or UUID.
pub(super) fn line(out: &mut String, row: impl IntoIterator<Item = Value>) -> Result<(), DbErr> {
    for (number, value) in row.into_iter().enumerate() {
        if number > 0 {
            out.push('\t');
        }
        column(out, value)?;
    }
    out.push('\n');
    Ok(())
}

fn column(out: &mut String, value: Value) -> Result<(), DbErr> {
    match value {
        Value::String(Some(text)) => escape(out, &text),
        Value::BigInt(Some(number)) => plain(out, number),
        Value::Int(Some(number)) => plain(out, number),
        Value::SmallInt(Some(number)) => plain(out, number),
        Value::Bool(Some(truth)) => plain(out, truth),
        Value::Uuid(Some(id)) => plain(out, id),
        Value::ChronoDateTimeUtc(Some(time)) => plain(out, time.to_rfc3339()),
        Value::String(None)
        | Value::BigInt(None)
        | Value::Int(None)
        | Value::SmallInt(None)
        | Value::Bool(None)
        | Value::Uuid(None)
        | Value::ChronoDateTimeUtc(None) => out.push_str("\\N"),
        other => return Err(DbErr::Type(format!("a value that is not copied: {other:?}"))),
    }
    Ok(())
}

fn plain(out: &mut String, value: impl std::fmt::Display) {
    // Writing to a string cannot fail.
    let _ = write!(out, "{value}");
}

fn escape(out: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::Value;

    use super::line;

    #[test]
    fn a_text_stays_in_its_column_and_line() {
        let mut out = String::new();
        let row = [
            Value::from(7_i64),
            Value::from("a\tb\\N\r\nc"),
            Value::from(None::<i64>),
            Value::from(""),
            Value::from(true),
        ];
        line(&mut out, row).unwrap();
        assert_eq!(out, "7\ta\\tb\\\\N\\r\\nc\t\\N\t\ttrue\n");
    }

    #[test]
    fn a_value_of_another_kind_is_refused() {
        assert!(line(&mut String::new(), [Value::from(vec![1_u8])]).is_err());
    }
}
