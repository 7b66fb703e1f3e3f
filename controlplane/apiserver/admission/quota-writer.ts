import type { ResourceQuota } from '#lib/api/types/core.v1.ts';
import type { ApiResponse } from '../exchange.ts';
import type { Registry, ResourceCall } from '../registry/registry.ts';
import type { ResourceQuotaOptions } from './resource-quota.ts';

/** How the quota plugin reads and writes: as the server itself, past authorization. */
export function quotaWriter(registry: Registry): Pick<ResourceQuotaOptions, 'writeStatus' | 'read'> {
  async function ask(call: Partial<ResourceCall> & Pick<ResourceCall, 'verb' | 'signal'>): Promise<ResourceQuota> {
    const { body } = await registry.resource('', 'v1', 'resourcequotas')!.serve({ ...common, ...call });
    return JSON.parse(textOf(body)) as ResourceQuota;
  }
  return {
    writeStatus(quota, signal) {
      const { namespace, name } = quota.metadata;
      const body = Buffer.from(JSON.stringify({ apiVersion: 'v1', kind: 'ResourceQuota', ...quota }));
      return ask({ verb: 'update', subresource: 'status', namespace, name, body, signal });
    },
    read: (namespace, name, signal) => ask({ verb: 'get', namespace, name, signal }),
  };
}

const common: Omit<ResourceCall, 'verb' | 'signal'> = {
  user: { name: 'system:apiserver', groups: ['system:masters'] },
  query: new URLSearchParams(),
  body: new Uint8Array(),
  contentType: 'application/json',
  form: { encoding: 'json', as: 'object', metaVersion: 'v1' },
  userAgent: 'kube-apiserver',
};

function textOf(body: ApiResponse['body']): string {
  if (typeof body === 'string') return body;
  if (body instanceof Uint8Array) return Buffer.from(body).toString();
  throw new TypeError('Cannot read a quota as the answer is a stream');
}
