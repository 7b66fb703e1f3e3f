import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import test from 'ava';
import type { Probe } from '#lib/api/types/core.v1.ts';
import { ReasonError } from '#lib/errors.ts';
import { freePort } from '#lib/free-port.ts';
import { http } from '#lib/http.ts';
import { exampleContainer } from '../pods/example.ts';
import { check, type ExecInContainer } from './check.ts';

const target = { container: exampleContainer('main'), containerId: 'c', podIp: '127.0.0.1' };
const made = (probe: Probe, exec: ExecInContainer = async () => ({ exitCode: 0, output: '' })) =>
  check(probe, target, exec, new AbortController().signal);

test('check() says why nobody answered, as people know it', async (t) => {
  const port = await freePort();
  t.deepEqual(await made({ tcpSocket: { port } }), {
    outcome: 'failure',
    output: `dial tcp 127.0.0.1:${port}: connect: connection refused`,
  });
  t.deepEqual(await made({ httpGet: { port } }), {
    outcome: 'failure',
    output: `Get "http://127.0.0.1:${port}/": dial tcp 127.0.0.1:${port}: connect: connection refused`,
  });
});

test('check() gives up on who does not answer in time', async (t) => {
  const server = createServer(() => {});
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  t.deepEqual(await made({ httpGet: { port, path: '/x' } }), {
    outcome: 'failure',
    output: `Get "http://127.0.0.1:${port}/x": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
  });
  server.close();
});

test('check() goes by the status, follows redirects on the same host, and warns of others', async (t) => {
  const server = http.createServer((request, response) => {
    const [status, location] = { '/bad': [503], '/on': [302, '/good'], '/off': [302, 'http://elsewhere.example/'] }[
      request.url ?? ''
    ] ?? [200];
    response.writeHead(status as number, location === undefined ? {} : { location: String(location) }).end('body');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const of = (path: string) => made({ httpGet: { port, path } });
  t.deepEqual(await of('/good'), { outcome: 'success', output: 'body' });
  t.deepEqual(await of('/on'), { outcome: 'success', output: 'body' });
  t.deepEqual(await of('/bad'), { outcome: 'failure', output: 'HTTP probe failed with statuscode: 503' });
  const output = 'Probe terminated redirects, Response body: body';
  t.deepEqual(await of('/off'), { outcome: 'success', output, isWarning: true });
  server.close();
});

test('check() tells a command that failed from one that could not be run', async (t) => {
  const probe = { exec: { command: ['sleep', '9'] } };
  const answers = (answer: Promise<{ exitCode: number; output: string }>) => made(probe, () => answer);
  t.deepEqual(await answers(Promise.resolve({ exitCode: 1, output: 'no' })), { outcome: 'failure', output: 'no' });
  t.deepEqual(await answers(Promise.reject(new ReasonError('Timeout', 'deadline'))), {
    outcome: 'failure',
    output: 'command "sleep 9" timed out',
  });
  t.deepEqual(await answers(Promise.reject(new Error('gone'))), { outcome: 'unknown', output: 'gone' });
  t.deepEqual(await made({}), { outcome: 'unknown', output: 'missing probe handler' });
});
