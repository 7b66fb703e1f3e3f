// How other servers extend the API.
import { at, child, invalidValue, notSupported, required } from '../../field-errors.ts';
import { wrongDns1035Label, wrongDns1123Subdomain, wrongPathSegment } from '../../names.ts';
import { wrongPort } from '../../ports.ts';
import type { APIService } from '../../types/apiregistration.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';

export const apiService: KindParts<APIService> = {
  wrongName: wrongPathSegment, // that of the core group ends in a dot
  allowsUnconditionalUpdate: false,
  defaults({ spec }) {
    if (spec?.service !== undefined) spec.service.port ??= 443;
  },
  create(object) {
    object.status = {};
    // What the server itself serves is there at once.
    if (object.spec?.service !== undefined) return;
    object.status.conditions = [
      { type: 'Available', status: 'True', reason: 'Local', message: 'Local APIServices are always available' },
    ];
  },
  validate: validateService,
  validateStatus: ({ status }) =>
    (status?.conditions ?? []).flatMap(({ status: is }, index) =>
      statuses.includes(is) ? [] : [notSupported(child(at('status.conditions', index), 'status'), is ?? '', statuses)],
    ),
  columns: columns(['Name', 'Service', 'Available', '@Age']),
  row({ metadata, spec, status }, nowMs) {
    const service = spec?.service === undefined ? 'Local' : `${spec.service.namespace}/${spec.service.name}`;
    const available = (status?.conditions ?? []).find(({ type }) => type === 'Available');
    const isKnown = available !== undefined;
    const text = isKnown
      ? available.status === 'True'
        ? 'True'
        : `${available.status} (${available.reason})`
      : 'Unknown';
    return [metadata.name, service, text, ageOf(metadata, nowMs)];
  },
};

const statuses: readonly string[] = ['False', 'True', 'Unknown'];

/** Rule: kube-aggregator, ValidateAPIService. */
function validateService({ metadata, spec }: APIService): StatusCause[] {
  const { group = '', version = '', groupPriorityMinimum: groupPriority = 0, versionPriority = 0 } = spec ?? {};
  const causes: StatusCause[] = [];
  const name = `${version}.${group}`;
  if (metadata.name && metadata.name !== name) {
    const why = `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(name)}`;
    causes.push(invalidValue('metadata.name', metadata.name, why));
  }
  if (group === '' && version !== 'v1') {
    causes.push(required('spec.group', 'only v1 may have an empty group and it better be legacy kube'));
  }
  const wrongGroup = group === '' ? [] : wrongDns1123Subdomain(group);
  causes.push(...wrongGroup.map((message) => invalidValue('spec.group', group, message)));
  causes.push(...wrongDns1035Label(version).map((message) => invalidValue('spec.version', version, message)));
  if (groupPriority <= 0 || groupPriority > 20_000) {
    causes.push(invalidValue('spec.groupPriorityMinimum', groupPriority, 'must be positive and less than 20000'));
  }
  if (versionPriority <= 0 || versionPriority > 1000) {
    causes.push(invalidValue('spec.versionPriority', versionPriority, 'must be positive and less than 1000'));
  }
  return [...causes, ...(spec?.service === undefined ? validateLocal(spec) : validateRemote(spec))];
}

type Spec = NonNullable<APIService['spec']>;

function validateLocal({ caBundle, insecureSkipTLSVerify }: Partial<Spec> = {}): StatusCause[] {
  const bytes = Buffer.from(caBundle ?? '', 'base64').length;
  return [
    ...(bytes > 0
      ? [invalidValue('spec.caBundle', `${bytes} bytes`, 'local APIServices may not have a caBundle')]
      : []),
    ...(insecureSkipTLSVerify
      ? [invalidValue('spec.insecureSkipTLSVerify', true, 'local APIServices may not have insecureSkipTLSVerify')]
      : []),
  ];
}

function validateRemote({ service, caBundle, insecureSkipTLSVerify }: Spec): StatusCause[] {
  const port = service?.port ?? 0;
  const wrong = wrongPort(port);
  return [
    ...(service?.namespace ? [] : [required('spec.service.namespace')]),
    ...(service?.name ? [] : [required('spec.service.name')]),
    ...(wrong.length > 0 ? [invalidValue('spec.service.port', port, `port is not valid: ${wrong.join(', ')}`)] : []),
    ...(insecureSkipTLSVerify && caBundle
      ? [invalidValue('spec.insecureSkipTLSVerify', true, 'may not be true if caBundle is present')]
      : []),
  ];
}
