// What a FlowSchema and a PriorityLevelConfiguration may say. Pure. Rule: flowcontrol validation.
import {
  at,
  child,
  duplicate,
  forbiddenField,
  invalidValue,
  notSupported,
  type Path,
  required,
} from '../../field-errors.ts';
import { wrongDns1123Label, wrongDns1123Subdomain } from '../../names.ts';
import type {
  FlowSchema,
  LimitedPriorityLevelConfiguration,
  PriorityLevelConfiguration,
  QueuingConfiguration,
  Subject,
} from '../../types/flowcontrol.v1.ts';
import type { StatusCause } from '../../types/meta.v1.ts';
import { isSame } from '../equal.ts';
import { mandatoryLevels, mandatorySchemas } from './mandatory-flow.ts';

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch'];

export function validateFlowSchema({ metadata, spec }: FlowSchema): StatusCause[] {
  const { matchingPrecedence = 0, distinguisherMethod: method, priorityLevelConfiguration: level, rules } = spec ?? {};
  const precedence = (why: string) => invalidValue('spec.matchingPrecedence', matchingPrecedence, why);
  const causes: StatusCause[] = [];
  if (matchingPrecedence <= 0) causes.push(precedence('must be a positive value'));
  if (matchingPrecedence > 10_000) causes.push(precedence('must not be greater than 10000'));
  if (matchingPrecedence === 1 && metadata.name !== 'exempt') {
    causes.push(precedence("only the schema named 'exempt' may have matchingPrecedence 1"));
  }
  if (method !== undefined && !methods.includes(method.type)) {
    causes.push(notSupported('spec.distinguisherMethod.type', method.type, methods));
  }
  const field = 'spec.priorityLevelConfiguration.name';
  if (!level?.name) causes.push(required(field, 'must reference a priority level'));
  else causes.push(...wrongDns1123Subdomain(level.name).map((message) => invalidValue(field, level.name, message)));
  for (const [index, rule] of (rules ?? []).entries()) causes.push(...validateRule(rule, at('spec.rules', index)));
  const fixed = mandatorySchemas.get(metadata.name ?? '');
  if (fixed !== undefined && !isSame(spec, fixed)) {
    causes.push(invalidValue('spec', spec, `spec of '${metadata.name}' must equal the fixed value`));
  }
  return causes;
}
const methods: readonly string[] = ['ByNamespace', 'ByUser'];

type Rule = NonNullable<FlowSchema['spec']['rules']>[number];

function validateRule({ subjects, resourceRules = [], nonResourceRules = [] }: Rule, path: Path): StatusCause[] {
  const list = child(path, 'subjects');
  const causes = (subjects ?? []).flatMap((subject, index) => validateSubject(subject, at(list, index)));
  if ((subjects ?? []).length === 0) causes.push(required(list, 'subjects must contain at least one value'));
  if (resourceRules.length + nonResourceRules.length === 0) {
    causes.push(required(path, 'at least one of resourceRules and nonResourceRules has to be non-empty'));
  }
  for (const [index, rule] of resourceRules.entries()) {
    const field = at(child(path, 'resourceRules'), index);
    causes.push(...validateVerbs(rule.verbs, field));
    causes.push(...validateStarred(rule.apiGroups, child(field, 'apiGroups'), 'api group'));
    causes.push(...validateStarred(rule.resources, child(field, 'resources'), 'resource'));
    causes.push(...validateNamespaces(rule.namespaces ?? [], rule.clusterScope === true, child(field, 'namespaces')));
  }
  for (const [index, rule] of nonResourceRules.entries()) {
    const field = at(child(path, 'nonResourceRules'), index);
    causes.push(...validateVerbs(rule.verbs, field), ...validateUrls(rule.nonResourceURLs ?? [], field));
  }
  return causes;
}

const holders = { ServiceAccount: 'serviceAccount', User: 'user', Group: 'group' } as const;

function validateSubject(subject: Subject, path: Path): StatusCause[] {
  const kinds = Object.keys(holders) as (keyof typeof holders)[];
  const own = kinds.find((kind) => kind === subject.kind);
  if (own === undefined) return [notSupported(child(path, 'kind'), subject.kind ?? '', kinds)];
  const others = kinds
    .filter((kind) => kind !== own && subject[holders[kind]] !== undefined)
    .map((kind) => {
      const why = `${holders[kind]} is forbidden when subject kind is not '${kind}'`;
      return forbiddenField(child(path, holders[kind]), why);
    });
  const field = child(path, holders[own]);
  const it = subject[holders[own]];
  if (it === undefined)
    return [...others, required(field, `${holders[own]} is required when subject kind is '${own}'`)];
  const nameless = it.name ? [] : [required(child(field, 'name'))];
  if (!('namespace' in it)) return [...others, ...nameless];
  return [...others, ...nameless, ...validateAccount(it.name, it.namespace, field)];
}

