/* An app as its makers write it with @saleor/app-sdk: it says what it is, takes its token, and hears of events.
   What it hears goes to the standard output, a line of JSON each. */

import { createServer } from "node:http";
import { FileAPL } from "@saleor/app-sdk/APL/file";
import {
  SaleorAsyncWebhook,
  createAppRegisterHandler,
  createManifestHandler,
} from "@saleor/app-sdk/handlers/fetch-api";

const [, , aplFile] = process.argv;
const apl = new FileAPL({ fileName: aplFile });
const say = (entry) => process.stdout.write(`${JSON.stringify(entry)}\n`);

const webhook = (event, webhookPath, query) =>
  new SaleorAsyncWebhook({
    name: event,
    event,
    webhookPath,
    query,
    apl,
    onError: (error) => say({ refused: event, why: error.errorType ?? error.message }),
  });
const heard = (hook) =>
  hook.createHandler(async (_request, { event, payload, authData, schemaVersion }) => {
    say({ event, payload, appId: authData.appId, schemaVersion });
    return new Response("heard", { status: 200 });
  });

const orderCreated = webhook(
  "ORDER_CREATED",
  "hooks/order-created",
  `subscription { event { ...Placed } }
   fragment Placed on OrderCreated { version order { number userEmail lines { productName quantity } } }`,
);
const productUpdated = webhook(
  "PRODUCT_UPDATED",
  "hooks/product-updated",
  "subscription { event { ... on ProductUpdated { recipient { id } product { id name } } } }",
);

const routes = {
  "/manifest": createManifestHandler({
    async manifestFactory({ appBaseUrl }) {
      return {
        id: "test.ledger",
        name: "Ledger",
        version: "1.0.0",
        permissions: ["MANAGE_ORDERS", "MANAGE_PRODUCTS"],
        appUrl: appBaseUrl,
        tokenTargetUrl: `${appBaseUrl}/register`,
        requiredSaleorVersion: "^3.20",
        webhooks: [orderCreated, productUpdated].map((hook) => hook.getWebhookManifest(appBaseUrl)),
      };
    },
  }),
  "/register": createAppRegisterHandler({
    apl,
    async onAuthAplSaved(_request, { authData }) {
      say({ registered: authData.appId, jwks: JSON.parse(authData.jwks).keys.length });
    },
  }),
  "/hooks/order-created": heard(orderCreated),
  "/hooks/product-updated": heard(productUpdated),
};

const server = createServer(async (incoming, outgoing) => {
  const body = [];
  for await (const part of incoming) body.push(part);
  const url = new URL(incoming.url, `http://${incoming.headers.host}`);
  const handle = routes[url.pathname];
  const request = new Request(url, {
    method: incoming.method,
    headers: incoming.headers,
    body: body.length ? Buffer.concat(body) : undefined,
  });
  const answer = handle ? await handle(request) : new Response("nothing here", { status: 404 });
  outgoing.writeHead(answer.status, Object.fromEntries(answer.headers));
  outgoing.end(await answer.text());
});
server.listen(0, "127.0.0.1", () => say({ listening: `http://127.0.0.1:${server.address().port}` }));
