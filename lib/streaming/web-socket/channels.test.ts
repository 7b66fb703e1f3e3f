import test from 'ava';
import { decodeMessage, encodeMessage, subprotocols } from './channels.ts';

const named = (name: string) => subprotocols.find((one) => one.name === name)!;

for (const { name } of subprotocols) {
  test(`decodeMessage() reads what encodeMessage() wrote in ${name}`, (t) => {
    const message = { channel: 3, data: Buffer.from([0, 255, 10, 61]) };
    const bytes = Buffer.from(encodeMessage(message, named(name)) as Buffer);
    const { channel, data } = decodeMessage(bytes, named(name))!;
    t.deepEqual([channel, [...data]], [3, [...message.data]]);
  });
}
test('decodeMessage() takes nothing for no message', (t) => {
  for (const { name } of subprotocols) t.is(decodeMessage(Buffer.alloc(0), named(name)), undefined);
  t.is(decodeMessage(Buffer.from('xaGk='), named('base64.channel.k8s.io')), undefined);
});
