//! What pages say, in each language. A text that is missing does not compile.

use crate::policy::Role;

/// One language's texts. `{}` stands for a value.
pub struct Texts {
    /// The language's tag.
    pub lang: &'static str,
    /// Policy lets the person not in.
    pub denied_title: &'static str,
    /// A rule denies; its own message follows.
    pub denied_text: &'static str,
    /// No rule lets one in.
    pub denied_by_default_text: &'static str,
    /// A stronger sign-in is needed.
    pub denied_acr_text: &'static str,
    /// Who the person is here; `{}` is their name.
    pub signed_in_as: &'static str,
    /// The home page's field for a room.
    pub room_label: &'static str,
    /// Action: open that room.
    pub room_button: &'static str,
    /// The home page's field for a room to invite to.
    pub invite_label: &'static str,
    /// Action: make an invitation.
    pub invite_button: &'static str,
    /// An invitation of one's own: `{room}` and `{until}`.
    pub invitation_until: &'static str,
    /// Action: take it back.
    pub withdraw_button: &'static str,
    /// An invitation was made.
    pub invited_title: &'static str,
    /// What to do with it: `{room}` and `{until}`.
    pub invited_text: &'static str,
    /// Stands before the link.
    pub invitation_link_label: &'static str,
    /// What a guest sees.
    pub guest_title: &'static str,
    /// Who invites whereto: `{by}` and `{room}`.
    pub guest_text: &'static str,
    /// The field for a guest's name.
    pub guest_label: &'static str,
    /// Nothing is left of the name that was typed.
    pub guest_nameless: &'static str,
    /// Action: the same meeting with an account.
    pub with_account: &'static str,
    /// The invitation counts no more, or never did.
    pub invitation_over_title: &'static str,
    /// What to do.
    pub invitation_over_text: &'static str,
    /// Somebody wanted to invite where they may not.
    pub may_not_invite_title: &'static str,
    /// Who may; `{}` is the room's name.
    pub may_not_invite_text: &'static str,
    /// Somebody has as many invitations as can be kept an eye on.
    pub too_many_title: &'static str,
    /// What to do.
    pub too_many_text: &'static str,
    /// Action: to the home page.
    pub to_home: &'static str,
    /// One's role in a room.
    pub as_moderator: &'static str,
    /// One's role in a room.
    pub as_participant: &'static str,
    /// One's role in a room.
    pub as_visitor: &'static str,
    /// Between the form and the meeting.
    pub opening_title: &'static str,
    /// For browsers that do not go on by themselves.
    pub opening_text: &'static str,
    /// Action: go on.
    pub opening_now: &'static str,
    /// The way back into an app.
    pub open_app_title: &'static str,
    /// The page is of no more use then.
    pub open_app_text: &'static str,
    /// Action: open the app.
    pub open_app: &'static str,
    /// Action: the meeting in this browser, for those without the app.
    pub join_in_browser: &'static str,
    /// Action: to the provider.
    pub sign_in: &'static str,
    /// Action: to the provider, for another account.
    pub sign_in_as_other: &'static str,
    /// Jitsi sends the person back again and again.
    pub in_circles_title: &'static str,
    /// What that means; the points follow.
    pub in_circles_text: &'static str,
    /// What an administrator should look at, the likeliest first.
    pub in_circles_points: &'static [&'static str],
    /// Action: into the same meeting, one more time.
    pub try_once_more: &'static str,
    /// The provider answered `access_denied`.
    pub cancelled_title: &'static str,
    /// It cannot be told who said no: the person or the provider.
    pub cancelled_text: &'static str,
    /// The provider wants to see the person.
    pub login_required_title: &'static str,
    /// It would not go on without.
    pub login_required_text: &'static str,
    /// The provider reported an error of its own.
    pub provider_error_title: &'static str,
    /// Its cause is in the log.
    pub provider_error_text: &'static str,
    /// The provider cannot be reached.
    pub provider_unavailable_title: &'static str,
    /// Nothing to do but wait.
    pub provider_unavailable_text: &'static str,
    /// The provider's answer was not to be trusted.
    pub sign_in_failed_title: &'static str,
    /// Its cause is in the log.
    pub sign_in_failed_text: &'static str,
    /// No login under way belongs to the callback.
    pub login_expired_title: &'static str,
    /// Also shown where the room is unknown, without an action.
    pub login_expired_text: &'static str,
    /// The link to the meeting is broken.
    pub bad_request_title: &'static str,
    /// Where to find a good one.
    pub bad_request_text: &'static str,
    /// Jitsi could not open a room of this name.
    pub bad_room_title: &'static str,
    /// What a name may be.
    pub bad_room_text: &'static str,
    /// The token does not fit into an address.
    pub token_too_large_title: &'static str,
    /// Only an administrator can mend it.
    pub token_too_large_text: &'static str,
    /// Action: sign out.
    pub sign_out: &'static str,
    /// The end of a sign-out.
    pub signed_out_title: &'static str,
    /// At the provider as well.
    pub signed_out_text: &'static str,
    /// Here; of the provider nothing is known.
    pub signed_out_here_text: &'static str,
    /// Action: to the home page.
    pub sign_in_again: &'static str,
    /// Action: to Jitsi's front page.
    pub to_jitsi: &'static str,
    /// The session could not be ended.
    pub sign_out_failed_title: &'static str,
    /// It is still alive.
    pub sign_out_failed_text: &'static str,
    /// No such address.
    pub not_found_title: &'static str,
    /// What this service is.
    pub not_found_text: &'static str,
    /// The address exists, the method does not.
    pub method_not_allowed_title: &'static str,
    /// Where to go instead.
    pub method_not_allowed_text: &'static str,
    /// A defect of ours.
    pub internal_title: &'static str,
    /// Says whose fault it is.
    pub internal_text: &'static str,
    /// The home page.
    pub welcome_title: &'static str,
    /// What this service is, and how to come to use it.
    pub welcome_text: &'static str,
    /// Action: the same wish to join once more.
    pub try_again: &'static str,
    /// Action: a new login; `{}` is the room's name.
    pub start_again: &'static str,
    /// Stands before the request's id.
    pub request_id_label: &'static str,
}

