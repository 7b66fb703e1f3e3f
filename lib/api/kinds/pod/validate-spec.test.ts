import test from 'ava';
import { updates, validates } from '../testing.ts';

const container = { name: 'web', image: 'nginx:1' };
const base = { metadata: { name: 'a', namespace: 'default' }, spec: { containers: [container] } };
const is = validates('', 'Pod', base);
const by = (spec: object) => ({ spec });

test(
  'refused for a system that is none',
  is,
  by({ os: { name: 'plan9' } }),
  ...['spec.os: Unsupported value: "plan9": supported values: "linux", "windows"'],
);
test('refused for a system without a name', is, by({ os: {} }), 'spec.os.name: Required value');
test(
  'refused on Linux with options of Windows',
  is,
  by({
    os: { name: 'linux' },
    securityContext: { windowsOptions: {} },
  }),
  'spec.securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod',
);
test(
  'refused on Windows with what only Linux has',
  is,
  by({
    os: { name: 'windows' },
    hostUsers: true,
    shareProcessNamespace: false,
    securityContext: { fsGroup: 1, sysctls: [] },
    containers: [{ ...container, securityContext: { privileged: false } }],
    resources: {},
  }),
  ...[
    'spec.resources: Forbidden: may not be set for a windows pod',
    'spec.securityContext.fsGroup: Forbidden: cannot be set for a windows pod',
    'spec.hostUsers: Forbidden: cannot be set for a windows pod',
    'spec.shareProcessNamespace: Forbidden: cannot be set for a windows pod',
    'spec.containers[0].securityContext.privileged: Forbidden: cannot be set for a windows pod',
  ],
);

const asUser = test.macro<[string, ...string[]]>({
  title: (_title, user, ...why) =>
    `Windows user ${JSON.stringify(user.slice(0, 20))} ${why.length === 0 ? 'may' : 'may not'} be`,
  exec: (t, user, ...why) => {
    const field = `spec.securityContext.windowsOptions.runAsUserName: Invalid value: ${JSON.stringify(user)}: `;
    is.exec(t, by({ securityContext: { windowsOptions: { runAsUserName: user } } }), ...why.map((one) => field + one));
  },
});
test(asUser, 'ContainerUser');
test(asUser, 'DOMAIN\\user');
test(asUser, 'a.b.example.com\\user');
test(asUser, '', 'runAsUserName cannot be an empty string');
test(asUser, 'a\tb', 'runAsUserName cannot contain control characters');
test(asUser, 'a\\b\\c', 'runAsUserName cannot contain more than one backslash');
test(asUser, '\\u', "runAsUserName's Domain doesn't match the NetBios nor the DNS format");
test(asUser, 'a\\', "runAsUserName's User cannot be empty");
test(asUser, '..', "runAsUserName's User cannot contain only periods or spaces");
test(asUser, 'a@b', 'runAsUserName\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]');
test(asUser, 'u'.repeat(105), "runAsUserName's User length must not be longer than 104 characters");

test(
  'refused with a process of the host in a network of its own',
  is,
  by({
    containers: [container, { ...container, name: 'b', securityContext: { windowsOptions: { hostProcess: true } } }],
  }),
  ...[
    'spec: Invalid value: "": If pod contains any hostProcess containers then all containers must be HostProcess containers',
    'spec.hostNetwork: Invalid value: false: hostNetwork must be true if pod contains any hostProcess containers',
  ],
);

test(
  'refused with settings of a namespace that is the host’s',
  is,
  by({
    hostNetwork: true,
    hostIPC: true,
    securityContext: { sysctls: [{ name: 'net/core/somaxconn' }, { name: 'kernel.shmmax' }, { name: 'a..b' }] },
  }),
  ...[
    'spec.securityContext.sysctls[0].name: Invalid value: "net/core/somaxconn": may not be specified when \'hostNetwork\' is true',
    'spec.securityContext.sysctls[1].name: Invalid value: "kernel.shmmax": may not be specified when \'hostIPC\' is true',
    'spec.securityContext.sysctls[2].name: Invalid value: "a..b": must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$',
  ],
);
test(
  'refused with a change of labels that is none',
  is,
  by({ securityContext: { seLinuxChangePolicy: 'x' } }),
  ...['spec.securityContext.seLinuxChangePolicy: Unsupported value: "x": supported values: "MountOption", "Recursive"'],
);
test(
  'refused with a namespace of processes that is shared twice',
  is,
  by({ hostPID: true, shareProcessNamespace: true }),
  ...['spec.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled'],
);
test(
  'refused with a profile that the annotation contradicts',
  is,
  {
    metadata: { annotations: { 'seccomp.security.alpha.kubernetes.io/pod': 'localhost/a' } },
    spec: { securityContext: { seccompProfile: { type: 'Localhost', localhostProfile: 'b' } } },
  },
  ...[
    'spec.securityContext.seccompProfile.localhostProfile: Forbidden: seccomp profile in annotation and field must match',
  ],
);
test(
  'refused with a profile in a file that is none',
  is,
  by({
    securityContext: { seccompProfile: { type: 'Unconfined', localhostProfile: 'b' } },
  }),
  ...[
    /^spec\.securityContext\.seccompProfile\.localhostProfile: Invalid value: .*: can only be set when seccomp type is Localhost$/,
  ],
);

