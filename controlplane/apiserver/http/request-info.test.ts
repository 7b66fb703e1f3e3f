import test from 'ava';
import { parseRequestInfo, type RequestInfo } from './request-info.ts';

const parses = test.macro<[string, Partial<RequestInfo>]>({
  title: (_title, request) => `parseRequestInfo() reads ${request}`,
  exec(t, request, expected) {
    const [method = '', url = ''] = request.split(' ');
    const [path = '', query = ''] = url.split('?');
    t.like(parseRequestInfo(method, path, new URLSearchParams(query)), expected);
  },
});

const pods = { isResource: true, group: '', version: 'v1', resource: 'pods' };
test(parses, 'GET /api/v1/pods', { ...pods, verb: 'list', namespace: '', name: '' });
test(parses, 'GET /api/v1/pods?watch=1', { ...pods, verb: 'watch' });
test(parses, 'GET /api/v1/pods?watch=false', { ...pods, verb: 'list' });
test(parses, 'GET /api/v1/namespaces/a/pods/b', { ...pods, verb: 'get', namespace: 'a', name: 'b' });
test(parses, 'HEAD /api/v1/namespaces/a/pods/b', { ...pods, verb: 'get', name: 'b' });
test(parses, 'GET /api/v1/namespaces/a/pods/b?watch=true', { ...pods, verb: 'get', name: 'b' });
test(parses, 'GET /api/v1/watch/namespaces/a/pods/b', { ...pods, verb: 'watch', namespace: 'a', name: 'b' });
test(parses, 'POST /api/v1/namespaces/a/pods', { ...pods, verb: 'create', namespace: 'a' });
test(parses, 'DELETE /api/v1/namespaces/a/pods', { ...pods, verb: 'deletecollection', namespace: 'a', name: '' });
test(parses, 'DELETE /api/v1/namespaces/a/pods/b', { ...pods, verb: 'delete', name: 'b' });
test(parses, 'GET /api/v1/namespaces/a/pods?fieldSelector=metadata.name%3Db', { ...pods, verb: 'list', name: 'b' });
test(parses, 'GET /api/v1/namespaces/a/pods?fieldSelector=metadata.name!%3Db', { ...pods, verb: 'list', name: '' });
test(parses, 'POST /api/v1/namespaces/a/pods/b/exec?command=ls', { ...pods, subresource: 'exec', verb: 'create' });
test(parses, 'GET /api/v1/namespaces/a/pods/b/proxy/x/%20y/', { ...pods, subresource: 'proxy', rest: '/x/%20y/' });
test(parses, 'GET /api/v1/namespaces/a/pods/b/proxy', { ...pods, subresource: 'proxy', rest: '' });
test(parses, 'GET /api/v1/namespaces/a/services/https:web:443/proxy/', {
  resource: 'services',
  name: 'https:web:443',
  subresource: 'proxy',
  rest: '/',
});
test(parses, 'GET /api/v1/namespaces', { resource: 'namespaces', verb: 'list', namespace: '' });
test(parses, 'GET /api/v1/namespaces/a', { resource: 'namespaces', verb: 'get', namespace: 'a', name: 'a' });
test(parses, 'PUT /api/v1/namespaces/a/finalize', { resource: 'namespaces', name: 'a', subresource: 'finalize' });
test(parses, 'PUT /api/v1/namespaces/a/status', { resource: 'namespaces', name: 'a', subresource: 'status' });
test(parses, 'PATCH /apis/apps/v1/namespaces/a/deployments/b/scale', {
  group: 'apps',
  version: 'v1',
  resource: 'deployments',
  verb: 'patch',
  namespace: 'a',
  name: 'b',
  subresource: 'scale',
});
test(parses, 'GET /apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode', { name: 'system:node', verb: 'get' });
for (const path of [
  '/',
  '/api',
  '/api/v1',
  '/api/v1/',
  '/apis',
  '/apis/apps',
  '/apis/apps/v1',
  '/healthz',
  '/version/',
]) {
  test(parses, `GET ${path}`, { isResource: false, verb: 'get', path });
}
test(parses, 'OPTIONS /healthz', { isResource: false, verb: 'options' });

test('parseRequestInfo() refuses a broken escape', (t) => {
  t.throws(() => parseRequestInfo('GET', '/api/v1/namespaces/%E0%A4%A/pods', new URLSearchParams()), {
    message: /invalid URL escape/,
  });
});
