// The real server, in this process: TLS, certificates, SQLite and all.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { OutgoingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { createClock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';
import { runServer } from './main.ts';

interface Server {
  readonly port: number;
  readonly directory: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const end = new AbortController();
let server: Server;
let stopped: Promise<void>;

test.before(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'skiff-server-'));
  const ready = Promise.withResolvers<number>();
  stopped = runServer(
    { dataDir: directory, bindAddress: '127.0.0.1', securePort: 0, advertiseAddress: '192.0.2.1', apiOnly: true },
    { clock: createClock(), log: createSilentLog(), signal: end.signal, onReady: ready.resolve },
  );
  const port = await Promise.race([ready.promise, stopped.then(() => 0)]);
  const pki = (name: string) => readFile(join(directory, 'pki', name), 'utf8');
  server = { port, directory, ca: await pki('ca.crt'), cert: await pki('admin.crt'), key: await pki('admin.key') };
});

test.after.always(async () => {
  end.abort();
  await stopped;
  await rm(server.directory, { recursive: true });
});

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: NodeJS.Dict<string | string[]>;
}

function ask(
  path: string,
  options: {
    method?: string;
    headers?: OutgoingHttpHeaders;
    body?: string | Buffer;
    anonymous?: boolean;
    as?: string;
  } = {},
): Promise<Answer> {
  const { method = options.body === undefined ? 'GET' : 'POST', body, anonymous = false, as } = options;
  const { port, ca, cert, key } = server;
  const headers = {
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(as === undefined ? {} : { 'impersonate-user': as }),
    ...options.headers,
  };
  const identity = anonymous ? {} : { cert, key };
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      { host: '127.0.0.1', port, ca, ...identity, path, method, headers, agent: false },
      (response) => {
        let text = '';
        response.on('data', (piece) => (text += piece));
        response.on('end', () => resolve({ status: response.statusCode!, text, headers: response.headers }));
      },
    );
    request.on('error', reject).end(body);
  });
}

const maps = '/api/v1/namespaces/default/configmaps';
const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
const metadataOf = (as: string) => ({ accept: `application/json;as=${as};g=meta.k8s.io;v=v1` });
const type = (contentType: string) => ({ 'content-type': contentType });

