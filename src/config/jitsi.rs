//! `[jitsi]`: the Jitsi that people are sent to.

use super::address::PublicUrl;
use super::reader::Section;
use super::value::choice;
use super::{Jitsi, NotSignedIn, apps, jaas};
use crate::meeting::url::TokenPlace;
use crate::session::logout_state::SignedOut;
use crate::token::TokenIdentity;

/// Reads the section; with a `jaas_app_id`, much of it settles itself.
pub fn read(mut section: Section<'_>) -> Option<Jitsi> {
    let jaas = jaas::app_id(&mut section);
    let url = match (&jaas, section.peek("url")) {
        (Some(Some(_)), None) => jaas::url(),
        _ => section.required(
            "url",
            "write the address of your Jitsi, such as \"https://meet.example.org\"",
        ),
    };
    let usual = match &jaas {
        Some(Some(app_id)) => TokenIdentity::of_jaas(app_id),
        Some(None) | None => TokenIdentity::default(),
    };
    let app_id = section.or("app_id", usual.app_id);
    let audience = section.or("audience", usual.audience);
    let xmpp_domain = section.or("xmpp_domain", usual.xmpp_domain);
    let bind_tenant = section.or("bind_tenant", false);
    let group = section.optional::<String>("group");
    let token_in = section.or("token_in", TokenPlace::Fragment);
    let skip_prejoin = section.or("skip_prejoin", false);
    let after_logout = section.or("after_logout", SignedOut::Page);
    let not_signed_in_origin = section.origin("not_signed_in");
    let not_signed_in = section.or("not_signed_in", NotSignedIn::SignIn);
    if not_signed_in == Some(NotSignedIn::Guest) && matches!(jaas, Some(Some(_))) {
        let said = "\"guest\", but JaaS lets in nobody without a token";
        section.fault("not_signed_in", not_signed_in_origin, said);
    }
    let apps = apps::read(section.section("apps"));
    if xmpp_domain.as_deref() == Some("*") {
        section.warn(
            "xmpp_domain",
            None,
            "\"*\" is good for every tenant: Prosody's domain verification then verifies nothing",
        );
    }
    for (key, value) in [
        ("app_id", &app_id),
        ("audience", &audience),
        ("xmpp_domain", &xmpp_domain),
    ] {
        if value.as_ref().is_some_and(String::is_empty) {
            section.fault(key, None, "empty: Prosody refuses a token without it");
        }
    }
    section.finish();
    let PublicUrl(url) = url?;
    let group = group?.filter(|group| !group.is_empty());
    let identity = TokenIdentity {
        app_id: app_id?,
        audience: audience?,
        xmpp_domain: xmpp_domain?,
        group,
        bind_tenant: bind_tenant?,
    };
    Some(Jitsi {
        url,
        jaas: jaas?,
        identity,
        token_in: token_in?,
        skip_prejoin: skip_prejoin?,
        after_logout: after_logout?,
        not_signed_in: not_signed_in?,
        apps: apps?,
    })
}

choice!(TokenPlace { "fragment" => Self::Fragment, "query" => Self::Query });
choice!(NotSignedIn { "sign_in" => Self::SignIn, "guest" => Self::Guest });
choice!(SignedOut { "page" => Self::Page, "jitsi" => Self::Jitsi });
