// Answers on TCP and UDP with who it is and whom it sees: echo.ts NAME PORT; on the next port it says again what it hears, for as long
// as the client stays. Says "ready" when it listens.
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

const [name, port] = [process.argv[2], Number(process.argv[3])];
const answer = (peer: string | undefined) => JSON.stringify({ name, peer: peer?.replace('::ffff:', '') });
createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(port + 1);
createServer((socket) => {
  socket.on('error', () => {});
  socket.end(answer(socket.remoteAddress));
}).listen(port, () => {
  const udp = createSocket('udp4');
  udp.on('message', (_message, peer) => udp.send(answer(peer.address), peer.port, peer.address));
  udp.bind(port, () => process.stdout.write('ready\n'));
});
