import test from 'ava';
import { createClaimResize } from './claim-resize.ts';

const claim = (storage: string, phase = 'Bound', storageClassName: string | undefined = 'grows') => ({
  metadata: { name: 'c' },
  spec: { resources: { requests: { storage } }, storageClassName },
  status: { phase },
});
const plugin = createClaimResize({
  classNamed: (name) => ({ metadata: { name }, provisioner: 'p', allowVolumeExpansion: name === 'grows' }),
});

const resizes = test.macro<[object, object, string?]>({
  title: (title) => `createClaimResize() ${title}`,
  exec(t, before, next, expected) {
    const run = () =>
      plugin.validate!(
        {
          operation: 'UPDATE',
          group: '',
          resource: 'persistentvolumeclaims',
          subresource: '',
          name: 'c',
          object: next,
          oldObject: before,
        } as never,
        new AbortController().signal,
      );
    if (expected === undefined) t.notThrows(run);
    else t.throws(run, { message: `persistentvolumeclaims "c" is forbidden: ${expected}` });
  },
});
const fixed =
  'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize';
test('lets a claim grow where its class allows that', resizes, claim('1Gi'), claim('2Gi'));
test('does not mind what stays', resizes, claim('1Gi', 'Pending'), claim('1024Mi', 'Pending'));
test(
  'refuses to grow what is not bound',
  resizes,
  claim('1Gi', 'Pending'),
  claim('2Gi'),
  'Only bound persistent volume claims can be expanded',
);
test(
  'refuses where the class does not allow it',
  resizes,
  claim('1Gi', 'Bound', 'stays'),
  claim('2Gi', 'Bound', 'stays'),
  fixed,
);
test('refuses without a class', resizes, claim('1Gi', 'Bound', ''), claim('2Gi', 'Bound', ''), fixed);
