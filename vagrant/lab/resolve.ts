// Run inside a node's network: resolves a name by cluster DNS. Prints {address}.
import { Resolver } from 'node:dns/promises';

const [server, name] = process.argv.slice(2);
if (server === undefined || name === undefined) {
  process.stderr.write('usage: resolve.ts DNS-SERVER NAME\n');
  process.exit(2);
}
const resolver = new Resolver({ timeout: 1000, tries: 1 });
resolver.setServers([server]);
const [address] = await resolver.resolve4(name);
process.stdout.write(JSON.stringify({ address }));
