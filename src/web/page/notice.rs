//! What is to be said on a page, before its language is known.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::identity::settings::Sign;
use crate::meeting::Invitation;
use crate::policy::Role;
use crate::web::error::WebError;
use crate::web::whoami::WhoAmI;

/// Something to be said on a page; an extension of the response until its language is known.
#[derive(Clone)]
pub enum Notice {
    /// Why a request ended without a meeting.
    Error(Arc<WebError>),
    /// The home page.
    Home(Home),
    /// The choice of a provider.
    Choose(Box<ChoicePage>),
    /// On the way to this address of ours, into a meeting.
    Opening(String),
    /// The same, to a sign-in.
    SigningIn(String),
    /// The way back into an app.
    OpenApp(OpenApp),
    /// An invitation, made.
    Invited {
        /// Where it leads.
        invitation: Invitation,
        /// The link that holds it.
        link: String,
    },
    /// What a guest with an invitation sees.
    Guest(GuestPage),
    /// What is known of somebody and decided about them.
    WhoAmI(Box<WhoAmI>),
    /// The end of a sign-out on every device.
    SignedOutEverywhere,
    /// The end of a sign-out.
    SignedOut {
        /// At the provider as well.
        everywhere: bool,
        /// Jitsi's front page.
        jitsi: String,
    },
}

/// The choice of a provider.
#[derive(Clone)]
pub struct ChoicePage {
    /// Those to choose from.
    pub providers: Vec<Choosable>,
    /// Where the sign-in is to lead, sealed, where providers know their people by their e-mail addresses.
    pub by_address: Option<String>,
    /// An address came that belongs to none of them.
    pub unknown_address: bool,
}

/// One provider to choose.
#[derive(Clone)]
pub struct Choosable {
    /// What people know it by.
    pub sign: Sign,
    /// Where the choice leads.
    pub href: String,
}

/// The home page.
#[derive(Clone)]
pub struct Home {
    /// Whoever is signed in.
    pub signed_in: Option<SignedInHome>,
    /// Whether sign-ins are remembered at all.
    pub can_sign_in: bool,
}

/// The home page of somebody.
#[derive(Clone)]
pub struct SignedInHome {
    /// The display name.
    pub name: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// The rooms that rules name and that are open to them.
    pub rooms: Vec<HomeRoom>,
    /// What makes a form one of this session.
    pub form_token: String,
    /// Invitations of one's own that still count; nothing where no rule lets anybody invite.
    pub invitations: Option<Vec<Invitation>>,
}

/// A guest with an invitation.
#[derive(Clone)]
pub struct GuestPage {
    /// The invitation.
    pub invitation: Invitation,
    /// Where the form goes.
    pub action: String,
    /// The same meeting for somebody with an account.
    pub with_account: String,
    /// A name came, and nothing was left of it.
    pub nameless: bool,
}

/// A room on the home page.
#[derive(Clone)]
pub struct HomeRoom {
    /// The address that opens it.
    pub href: String,
    /// Its name for people.
    pub name: String,
    /// One's role there.
    pub role: Role,
}

/// The way back into an app, over a page: browsers open an app where a person asks for it.
#[derive(Clone)]
pub struct OpenApp {
    /// The address that opens the app, with the token in it.
    pub app: String,
    /// The meeting's address in a browser, with the token in it.
    pub web: String,
    /// Open the app without a tap as well.
    pub automatic: bool,
}

impl IntoResponse for Notice {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Error(error) => error.status(),
            Self::Guest(GuestPage { nameless: true, .. }) => StatusCode::BAD_REQUEST,
            Self::Choose(page) if page.unknown_address => StatusCode::BAD_REQUEST,
            Self::WhoAmI(page) if page.is_without_room() => StatusCode::BAD_REQUEST,
            Self::Home(_)
            | Self::WhoAmI(_)
            | Self::Choose(_)
            | Self::Opening(_)
            | Self::SigningIn(_)
            | Self::OpenApp(_)
            | Self::Invited { .. }
            | Self::Guest(_)
            | Self::SignedOutEverywhere
            | Self::SignedOut { .. } => StatusCode::OK,
        };
        let mut response = status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