/** '*' stands for all accounts of a namespace. */
function validateAccount(name: string, namespace: string, path: Path): StatusCause[] {
  const wrongName = !name || name === '*' ? [] : wrongDns1123Subdomain(name);
  const field = child(path, 'namespace');
  return [
    ...wrongName.map((message) => invalidValue(child(path, 'name'), name, message)),
    ...(namespace
      ? wrongDns1123Label(namespace).map((message) => invalidValue(field, namespace, message))
      : [required(field, 'must specify namespace for service account')]),
  ];
}

function validateVerbs(all: readonly string[] | undefined = [], path: Path): StatusCause[] {
  const field = child(path, 'verbs');
  if (all.length === 0) return [required(field, 'verbs must contain at least one value')];
  if (all.length > 1 && all.includes('*')) {
    return [invalidValue(field, all, "if '*' is present, must not specify other verbs")];
  }
  if (all.includes('*')) return [];
  return all.every((verb) => verbs.includes(verb)) ? [] : [notSupported(field, all, verbs)];
}

function validateStarred(all: readonly string[] | undefined = [], field: Path, what: string): StatusCause[] {
  if (all.length === 0) return [required(field, `resource rules must supply at least one ${what}`)];
  if (all.length === 1 || !all.includes('*')) return [];
  return [invalidValue(field, all, `if '*' is present, must not specify other ${what}s`)];
}

function validateNamespaces(all: readonly string[], isOfCluster: boolean, field: Path): StatusCause[] {
  if (all.length === 0 && !isOfCluster) {
    return [required(field, 'resource rules that are not cluster scoped must supply at least one namespace')];
  }
  if (all.includes('*')) {
    const why = "if '*' is present, must not specify other namespaces";
    return all.length > 1 ? [invalidValue(field, all, why)] : [];
  }
  return all.flatMap((name, index) =>
    wrongDns1123Label(name).map((message) => invalidValue(at(field, index), name, `${ofList}; ${message}`)),
  );
}
const ofList = "each member of this list must be '*' or a DNS-1123 label";

function validateUrls(all: readonly string[], path: Path): StatusCause[] {
  const field = child(path, 'nonResourceURLs');
  if (all.length === 0) return [required(field, 'nonResourceURLs must contain at least one value')];
  if (all.includes('*')) {
    const why = "if '*' is present, must not specify other non-resource URLs";
    return all.length > 1 ? [invalidValue(field, all, why)] : [];
  }
  return all.flatMap((url, index) => {
    const wrong = wrongUrl(url);
    return wrong === undefined ? [] : [invalidValue(at(field, index), url, wrong)];
  });
}

function wrongUrl(url: string): string | undefined {
  if (url === '') return 'must not be empty';
  if (url === '/') return undefined;
  if (!url.startsWith('/')) return 'must start with slash';
  if (url.includes(' ')) return 'must not contain white-space';
  if (url.includes('//')) return 'must not contain double slash';
  return /\*./.test(url) || (url.includes('*') && !url.endsWith('/*'))
    ? 'wildcard can only do suffix matching'
    : undefined;
}

export function validatePriorityLevel({ metadata, spec }: PriorityLevelConfiguration): StatusCause[] {
  const { type = '', limited, exempt } = spec ?? {};
  const causes: StatusCause[] = [];
  if ((metadata.name === 'exempt') !== (type === 'Exempt')) {
    causes.push(invalidValue('spec.type', type, "type must be 'Exempt' if and only if name is 'exempt'"));
  }
  return [...causes, ...validateType(type, limited, exempt), ...validateFixed(metadata.name ?? '', spec)];
}

type Level = PriorityLevelConfiguration['spec'];

function validateType(type: string, limited: Level['limited'], exempt: Level['exempt']): StatusCause[] {
  const causes: StatusCause[] = [];
  if (type === 'Exempt') {
    if (limited !== undefined) causes.push(forbiddenField('spec.limited', 'must be nil if the type is not Limited'));
    return [...causes, ...validateShares(exempt ?? {}, 'spec.exempt')];
  }
  if (type !== 'Limited') return [notSupported('spec.type', type, ['Exempt', 'Limited'])];
  if (exempt !== undefined) causes.push(forbiddenField('spec.exempt', 'must be nil if the type is Limited'));
  if (limited === undefined) return [...causes, required('spec.limited', 'must not be empty when type is Limited')];
  return [...causes, ...validateShares(limited, 'spec.limited'), ...validateLimited(limited)];
}

