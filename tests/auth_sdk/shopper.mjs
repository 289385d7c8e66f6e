// Saleor's own client, unmodified, doing what a storefront does. Says what it saw as JSON.
// Arguments: API address, e-mail address, a link's token, the password it sets, and two tokens from before:
// an access token out of date and a refresh token.
import { createSaleorAuthClient } from "@saleor/auth-sdk";

const [api, email, linkToken, password, expired, oldRefresh] = process.argv.slice(2);

const memory = () => {
  const kept = new Map();
  return {
    kept,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
    removeItem: (key) => kept.delete(key),
  };
};

const access = memory();
const refresh = memory();
const refreshes = [];
const client = createSaleorAuthClient({
  saleorApiUrl: api,
  accessTokenStorage: access,
  refreshTokenStorage: refresh,
  onAuthRefresh: (begun) => begun && refreshes.push("refresh"),
});

const me = async (fetcher = client.fetchWithAuth) => {
  const answer = await fetcher(api, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ query: "{ me { email } }" }),
  });
  const said = await answer.json();
  return said.data?.me?.email ?? said.errors?.[0].extensions.exception.code ?? null;
};
const letExpire = () => access.kept.forEach((_, key) => access.kept.set(key, expired));
const ending = (end) => [...refresh.kept.keys()].find((key) => key.endsWith(end));
const state = () => refresh.kept.get(ending("auth_state"));

const seen = {};
const wrong = await client.signIn({ email, password: "not this one" });
seen.wrong = wrong.data.tokenCreate.errors.map((error) => error.code);
seen.before = await me();

const reset = await client.resetPassword({ email, password, token: linkToken });
seen.reset = [reset.data.setPassword.errors, state(), await me()];
refresh.kept.set(ending("refresh_token"), oldRefresh);
letExpire();
seen.revoked = [await me(), state()];

await client.signIn({ email, password });
refreshes.length = 0;
seen.signedIn = [state(), await me(), refreshes.length];

letExpire();
seen.expired = await me((url, init) =>
  fetch(url, { ...init, headers: { ...init.headers, Authorization: `Bearer ${expired}` } }),
);
seen.refreshed = [await me(), refreshes.length > 0, [...access.kept.values()].includes(expired)];
letExpire();
seen.together = await Promise.all([me(), me(), me()]);

client.signOut();
seen.signedOut = [state(), await me(), access.kept.size];

console.log(JSON.stringify(seen));
