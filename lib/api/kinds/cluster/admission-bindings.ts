// Bindings of policies of admissionregistration.k8s.io. Rule: pkg/apis/admissionregistration/validation.
import { at, child, duplicate, forbiddenField, invalidValue, required } from '../../field-errors.ts';
import { wrongDns1123Subdomain, wrongPathSegment } from '../../names.ts';
import type {
  MutatingAdmissionPolicyBinding,
  ParamRef,
  ValidatingAdmissionPolicyBinding,
} from '../../types/admissionregistration.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { validateLabelSelector } from '../label-selector.ts';
import {
  defaultMatchResources,
  mutatingOperations,
  oneOf,
  onlyOperations,
  validateMatchResources,
} from './admission-rules.ts';

type AnyBinding = ValidatingAdmissionPolicyBinding | MutatingAdmissionPolicyBinding;

const binding: KindParts<AnyBinding> = {
  hasGeneration: true,
  allowsUnconditionalUpdate: false,
  defaults: ({ spec }) => defaultMatchResources(spec?.matchResources),
  validate: validateBinding,
  columns: columns(['Name', 'PolicyName', 'ParamRef', '@Age']),
  row({ metadata, spec }, nowMs) {
    // Whether a parameter has a namespace cannot be told from here.
    const { name, namespace } = spec?.paramRef ?? {};
    const shown = name ? `${namespace ?? '*'}/${name}` : '<unset>';
    return [metadata.name, spec?.policyName ?? '', shown, ageOf(metadata, nowMs)];
  },
};

function validateBinding({ spec }: AnyBinding): StatusCause[] {
  const { policyName = '', paramRef, matchResources } = spec ?? {};
  const wrong = policyName === '' ? [] : wrongDns1123Subdomain(policyName);
  return [
    ...(policyName === '' ? [required('spec.policyName')] : []),
    ...wrong.map((why) => invalidValue('spec.policyName', policyName, why)),
    ...validateParamRef(paramRef),
    ...validateMatchResources(matchResources, 'spec.matchResources'),
  ];
}

function validateParamRef(ref: ParamRef | undefined): StatusCause[] {
  if (ref === undefined) return [];
  const { name, selector, parameterNotFoundAction } = ref;
  const path = 'spec.paramRef';
  const both = 'name and selector are mutually exclusive';
  const wrong = name ? wrongPathSegment(name) : [];
  return [
    ...wrong.map((why) => invalidValue(child(path, 'name'), name, why)),
    ...(name && selector ? [forbiddenField(child(path, 'name'), both)] : []),
    ...(selector ? validateLabelSelector(selector, child(path, 'selector')) : []),
    ...(name && selector ? [forbiddenField(child(path, 'selector'), both)] : []),
    ...(name || selector ? [] : [required(path, 'one of name or selector must be specified')]),
    ...oneOf(parameterNotFoundAction, ['Allow', 'Deny'], child(path, 'parameterNotFoundAction')),
  ];
}

export const validatingAdmissionPolicyBinding: KindParts<ValidatingAdmissionPolicyBinding> = {
  ...(binding as KindParts<ValidatingAdmissionPolicyBinding>),
  validate: (object) => [...validateBinding(object), ...validateActions(object.spec?.validationActions ?? [])],
};

function validateActions(actions: readonly string[]): StatusCause[] {
  const path = 'spec.validationActions';
  const causes = actions.flatMap((action, index) => [
    ...oneOf(action, ['Audit', 'Deny', 'Warn'], at(path, index)),
    ...(actions.indexOf(action) === index ? [] : [duplicate(at(path, index), action)]),
  ]);
  const both =
    'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)';
  if (actions.includes('Deny') && actions.includes('Warn')) causes.push(invalidValue(path, actions, both));
  if (actions.length === 0) causes.push(required(path, 'at least one validation action is required'));
  return causes;
}

export const mutatingAdmissionPolicyBinding: KindParts<MutatingAdmissionPolicyBinding> = {
  ...(binding as KindParts<MutatingAdmissionPolicyBinding>),
  validate(object) {
    const resources = object.spec?.matchResources;
    const wrong = resources === undefined ? [] : onlyOperations(resources, mutatingOperations, 'spec.matchResources');
    return [...validateBinding(object), ...wrong];
  },
};
