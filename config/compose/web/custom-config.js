// Appended to Jitsi's config.js, where settings without a variable go.

// "Log out" in Jitsi signs people out of the bridge and of Keycloak. The address is the bridge's, as TOKEN_AUTH_URL has it.
config.tokenLogoutUrl = config.tokenAuthUrl.replace(/\/join\?.*$/, '/logout');
