import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { WebSocket } from 'ws';
import { acceptWebSocket, hangUp, hear } from './accept.ts';

test('hangUp() ends the connection without waiting for the other side to answer', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  server.on('upgrade', async (request, socket, head) => {
    const accepted = await acceptWebSocket(request, socket, head, ['v5.channel.k8s.io']);
    hangUp(accepted!.socket);
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const received: Buffer[] = [];
  client.on('data', (bytes) => received.push(Buffer.from(bytes)));
  client.write(
    'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n',
  );
  await once(client, 'end'); // and this client says nothing more
  const all = Buffer.concat(received);
  t.regex(all.toString('latin1'), /^HTTP\/1\.1 101 /);
  t.deepEqual([...all.subarray(-4)], [0x88, 2, 0x03, 0xe8]); // a close frame that says 1000
  client.destroy();
  server.close();
});

test('hear() has what was sent before somebody listened', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  const heard = Promise.withResolvers<string>();
  server.on('upgrade', async (request, socket, head) => {
    const accepted = await acceptWebSocket(request, socket, head, []);
    await sleep(50); // as long as it takes to find out what to do with it
    hear(accepted!.socket, (bytes) => heard.resolve(bytes.toString()));
  });
  await once(server, 'listening');
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  client.once('open', () => client.send('early'));
  t.is(await heard.promise, 'early');
  client.terminate();
  server.close();
});
