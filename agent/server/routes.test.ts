import test from 'ava';
import { attributesOf, isDebugging, routeOf } from './routes.ts';

const pod = { namespace: 'shop', name: 'web-0', uid: '' };
const routes = test.macro<[string, unknown]>({
  title: (_title, path) => `routeOf() of ${path}`,
  exec: (t, path, expected) => t.deepEqual(routeOf(path), expected as ReturnType<typeof routeOf>),
});
test(routes, '/healthz', { to: 'healthz' });
test(routes, '/pods/', { to: 'pods' });
test(routes, '/runningpods/', { to: 'runningPods' });
test(routes, '/metrics/cadvisor', { to: 'cadvisorMetrics' });
test(routes, '/containerLogs/shop/web-0/main', { to: 'logs', pod, container: 'main' });
test(routes, '/exec/shop/web-0/main', { to: 'exec', pod, container: 'main' });
test(routes, '/exec/shop/web-0/u-1/main', { to: 'exec', pod: { ...pod, uid: 'u-1' }, container: 'main' });
test(routes, '/portForward/shop/web-0', { to: 'portForward', pod });
test(routes, '/portForward/shop/web-0/u-1', { to: 'portForward', pod: { ...pod, uid: 'u-1' } });
test(routes, '/checkpoint/shop/web-0/main', { to: 'checkpoint', pod, container: 'main' });
test(routes, '/statusz', { to: 'statusz' });
test(routes, '/flagz', { to: 'flagz' });
for (const path of [
  '/checkpoint/shop/web-0/u-1/main',
  '/',
  '',
  '/exec',
  '/exec/shop',
  '/exec/shop/web-0',
  '/exec/a/b/c/d/e',
  '/exec/%/a/b',
  '//pods',
]) {
  test(routes, path, undefined);
}

const attributes = test.macro<[string, string, string, readonly string[]]>({
  title: (_title, method, path) => `attributesOf() of ${method} ${path}`,
  exec: (t, method, path, verb, subresources) => t.deepEqual(attributesOf(method, path), { verb, subresources }),
});
test(attributes, 'GET', '/stats/summary', 'get', ['stats']);
test(attributes, 'GET', '/metrics/cadvisor', 'get', ['metrics']);
test(attributes, 'GET', '/pods', 'get', ['pods', 'proxy']);
test(attributes, 'POST', '/exec/shop/web-0/main', 'create', ['proxy']);
test(attributes, 'GET', '/containerLogs/shop/web-0/main', 'get', ['proxy']);
test(attributes, 'GET', '/metricsx', 'get', ['proxy']);
test(attributes, 'POST', '/checkpoint/shop/web-0/main', 'create', ['checkpoint']);
test(attributes, 'GET', '/statusz', 'get', ['statusz']);
test(attributes, 'GET', '/flagz', 'get', ['configz']);

test('routeOf() finds the machine’s own logs', (t) => {
  t.deepEqual(routeOf('/logs/'), { to: 'systemLogs', path: '' });
  t.deepEqual(routeOf('/logs/pods/a%20b'), { to: 'systemLogs', path: 'pods/a b' });
  t.is(routeOf('/logs/%zz'), undefined);
});

test('isDebugging() tells what looks into containers from what counts and describes', (t) => {
  const paths = ['/logs/', '/containerLogs/a/b/c', '/exec/a/b/c', '/run/a/b/c', '/portForward/a/b', '/runningpods/'];
  for (const path of paths) t.true(isDebugging(routeOf(path)!), path);
  for (const path of ['/metrics', '/pods', '/stats/summary', '/healthz']) t.false(isDebugging(routeOf(path)!), path);
});
