import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { duplexPair } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { WebSocket } from 'ws';
import { createSpdySession } from '../spdy/session.ts';
import type { SpdyStream } from '../spdy/stream.ts';
import { acceptWebSocket } from './accept.ts';
import { subprotocols } from './channels.ts';
import { translateRemoteCommand } from './remote-command.ts';

test('translateRemoteCommand() says that the command runs once the runtime has answered, and not before', async (t) => {
  const [ours, runtimes] = duplexPair();
  const [newest] = subprotocols;
  const server = createServer().listen(0, '127.0.0.1');
  server.on('upgrade', async (request, socket, head) => {
    const accepted = await acceptWebSocket(request, socket, head, [newest!.name]);
    const runtime = createSpdySession(ours, { role: 'client' });
    await translateRemoteCommand(accepted!.socket, newest!, runtime, {
      stdin: false,
      stdout: true,
      stderr: false,
      tty: false,
    });
  });
  await once(server, 'listening');
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, newest!.name);
  const heard: string[] = [];
  client.on('message', (data: Buffer) => heard.push(`${data[0]}:${data.subarray(1).toString()}`));
  await once(client, 'open');
  await sleep(50); // a runtime that takes its time
  t.deepEqual(heard, []);

  const streams: SpdyStream[] = [];
  createSpdySession(runtimes, { role: 'server', onStream: (stream) => streams.push(stream) });
  await once(client, 'message');
  t.deepEqual(heard, ['1:']);
  for (const stream of streams) {
    const isError = stream.headers['streamtype'] === 'error';
    stream.end(isError ? '{"status":"Success"}' : 'done');
  }
  await once(client, 'close');
  t.deepEqual(heard, ['1:', '1:done', '3:{"status":"Success"}']);
  server.close();
});
