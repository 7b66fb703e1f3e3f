// Asks an echo: ask.ts tcp|udp ADDRESS PORT COUNT [SOURCE-PORT]. Prints a JSON list of answers; of failures, the error's code.
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';

const [protocol, host, port, count, sourcePort] = process.argv.slice(2) as [string, string, string, string, string?];
const patienceMs = 1500 * Number(process.env['LAB_SLOWER'] ?? 1);
const answers: unknown[] = [];
for (let asked = 0; asked < Number(count); asked++) {
  answers.push(await (protocol === 'tcp' ? overTcp() : overUdp()).catch((error) => error.code ?? error.message));
}
process.stdout.write(JSON.stringify(answers));

function overTcp(): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port) });
    let text = '';
    socket.setTimeout(patienceMs, () => socket.destroy(new Error('TIMEOUT')));
    socket
      .on('data', (chunk) => (text += chunk))
      .on('end', () => resolve(JSON.parse(text)))
      .on('error', reject);
  });
}

function overUdp(): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    const late = AbortSignal.timeout(patienceMs);
    const end = (act: () => void) => {
      late.onabort = null;
      socket.close();
      act();
    };
    late.onabort = () => end(() => reject(new Error('TIMEOUT')));
    socket.on('message', (message) => end(() => resolve(JSON.parse(`${message}`))));
    socket.on('error', (error) => end(() => reject(error)));
    socket.bind(Number(sourcePort ?? 0), () =>
      socket.connect(Number(port), host, () => socket.send('?', (error) => error && end(() => reject(error)))),
    );
  });
}