const refuses = test.macro<[string, () => Promise<Answer>, number, RegExp]>({
  title: (_title, what, _ask, status) => `runServer() answers ${status} to ${what}, and goes on`,
  async exec(t, _what, asked, status, message) {
    const answer = await asked();
    t.is(answer.status, status, answer.text);
    const said = answer.text.startsWith('{') ? JSON.parse(answer.text) : { message: answer.text };
    t.regex(said.message, message);
    if (said.kind !== undefined) t.like(said, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: status });
    t.is((await ask('/healthz', { anonymous: true })).text, 'ok');
  },
});
test(refuses, 'malformed JSON', () => ask(maps, { body: '{"a":' }), 400, /json parse error/);
test(refuses, 'no object', () => ask(maps, { body: '[]' }), 400, /cannot unmarshal array/);
test(refuses, 'a wrong type', () => ask(maps, { body: '{"metadata":{"name":5}}' }), 400, /cannot unmarshal number/);
test(refuses, 'another kind', () => ask(maps, { body: '{"kind":"Foo"}' }), 400, /no kind "Foo" is registered/);
test(refuses, 'broken YAML', () => ask(maps, { body: 'a: [1', headers: type('application/yaml') }), 400, /yaml: /);
test(
  refuses,
  'keys that YAML has twice',
  () => {
    const body = 'metadata:\n  name: x\n  name: y\nfoo: 1\ndata:\n  a: b\n  a: c\n';
    return ask(`${maps}?fieldValidation=Strict`, { body, headers: type('application/yaml') });
  },
  400,
  /strict decoding error: yaml: unmarshal errors:\n {2}line 3: key "name" already set in map\n {2}line 7: key "a" already set in map, unknown field "foo"$/,
);
test(
  refuses,
  'the metadata of a list for one object',
  () => ask(`${maps}/kube-root-ca.crt`, { headers: metadataOf('PartialObjectMetadataList') }),
  406,
  /^you requested PartialObjectMetadataList, but the requested object is not a list \(\*core.ConfigMap\)$/,
);
test(
  refuses,
  'the metadata of one object for a list',
  () => ask(maps, { headers: metadataOf('PartialObjectMetadata') }),
  406,
  /^you requested PartialObjectMetadata, but the requested object is a list \(\*core.ConfigMapList\)$/,
);
test(refuses, 'nesting without end', () => ask(maps, { body: '['.repeat(200_000) }), 400, /max depth/);
test(
  refuses,
  'an unknown media type',
  () => ask(maps, { body: 'x', headers: type('text/plain') }),
  415,
  /unknown format/,
);
test(refuses, 'a patch as JSON', () => ask(`${maps}/a`, { method: 'PATCH', body: '{}' }), 415, /json-patch/);
test(refuses, 'a form nobody has', () => ask(maps, { headers: { accept: 'image/png' } }), 406, /only the following/);
test(refuses, 'a name that is none', () => ask(maps, { body: '{"metadata":{"name":"A_b"}}' }), 422, /RFC 1123/);
test(refuses, 'an object over 1.5 MB', () => ask(leases, { body: largeLease(1_600_000) }), 413, /too large/);
test(refuses, 'a ConfigMap over 1 MiB', () => ask(maps, { body: large(1_100_000) }), 422, /Too long/);
test(refuses, 'a body over 3 MiB', () => ask(maps, { body: large(3_200_000) }), 413, /limit is 3145728/);
test(refuses, 'an unknown resource', () => ask('/api/v1/foos'), 404, /could not find the requested resource/);
test(refuses, 'an unknown group', () => ask('/apis/foo.example/v1/bars'), 404, /^404 page not found/);
test(refuses, 'an unknown path', () => ask('/x'), 404, /^404 page not found/);
test(refuses, 'a missing object', () => ask(`${maps}/none`), 404, /^configmaps "none" not found$/);
test(refuses, 'a broken escape', () => ask('/api/v1/namespaces/%zz/pods'), 400, /invalid URL escape/);
test(
  refuses,
  'a method that is none',
  () => ask(`${maps}/a`, { method: 'OPTIONS' }),
  405,
  /does not allow this method/,
);
test(refuses, 'a broken label selector', () => ask(`${maps}?labelSelector=a%20in%20(`), 400, /./);
test(refuses, 'nobody in particular', () => ask(maps, { anonymous: true }), 401, /^Unauthorized$/);
const wrongTokens = ['abc', 'a.b.c', '..', 'eyJhbGciOiJub25lIn0.e30.', `${'x'.repeat(8000)}`];
for (const [at, token] of wrongTokens.entries()) {
  const headers = { authorization: `Bearer ${token}` };
  test(refuses, `wrong token ${at}`, () => ask(maps, { anonymous: true, headers }), 401, /^Unauthorized$/);
}
test(
  refuses,
  'who may not',
  () => ask(maps, { as: 'ann' }),
  403,
  /^configmaps is forbidden: User "ann" cannot list resource "configmaps" in API group "" in the namespace "default"$/,
);

/** A Lease has no limit of its own: what holds is that of the store. */
function largeLease(bytes: number): string {
  return JSON.stringify({ metadata: { name: 'large' }, spec: { holderIdentity: 'a'.repeat(bytes) } });
}

function large(bytes: number): string {
  return JSON.stringify({ metadata: { name: 'large' }, data: { a: 'a'.repeat(bytes) } });
}

