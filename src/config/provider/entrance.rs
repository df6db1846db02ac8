//! What people know one of several providers by, and which meetings it is for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::config::pages::picture;
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
    let picture = picture(section, "logo_file", LARGEST_LOGO)?;
    Some(picture.map(|picture| {
        let encoded = STANDARD.encode(&picture.bytes);
        format!("data:{};base64,{encoded}", picture.media_type)
    }))
}
