import test from 'ava';
import { validates } from '../testing.ts';

const container = { name: 'web', image: 'nginx:1' };
const base = { metadata: { name: 'a', namespace: 'default' }, spec: { containers: [container] } };
const is = validates('', 'Pod', base);
const of = (more: object, spec: object = {}) => ({ spec: { containers: [{ ...container, ...more }], ...spec } });
const init = (more: object) => ({ spec: { initContainers: [{ name: 'i', image: 'a:1', ...more }] } });
const env = (valueFrom: object) => of({ env: [{ name: 'A', valueFrom }] });
const c = 'spec.containers[0]';
const e = `${c}.env[0].valueFrom`;

test(
  'refused with an image between blanks',
  is,
  of({ image: ' a ' }),
  ...[`${c}.image: Invalid value: " a ": must not have leading or trailing whitespace`],
);
const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [container] } };
const isTemplate = validates('', 'PodTemplate', { metadata: { name: 'a', namespace: 'default' }, template });
test('valid with an image between blanks, of which pods may make something', isTemplate, {
  template: { spec: { containers: [{ ...container, image: ' ' }] } },
});
test('valid with ports that pods will have of the node', isTemplate, {
  template: { spec: { hostNetwork: true, containers: [{ ...container, ports: [{ containerPort: 80 }] }] } },
});
test(
  'refused with a policy for messages that is none',
  is,
  of({ terminationMessagePolicy: 'x' }),
  ...[`${c}.terminationMessagePolicy: Unsupported value: "x": supported values: "File", "FallbackToLogsOnError"`],
);
test(
  'refused with one port of the node twice',
  is,
  of({
    ports: [
      { containerPort: 1, hostPort: 8080 },
      { containerPort: 2, hostPort: 8080 },
    ],
  }),
  `${c}.ports[1].hostPort: Duplicate value: "TCP//8080"`,
);
test(
  'refused with one port of the node twice before it starts',
  is,
  init({
    ports: [
      { containerPort: 1, hostPort: 8080 },
      { containerPort: 2, hostPort: 8080 },
    ],
  }),
  'spec.initContainers[0].ports[1].hostPort: Duplicate value: "TCP//8080"',
);
test(
  'refused with a probe of no port',
  is,
  of({ livenessProbe: { tcpSocket: {} } }),
  ...[`${c}.livenessProbe.tcpSocket.port: Invalid value: 0: must be between 1 and 65535, inclusive`],
);
test(
  'refused where it sleeps longer than it may live',
  is,
  of({ lifecycle: { preStop: { sleep: { seconds: 60 } } } }),
  ...[
    `${c}.lifecycle.preStop.sleep: Invalid value: 60: must be non-negative and less than terminationGracePeriodSeconds (30)`,
  ],
);

test(
  'valid with rules of its own for starting again',
  is,
  of({
    restartPolicy: 'Always',
    restartPolicyRules: [{ action: 'RestartAllContainers', exitCodes: { operator: 'In', values: [42] } }],
  }),
);
test(
  'refused with rules without a policy, that say nothing',
  is,
  of({ restartPolicyRules: [{ action: 'Rest' }] }),
  ...[
    `${c}.restartPolicy: Required value: must specify restartPolicy when restart rules are used`,
    `${c}.restartPolicyRules[0].action: Unsupported value: "Rest": supported values: "Restart", "RestartAllContainers"`,
    `${c}.restartPolicyRules[0].exitCodes: Required value: must be specified`,
  ],
);
test(
  'refused before its start with rules without a policy',
  is,
  init({ restartPolicyRules: [{ action: 'Restart' }] }),
  ...['spec.initContainers[0].restartPolicy: Required value: must specify restartPolicy when restart rules are used'],
);
test(
  'refused with codes of no operator',
  is,
  of({
    restartPolicy: 'Never',
    restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'Is', values: Array(256).fill(1) } }],
  }),
  ...[
    `${c}.restartPolicyRules[0].exitCodes.operator: Unsupported value: "Is": supported values: "In", "NotIn"`,
    `${c}.restartPolicyRules[0].exitCodes.values: Too many: 256: must have at most 255 items`,
  ],
);
test(
  'refused with a resize that starts what never starts again',
  is,
  of(
    {
      resizePolicy: [
        { resourceName: 'cpu', restartPolicy: 'RestartContainer' },
        { resourceName: 'cpu', restartPolicy: 'NotRequired' },
        { resourceName: 'disk', restartPolicy: 'NotRequired' },
      ],
    },
    { restartPolicy: 'Never' },
  ),
  ...[
    `${c}.resizePolicy: Invalid value: "RestartContainer": must be 'NotRequired' when pod \`restartPolicy\` is 'Never'`,
    `${c}.resizePolicy[1]: Duplicate value: "cpu"`,
    `${c}.resizePolicy: Unsupported value: "disk": supported values: "cpu", "memory"`,
  ],
);
test(
  'refused with a resize that starts again what ends',
  is,
  init({
    resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }],
  }),
  ...[
    'spec.initContainers[0].resizePolicy[0].restartPolicy: Invalid value: "RestartContainer": must not be set to \'RestartContainer\' for non-sidecar initContainers',
  ],
);

