// Does what a page in a browser does: it fetches all flags once, with the provider's own settings,
// and then learns of changes from the service's event stream. It prints the flags' values at the
// start and after each change, until its input ends.
//
//	node page.mjs http://localhost:8080 [TOKEN]
import { EventSource } from 'eventsource';
import { OpenFeature, ProviderEvents } from '@openfeature/web-sdk';
import { OFREPWebProvider } from '@openfeature/ofrep-web-provider';

// Node lacks what the provider uses of a browser. In a page, leave out these lines.
globalThis.EventSource = EventSource;
globalThis.document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
const stored = new Map();
globalThis.localStorage = {
  getItem: (key) => stored.get(key) ?? null,
  setItem: (key, value) => void stored.set(key, value),
  removeItem: (key) => void stored.delete(key),
};

const [baseUrl = 'http://localhost:8080', token] = process.argv.slice(2);
const headers = token ? [['Authorization', `Bearer ${token}`]] : undefined;
const client = OpenFeature.getClient();
const print = (value) => console.log(JSON.stringify(value));
const values = () => ({ checkout: client.getBooleanValue('new-checkout', false), theme: client.getStringValue('theme', '') });

await OpenFeature.setContext({ targetingKey: 'user-42', country: 'DE', age: 31, address: { city: 'Bremen' } });
client.addHandler(ProviderEvents.ConfigurationChanged, ({ flagsChanged }) => {
  if (flagsChanged.length > 0) print({ changed: flagsChanged, ...values() });
});
client.addHandler(ProviderEvents.Stale, () => print({ stale: true }));
await OpenFeature.setProviderAndWait(new OFREPWebProvider({ baseUrl, headers }));
print(values());

process.stdin.on('end', () => OpenFeature.close()).resume();
