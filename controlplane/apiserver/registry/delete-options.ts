import { invalidValue, notSupported } from '#lib/api/field-errors.ts';
import { decodeObject } from '#lib/api/json/decode.ts';
import { decodeProtobuf } from '#lib/api/protobuf/codec.ts';
import { typeNamed } from '#lib/api/schema.ts';
import { badRequest, invalid } from '#lib/api/status.ts';
import type { DeleteOptions } from '#lib/api/types/meta.v1.ts';
import { protobufType } from './codec.ts';
import { isSet, wrongDryRun } from './options.ts';
import type { ResourceCall } from './registry.ts';

/**
 * From the body; from the query where there is none.
 * @throws {StatusError} BadRequest, Invalid
 */
export function readDeleteOptions({ body, contentType, query }: ResourceCall): DeleteOptions {
  const options = body.length === 0 ? fromQuery(query) : fromBody(body, contentType);
  const causes = [...wrongDryRun(options.dryRun ?? [])];
  const { propagationPolicy: policy, orphanDependents } = options;
  if (policy !== undefined && orphanDependents !== undefined) {
    const both = 'orphanDependents and deletionPropagation cannot be both set';
    causes.push(invalidValue('propagationPolicy', policy, both));
  }
  if (policy !== undefined && !policies.includes(policy)) {
    causes.push(notSupported('propagationPolicy', policy, policies));
  }
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', causes);
  return options;
}
const policies = ['Foreground', 'Background', 'Orphan'];

function fromBody(body: Uint8Array, contentType: string): DeleteOptions {
  const type = typeNamed('io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions');
  const object = contentType === protobufType ? decodeProtobuf(body, type) : decodeObject(body, type).object;
  const kind = object['kind'] ?? '';
  if (kind !== '' && kind !== 'DeleteOptions') {
    throw badRequest(`decoded object cannot be converted to DeleteOptions: it is of kind ${JSON.stringify(kind)}`);
  }
  return object as DeleteOptions;
}

function fromQuery(query: URLSearchParams): DeleteOptions {
  const grace = query.get('gracePeriodSeconds');
  const policy = query.get('propagationPolicy');
  const orphan = query.get('orphanDependents');
  if (grace !== null && !/^-?\d{1,15}$/.test(grace)) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(grace)}: invalid syntax`);
  }
  const dryRun = query.getAll('dryRun');
  return {
    ...(grace === null ? {} : { gracePeriodSeconds: Number(grace) }),
    ...(policy === null || policy === '' ? {} : { propagationPolicy: policy }),
    ...(orphan === null ? {} : { orphanDependents: isSet(orphan) }),
    ...(dryRun.length === 0 ? {} : { dryRun }),
  };
}
