// An identity provider for tests: oidc-provider, in memory, with people who can be changed while it runs.
//
// OIDC_PROVIDER_SETTINGS holds, as JSON:
//   issuer          http://localhost:PORT or http://127.0.0.1:PORT
//   keys            private keys to sign with, as JWKs
//   client          metadata of the one client
//   people          [{ username, password, claims: { name, email, groups, … } }]
//   idTokenClaims   whether ID tokens hold the claims; else only userinfo does
//   refreshTokens   "always", or "offline_access" where only that scope brings one
//   idTokenSeconds  how long an ID token lives
//   controlKey      what else stands in the addresses below
// Below /control/KEY/, tests ask what happened and change things.

import { randomBytes } from "node:crypto";
import { text } from "node:stream/consumers";
import { interactionPolicy, Provider } from "oidc-provider";
import { Memory, recordsOf } from "./memory.mjs";
import { errorPage, goodbyePage, loginPage, logoutPage } from "./pages.mjs";

console.log("starting");
const settings = JSON.parse(process.env.OIDC_PROVIDER_SETTINGS);
const people = new Map(settings.people.map((person) => [person.username, person]));
const requests = [];
const logouts = [];
// Claims that signed answers of the userinfo endpoint are to hold, but that nobody signed.
let forged = null;

const PASSWORD_ONLY = "urn:example:password";
const SECOND_FACTOR = "urn:example:mfa";

// Whoever did not sign in as `acr_values` ask for is asked again, once.
const policy = () => {
  const { base, Check } = interactionPolicy;
  const prompts = base();
  const check = new Check("acr_values", "another way to sign in is asked for", "login_required", ({ oidc }) => {
    const wanted = oidc.params.acr_values?.split(" ") ?? [];
    return wanted.length > 0 && !wanted.includes(oidc.acr) && !oidc.result?.login;
  });
  prompts.get("login").checks.push(check);
  return prompts;
};

const provider = new Provider(settings.issuer, {
  adapter: Memory,
  clients: [settings.client],
  jwks: { keys: settings.keys },
  cookies: { keys: [randomBytes(16).toString("hex")] },
  acrValues: [PASSWORD_ONLY, SECOND_FACTOR],
  scopes: ["openid", "offline_access"],
  claims: {
    openid: ["sub"],
    profile: ["name", "preferred_username", "groups"],
    email: ["email", "email_verified"],
  },
  conformIdTokenClaims: !settings.idTokenClaims,
  rotateRefreshToken: true,
  features: {
    devInteractions: { enabled: false },
    pushedAuthorizationRequests: { enabled: true },
    backchannelLogout: { enabled: true },
    claimsParameter: { enabled: true },
    jwtUserinfo: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource(ctx, form) {
        const { IdTokenHint: hint } = ctx.oidc.entities;
        ctx.body = logoutPage(form, hint?.payload.sub === ctx.oidc.session.accountId);
      },
      postLogoutSuccessSource(ctx) {
        ctx.body = goodbyePage();
      },
    },
  },
  interactions: { policy: policy(), url: (_, { uid }) => `/interaction/${uid}` },
  issueRefreshToken: (_, client, source) =>
    client.grantTypeAllowed("refresh_token") &&
    (settings.refreshTokens === "always" || source.scopes.has("offline_access")),
  ttl: {
    AccessToken: 600,
    Grant: 86400,
    IdToken: settings.idTokenSeconds,
    Interaction: 600,
    RefreshToken: 86400,
    Session: 86400,
  },

  async findAccount(_, username) {
    const person = people.get(username);
    return person && { accountId: username, claims: async () => ({ sub: username, ...person.claims }) };
  },

  // Consent to everything, so that nobody is asked for it.
  async loadExistingGrant({ oidc }) {
    const { client, session, params } = oidc;
    const known = session.grantIdFor(client.clientId);
    const grant =
      (known && (await provider.Grant.find(known))) ||
      new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope(params.scope);
    grant.addOIDCClaims([...oidc.requestParamClaims]);
    await grant.save();
    return grant;
  },

  renderError(ctx, out) {
    ctx.type = "html";
    ctx.body = errorPage(out);
  },

  // Its own keeps away from loopback addresses, where everything is here.
  fetch: (url, { dispatcher, ...options }) => fetch(url, options),
});

