import { notFound } from '#lib/api/status.ts';
import type { ApiResponse } from '../exchange.ts';
import { answerKindOf } from '../http/object.ts';
import { methodNotAllowed, type VirtualResource } from './resources.ts';

/**
 * `componentstatuses`: old, and still asked for. The components are in this process: while it answers, they live.
 * Rule: the names and words of upstream's registry/core/componentstatus.
 */
export const componentStatus: VirtualResource = async (call) => {
  const { verb, name } = call.info;
  if (verb === 'list') {
    const items = names.map((one) => ({ metadata: { name: one }, conditions }));
    return warned(answerKindOf(call, { kind: 'ComponentStatusList', apiVersion: 'v1', metadata: {}, items }));
  }
  if (verb !== 'get') throw methodNotAllowed();
  if (!names.includes(name)) throw notFound({ group: '', resource: 'componentstatuses' }, name);
  return warned(answerKindOf(call, { kind: 'ComponentStatus', apiVersion: 'v1', metadata: { name }, conditions }));
};

async function warned(answer: Promise<ApiResponse>): Promise<ApiResponse> {
  const { headers, ...rest } = await answer;
  return { ...rest, headers: { ...headers, warning: '299 - "v1 ComponentStatus is deprecated in v1.19+"' } };
}

const names = ['controller-manager', 'etcd-0', 'scheduler'];
const conditions = [{ type: 'Healthy', status: 'True', message: 'ok' }];
