//! What people know one of several providers by, and which meetings it is for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::config::policy::{RoomPattern, nonempty};
use crate::config::reader::Section;
use crate::identity::settings::Sign;
use crate::pattern::Pattern;
use crate::policy::entrance::Entrance;
use crate::policy::rule::{EmailDomain, TenantPattern};

/// The largest logo, in bytes: it stands in the page.
const LARGEST_LOGO: usize = 64 * 1024;

/// Reads the keys that one of several providers has.
pub fn read(section: &mut Section<'_>, name: &str) -> Option<(Sign, Entrance)> {
    let label = section.or("label", name.to_owned());
    let logo = logo(section);
    let tenants = nonempty::<TenantPattern>(section, "tenants");
    let rooms = nonempty::<RoomPattern>(section, "rooms");
    let email_domains = nonempty::<EmailDomain>(section, "email_domains");
    let tenant = |tenant: &TenantPattern| match tenant {
        TenantPattern::Named(pattern) => Some(pattern.clone()),
        TenantPattern::None => None,
    };
    let in_tenants = tenants.iter().flatten().filter_map(tenant);
    let in_rooms = rooms.iter().flatten().map(|RoomPattern(room)| room.clone());
    let loose: Vec<(&str, Pattern)> = in_tenants
        .map(|pattern| ("tenants", pattern))
        .chain(in_rooms.map(|pattern| ("rooms", pattern)))
        .collect();
    for (key, pattern) in loose {
        if let Some(name) = pattern.placeholders().next() {
            let said = format!("{{{name}}} stands for nothing here: nobody has signed in yet");
            section.fault(key, None, said);
        }
    }
    let sign = Sign {
        label: label?,
        logo: logo?,
    };
    let entrance = Entrance {
        provider: name.to_owned(),
        tenants: tenants?,
        rooms: rooms?.into_iter().map(|RoomPattern(room)| room).collect(),
        email_domains: email_domains?,
    };
    Some((sign, entrance))
}

/// A picture as a `data:` address: pages load nothing from elsewhere.
fn logo(section: &mut Section<'_>) -> Option<Option<String>> {
    let origin = section.origin("logo_file");
    let Some(picture) = section.file("logo_file")? else {
        return Some(None);
    };
    let said = match media_type(&picture) {
        _ if picture.len() > LARGEST_LOGO => "larger than 64 KB: it stands in every page with it",
        Some(media_type) => {
            let encoded = STANDARD.encode(&picture);
            return Some(Some(format!("data:{media_type};base64,{encoded}")));
        }
        None => "neither SVG nor PNG, JPEG or WebP",
    };
    section.fault("logo_file", origin, said);
    None
}

fn media_type(picture: &[u8]) -> Option<&'static str> {
    let text = String::from_utf8_lossy(picture.get(..picture.len().min(1024))?);
    let begins = |with: &[u8]| picture.starts_with(with);
    if begins(b"\x89PNG\r\n\x1a\n") {
        Some("image/png")
    } else if begins(b"\xff\xd8\xff") {
        Some("image/jpeg")
    } else if begins(b"RIFF") && picture.get(8..12) == Some(b"WEBP") {
        Some("image/webp")
    } else if text.trim_start().starts_with('<') && text.contains("<svg") {
        Some("image/svg+xml")
    } else {
        None
    }
}
