import type { Mutable } from '#lib/api/kinds/object.ts';
import type { Container, Pod, ServiceAccount, Volume } from '#lib/api/types/core.v1.ts';
import type { Clock } from '#lib/clock.ts';
import { generatedName } from '../registry/generate-name.ts';
import type { Attributes, Plugin } from './admission.ts';
import { isNewPod, refuse } from './refuse.ts';

export interface ServiceAccountOptions {
  accountOf(namespace: string, name: string): ServiceAccount | undefined;
  readonly clock: Clock;
  random(): number;
}

const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount';
const mirrorAnnotation = 'kubernetes.io/config.mirror';

/** Gives each pod its account, and the account's token to its containers. Rule: ServiceAccount admission. */
export function createServiceAccount({ accountOf, clock, random }: ServiceAccountOptions): Plugin {
  async function find(attributes: Attributes, name: string, signal: AbortSignal): Promise<ServiceAccount> {
    for (let attempt = 1; ; attempt++) {
      const account = accountOf(attributes.namespace, name);
      if (account !== undefined) return account;
      // The account of a namespace made just now may be on its way.
      if (name !== 'default' || attempt === attempts) {
        const where = `${attributes.namespace}/${name}`;
        throw refuse(attributes, `error looking up service account ${where}: serviceaccount "${name}" not found`);
      }
      await clock.sleep(betweenMs, signal);
    }
  }

  return {
    name: 'ServiceAccount',
    async mutate(attributes, signal) {
      if (!isNewPod(attributes)) return;
      const pod = attributes.object as unknown as Mutable<Pod>;
      if (pod.spec === undefined || isMirror(attributes, pod)) return;
      const { spec } = pod;
      spec.serviceAccountName ||= 'default';
      spec.serviceAccount = spec.serviceAccountName;
      const account = await find(attributes, spec.serviceAccountName, signal);
      const mounts = spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;
      if (mounts) mountToken(spec, random);
      if ((spec.imagePullSecrets?.length ?? 0) === 0 && (account.imagePullSecrets?.length ?? 0) > 0) {
        spec.imagePullSecrets = structuredClone(account.imagePullSecrets) as typeof spec.imagePullSecrets;
      }
    },
  };
}
const attempts = 10;
const betweenMs = 50;

/** A mirror pod stands for one that runs already: it gets nothing, and may refer to nothing. */
function isMirror(attributes: Attributes, { metadata, spec }: Mutable<Pod>): boolean {
  if (metadata.annotations?.[mirrorAnnotation] === undefined) return false;
  if (spec?.serviceAccountName) throw refuse(attributes, 'a mirror pod may not reference service accounts');
  if (spec?.volumes?.some(({ secret }) => secret)) throw refuse(attributes, 'a mirror pod may not reference secrets');
  const hasToken = spec?.volumes?.some(({ projected }) =>
    projected?.sources?.some((source) => source.serviceAccountToken),
  );
  if (hasToken) throw refuse(attributes, 'a mirror pod may not use ServiceAccountToken volume projections');
  return true;
}

function mountToken(spec: NonNullable<Mutable<Pod>['spec']>, random: () => number): void {
  const name = generatedName('kube-api-access-', random);
  let isUsed = false;
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])] as Mutable<Container>[]) {
    container.volumeMounts ??= [];
    if (container.volumeMounts.some((mount) => mount.mountPath === mountPath)) continue;
    container.volumeMounts.push({ name, readOnly: true, mountPath });
    isUsed = true;
  }
  if (isUsed) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name) as Mutable<Volume>];
}

function tokenVolume(name: string): Volume {
  const namespace = { path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } };
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        { downwardAPI: { items: [namespace] } },
      ],
      defaultMode: 0o644,
    },
  };
}