test('runServer() keeps __proto__ what it is: a key', async (t) => {
  const body = '{"metadata":{"name":"proto"},"__proto__":{"polluted":1},"data":{"__proto__":"v","constructor":"c"}}';
  const answer = await ask(maps, { body });
  t.is(answer.status, 201, answer.text);
  t.regex(answer.text, /"__proto__":"v"/);
  t.is(({} as Record<string, unknown>)['polluted'], undefined);
});

test('runServer() speaks YAML and indents for people', async (t) => {
  const body = 'kind: ConfigMap\napiVersion: v1\nmetadata:\n  name: yaml\ndata:\n  day: 2026-01-01\n';
  const made = await ask(maps, { body, headers: { ...type('application/yaml'), accept: 'application/yaml' } });
  t.is(made.headers['content-type'], 'application/yaml');
  t.regex(made.text, /^apiVersion: v1\ndata:\n {2}day: '2026-01-01'\nkind: ConfigMap\n/);
  t.regex((await ask(`${maps}/yaml?pretty=true`)).text, /^\{\n {2}"kind": "ConfigMap",\n {2}"apiVersion": "v1",\n/);
});

test('runServer() tells anybody that it lives, and its version', async (t) => {
  for (const path of ['/healthz', '/livez', '/readyz']) t.is((await ask(path, { anonymous: true })).text, 'ok');
  t.regex(
    (await ask('/readyz?verbose')).text,
    /\[\+\]poststarthook\/rbac\/bootstrap-roles ok\n[\s\S]*readyz check passed\n$/,
  );
  const version = JSON.parse((await ask('/version', { anonymous: true })).text);
  t.regex(version.gitVersion, /^v1\.37\.0\+skiff\d/);
});

test('runServer() makes what every cluster has, and says who one is', async (t) => {
  const names = JSON.parse((await ask('/api/v1/namespaces')).text).items.map(
    (one: { metadata: { name: string } }) => one.metadata.name,
  );
  t.deepEqual(names, ['default', 'kube-node-lease', 'kube-public', 'kube-system']);
  const service = JSON.parse((await ask('/api/v1/namespaces/default/services/kubernetes')).text);
  t.is(service.spec.clusterIP, '10.96.0.1');
  t.is(
    (await ask('/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Acontroller%3Aroute-controller')).status,
    200,
  );
  t.is((await ask('/apis/scheduling.k8s.io/v1/priorityclasses/system-node-critical')).status, 200);
  const body = '{"kind":"SelfSubjectReview","apiVersion":"authentication.k8s.io/v1"}';
  const me = JSON.parse((await ask('/apis/authentication.k8s.io/v1/selfsubjectreviews', { body })).text);
  t.like(me.status.userInfo, { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] });
});

test('runServer() has its ranges and the addresses of its Services as objects', async (t) => {
  const networking = '/apis/networking.k8s.io/v1';
  const range = JSON.parse((await ask(`${networking}/servicecidrs/kubernetes`)).text);
  t.deepEqual(range.spec.cidrs, ['10.96.0.0/12']);
  t.like(range.status.conditions[0], { type: 'Ready', status: 'True' });
  const { spec } = JSON.parse((await ask(`${networking}/ipaddresses/10.96.0.1`)).text);
  t.like(spec.parentRef, { resource: 'services', namespace: 'default', name: 'kubernetes' });
});

