import test from 'ava';
import { parseStubs, upstreamsFor } from './stubs.ts';

const general = [{ address: '192.0.2.53', port: 53 }];
const stubs = parseStubs({
  stubDomains: '{"Acme.Local.": ["10.1.2.3"], "deep.acme.local": ["10.1.2.4:5353", "[fd00::4]:5353"]}',
});

const leads = test.macro<[string, string]>({
  title: (_title, name, address) => `upstreamsFor() asks ${address} for ${name}`,
  exec: (t, name, address) => t.is(upstreamsFor(name, stubs, general)[0]?.address, address),
});
test(leads, 'acme.local', '10.1.2.3');
test(leads, 'www.acme.local', '10.1.2.3');
test(leads, 'a.b.deep.acme.local', '10.1.2.4');
test(leads, 'notacme.local', '192.0.2.53');
test(leads, 'example.org', '192.0.2.53');
test(leads, '', '192.0.2.53');

test('parseStubs() knows ports, and other general resolvers', (t) => {
  t.deepEqual(stubs.domains.get('deep.acme.local'), [
    { address: '10.1.2.4', port: 5353 },
    { address: 'fd00::4', port: 5353 },
  ]);
  const other = parseStubs({ upstreamNameservers: '["198.51.100.1"]' });
  t.is(upstreamsFor('example.org', other, general)[0]?.address, '198.51.100.1');
});

test('parseStubs() says what it cannot understand, and takes the rest', (t) => {
  const { domains, problems } = parseStubs({
    stubDomains: '{"a.b": ["10.0.0.1", "nowhere", 5]}',
    upstreamNameservers: '[',
  });
  t.is(domains.get('a.b')?.length, 1);
  t.deepEqual(problems, [
    'stubDomains["a.b"]: "nowhere" is no address',
    'stubDomains["a.b"]: 5 is no address',
    'upstreamNameservers is not JSON',
  ]);
  t.deepEqual(parseStubs(undefined).problems, []);
  t.is(parseStubs({ stubDomains: '[]' }).domains.size, 0);
});
