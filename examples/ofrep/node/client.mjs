// Asks the service for flags with OpenFeature's own SDKs: the web SDK as a browser would, which
// fetches all flags at once and polls with the ETag, and the server SDK, which asks flag by flag.
//
//	node client.mjs http://localhost:8080
//	node client.mjs http://localhost:8080 --watch
//
// With --watch, it ends after the next change of the ruleset instead of at once.
import { OpenFeature as Server } from '@openfeature/server-sdk';
import { OFREPProvider } from '@openfeature/ofrep-provider';
import { OpenFeature as Web, ProviderEvents } from '@openfeature/web-sdk';
import { OFREPWebProvider } from '@openfeature/ofrep-web-provider';

const baseUrl = process.argv[2] ?? 'http://localhost:8080';
const watch = process.argv.includes('--watch');
const context = { targetingKey: 'user-42', country: 'DE', age: 31, address: { city: 'Bremen' } };
const print = (value) => console.log(JSON.stringify(value));

// What an answer says, without what differs between the two SDKs.
const told = ({ value, variant, reason, errorCode }) => ({ value, variant, reason, errorCode });

await Web.setContext(context);
await Web.setProviderAndWait(new OFREPWebProvider({ baseUrl, pollInterval: 100, cacheMode: 'disabled' }));
const web = Web.getClient();
print({
  sdk: 'web',
  checkout: told(web.getBooleanDetails('new-checkout', false)),
  theme: told(web.getStringDetails('theme', 'light')),
  limit: told(web.getNumberDetails('upload-limit-mb', 1)),
  limits: told(web.getObjectDetails('limits', {})),
  disabled: told(web.getStringDetails('banner', 'mine')),
  mistyped: told(web.getStringDetails('new-checkout', 'mine')),
  internal: told(web.getBooleanDetails('internal', true)),
});

await Server.setProviderAndWait(new OFREPProvider({ baseUrl }));
const server = Server.getClient();
print({
  sdk: 'server',
  checkout: told(await server.getBooleanDetails('new-checkout', false, context)),
  elsewhere: told(await server.getBooleanDetails('new-checkout', true, { ...context, country: 'FR' })),
  theme: told(await server.getStringDetails('theme', 'light', context)),
  limit: told(await server.getNumberDetails('upload-limit-mb', 1, context)),
  limits: told(await server.getObjectDetails('limits', {}, context)),
  anonymous: told(await server.getStringDetails('button', 'mine', {})),
  internal: told(await server.getBooleanDetails('internal', true, context)),
});

// Polling keeps the process alive until the SDKs are closed.
async function end() {
  await Web.close();
  await Server.close();
}

if (watch) {
  web.addHandler(ProviderEvents.ConfigurationChanged, async ({ flagsChanged }) => {
    print({ changed: flagsChanged, theme: web.getStringValue('theme', 'light') });
    await end();
  });
} else {
  await end();
}