test('runServer() gives out tokens that it then believes, until what they are bound to is gone', async (t) => {
  const namespace = '/api/v1/namespaces/default';
  t.is((await ask(`${namespace}/serviceaccounts`, { body: '{"metadata":{"name":"robot"}}' })).status, 201);
  const secret = JSON.parse((await ask(`${namespace}/secrets`, { body: '{"metadata":{"name":"bound"}}' })).text);
  const boundObjectRef = { kind: 'Secret', apiVersion: 'v1', name: 'bound', uid: secret.metadata.uid };
  const body = JSON.stringify({ spec: { boundObjectRef, expirationSeconds: 600 } });
  const made = await ask(`${namespace}/serviceaccounts/robot/token`, { body });
  t.is(made.status, 201, made.text);
  const { token } = JSON.parse(made.text).status;
  const review = JSON.stringify({ spec: { token } });
  const reviewed = async () =>
    JSON.parse((await ask('/apis/authentication.k8s.io/v1/tokenreviews', { body: review })).text).status;
  t.like(await reviewed(), { authenticated: true, user: { username: 'system:serviceaccount:default:robot' } });
  const headers = { authorization: `Bearer ${token}` };
  const asRobot = await ask(`${namespace}/pods`, { anonymous: true, headers });
  t.regex(asRobot.text, /User \\"system:serviceaccount:default:robot\\" cannot list/);
  await ask(`${namespace}/secrets/bound`, { method: 'DELETE' });
  t.is((await ask(`${namespace}/pods`, { anonymous: true, headers })).status, 401);
  t.like(await reviewed(), { user: {}, error: 'secret bound has been invalidated' });
  const short = JSON.stringify({ spec: { expirationSeconds: 5 } });
  t.is((await ask(`${namespace}/serviceaccounts/robot/token`, { body: short })).status, 422);
});

test('runServer() lets nobody grant what they have not', async (t) => {
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'admin' };
  const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'bob' }];
  const binding = JSON.stringify({ metadata: { name: 'bob-admin' }, roleRef, subjects });
  t.is((await ask(`${rbac}/namespaces/default/rolebindings`, { body: binding })).status, 201);
  const roleOf = (resource: string) =>
    JSON.stringify({
      metadata: { name: `r-${resource}` },
      rules: [{ verbs: ['get', 'list'], apiGroups: [''], resources: [resource] }],
    });
  const roles = `${rbac}/namespaces/default/roles`;
  t.is((await ask(roles, { body: roleOf('pods'), as: 'bob' })).status, 201);
  const refused = await ask(roles, { body: roleOf('nodes'), as: 'bob' });
  t.is(refused.status, 403);
  t.true(
    JSON.parse(refused.text).message.endsWith(
      'is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["nodes"], Verbs:["get" "list"]}',
    ),
    refused.text,
  );
});

const flows = '/apis/flowcontrol.apiserver.k8s.io/v1';

test('runServer() has the flows and levels of every cluster, says that each has its level, and tells in answers which it was', async (t) => {
  const uidOf = async (path: string) => JSON.parse((await ask(`${flows}/${path}`)).text).metadata.uid;
  const told = ({ headers }: Answer) => [
    headers['x-kubernetes-pf-flowschema-uid'],
    headers['x-kubernetes-pf-prioritylevel-uid'],
  ];
  const exempt = [await uidOf('flowschemas/exempt'), await uidOf('prioritylevelconfigurations/exempt')];
  t.deepEqual(told(await ask(maps)), exempt);
  t.deepEqual(told(await ask(`${maps}/none`)), exempt);
  const jane = await ask(maps, { as: 'jane' });
  t.is(jane.status, 403);
  t.deepEqual(told(jane), [
    await uidOf('flowschemas/global-default'),
    await uidOf('prioritylevelconfigurations/global-default'),
  ]);
  const { text } = await ask('/metrics');
  const flow = 'priority_level="global-default",flow_schema="global-default"';
  t.regex(text, new RegExp(`^apiserver_flowcontrol_dispatched_requests_total\\{${flow}\\} [1-9]`, 'm'));
  t.true(text.includes('current_executing_requests{priority_level="exempt",flow_schema="exempt"} '), text);
  let conditions: { type: string; status: string }[][];
  do {
    const { items } = JSON.parse((await ask(`${flows}/flowschemas`)).text);
    t.true(items.length >= 13);
    conditions = items.map(({ status }: { status?: { conditions?: [] } }) => status?.conditions ?? []);
  } while (conditions.some((all) => all.length === 0)); // told a moment after the start
  t.true(conditions.every((all) => all[0]?.type === 'Dangling'));
});

