//! The page on which a person chooses among several providers.

use super::{ChoicePage, Field, Page, PageForm};
use crate::web::Addresses;
use crate::web::texts::Texts;

/// The longest e-mail address (RFC 5321, 4.5.3.1.3).
const LONGEST_ADDRESS: usize = 254;

impl<'a> Page<'a> {
    /// Buttons, and a field for an e-mail address where providers are known by those.
    pub(super) fn for_choice(
        self,
        choice: &ChoicePage,
        texts: &'a Texts,
        addresses: &Addresses,
    ) -> Self {
        let by_address = choice.by_address.as_ref().map(|sealed| PageForm {
            action: format!("{}/choose", addresses.base),
            method: "post",
            hidden: vec![("to", sealed.clone())],
            text: None,
            field: Some(Field {
                name: "email",
                label: texts.choose_email_label,
                kind: "email",
                value: String::new(),
                fill: "email",
                longest: LONGEST_ADDRESS,
            }),
            button: texts.choose_email_button,
        });
        let choices = choice.providers.iter().map(|provider| {
            let sign = provider.sign.clone();
            (provider.href.clone(), sign.logo, sign.label)
        });
        let unknown = choice.unknown_address;
        Self {
            messages: unknown
                .then(|| texts.choose_email_unknown.to_owned())
                .into_iter()
                .collect(),
            choices: choices.collect(),
            forms: by_address.into_iter().collect(),
            ..self.saying("info", texts.choose_title, texts.choose_text)
        }
    }
}
