import test from 'ava';
import { validateReviews, validateWebhookClient } from './webhook-client.ts';

const form = '; desired format: https://host[/path]';
const says = test.macro<[object | undefined, ...(readonly string[])]>({
  title: (_title, config) => `validateWebhookClient() judges ${JSON.stringify(config)}`,
  exec(t, config, ...expected) {
    const causes = validateWebhookClient(config, 'c');
    t.deepEqual(
      causes.map(({ field, message }) => `${field}: ${message}`),
      expected,
    );
  },
});
const service = { namespace: 'n', name: 'a', port: 443 };
test(says, { url: 'https://a.example/b' });
test(says, { service: { ...service, path: '/a/b.c/' } });
test(says, undefined, 'c: Required value: exactly one of url or service is required');
test(says, { url: 'https://a', service }, 'c: Required value: exactly one of url or service is required');
test(
  says,
  { url: '' },
  `c.url: Invalid value: "": 'https' is the only allowed URL scheme${form}`,
  `c.url: Invalid value: "": host must be provided${form}`,
);
test(says, { url: 'http://a' }, `c.url: Invalid value: "http": 'https' is the only allowed URL scheme${form}`);
test(says, { url: 'https:///b' }, `c.url: Invalid value: "": host must be provided${form}`);
test(says, { url: 'https://u:p@a' }, 'c.url: Invalid value: "u:p": user information is not permitted in the URL');
test(says, { url: 'https://a#f' }, 'c.url: Invalid value: "f": fragments are not permitted in the URL');
test(says, { url: 'https://a?q' }, 'c.url: Invalid value: "q": query parameters are not permitted in the URL');
test(
  says,
  { service: {} },
  'c.service.name: Required value: service name is required',
  'c.service.namespace: Required value: service namespace is required',
  'c.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive',
);
const paths = (path: string) => ({ service: { ...service, path } });
test(says, paths('//'), 'c.service.path: Invalid value: "//": segment[0] may not be empty');
test(says, paths('/a//b'), 'c.service.path: Invalid value: "/a//b": segment[1] may not be empty');
test(says, paths('foo/'), `c.service.path: Invalid value: "foo/": must start with a '/'`);

for (const [versions, ...expected] of [
  [['v1', 'v9']],
  [[], 'c: Required value: one'],
  [['v9'], 'c: Invalid value: ["v9"]: must include at least one of v1, v1beta1'],
  [['v1', 'v1'], 'c[1]: Invalid value: "v1": duplicate version'],
] as const) {
  test(`validateReviews() judges ${JSON.stringify(versions)}`, (t) => {
    const causes = validateReviews(versions, 'c', 'one');
    t.deepEqual(
      causes.map(({ field, message }) => `${field}: ${message}`),
      [...expected],
    );
  });
}
