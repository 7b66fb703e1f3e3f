import test from 'ava';
import { OwnLosses } from './own-losses.ts';

const [here, there] = ['ip nat KUBE-SERVICES', 'ip6 nat KUBE-SERVICES'];

test('OwnLosses covers as many words of a place as were to come', (t) => {
  const own = new OwnLosses();
  own.expect(new Map([[here, 2]]));
  own.expect(new Map([[here, 1]]));
  t.deepEqual(
    [here, here, there, here, here].map((place) => own.covers(place)),
    [true, true, false, true, false],
  );
});

test('OwnLosses covers nothing that was not to come', (t) => {
  const own = new OwnLosses();
  own.expect(new Map([[here, 0]]));
  t.false(own.covers(here));
});

test('OwnLosses covers nothing once all is said', (t) => {
  const own = new OwnLosses();
  own.expect(new Map([[here, 2]]));
  own.clear();
  t.false(own.covers(here));
});