test(
  'refused with a variable of nothing',
  is,
  env({}),
  ...[
    `${e}: Invalid value: "": must specify one of: \`fieldRef\`, \`resourceFieldRef\`, \`configMapKeyRef\`, \`secretKeyRef\` or \`fileKeyRef\``,
  ],
);
test(
  'refused with a variable of a map without a name',
  is,
  env({ configMapKeyRef: { key: 'a b' } }),
  ...[
    /^spec\.containers\[0\]\.env\[0\]\.valueFrom\.configMapKeyRef\.name: Invalid value: "": a lowercase RFC 1123 subdomain/,
    /^spec\.containers\[0\]\.env\[0\]\.valueFrom\.configMapKeyRef\.key: Invalid value: "a b": a valid config key/,
  ],
);
test(
  'refused with a variable of a field that is not shown',
  is,
  env({ fieldRef: { fieldPath: 'status.phase' } }),
  ...[
    /^spec\.containers\[0\]\.env\[0\]\.valueFrom\.fieldRef\.fieldPath: Unsupported value: "status\.phase": supported values: "metadata\.name",/,
  ],
);
test(
  'refused with a variable of a field that is none',
  is,
  env({ fieldRef: { fieldPath: 'metadata.whoops' } }),
  ...[
    `${e}.fieldRef.fieldPath: Invalid value: "metadata.whoops": error converting fieldPath: field label not supported: metadata.whoops`,
  ],
);
test(
  'refused with a part of what has none',
  is,
  env({ fieldRef: { fieldPath: "metadata.name['key']" } }),
  ...[
    `${e}.fieldRef.fieldPath: Invalid value: "metadata.name['key']": error converting fieldPath: field label does not support subscript: metadata.name['key']`,
  ],
);
test(
  'refused with a label that is none',
  is,
  env({ fieldRef: { fieldPath: "metadata.labels['a$']" } }),
  ...[/^spec\.containers\[0\]\.env\[0\]\.valueFrom\.fieldRef: Invalid value: "a\$": name part must consist of/],
);
test(
  'refused with a field of another version',
  is,
  env({ fieldRef: { apiVersion: 'v2', fieldPath: 'metadata.name' } }),
  ...[
    `${e}.fieldRef.fieldPath: Invalid value: "metadata.name": error converting fieldPath: unsupported pod version: v2`,
  ],
);
test(
  'refused with a part of disk that is not counted so',
  is,
  env({
    resourceFieldRef: { resource: 'limits.ephemeral-storage', divisor: '10' },
  }),
  `${e}.resourceFieldRef.divisor: Invalid value: "limits.ephemeral-storage": only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the local ephemeral storage resource`,
);
test(
  'refused with a variable of a file elsewhere',
  is,
  of(
    {
      env: [{ name: 'A', valueFrom: { fileKeyRef: { key: 'K', volumeName: 'v', path: '../f' } } }],
    },
    { volumes: [{ name: 'v', configMap: { name: 'c' } }] },
  ),
  ...[
    `${e}.fileKeyRef.path: Invalid value: "../f": must not contain '..'`,
    `${e}.fileKeyRef.volumeName: Invalid value: "v": referenced volume must be of type emptyDir`,
  ],
);
test(
  'refused with variables of no map',
  is,
  of({ envFrom: [{}, { configMapRef: { name: 'a-' } }] }),
  ...[`${c}.envFrom: Invalid value: "": must specify one of: \`configMapRef\` or \`secretRef\``],
);

