//! Why a login does not end in a person, each cause apart.

use super::groups::GroupsError;
use super::http::HttpError;
use super::id_token::IdTokenError;
use super::provider::ProviderError;

/// Why a login did not end in a person.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// The provider cannot be reached.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The token or userinfo endpoint does not answer.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The answer came from another issuer than the one that was asked (RFC 9207).
    #[error("the answer names the issuer {found:?}; the login began at {expected:?}")]
    ForeignIssuer {
        /// The answer's `iss`; nothing when it should have one.
        found: Option<String>,
        /// The provider's.
        expected: String,
    },
    /// The answer came to another provider's redirect URI than the login began with.
    #[error("the answer came to {found}; the login began with {expected}")]
    ForeignCallback {
        /// Where it came to, below our address.
        found: String,
        /// Where it should have.
        expected: String,
    },
    /// The token endpoint refused the code, or the endpoint for pushed requests the request.
    #[error("the {endpoint} answered {status}: {error} {description:?}{hint}")]
    Refused {
        /// Which endpoint.
        endpoint: &'static str,
        /// The status.
        status: u16,
        /// The `error` of RFC 6749, 5.2.
        error: String,
        /// Its `error_description`.
        description: String,
        /// What to look at.
        hint: &'static str,
    },
    /// An endpoint's answer makes no sense.
    #[error("the {endpoint}'s answer is not understood: {said}")]
    Answer {
        /// Which endpoint.
        endpoint: &'static str,
        /// What is wrong with it.
        said: String,
    },
    /// We cannot prove who we are.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// Requests are to be pushed, and cannot be.
    #[error(
        "pushed_authorization is \"always\", but the provider names no pushed_authorization_request_endpoint"
    )]
    NoPush,
    /// No ID token came: is `openid` among the scopes, and the client one for OpenID Connect?
    #[error(
        "the token endpoint sent no ID token; ask for the scope `openid` and use an OpenID Connect client"
    )]
    NoIdToken,
    /// The ID token is not believed.
    #[error("the ID token is refused: {0}")]
    IdToken(#[from] IdTokenError),
    /// The groups are there and cannot be read.
    #[error(transparent)]
    Groups(#[from] GroupsError),
    /// Groups are to be read from the access token, and it is none of this provider's.
    #[error(
        "the access token is not a live JWT signed by the provider: take \"access_token\" out of claims.groups_from of the provider"
    )]
    AccessToken,
    /// A claim that stands elsewhere.
    #[error(transparent)]
    ClaimSource(#[from] ClaimSourceError),
    /// Userinfo answers with another status than 200.
    #[error("userinfo: the endpoint answered {0}")]
    UserinfoStatus(u16),
    /// Userinfo is needed and not to be had.
    #[error("userinfo: {0}")]
    Userinfo(String),
}

/// Why a claim that stands elsewhere is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum ClaimSourceError {
    /// The source is neither a token nor an endpoint.
    #[error("the claim {0:?} is said to stand in a source that is neither a token nor an endpoint")]
    Nowhere(String),
    /// Another origin than those that are trusted.
    #[error(
        "the claim {claim:?} is to be fetched from {origin}, which is not the issuer's: add it to claim_sources if you trust it"
    )]
    Origin {
        /// The claim.
        claim: String,
        /// Where it is.
        origin: String,
    },
    /// The endpoint answers something else.
    #[error("the claim {claim:?} could not be fetched from {url}: {said}")]
    Answer {
        /// The claim.
        claim: String,
        /// What was asked.
        url: String,
        /// What is wrong.
        said: String,
    },
    /// The token in which it stands.
    #[error("the token in which the claim {claim:?} stands is refused: {said}")]
    Token {
        /// The claim.
        claim: String,
        /// What is wrong.
        said: String,
    },
}

/// Why no proof could be made.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// No random number.
    #[error("the system gave no random numbers")]
    Random,
    /// The library failed.
    #[error("the client's assertion could not be signed: {0}")]
    Signing(#[from] jsonwebtoken::errors::Error),
    /// Nothing to sign with.
    #[error("client_authentication is \"private_key_jwt\", and there is no client_key_file")]
    NoKey,
}
