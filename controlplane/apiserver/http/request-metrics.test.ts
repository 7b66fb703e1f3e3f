import test from 'ava';
import { createMetrics } from '#lib/metrics.ts';
import { parseRequestInfo } from './request-info.ts';
import { createRequestMetrics } from './request-metrics.ts';

function counted(...requests: readonly (readonly [string, string, number, (string | undefined)?])[]) {
  const metrics = createMetrics();
  const numbers = createRequestMetrics(metrics, ({ resource }) =>
    resource === 'endpoints' ? 'deprecated' : resource === 'pods' ? 'known' : 'unknown',
  );
  for (const [method, path, status, type] of requests) {
    const query = new URLSearchParams(path.split('?')[1]);
    const info = parseRequestInfo(method, path.split('?')[0]!, query);
    numbers.count({ info, query, headers: { 'content-type': type } }, { status, headers: {}, body: 'four' }, 30);
  }
  return metrics.render();
}

const pods = '/api/v1/namespaces/a/pods';
const verbs = test.macro<[string, string, string, string, string?]>({
  title: (_title, method, path, verb, scope, type = '') =>
    `createRequestMetrics() counts ${method} ${path} ${type} as ${verb} of scope "${scope}"`,
  exec(t, method, path, verb, scope, type) {
    const lines = counted([method, path, 200, type]).split('\n');
    const total = lines.find((line) => line.startsWith('apiserver_request_total{'));
    t.true(total?.includes(`{verb="${verb}",`), total);
    t.true(total?.includes(`scope="${scope}"`), total);
  },
});
test(verbs, 'GET', pods, 'LIST', 'namespace');
test(verbs, 'GET', '/api/v1/pods', 'LIST', 'cluster');
test(verbs, 'GET', `${pods}/x`, 'GET', 'resource');
test(verbs, 'POST', pods, 'POST', 'resource');
test(verbs, 'GET', `${pods}?watch=1`, 'WATCH', 'namespace');
test(verbs, 'PATCH', `${pods}/x`, 'APPLY', 'resource', 'application/apply-patch+yaml');
test(verbs, 'PATCH', `${pods}/x`, 'PATCH', 'resource', 'application/merge-patch+json');
test(verbs, 'POST', `${pods}/x/exec`, 'CONNECT', 'resource');
test(verbs, 'GET', '/livez', 'GET', '');

test('createRequestMetrics() names what is not there only where the resource is', (t) => {
  const text = counted(['GET', `${pods}/x`, 404], ['GET', '/apis/a/v1/bs/c', 404]);
  t.regex(text, /apiserver_request_total\{verb="GET",dry_run="",group="",version="v1",resource="pods".*code="404"\} 1/);
  t.regex(text, /apiserver_request_total\{verb="GET",dry_run="",group="",version="",resource="".*code="404"\} 1/);
});

test('createRequestMetrics() counts sizes of what is read, time as it is promised, and who asks for what is deprecated', (t) => {
  const text = counted(['GET', pods, 200], ['POST', pods, 201], ['GET', '/api/v1/namespaces/a/endpoints', 200]);
  t.regex(text, /apiserver_response_sizes_sum\{verb="LIST",group="",version="v1",resource="pods"[^}]*\} 4\n/);
  t.notRegex(text, /apiserver_response_sizes_sum\{verb="POST"/);
  t.regex(text, /apiserver_request_sli_duration_seconds_sum\{verb="POST",group="",[^}]*\} 0\.03\n/);
  t.regex(
    text,
    /apiserver_requested_deprecated_apis\{group="",version="v1",resource="endpoints",subresource="",removed_release=""\} 1/,
  );
  t.notRegex(text, /apiserver_requested_deprecated_apis\{[^}]*"pods"/);
});
