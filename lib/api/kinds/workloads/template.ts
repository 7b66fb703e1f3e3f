// What all kinds that make pods have in common: a selector, a template, and how Tables show them.
import { child, forbiddenField, invalidValue, notSupported, type Path, required } from '../../field-errors.ts';
import { matchesLabels, selectorOf, selectorText } from '../../selectors/labels.ts';
import type { PodTemplateSpec } from '../../types/core.v1.ts';
import type { LabelSelector, StatusCause } from '../../types/meta.v1.ts';
import { listed } from '../columns.ts';
import { isSame } from '../equal.ts';
import { isEmptySelector, validateLabelSelector } from '../label-selector.ts';
import { immutable } from '../metadata.ts';
import type { PodLeniency } from '../pod/leniency.ts';
import { validatePodTemplate } from '../pod/validate.ts';

interface Workload {
  readonly selector?: LabelSelector | undefined;
  readonly template?: PodTemplateSpec | undefined;
}

/** What selects no labels at all. */
const nothing: LabelSelector = {
  matchExpressions: [
    { key: 'none', operator: 'Exists' },
    { key: 'none', operator: 'DoesNotExist' },
  ],
};

interface WorkloadRules {
  readonly kind: string;
  /** Said of a selector that selects by nothing sensible. */
  readonly why?: string;
  readonly leniency?: PodLeniency;
}

/** The selector is there and selects what the template makes. */
export function validateWorkload(
  { selector, template }: Workload,
  { kind, why = 'invalid label selector', leniency = {} }: WorkloadRules,
): StatusCause[] {
  const field = 'spec.selector';
  if (selector === undefined) return [required(field), ...validateSelectedTemplate(nothing, template, { leniency })];
  const wrong = validateLabelSelector(selector, field);
  if (wrong.length > 0) return [...wrong, invalidValue(field, selector, why)];
  const empty = isEmptySelector(selector)
    ? [invalidValue(field, selector, `empty selector is invalid for ${kind}`)]
    : [];
  return [...empty, ...validateSelectedTemplate(selector, template, { leniency })];
}

export function validateSelectedTemplate(
  selector: LabelSelector | undefined,
  template: PodTemplateSpec | undefined,
  { path = 'spec', leniency = {} }: { readonly path?: Path; readonly leniency?: PodLeniency } = {},
): StatusCause[] {
  const field = child(path, 'template');
  if (template === undefined) return [required(field)];
  const causes: StatusCause[] = [];
  const labels = template.metadata?.labels ?? {};
  if (selector !== undefined && !isEmptySelector(selector) && !matchesLabels(selectorOf(selector) ?? [], labels)) {
    const detail = '`selector` does not match template `labels`';
    causes.push(invalidValue(child(field, 'metadata', 'labels'), labels, detail));
  }
  return [...causes, ...validatePodTemplate(template, field, leniency)];
}

/** Pods that are to run for good have no other restart policy than Always, and no deadline. */
export function onlyAlways(template: PodTemplateSpec | undefined, kind: string): StatusCause[] {
  const causes: StatusCause[] = [];
  const spec = 'spec.template.spec';
  const policy = template?.spec?.restartPolicy;
  if (policy && policy !== 'Always') causes.push(notSupported(child(spec, 'restartPolicy'), policy, ['Always']));
  if (template?.spec?.activeDeadlineSeconds !== undefined) {
    const detail = `activeDeadlineSeconds in ${kind} is not Supported`;
    causes.push(forbiddenField(child(spec, 'activeDeadlineSeconds'), detail));
  }
  return causes;
}

export function fixedSelector(next: LabelSelector | undefined, old: LabelSelector | undefined): StatusCause[] {
  return isSame(next, old) ? [] : [invalidValue('spec.selector', next, immutable)];
}

export function notNegative(fields: Readonly<Record<string, number | undefined>>, path: Path = 'spec'): StatusCause[] {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined && value < 0)
    .map(([field, value]) => invalidValue(child(path, field), value, 'must be greater than or equal to 0'));
}

export function containerNames(template: PodTemplateSpec | undefined): string {
  return (template?.spec?.containers ?? []).map(({ name }) => name).join(',');
}

export function containerImages(template: PodTemplateSpec | undefined): string {
  return (template?.spec?.containers ?? []).map(({ image }) => image ?? '').join(',');
}

/** A selector as Tables show it. */
export function selectorCell(selector: LabelSelector | undefined): string {
  const text = selectorText(selectorOf(selector) ?? []);
  return listed(text === '' ? [] : [text]);
}
