import test from 'ava';
import { shortMessages } from './short-message.ts';

const ended = (message: string) => ({
  name: 'a',
  image: '',
  imageID: '',
  ready: false,
  restartCount: 0,
  state: { terminated: { exitCode: 1, message } },
  lastState: {},
});

test('shortMessages() shares 12 KiB out and cuts between characters', (t) => {
  const short = ended('x'.repeat(4096));
  t.is(shortMessages(short, 3), short);
  t.is(shortMessages(short, 4).state?.terminated?.message?.length, 3072);
  t.is(shortMessages(ended('é'.repeat(2048)), 5).state?.terminated?.message, 'é'.repeat(1228));
});
