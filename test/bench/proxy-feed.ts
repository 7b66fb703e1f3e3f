// `proxy-feed.ts SERVICES`: as much of the API as upstream's proxy of v1.20 asks for, without a store behind it. Each line of input is
// the number of a Service whose second endpoint moves. Says its port first, then `sent`, each time that a change has gone out.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';

const count = Number(process.argv[2]);
const address = (base: number, index: number) => `10.${base}.${index >> 8}.${index & 255}`;
const metadata = (index: number, more: object = {}) => ({
  namespace: 'default',
  name: `s${index}`,
  uid: `s${index}`,
  resourceVersion: String(++revision),
  ...more,
});
let revision = 0;
const service = (index: number) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: metadata(index),
  spec: {
    type: 'ClusterIP',
    clusterIP: address(100, index),
    sessionAffinity: 'None',
    ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080 }],
  },
});
const slice = (index: number, last: number) => ({
  apiVersion: 'discovery.k8s.io/v1beta1',
  kind: 'EndpointSlice',
  metadata: metadata(index, { labels: { 'kubernetes.io/service-name': `s${index}` } }),
  addressType: 'IPv4',
  ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
  endpoints: [address(200, index), address(last, index)].map((ip) => ({
    addresses: [ip],
    conditions: { ready: true },
  })),
});

const lists: Readonly<
  Record<string, { readonly kind: string; readonly apiVersion: string; readonly items: object[] }>
> = {
  '/api/v1/services': {
    kind: 'ServiceList',
    apiVersion: 'v1',
    items: Array.from({ length: count }, (_, index) => service(index)),
  },
  '/apis/discovery.k8s.io/v1beta1/endpointslices': {
    kind: 'EndpointSliceList',
    apiVersion: 'discovery.k8s.io/v1beta1',
    items: Array.from({ length: count }, (_, index) => slice(index, 201)),
  },
};
const watches: ServerResponse[] = [];

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url!, 'http://feed');
  const list = lists[pathname];
  response.setHeader('Content-Type', 'application/json');
  if (list !== undefined && searchParams.get('watch') !== 'true') {
    response.end(JSON.stringify({ ...list, metadata: { resourceVersion: String(revision) } }));
  } else if (list !== undefined) {
    response.flushHeaders();
    if (pathname.endsWith('slices')) watches.push(response);
  } else {
    const status = { apiVersion: 'v1', kind: 'Status', status: 'Failure', reason: 'NotFound', code: 404 };
    response.writeHead(404).end(JSON.stringify(status));
  }
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));

let changes = 0;
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const event = JSON.stringify({ type: 'MODIFIED', object: slice(Number(line), 202 + (changes++ % 2)) });
    for (const watch of watches) watch.write(`${event}\n`);
    process.stdout.write('sent\n');
  })
  .on('close', () => process.exit());
