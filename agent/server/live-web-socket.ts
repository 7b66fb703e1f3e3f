// Run by server.live.test.ts inside the network of its node: one WebSocket to the kubelet, as the API server would open it.
// Prints what came, as JSON: the subprotocol agreed on, the close code, and the messages as text.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WebSocket } from 'ws';

const [pki = '', path = '', protocol = '', hex = ''] = process.argv.slice(2);
const read = (name: string) => readFileSync(join(pki, name));
const socket = new WebSocket(`wss://127.0.0.1:10250${path}`, protocol === '' ? [] : [protocol], {
  ca: read('ca.crt'),
  cert: read('apiserver-kubelet-client.crt'),
  key: read('apiserver-kubelet-client.key'),
});
const messages: string[] = [];
socket.on('open', () => {
  for (const message of hex.split(',')) if (message !== '') socket.send(Buffer.from(message, 'hex'));
});
socket.on('message', (bytes) => {
  messages.push((bytes as Buffer).toString('latin1'));
  if (messages.at(-1)?.endsWith('hello')) socket.close(); // the page of the pod's little server
});
socket.on('close', (code) => process.stdout.write(JSON.stringify({ protocol: socket.protocol, code, messages })));