const requests = (amounts: object, more: object = {}) => of({ resources: { requests: amounts, ...more } });
test(
  'refused with resources that are none',
  is,
  requests({ pods: '1', 'a b': '1', 'requests.a/b': '1' }),
  ...[
    `${c}.resources.requests[pods]: Invalid value: "pods": must be a standard resource for containers`,
    /^spec\.containers\[0\]\.resources\.requests\[a b\]: Invalid value: "a b": name part must consist of/,
    `${c}.resources.requests[a b]: Invalid value: "a b": must be a standard resource for containers`,
    `${c}.resources.requests[requests.a/b]: Invalid value: "requests.a/b": doesn't follow extended resource name standard`,
    `${c}.resources.limits: Required value: Limit must be set for non overcommitable resources`,
  ],
);
test(
  'refused with a part of a page',
  is,
  of({ resources: { limits: { cpu: '1', 'hugepages-2Mi': '3Mi' } } }),
  ...[
    `${c}.resources.limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi`,
    `${c}.resources.requests[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi`,
  ],
);
test(
  'refused with half of a device',
  is,
  of({ resources: { limits: { 'a.b/c': '500m' } } }),
  ...[
    `${c}.resources.limits[a.b/c]: Invalid value: "500m": must be an integer`,
    `${c}.resources.requests[a.b/c]: Invalid value: "500m": must be an integer`,
  ],
);
const claims = { resourceClaims: [{ name: 'g', resourceClaimName: 'x' }] };
test('valid with a claim', is, of({ resources: { claims: [{ name: 'g', request: 'r' }] } }, claims));
test(
  'refused with claims that it has not',
  is,
  of({ resources: { claims: [{ name: 'h' }, {}] } }, claims),
  ...[
    `${c}.resources.claims[0]: Not found: "h": must be one of the names in pod.spec.resourceClaims: g`,
    `${c}.resources.claims[1]: Required value`,
  ],
);
test(
  'refused with a claim in whole and in part',
  is,
  of(
    {
      resources: { claims: [{ name: 'g', request: 'r' }, { name: 'g' }, { name: 'g' }] },
    },
    claims,
  ),
  ...[`${c}.resources.claims[1]: Duplicate value: "g"`, `${c}.resources.claims[2]: Duplicate value: "g"`],
);
test(
  'refused with claims on nothing, or on two',
  is,
  {
    spec: { resourceClaims: [{ name: 'a' }, { name: 'a', resourceClaimName: 'b', resourceClaimTemplateName: '_' }] },
  },
  ...[
    'spec.resourceClaims[0]: Invalid value: {"name":"a"}: must specify one of: `resourceClaimName`, `resourceClaimTemplateName`',
    'spec.resourceClaims[1].name: Duplicate value: "a"',
    /^spec\.resourceClaims\[1\]: Invalid value: .*: at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified$/,
    /^spec\.resourceClaims\[1\]\.resourceClaimTemplateName: Invalid value: "_"/,
  ],
);
test(
  'refused with less as a whole than in parts',
  is,
  of(
    { resources: { requests: { cpu: '2' }, limits: { memory: '2Gi' } } },
    { resources: { requests: { cpu: '1', memory: '1Gi', pods: '1' }, limits: { memory: '1Gi' }, claims: [] } },
  ),
  ...[
    'spec.resources.claims: Forbidden: claims may not be set for Resources at pod-level',
    'spec.resources.requests[pods]: Unsupported value: "pods": supported values: "cpu", "hugepages-", "memory"',
    'spec.resources.requests[memory]: Invalid value: "1Gi": must be greater than or equal to aggregate container requests of 2Gi',
    'spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 2',
    'spec.resources.containers[0][memory].limits: Invalid value: "2Gi": must be less than or equal to pod limits of 1Gi',
  ],
);
test(
  'refused with an overhead below zero',
  is,
  { spec: { overhead: { cpu: '-1' } } },
  ...['spec.overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0'],
);
