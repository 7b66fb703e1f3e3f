import { createPrivateKey, createPublicKey } from 'node:crypto';
import test from 'ava';
import { library } from './certificate.ts';
import { createStubRequest, keyTypes } from './stub-request.ts';

for (const type of keyTypes) {
  test(`createStubRequest() gives a request that its ${type} key has signed`, async (t) => {
    const { privateKey, der } = await createStubRequest(type);
    const { Pkcs10CertificateRequest } = await library();
    const request = new Pkcs10CertificateRequest(new Uint8Array(der));
    t.is(request.subject, '');
    t.true(await request.verify());
    const own = createPublicKey(createPrivateKey(privateKey)).export({ type: 'spki', format: 'der' });
    t.deepEqual(Buffer.from(request.publicKey.rawData), own);
  });
}