interface Condition {
  readonly type?: string | undefined;
}

/** Of either kind. Rule: ValidateFlowSchemaStatus, ValidatePriorityLevelConfigurationStatus. */
export function validateFlowStatus(status: { readonly conditions?: readonly Condition[] | undefined } = {}) {
  const types = (status.conditions ?? []).map(({ type }) => type ?? '');
  return types.flatMap((type, index) => {
    const field = child(at('status.conditions', index), 'type');
    const again = types.indexOf(type) < index ? [duplicate(field, type)] : [];
    return type === '' ? [...again, required(field, 'must not be empty')] : again;
  });
}

/** Of the exempt one, what it may lend is for people to say. */
function validateFixed(name: string, spec: PriorityLevelConfiguration['spec']): StatusCause[] {
  const fixed = mandatoryLevels.get(name);
  const isExempt = name === 'exempt';
  const shown = (value: PriorityLevelConfiguration['spec']) => (isExempt ? { ...value, exempt: undefined } : value);
  if (fixed === undefined || isSame(shown(spec), shown(fixed))) return [];
  const but = isExempt ? " except the 'spec.exempt' field" : '';
  return [invalidValue('spec', spec, `spec of '${name}'${but} must equal the fixed value`)];
}

type Shares = Pick<LimitedPriorityLevelConfiguration, 'nominalConcurrencyShares' | 'lendablePercent'>;

function validateShares({ nominalConcurrencyShares: shares = 0, lendablePercent: percent = 0 }: Shares, path: Path) {
  const causes: StatusCause[] = [];
  if (shares < 0) {
    causes.push(invalidValue(child(path, 'nominalConcurrencyShares'), shares, 'must be a non-negative integer'));
  }
  if (percent < 0 || percent > 100) {
    causes.push(invalidValue(child(path, 'lendablePercent'), percent, 'must be between 0 and 100, inclusive'));
  }
  return causes;
}

function validateLimited({ limitResponse, borrowingLimitPercent: percent }: LimitedPriorityLevelConfiguration) {
  const causes: StatusCause[] = [];
  const path = 'spec.limited.limitResponse';
  const { type = '', queuing } = limitResponse ?? {};
  const field = child(path, 'queuing');
  if (type !== 'Reject' && type !== 'Queue') causes.push(notSupported(child(path, 'type'), type, ['Queue', 'Reject']));
  if (type === 'Reject' && queuing !== undefined) {
    causes.push(forbiddenField(field, 'must be nil if limited.limitResponse.type is not Limited'));
  }
  if (type === 'Queue' && queuing === undefined) {
    causes.push(required(field, 'must not be empty if limited.limitResponse.type is Limited'));
  }
  if (type === 'Queue' && queuing !== undefined) causes.push(...validateQueuing(queuing, field));
  if (percent !== undefined && percent < 0) {
    const why = 'if specified, must be a non-negative integer';
    causes.push(invalidValue('spec.limited.borrowingLimitPercent', percent, why));
  }
  return causes;
}

function validateQueuing({ queues = 0, handSize = 0, queueLengthLimit = 0 }: QueuingConfiguration, path: Path) {
  const causes: StatusCause[] = [];
  const say = (name: string, value: number, why: string) => causes.push(invalidValue(child(path, name), value, why));
  if (queueLengthLimit <= 0) say('queueLengthLimit', queueLengthLimit, 'must be positive');
  if (queues <= 0) say('queues', queues, 'must be positive');
  else if (queues > mostQueues) say('queues', queues, `must not be greater than ${mostQueues}`);
  if (handSize <= 0) say('handSize', handSize, 'must be positive');
  else if (handSize > queues) say('handSize', handSize, `should not be greater than queues (${queues})`);
  else if (entropyBits(queues, handSize) > mostBits) {
    const why = `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${mostBits}`;
    say('handSize', handSize, why);
  }
  return causes;
}
const mostQueues = 10_000_000;
const mostBits = 60;

/** Of as many hands as there are. Rule: shufflesharding, RequiredEntropyBits. */
function entropyBits(deckSize: number, handSize: number): number {
  return Math.ceil(Math.log2(deckSize) * handSize);
}
