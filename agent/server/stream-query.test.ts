import test from 'ava';
import { portsOf, streamsOf } from './stream-query.ts';

test('streamsOf() reads the words of the kubelet and of the API', (t) => {
  const streams = { tty: false, stdin: true, stdout: true, stderr: true };
  const command = ['ls', '-l'];
  t.deepEqual(streamsOf(new URLSearchParams('input=1&output=1&error=1&command=ls&command=-l'), 'exec'), {
    streams,
    command,
  });
  t.deepEqual(streamsOf(new URLSearchParams('stdin=true&stdout=true&stderr=true&command=ls&command=-l'), 'exec'), {
    streams,
    command,
  });
});
test('streamsOf() gives a terminal one output', (t) => {
  const { streams } = streamsOf(new URLSearchParams('tty=1&output=1&error=1'), 'attach');
  t.deepEqual(streams, { tty: true, stdin: false, stdout: true, stderr: false });
});
test('streamsOf() refuses to do nothing', (t) => {
  t.throws(() => streamsOf(new URLSearchParams('command=ls'), 'exec'), {
    message: /at least 1 of stdin, stdout, stderr/,
  });
  t.throws(() => streamsOf(new URLSearchParams('output=1'), 'exec'), { message: /at least one command/ });
});
test('portsOf() reads a list, and refuses what is no port', (t) => {
  t.deepEqual(portsOf(new URLSearchParams('port=80&port=443,8080')), [80, 443, 8080]);
  for (const port of ['0', '65536', '-1', 'http', '1e3'])
    t.throws(() => portsOf(new URLSearchParams({ port })), undefined, port);
});