/// English, and the language of everybody else.
static ENGLISH: Texts = Texts {
    lang: "en",
    denied_title: "You cannot join this meeting",
    denied_text: "The rules of this service keep you out of this room. If you think that is a mistake, ask your administrator.",
    denied_by_default_text: "No rule of this service lets you into this room. If you should be able to join, ask your administrator.",
    denied_acr_text: "This room needs a stronger sign-in, for example with a second factor. Sign in again that way, or ask your administrator how.",
    signed_in_as: "You are signed in as {}.",
    sign_in: "Sign in",
    sign_in_as_other: "Sign in as somebody else",
    in_circles_title: "Jitsi keeps sending you back",
    in_circles_text: "You are signed in and may join, but the meeting sent you back here several times within a minute. It probably does not accept the pass that this service gives you. You cannot mend that yourself: give your administrator the request number below. For administrators: Prosody’s log names the reason. Compare the settings of this service with Jitsi’s:",
    in_circles_points: &[
        "The secret, or the key: token.secret here is JWT_APP_SECRET (app_secret) there, and token.algorithm is the signature_algorithm.",
        "The issuer and the audience: jitsi.app_id is among the accepted issuers, and jitsi.audience among the accepted audiences.",
        "Domain verification: where it is on, jitsi.xmpp_domain is XMPP_DOMAIN, or the tenant is that of the address.",
        "The clocks of both servers: Prosody forgives no difference beyond token.not_before_leeway.",
        "The room: with jitsi.bind_tenant or after a changed link, the pass is for another room than the one that was opened.",
        "The pass does not arrive at all: a Jitsi from before May 2024 needs jitsi.token_in = \"query\".",
    ],
    try_once_more: "Try once more",
    cancelled_title: "The sign-in was cancelled",
    cancelled_text: "Either you stopped before the sign-in was finished, or your organisation does not let you use this service. You are welcome to try again.",
    login_required_title: "Please sign in",
    login_required_text: "Your organisation’s sign-in service needs you to sign in before you can join the meeting.",
    provider_error_title: "The sign-in service reported an error",
    provider_error_text: "Your organisation’s sign-in service could not sign you in. Please try again in a moment. If it happens again, give your administrator the request number below.",
    provider_unavailable_title: "The sign-in service cannot be reached",
    provider_unavailable_text: "Your organisation’s sign-in service does not answer at the moment. Please try again shortly.",
    sign_in_failed_title: "The sign-in failed",
    sign_in_failed_text: "The answer of the sign-in service could not be verified, so you were not signed in. Please try again. If it happens again, give your administrator the request number below.",
    login_expired_title: "This sign-in is no longer valid",
    login_expired_text: "It took too long, was already finished, or was begun in another browser. To go on, just open the meeting again.",
    bad_request_title: "This link does not work",
    bad_request_text: "The link to the meeting is incomplete or too long. Please open the meeting again from where you found it.",
    bad_room_title: "No meeting can have this name",
    bad_room_text: "The meeting’s name is empty, too long, or contains characters that Jitsi cannot use. Please choose another name.",
    token_too_large_title: "Your profile is too large",
    token_too_large_text: "What your sign-in service says about you is too long to be passed on to the meeting. Please give your administrator the request number below.",
    sign_out: "Sign out",
    signed_out_title: "You are signed out",
    signed_out_text: "You are signed out here and at your organisation’s sign-in service. Meetings that are still open in other windows go on until you leave them.",
    signed_out_here_text: "You are signed out here. You may still be signed in at your organisation’s sign-in service: on a device that others use, sign out there as well, or close the browser.",
    sign_in_again: "Sign in again",
    to_jitsi: "To Jitsi Meet",
    sign_out_failed_title: "You are not signed out yet",
    sign_out_failed_text: "This service could not end your session at the moment. Please try again shortly, and do not leave this device to others before that.",
    not_found_title: "Nothing is here",
    not_found_text: "This is the sign-in service of Jitsi Meet. To use it, open a meeting there.",
    method_not_allowed_title: "That does not work here",
    method_not_allowed_text: "This address exists, but it cannot be used in this way. To join a meeting, open it in Jitsi Meet.",
    internal_title: "Something went wrong here",
    internal_text: "This is our mistake, not yours. Please try again. If it happens again, give your administrator the request number below.",
    welcome_title: "Sign-in for Jitsi Meet",
    welcome_text: "This service signs you in to your organisation’s video meetings. Open a meeting in Jitsi Meet, and you will be brought here when it is time to sign in; or type a room’s name.",
    room_label: "Room",
    room_button: "Join",
    invite_label: "Invite guests to the room",
    invite_button: "Make a link",
    invitation_until: "Invitation to “{room}”, until {until}",
    withdraw_button: "Withdraw",
    invited_title: "Your invitation is ready",
    invited_text: "Send this link to your guests. Until {until}, whoever has it can take part in “{room}” without an account, and never as a moderator. You can withdraw it on the home page.",
    invitation_link_label: "Link",
    guest_title: "You are invited to a meeting",
    guest_text: "{by} invites you to “{room}”. You need no account: type the name that the others are to see.",
    guest_label: "Your name",
    guest_nameless: "Please type a name with letters or digits in it.",
    with_account: "I have an account here",
    invitation_over_title: "This invitation is not valid any more",
    invitation_over_text: "It has ended, was withdrawn, or the link is incomplete. Please ask whoever invited you for a new one.",
    may_not_invite_title: "You cannot invite guests to this room",
    may_not_invite_text: "Only moderators of “{}” whom a rule of this service allows to invite can do so. If you should be one of them, ask your administrator.",
    too_many_title: "You have too many invitations",
    too_many_text: "Fifty of your invitations are still valid. Withdraw one on the home page before you make another.",
    to_home: "To the home page",
    as_moderator: "moderator",
    as_participant: "participant",
    as_visitor: "visitor",
    opening_title: "Opening the meeting",
    opening_text: "If nothing happens, please use the button.",
    opening_now: "Open the meeting",
    open_app_title: "You are signed in",
    open_app_text: "Go on in the Jitsi app. Once the meeting is open there, you can close this page.",
    open_app: "Open the app",
    join_in_browser: "Join in this browser instead",
    try_again: "Try again",
    start_again: "Start again for “{}”",
    request_id_label: "Request",
};

