import test from 'ava';
import { subPathOf } from './sub-path-of.ts';

const env = new Map([
  ['POD', 'web'],
  ['ROOT', '/etc'],
  ['UP', '../x'],
]);
const of = (subPathExpr: string) => subPathOf({ subPathExpr }, (name) => env.get(name));

test('subPathOf() fills in variables', (t) => {
  t.is(of('logs/$(POD)'), 'logs/web');
  t.is(
    subPathOf({ subPath: '$(POD)' }, (name) => env.get(name)),
    '$(POD)',
  );
  t.is(
    subPathOf({}, () => undefined),
    '',
  );
});

test('subPathOf() refuses what is not known, and what leads out', (t) => {
  t.throws(() => of('$(B)/$(A)/$(POD)'), { message: 'missing value for A, B' });
  t.throws(() => of('$(ROOT)'), { message: 'error SubPath `/etc` must not be an absolute path' });
  t.throws(() => of('$(UP)'), { message: "unable to provision SubPath `../x`: must not contain '..'" });
});
