//! `issuer`, and `directories` where it stands for many.

use url::Url;

use crate::config::address::PublicUrl;
use crate::config::reader::Section;
use crate::config::value::FromNode;

/// What Microsoft Entra ID calls all of its directories, or all of those of organisations.
const ALL: [&str; 2] = ["/organizations/", "/common/"];

/// Where its metadata are, below it (OpenID Connect Discovery 1.0, 4).
const METADATA: &str = "/.well-known/openid-configuration";

/// Who signs people in.
pub struct Issuer {
    /// As an address.
    pub url: Url,
    /// Letter by letter.
    pub text: String,
    /// Those that tokens may name.
    pub accepted: Vec<String>,
    /// What the metadata call it.
    pub in_metadata: String,
}

/// Reads the keys.
pub fn read(section: &mut Section<'_>) -> Option<Issuer> {
    // Compared letter by letter, so it is kept as written.
    let text = section
        .peek("issuer")
        .and_then(|node| String::from_node(node).ok());
    let origin = section.origin("issuer");
    let url = section.required("issuer", "write the provider's issuer exactly as it calls itself, such as \"https://id.example.org/realms/staff\"");
    let directories_origin = section.origin("directories");
    let directories = section.or::<Vec<String>>("directories", Vec::new())?;
    let (PublicUrl(url), text) = (url?, text?);
    if text.ends_with(METADATA) {
        let said = format!("leave out {METADATA}: the issuer is what stands before it");
        section.fault("issuer", origin, said);
        return None;
    }
    let is_id = |text: &String| {
        text.len() == 36 && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
    };
    if let Some(other) = directories.iter().find(|text| !is_id(text)) {
        let said = format!(
            "{other:?} is no directory's id, such as \"9122040d-6c67-4c5b-b112-36a304b66dad\""
        );
        section.fault("directories", directories_origin, said);
        return None;
    }
    let of_microsoft = url
        .host_str()
        .is_some_and(|host| host.starts_with("login."));
    let all = ALL.into_iter().find(|all| text.contains(all));
    let Some(all) = all.filter(|_| of_microsoft || !directories.is_empty()) else {
        if !directories.is_empty() {
            let said = "the issuer is one directory already: leave them out, or write https://login.microsoftonline.com/organizations/v2.0";
            section.fault("directories", directories_origin, said);
            return None;
        }
        return Some(Issuer {
            accepted: vec![text.clone()],
            in_metadata: text.clone(),
            text,
            url,
        });
    };
    if directories.is_empty() {
        let said = "anybody with an account at Microsoft could sign in: write directories = [\"…\"] with the ids of those whose people may, or the issuer of one of them";
        section.fault("issuer", origin, said);
        return None;
    }
    let mut twice = directories.clone();
    twice.sort();
    twice.dedup();
    if twice.len() < directories.len() {
        section.fault("directories", directories_origin, "names one of them twice");
        return None;
    }
    let one = |id: &str| text.replace(all, &format!("/{id}/"));
    Some(Issuer {
        accepted: directories
            .iter()
            .map(|id| one(&id.to_ascii_lowercase()))
            .collect(),
        in_metadata: one("{tenantid}"),
        text,
        url,
    })
}