test('runServer() says of a flow that its level is not there, and once it is', async (t) => {
  const dangling = async (wanted: string) => {
    for (;;) {
      const { status } = JSON.parse((await ask(`${flows}/flowschemas/lonely`)).text);
      if (status?.conditions?.[0]?.status === wanted) return t.pass();
    }
  };
  const rule = { verbs: ['get'], apiGroups: [''], resources: ['pods'], namespaces: ['*'] };
  const rules = [{ subjects: [{ kind: 'User', user: { name: 'x' } }], resourceRules: [rule] }];
  const spec = { matchingPrecedence: 5000, priorityLevelConfiguration: { name: 'lonely' }, rules };
  const metadata = { name: 'lonely' };
  const create = (plural: string, body: object) =>
    ask(`${flows}/${plural}`, { body: JSON.stringify({ metadata, ...body }) });
  t.is((await create('flowschemas', { spec })).status, 201);
  await dangling('True');
  const limited = { limitResponse: { type: 'Reject' } };
  t.is((await create('prioritylevelconfigurations', { spec: { type: 'Limited', limited } })).status, 201);
  await dangling('False');
});

test("runServer() counts by upstream's names", async (t) => {
  const name = { body: '{"metadata":{"name":"counted"}}' };
  await ask(maps, name);
  await ask(`${maps}/none`);
  await ask(maps, { as: 'jane' });
  await ask('/readyz/ping');
  await ask(`${maps}?watch=true&timeoutSeconds=1`);
  const { text } = await ask('/metrics');
  const value = (series: RegExp) => Number(new RegExp(`^${series.source} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
  const at = /group="",version="v1",resource="configmaps",subresource=""/.source;
  for (const series of [
    new RegExp(
      `apiserver_request_total\\{verb="GET",dry_run="",${at},scope="resource",component="apiserver",code="404"\\}`,
    ),
    new RegExp(
      `apiserver_request_total\\{verb="LIST",dry_run="",${at},scope="namespace",component="apiserver",code="403"\\}`,
    ),
    new RegExp(
      `apiserver_request_sli_duration_seconds_count\\{verb="POST",${at},scope="resource",component="apiserver"\\}`,
    ),
    /apiserver_watch_events_total\{group="",version="v1",resource="configmaps"\}/,
    /apiserver_admission_controller_admission_duration_seconds_count\{name="ResourceQuota",operation="CREATE",rejected="false",type="validate"\}/,
    /etcd_request_duration_seconds_count\{operation="create",group="",resource="configmaps"\}/,
    /apiserver_admission_step_admission_duration_seconds_count\{operation="CREATE",rejected="false",type="admit"\}/,
    /apiserver_storage_events_received_total\{group="",resource="configmaps"\}/,
    /apiserver_storage_size_bytes\{storage_cluster_id="etcd-0"\}/,
    /apiserver_storage_objects\{resource="configmaps"\}/,
    /apiserver_resource_objects\{group="",resource="configmaps"\}/,
    /kube_apiserver_clusterip_allocator_allocated_ips\{cidr="10.96.0.0\/12"\}/,
    /authenticated_user_requests\{username="other"\}/,
    /rest_client_requests_total\{code="201",method="POST",host="in-process"\}/,
    /authentication_attempts\{result="success"\}/,
    /authorization_attempts_total\{result="no-opinion"\}/,
    /apiserver_client_certificate_expiration_seconds_count/,
    /kubernetes_healthcheck\{name="ping",type="readyz"\}/,
    /kubernetes_build_info\{major="1",minor="37",.*\}/,
  ]) {
    t.true(value(series) >= 1, String(series));
  }
  t.is(value(/aggregator_unavailable_apiservice\{name="v1\."\}/), 0);
  t.is(value(/apiserver_tls_handshake_errors_total/), 0);
});
