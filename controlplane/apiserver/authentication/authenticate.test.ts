import test from 'ava';
import { createFakeClock } from '#lib/clock.ts';
import type { ApiRequest } from '../exchange.ts';
import { type AuthenticatorOptions, createAuthenticator } from './authenticate.ts';

const comes = test.macro<[AuthenticatorOptions['anonymous'], string, boolean]>({
  title: (_title, anonymous, path, isLet) =>
    `createAuthenticator() ${isLet ? 'lets' : 'does not let'} nobody in particular ask for ${path} where anonymous is ${anonymous}`,
  exec(t, anonymous, path, isLet) {
    const authenticate = createAuthenticator({
      verifyToken: () => ({ error: 'none' }),
      verifyBootstrapToken: () => undefined,
      requestHeader: { authority: '', allowedNames: [] },
      audiences: [],
      anonymous,
      clock: createFakeClock(),
    });
    const ask = (headers: object = {}) => authenticate({ method: 'GET', path, headers } as ApiRequest);
    if (isLet) t.deepEqual(ask(), { name: 'system:anonymous', groups: ['system:unauthenticated'] });
    else t.throws(ask, { message: 'Unauthorized' });
    t.throws(() => ask({ authorization: 'Bearer x' }), { message: 'Unauthorized' });
  },
});

test(comes, undefined, '/livez', true);
test(comes, undefined, '/api', false);
test(comes, 'everywhere', '/api', true);
test(comes, 'nowhere', '/livez', false);
