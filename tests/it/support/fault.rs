//! How a provider may misbehave, by name; and, in `answer`, how any of its endpoints may.

pub mod answer;

/// Ways to misbehave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Every answer is an error.
    Down,
    /// Discovery answers HTML.
    HtmlDiscovery,
    /// Discovery names another issuer.
    OtherIssuerInDiscovery,
    /// Discovery redirects.
    RedirectingDiscovery,
    /// Discovery answers two megabytes.
    EndlessDiscovery,
    /// The authorization response names another issuer.
    ForeignIss,
    /// The authorization response lacks the issuer that the metadata promise.
    NoIss,
    /// The person says no.
    AccessDenied,
    /// The person must sign in first.
    LoginRequired,
    /// A parameter comes twice.
    TwoStates,
    /// The token endpoint refuses the client.
    InvalidClient,
    /// No answer says when it was made.
    NoDate,
    /// People are sent to whatever redirect URI is asked for.
    TakesAnyRedirectUri,
    /// The token endpoint asks no client for its secret.
    AsksForNoSecret,
    /// The token endpoint answers HTML.
    HtmlToken,
    /// The token endpoint answers a bare token.
    BareToken,
    /// No ID token.
    NoIdToken,
    /// Another nonce.
    WrongNonce,
    /// No nonce.
    NoNonce,
    /// Another issuer.
    WrongIssuer,
    /// Another audience.
    WrongAudience,
    /// A second audience.
    ExtraAudience,
    /// Another authorized party.
    ForeignAzp,
    /// Expired.
    Expired,
    /// Issued in the future.
    IssuedInFuture,
    /// No subject.
    NoSubject,
    /// A subject that is a number.
    NumericSubject,
    /// A wrong `at_hash`.
    WrongAtHash,
    /// No signature at all.
    AlgNone,
    /// HS256, keyed with the public key's text.
    ConfusedAlgorithm,
    /// HS256, keyed with the client secret, which nobody configured.
    ClientSecretAlgorithm,
    /// A header with `crit`.
    Critical,
    /// Signed with a key that is not published, under the published name.
    WrongKey,
    /// No `kid` while two keys are published.
    NoKid,
    /// No `kid` while one key is published.
    NoKidAndOneKey,
    /// Five parts.
    Encrypted,
    /// Userinfo about another subject.
    OtherSubjectInUserinfo,
    /// Userinfo is signed.
    SignedUserinfo,
    /// Userinfo answers an error.
    UserinfoDown,
    /// The provider has an error of its own.
    ServerError,
    /// The provider is overloaded.
    TemporarilyUnavailable,
    /// Signed with a key of a name that is not published.
    UnknownKey,
    /// The published key is half as long as the least that is accepted.
    WeakKey,
    /// No `at_hash`.
    NoAtHash,
    /// The token endpoint answers two megabytes.
    EndlessToken,
    /// The token endpoint takes any verifier for any code.
    ForgetsChallenges,
}
