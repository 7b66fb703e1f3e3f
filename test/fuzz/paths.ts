import { parseJsonPath } from '#lib/api/structural/json-path.ts';
import { compileOrError } from '#lib/api/structural/pattern.ts';
import { negotiate } from '../../controlplane/apiserver/http/negotiate.ts';
import { parseRequestInfo } from '../../controlplane/apiserver/http/request-info.ts';
import { relocated, rewriteLinks } from '../../controlplane/apiserver/proxy/html.ts';
import { parseProxyName, refuseUnproxyable } from '../../controlplane/apiserver/proxy/target.ts';
import { changedText } from './make.ts';
import { attempted } from './refusals.ts';
import type { Target } from './target.ts';

const paths = [
  '/api/v1/namespaces/default/pods/a/proxy/x/y',
  '/apis/apps/v1/namespaces/default/deployments/d/status',
  '/api/v1/watch/namespaces/a/pods',
  '/api/v1/nodes/n:10250/proxy/metrics',
  '/api/v1/namespaces/kube-system/services/https:dns:9153/proxy/',
  '/openapi/v3/apis/apps/v1',
  '/healthz/ping',
];
const pathTokens = [
  '/',
  '//',
  '..',
  '.',
  '%2e%2e',
  '%2f',
  '%',
  '%00',
  '%ff',
  ':',
  '?',
  '#',
  ';',
  '@',
  '\\',
  'proxy',
  'namespaces',
  '__proto__',
  'ä',
];
const queries = ['watch=1&fieldSelector=metadata.name=a', 'limit=5&continue=x', 'pretty=true'];
const accepts = [
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
  'application/vnd.kubernetes.protobuf',
  '*/*;q=0.1',
];
const acceptTokens = [',', ';', '=', 'q=', '*/*', 'application/yaml', 'as=PartialObjectMetadata', '"'];
const pages = [
  '<a href="/x">y</a>',
  "<img src='http://h:80/z' alt=q>",
  '<form action=/go><input formaction="//other/x">',
];
const pageTokens = ['<', '>', '"', "'", '=', ' ', 'href', '/', '//', 'javascript:', 'a', '-'];
const jsonPaths = ['.spec.replicas', '{.items[0].a}', ".a['b']", '.a[?(@.b=="c")].d'];
const jsonPathTokens = ['.', '[', ']', '{', '}', "'", '"', '?', '(', ')', '@', '*', '0', '-1', '=='];
const patterns = ['^[a-z0-9]([-a-z0-9]*[a-z0-9])?$', '(a|b)*c', '\\d{1,3}', '[[:alpha:]]+', '(?i)x', 'a{2,}b+?'];
const patternTokens = [
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  '*',
  '+',
  '?',
  '|',
  '\\',
  '^',
  '$',
  '.',
  '{1,9}',
  '(?:',
  '\\p{L}',
  'a',
  '-',
  ',',
];

/** Paths, headers, links and what else the server takes apart before anybody is asked whether that is allowed. */
export const requests: Target = {
  name: 'paths',
  run(random) {
    const path = changedText(random, random.pick(paths), pathTokens);
    const query = new URLSearchParams(
      changedText(random, random.pick(queries), ['&', '=', '%', '+', 'fieldSelector', ',']),
    );
    const method = random.pick(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'CONNECT', '']);
    const info = attempted(() => parseRequestInfo(method, path, query));
    if (
      info?.isResource === true &&
      info.name.includes('/') &&
      !path.toLowerCase().includes('%2f') &&
      !query.has('fieldSelector')
    ) {
      throw new Error(`A name with a slash: ${info.name}`);
    }
    attempted(() => parseProxyName(info?.name ?? path));
    attempted(() =>
      refuseUnproxyable(changedText(random, '10.244.0.1', ['.', ':', '0x', '127.', '::ffff:', '1', '/'])),
    );
    attempted(() => negotiate(changedText(random, random.pick(accepts), acceptTokens)));
    const facts = { base: '/api/v1/namespaces/n/pods/p/proxy', host: 'h', port: 80 };
    rewriteLinks(changedText(random, random.pick(pages), pageTokens), facts);
    const moved = relocated(path, facts);
    if (path.startsWith('/') && !path.startsWith('//') && !moved.startsWith(facts.base))
      throw new Error(`${path} leads to ${moved}`);
    parseJsonPath(changedText(random, random.pick(jsonPaths), jsonPathTokens));
    const pattern = compileOrError(changedText(random, random.pick(patterns), patternTokens));
    if (!(pattern instanceof Error))
      pattern.test(changedText(random, 'aaaaaaaaaaaaaaaaaaaaaaab', ['a', 'b', '-', ' ']));
  },
};