test(
  'refused with a host name in two ways',
  is,
  by({ hostnameOverride: 'A', setHostnameAsFQDN: true, hostNetwork: true }),
  ...[
    'spec.hostnameOverride: Forbidden: may not be specified when setHostnameAsFQDN is true',
    'spec.hostnameOverride: Forbidden: may not be specified when hostNetwork is true',
    /^spec\.hostnameOverride: Invalid value: "A": a lowercase RFC 1123 subdomain/,
  ],
);
test(
  'refused with a host name that is too long',
  is,
  by({ hostnameOverride: 'a'.repeat(65) }),
  ...['spec.hostnameOverride: Too long: may not be more than 64 bytes'],
);
test(
  'refused without a server of names',
  is,
  by({ dnsPolicy: 'None', dnsConfig: { searches: ['_'] } }),
  ...['spec.dnsConfig.nameservers: Required value: must provide at least one DNS nameserver when `dnsPolicy` is None'],
);
test(
  'valid where names with underscores are looked up',
  is,
  by({ dnsConfig: { searches: ['_sip._tcp.a_b.example.com', '.'] } }),
);
test(
  'refused where no name is looked up',
  is,
  by({ dnsConfig: { searches: ['a.', '-x.'] } }),
  ...[
    /^spec\.dnsConfig\.searches\[1\]: Invalid value: "-x": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-', '_' or '\.'/,
  ],
);
test(
  'refused with another name that is none',
  is,
  by({ hostAliases: [{ ip: '1.2.3.4', hostnames: ['a', 'B'] }] }),
  ...[/^spec\.hostAliases\[0\]\.hostnames\[1\]: Invalid value: "B"/],
);
test(
  'refused in a class without a name, under a policy without one',
  is,
  by({ runtimeClassName: '', preemptionPolicy: '' }),
  ...[
    'spec.preemptionPolicy: Required value',
    /^spec\.runtimeClassName: Invalid value: "": a lowercase RFC 1123 subdomain/,
  ],
);

test(
  'refused where it tolerates in ways that are none',
  is,
  by({
    tolerations: [
      { key: 'a', operator: 'Exists', value: 'b' },
      { key: 'a', operator: 'Gt', value: '1' },
      { key: 'a', value: '-', effect: 'No' },
    ],
  }),
  ...[
    'spec.tolerations[0].operator: Invalid value: "b": value must be empty when `operator` is \'Exists\'',
    'spec.tolerations[1].operator: Unsupported value: "Gt": supported values: "Equal", "Exists", "Lt", "Gt"',
    /^spec\.tolerations\[2\]\.operator: Invalid value: "-": a valid label must be/,
    'spec.tolerations[2].effect: Unsupported value: "No": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
  ],
);
const spread = { topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', maxSkew: 1 };
test(
  'refused where it spreads twice in one way',
  is,
  by({ topologySpreadConstraints: [spread, { ...spread, minDomains: 0 }] }),
  ...[
    'spec.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}: Duplicate value: "{zone, DoNotSchedule}"',
    'spec.topologySpreadConstraints[1].minDomains: Invalid value: 0: must be greater than zero',
  ],
);
const must = 'requiredDuringSchedulingIgnoredDuringExecution';
const onNodes = (term: object) => ({ affinity: { nodeAffinity: { [must]: { nodeSelectorTerms: [term] } } } });
test(
  'refused on nodes of labels that none has',
  is,
  by(
    onNodes({
      matchExpressions: [{ key: 'a', operator: 'In', values: ['b', '-1'] }],
      matchFields: [{ key: 'metadata.name', operator: 'In', values: ['_'] }],
    }),
  ),
  ...[
    new RegExp(
      `^spec\\.affinity\\.nodeAffinity\\.${must}\\.nodeSelectorTerms\\[0\\]\\.matchExpressions\\[0\\]\\.values\\[1\\]: Invalid value: "-1"`,
    ),
    new RegExp(
      `^spec\\.affinity\\.nodeAffinity\\.${must}\\.nodeSelectorTerms\\[0\\]\\.matchFields\\[0\\]\\.values\\[0\\]: Invalid value: "_"`,
    ),
  ],
);

const zone = { key: 'zone', operator: 'In', values: ['a'] };
const held = updates('', 'Pod', {
  ...base,
  spec: {
    ...base.spec,
    schedulingGates: [{ name: 'a' }],
    nodeSelector: { a: 'b' },
    ...onNodes({ matchExpressions: [zone] }),
  },
});
test(
  'that is held back may ask for more',
  held,
  by({
    nodeSelector: { c: 'd' },
    ...onNodes({ matchExpressions: [zone, { key: 'x', operator: 'Exists' }] }),
  }),
);
test(
  'that is held back may not ask for something else',
  held,
  by({
    nodeSelector: { a: 'c' },
    schedulingGates: [{ name: 'b' }],
    ...onNodes({ matchExpressions: [{ ...zone, values: ['b'] }] }),
  }),
  ...[
    /^spec\.schedulingGates\[0\]\.name: Forbidden: only deletion is allowed, but found new scheduling gate 'b'$/,
    /^spec\.nodeSelector: Invalid value: .*: only additions to spec\.nodeSelector are allowed \(no mutations or deletions\)$/,
    /^spec\.affinity\.nodeAffinity\..*\.nodeSelectorTerms\[0\]: Invalid value: .*: only additions are allowed \(no mutations or deletions\)$/,
  ],
);
test(
  'that is not held back keeps what it asks for',
  updates('', 'Pod', base),
  by({ nodeSelector: { a: 'b' } }),
  /^spec: Forbidden: /,
);
