// Pods that come and go, of several kinds; each knows what it has come to when all is well.
import type { Container, Pod, PodSpec, Volume } from '#lib/api/types/core.v1.ts';
import type { Random } from './random.ts';

export interface Kind {
  readonly spec: PodSpec;
  isSettled(pod: Pod): boolean;
}

const image = 'skiff.local/tools:1';
const forever = 'trap "exit 0" TERM; while :; do sleep 0.5; done';

export const kindNames = [
  'plain',
  'volumes',
  'quick',
  'failing',
  'crashing',
  'init',
  'sidecar',
  'probed',
  'host',
] as const;
export type KindName = (typeof kindNames)[number];

export function kindOf(name: KindName, random: Random): Kind {
  const more = { terminationGracePeriodSeconds: random.below(4), enableServiceLinks: random.chance(0.5) };
  const one = (spec: Omit<PodSpec, 'containers'> & { readonly containers?: readonly Container[] }): PodSpec => ({
    containers: [container('main', forever)],
    ...more,
    ...spec,
  });
  switch (name) {
    case 'plain':
      return { spec: one({}), isSettled: isReady };
    case 'volumes':
      return {
        spec: one({ volumes, containers: [{ ...container('main', forever), volumeMounts }] }),
        isSettled: isReady,
      };
    case 'quick':
      return {
        spec: one({ restartPolicy: 'OnFailure', containers: [container('main', 'exit 0')] }),
        isSettled: isPhase('Succeeded'),
      };
    case 'failing':
      return {
        spec: one({ restartPolicy: 'Never', containers: [container('main', 'sleep 0.2; exit 3')] }),
        isSettled: isPhase('Failed'),
      };
    case 'crashing':
      return {
        spec: one({ containers: [container('main', 'exit 1')] }),
        isSettled: ({ status }) => (status.containerStatuses?.[0]?.restartCount ?? 0) > 0,
      };
    case 'init':
      return {
        spec: one({ initContainers: [container('first', 'true'), container('second', 'sleep 0.1')] }),
        isSettled: isReady,
      };
    case 'sidecar':
      return {
        spec: one({ initContainers: [{ ...container('beside', forever), restartPolicy: 'Always' }] }),
        isSettled: isReady,
      };
    case 'probed': {
      const readinessProbe = { exec: { command: ['true'] }, periodSeconds: 1, timeoutSeconds: 5 };
      return { spec: one({ containers: [{ ...container('main', forever), readinessProbe }] }), isSettled: isReady };
    }
    case 'host':
      return { spec: one({ hostNetwork: true }), isSettled: isReady };
  }
}

const volumes: readonly Volume[] = [
  { name: 'disk', emptyDir: {} },
  { name: 'memory', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
  { name: 'ca', configMap: { name: 'kube-root-ca.crt' } },
  { name: 'about', downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
];
const volumeMounts = [
  ...volumes.map(({ name }) => ({ name, mountPath: `/m/${name}` })),
  { name: 'disk', mountPath: '/below', subPath: 'a/b' },
];

function container(name: string, script: string): Container {
  return { name, image, command: ['sh', '-c', script] };
}

function isReady({ status }: Pod): boolean {
  return status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
}

function isPhase(phase: string): (pod: Pod) => boolean {
  return ({ status }) => status.phase === phase;
}