provider.on("backchannel.success", (_, client, username, sid) => logouts.push({ username, sid, accepted: true }));
provider.on("backchannel.error", (_, error, client, username, sid) => logouts.push({ username, sid, accepted: false }));
provider.on("server_error", (_, error) => console.error(error));

// What was asked for.

const authenticationOf = (ctx, sent) => {
  const shown = [
    ctx.get("authorization").startsWith("Basic ") && "client_secret_basic",
    "client_secret" in sent && "client_secret_post",
    "client_assertion" in sent && "private_key_jwt",
  ];
  return shown.filter(Boolean).join(" and ") || "none";
};

const record = async (ctx, next) => {
  await next();
  if (!ctx.oidc) return;
  const sent = { ...(ctx.oidc.body ?? ctx.query) };
  requests.push({
    endpoint: ctx.oidc.route,
    method: ctx.method,
    sent,
    // With what stood in a pushed request.
    understood: ctx.oidc.params?.toPlainObject() ?? {},
    authentication: authenticationOf(ctx, sent),
    status: ctx.status,
    error: ctx.body?.error ?? null,
  });
};

const forge = async (ctx, next) => {
  await next();
  if (!forged || ctx.oidc?.route !== "userinfo") return;
  const [header, payload, signature] = ctx.body.split(".");
  const claims = { ...JSON.parse(Buffer.from(payload, "base64url")), ...forged };
  ctx.body = [header, Buffer.from(JSON.stringify(claims)).toString("base64url"), signature].join(".");
};

// What people do.

const interact = async (ctx, next) => {
  if (!ctx.path.startsWith("/interaction/")) return next();
  const { prompt, uid } = await provider.interactionDetails(ctx.req, ctx.res);
  const finish = (result) => {
    ctx.respond = false;
    return provider.interactionFinished(ctx.req, ctx.res, result);
  };
  if (prompt.name === "consent") return finish({ consent: {} });

  ctx.type = "html";
  ctx.body = loginPage(`/interaction/${uid}`);
  if (ctx.method !== "POST") return;

  const form = new URLSearchParams(await text(ctx.req));
  const person = people.get(form.get("username"));
  if (person?.password === form.get("password")) {
    const acr = form.get("code") ? SECOND_FACTOR : PASSWORD_ONLY;
    return finish({ login: { accountId: person.username, acr } });
  }
  ctx.body = loginPage(`/interaction/${uid}`, "Wrong name or password");
};

// What an administrator does.

const sessionsOf = (username) => [...recordsOf("Session").values()].filter(({ accountId }) => accountId === username);

const endSessions = async (username, tell) => {
  for (const { jti } of sessionsOf(username)) {
    const session = await provider.Session.find(jti);
    for (const [clientId, { sid, grantId }] of Object.entries(session.authorizations ?? {})) {
      if (tell) {
        const client = await provider.Client.find(clientId);
        const accepted = await client.backchannelLogout(username, sid).then(() => true, () => false);
        logouts.push({ username, sid, accepted });
      }
      for (const model of ["AccessToken", "RefreshToken"]) await provider[model].revokeByGrantId(grantId);
      await (await provider.Grant.find(grantId))?.destroy();
    }
    await session.destroy();
  }
};

const commands = {
  "GET requests": () => requests,
  "GET logouts": () => logouts,
  "POST claims": ({ username, claims }) => Object.assign(people.get(username).claims, claims),
  "POST age": ({ username, seconds }) => {
    for (const session of sessionsOf(username)) session.loginTs -= seconds;
  },
  "POST sign-out": ({ username }) => endSessions(username, true),
  "POST revoke": ({ username }) => endSessions(username, false),
  "POST forge-userinfo": ({ claims }) => {
    forged = claims;
  },
};

const control = async (ctx, next) => {
  const root = `/control/${settings.controlKey}/`;
  if (!ctx.path.startsWith(root)) return next();
  const command = commands[`${ctx.method} ${ctx.path.slice(root.length)}`];
  ctx.assert(command, 404);
  const body = await text(ctx.req);
  ctx.body = JSON.stringify((await command(body && JSON.parse(body))) ?? null);
};

for (const middleware of [control, interact, record, forge]) provider.use(middleware);

console.log("opening the port");
const server = provider.listen(new URL(settings.issuer).port, "127.0.0.1", () => console.log("listening"));
process.on("SIGTERM", () => {
  server.close(() => process.exit(0));
  server.closeAllConnections();
});
