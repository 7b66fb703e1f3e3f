import test from 'ava';
import { generateSigningKeys } from '#lib/pki/certificate.ts';
import { createJwt } from './jwt.ts';

const jwt = createJwt(generateSigningKeys());
const token = jwt.sign({ sub: 'me', n: 1 });

test('createJwt() reads back what it has signed', (t) => {
  t.deepEqual(jwt.verify(token), { sub: 'me', n: 1 });
});

const [head = '', body = '', signature = ''] = token.split('.');
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
for (const [what, forged] of Object.entries({
  'another body': `${head}.${encode({ sub: 'root' })}.${signature}`,
  'no algorithm': `${encode({ alg: 'none' })}.${body}.`,
  'a symmetric algorithm': `${encode({ alg: 'HS256' })}.${body}.${signature}`,
  'another key': createJwt(generateSigningKeys()).sign({ sub: 'me' }),
  'a part too many': `${token}.x`,
  'no token': 'x',
  'an empty text': '',
  'a body that is no object': `${head}.${Buffer.from('1').toString('base64url')}.${signature}`,
})) {
  test(`createJwt() does not believe ${what}`, (t) => {
    t.is(jwt.verify(forged), undefined);
  });
}
