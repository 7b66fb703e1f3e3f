// Run inside a node's network: resolves a name by cluster DNS, then asks what answers there. Prints {address, text}.
import { Resolver } from 'node:dns/promises';
import { request } from 'undici';

const [server, name] = process.argv.slice(2);
if (server === undefined || name === undefined) {
  process.stderr.write('usage: ask.ts DNS-SERVER NAME\n');
  process.exit(2);
}
const resolver = new Resolver({ timeout: 1000, tries: 1 });
resolver.setServers([server]);
const [address] = await resolver.resolve4(name);
const answer = await request(`http://${address}/`, {
  headers: { host: name },
  headersTimeout: 2000,
  bodyTimeout: 2000,
});
if (answer.statusCode !== 200) throw new Error(`${name} answered ${answer.statusCode}`);
process.stdout.write(JSON.stringify({ address, text: (await answer.body.text()).trim() }));
process.exit(0);
