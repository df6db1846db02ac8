//! The forms of our own pages.

use axum::extract::Form;
use axum::extract::rejection::FormRejection;

use super::error::WebError;

/// A form's fields; anything else than a form is a broken link.
pub type Fields = Result<Form<Vec<(String, String)>>, FormRejection>;

/// A form's fields.
pub fn read(fields: Fields) -> Result<Vec<(String, String)>, WebError> {
    let Form(fields) = fields.map_err(|_| WebError::Form)?;
    Ok(fields)
}

/// A field's text; nothing when it is absent or came twice.
pub fn field<'a>(fields: &'a [(String, String)], name: &str) -> &'a str {
    let mut values = fields.iter().filter(|(key, _)| key == name);
    match (values.next(), values.next()) {
        (Some((_, value)), None) => value,
        _ => "",
    }
}