/// German.
static GERMAN: Texts = Texts {
    lang: "de",
    denied_title: "Sie können diesem Meeting nicht beitreten",
    denied_text: "Nach den Regeln dieses Dienstes haben Sie zu diesem Raum keinen Zutritt. Wenn Sie das für ein Versehen halten, wenden Sie sich bitte an Ihre IT-Administration.",
    denied_by_default_text: "Keine Regel dieses Dienstes erlaubt Ihnen den Zutritt zu diesem Raum. Wenn Sie teilnehmen sollten, wenden Sie sich bitte an Ihre IT-Administration.",
    denied_acr_text: "Für diesen Raum ist eine stärkere Anmeldung nötig, zum Beispiel mit einem zweiten Faktor. Melden Sie sich auf diesem Weg noch einmal an, oder fragen Sie Ihre IT-Administration, wie das geht.",
    signed_in_as: "Sie sind als {} angemeldet.",
    sign_in: "Anmelden",
    sign_in_as_other: "Als jemand anderes anmelden",
    in_circles_title: "Jitsi schickt Sie immer wieder zurück",
    in_circles_text: "Sie sind angemeldet und dürfen teilnehmen, aber das Meeting hat Sie innerhalb einer Minute mehrmals hierher zurückgeschickt. Vermutlich nimmt es den Ausweis nicht an, den dieser Dienst Ihnen ausstellt. Das können Sie nicht selbst beheben: Nennen Sie Ihrer IT-Administration die Anfragenummer unten. Für die Administration: Den Grund nennt das Protokoll von Prosody. Vergleichen Sie die Einstellungen dieses Dienstes mit denen von Jitsi:",
    in_circles_points: &[
        "Das Geheimnis oder der Schlüssel: token.secret hier ist JWT_APP_SECRET (app_secret) dort, und token.algorithm ist der signature_algorithm.",
        "Aussteller und Empfänger: jitsi.app_id gehört zu den akzeptierten Ausstellern (accepted issuers), jitsi.audience zu den akzeptierten Empfängern (accepted audiences).",
        "Die Prüfung der Domain: Wo sie eingeschaltet ist, ist jitsi.xmpp_domain gleich XMPP_DOMAIN, oder der Mandant ist der aus der Adresse.",
        "Die Uhren beider Server: Prosody duldet keinen Unterschied, der über token.not_before_leeway hinausgeht.",
        "Der Raum: Mit jitsi.bind_tenant oder nach einem geänderten Link gilt der Ausweis für einen anderen Raum als den geöffneten.",
        "Der Ausweis kommt gar nicht an: Ein Jitsi von vor Mai 2024 braucht jitsi.token_in = \"query\".",
    ],
    try_once_more: "Noch ein einziges Mal versuchen",
    cancelled_title: "Die Anmeldung wurde abgebrochen",
    cancelled_text: "Entweder haben Sie die Anmeldung nicht abgeschlossen, oder Ihre Organisation hat diesen Dienst nicht für Sie freigegeben. Sie können es gern noch einmal versuchen.",
    login_required_title: "Bitte melden Sie sich an",
    login_required_text: "Der Anmeldedienst Ihrer Organisation verlangt eine Anmeldung, bevor Sie dem Meeting beitreten können.",
    provider_error_title: "Der Anmeldedienst meldet einen Fehler",
    provider_error_text: "Der Anmeldedienst Ihrer Organisation konnte Sie nicht anmelden. Bitte versuchen Sie es gleich noch einmal. Falls es wieder passiert, nennen Sie Ihrer IT-Administration die Anfragenummer unten.",
    provider_unavailable_title: "Der Anmeldedienst ist nicht erreichbar",
    provider_unavailable_text: "Der Anmeldedienst Ihrer Organisation antwortet gerade nicht. Bitte versuchen Sie es in Kürze noch einmal.",
    sign_in_failed_title: "Die Anmeldung ist fehlgeschlagen",
    sign_in_failed_text: "Die Antwort des Anmeldedienstes ließ sich nicht überprüfen, deshalb wurden Sie nicht angemeldet. Bitte versuchen Sie es noch einmal. Falls es wieder passiert, nennen Sie Ihrer IT-Administration die Anfragenummer unten.",
    login_expired_title: "Diese Anmeldung gilt nicht mehr",
    login_expired_text: "Sie hat zu lange gedauert, ist bereits abgeschlossen oder wurde in einem anderen Browser begonnen. Öffnen Sie einfach das Meeting noch einmal.",
    bad_request_title: "Dieser Link funktioniert nicht",
    bad_request_text: "Der Link zum Meeting ist unvollständig oder zu lang. Bitte öffnen Sie das Meeting noch einmal von dort, wo Sie es gefunden haben.",
    bad_room_title: "So kann kein Meeting heißen",
    bad_room_text: "Der Name des Meetings ist leer, zu lang oder enthält Zeichen, die Jitsi nicht verwenden kann. Bitte wählen Sie einen anderen Namen.",
    token_too_large_title: "Ihr Profil ist zu groß",
    token_too_large_text: "Was Ihr Anmeldedienst über Sie mitteilt, ist zu lang, um es an das Meeting weiterzugeben. Bitte nennen Sie Ihrer IT-Administration die Anfragenummer unten.",
    sign_out: "Abmelden",
    signed_out_title: "Sie sind abgemeldet",
    signed_out_text: "Sie sind hier und beim Anmeldedienst Ihrer Organisation abgemeldet. Meetings, die noch in anderen Fenstern geöffnet sind, laufen weiter, bis Sie sie verlassen.",
    signed_out_here_text: "Sie sind hier abgemeldet. Beim Anmeldedienst Ihrer Organisation sind Sie womöglich noch angemeldet: Melden Sie sich an einem gemeinsam genutzten Gerät auch dort ab, oder schließen Sie den Browser.",
    sign_in_again: "Wieder anmelden",
    to_jitsi: "Zu Jitsi Meet",
    sign_out_failed_title: "Sie sind noch nicht abgemeldet",
    sign_out_failed_text: "Dieser Dienst konnte Ihre Sitzung gerade nicht beenden. Bitte versuchen Sie es gleich noch einmal, und überlassen Sie das Gerät vorher niemand anderem.",
    not_found_title: "Hier ist nichts",
    not_found_text: "Dies ist der Anmeldedienst für Jitsi Meet. Öffnen Sie dort ein Meeting, um ihn zu nutzen.",
    method_not_allowed_title: "Das geht hier nicht",
    method_not_allowed_text: "Diese Adresse gibt es, aber sie lässt sich so nicht benutzen. Um an einem Meeting teilzunehmen, öffnen Sie es in Jitsi Meet.",
    internal_title: "Hier ist etwas schiefgegangen",
    internal_text: "Das ist unser Fehler, nicht Ihrer. Bitte versuchen Sie es noch einmal. Falls es wieder passiert, nennen Sie Ihrer IT-Administration die Anfragenummer unten.",
    welcome_title: "Anmeldung für Jitsi Meet",
    welcome_text: "Über diesen Dienst melden Sie sich zu den Videokonferenzen Ihrer Organisation an. Öffnen Sie ein Meeting in Jitsi Meet, und Sie werden hierher geleitet, sobald eine Anmeldung nötig ist; oder geben Sie den Namen eines Raumes ein.",
    room_label: "Raum",
    room_button: "Teilnehmen",
    invite_label: "Gäste einladen in den Raum",
    invite_button: "Link erstellen",
    invitation_until: "Einladung zu „{room}“, gültig bis {until}",
    withdraw_button: "Zurückziehen",
    invited_title: "Ihre Einladung ist fertig",
    invited_text: "Schicken Sie diesen Link Ihren Gästen. Bis {until} kann damit jede Person, die ihn hat, ohne Konto an „{room}“ teilnehmen, aber nie moderieren. Auf der Startseite können Sie ihn zurückziehen.",
    invitation_link_label: "Link",
    guest_title: "Sie sind zu einem Meeting eingeladen",
    guest_text: "{by} lädt Sie zu „{room}“ ein. Sie brauchen kein Konto: Geben Sie den Namen ein, den die anderen sehen sollen.",
    guest_label: "Ihr Name",
    guest_nameless: "Bitte geben Sie einen Namen mit Buchstaben oder Ziffern ein.",
    with_account: "Ich habe hier ein Konto",
    invitation_over_title: "Diese Einladung gilt nicht mehr",
    invitation_over_text: "Sie ist abgelaufen, wurde zurückgezogen, oder der Link ist unvollständig. Bitten Sie die Person, die Sie eingeladen hat, um einen neuen.",
    may_not_invite_title: "Sie können in diesen Raum keine Gäste einladen",
    may_not_invite_text: "Das können nur diejenigen, die „{}“ moderieren und denen eine Regel dieses Dienstes das Einladen erlaubt. Wenn Sie dazugehören sollten, wenden Sie sich bitte an Ihre IT-Administration.",
    too_many_title: "Sie haben zu viele Einladungen",
    too_many_text: "Fünfzig Ihrer Einladungen gelten noch. Ziehen Sie auf der Startseite eine zurück, bevor Sie die nächste erstellen.",
    to_home: "Zur Startseite",
    as_moderator: "Moderation",
    as_participant: "Teilnahme",
    as_visitor: "Zuhören",
    opening_title: "Das Meeting wird geöffnet",
    opening_text: "Falls nichts passiert, benutzen Sie bitte die Schaltfläche.",
    opening_now: "Meeting öffnen",
    open_app_title: "Sie sind angemeldet",
    open_app_text: "Weiter geht es in der Jitsi-App. Sobald das Meeting dort geöffnet ist, können Sie diese Seite schließen.",
    open_app: "App öffnen",
    join_in_browser: "Stattdessen in diesem Browser teilnehmen",
    try_again: "Noch einmal versuchen",
    start_again: "Neu beginnen für „{}“",
    request_id_label: "Anfrage",
};

impl Texts {
    /// What one is in a room, as a word.
    #[must_use]
    pub fn role(&self, role: Role) -> &'static str {
        match role {
            Role::Moderator => self.as_moderator,
            Role::Participant => self.as_participant,
            Role::Visitor => self.as_visitor,
        }
    }
}

/// The texts of the first language that there is, of those a browser accepts, in its order.
#[must_use]
pub fn best_for(accepted: &[String]) -> &'static Texts {
    let known = |tag: &String| match tag
        .split('-')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase()
        .as_str()
    {
        "de" => Some(&GERMAN),
        "en" => Some(&ENGLISH),
        _ => None,
    };
    accepted.iter().find_map(known).unwrap_or(&ENGLISH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_known_language_counts() {
        let lang = |tags: &[&str]| {
            best_for(&tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>()).lang
        };
        assert_eq!(lang(&["de-AT", "en"]), "de");
        assert_eq!(lang(&["fr", "en-GB", "de"]), "en");
        assert_eq!(lang(&["fr"]), "en");
        assert_eq!(lang(&[]), "en");
    }
}
