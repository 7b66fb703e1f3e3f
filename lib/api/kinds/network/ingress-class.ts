import { child, forbiddenField, invalidValue, notSupported, required, tooLong } from '../../field-errors.ts';
import { wrongDns1123Label, wrongDomainPath } from '../../names.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import type { IngressClass, IngressClassParametersReference } from '../../types/networking.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { immutable } from '../metadata.ts';
import { validateReference } from './typed-reference.ts';

const longestController = 250;

/** Rule: networking validation, ValidateIngressClass. */
export const ingressClass: KindParts<IngressClass> = {
  hasGeneration: true,
  defaults({ spec }) {
    if (spec?.parameters !== undefined) spec.parameters.scope ??= 'Cluster';
  },
  validate: validateClass,
  validateUpdate(next, previous) {
    const [now, was] = [next.spec?.controller ?? '', previous.spec?.controller ?? ''];
    const causes = now === was ? [] : [invalidValue('spec.controller', now, immutable)];
    return [...causes, ...validateClass(next)];
  },
  columns: columns(['Name', 'Controller', 'Parameters', '@Age']),
  row({ metadata, spec }, nowMs) {
    const { apiGroup, kind, name } = spec?.parameters ?? {};
    const parameters = kind === undefined ? '<none>' : `${kind}${apiGroup ? `.${apiGroup}` : ''}/${name}`;
    return [metadata.name, spec?.controller ?? '', parameters, ageOf(metadata, nowMs)];
  },
};

function validateClass({ spec }: IngressClass): StatusCause[] {
  const { controller = '', parameters } = spec ?? {};
  const field = 'spec.controller';
  return [
    ...(controller.length > longestController ? [tooLong(field, longestController)] : []),
    ...(controller === ''
      ? [required(field)]
      : wrongDomainPath(controller).map(({ part, message }) => invalidValue(field, part, message))),
    ...(parameters === undefined ? [] : validateParameters(parameters)),
  ];
}

const scopes = ['Cluster', 'Namespace'];

function validateParameters(parameters: IngressClassParametersReference): StatusCause[] {
  const path = 'spec.parameters';
  const { scope, namespace } = parameters;
  const causes = validateReference(parameters, path);
  if (scope === undefined) return [...causes, required(child(path, 'scope'))];
  if (!scopes.includes(scope)) return [...causes, notSupported(child(path, 'scope'), scope, scopes)];
  const field = child(path, 'namespace');
  if (scope === 'Cluster') {
    const why = "`parameters.scope` is set to 'Cluster'";
    return namespace === undefined ? causes : [...causes, forbiddenField(field, why)];
  }
  if (namespace === undefined) return [...causes, required(field, "`parameters.scope` is set to 'Namespace'")];
  return [...causes, ...wrongDns1123Label(namespace).map((message) => invalidValue(field, namespace, message))];
}
