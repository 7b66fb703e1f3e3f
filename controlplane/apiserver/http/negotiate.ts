import { failure } from '#lib/api/status.ts';
import type { Form } from '../registry/registry.ts';

/** The form of an answer, with YAML, which is made of JSON at the end. */
export interface AnswerForm extends Form {
  readonly isYaml: boolean;
  /** Of `metadata`: whether that of a list was asked for. */
  readonly isOfList?: boolean;
  /** Indented for people. */
  readonly isPretty: boolean;
}

export const plainForm: AnswerForm = {
  encoding: 'json',
  as: 'object',
  metaVersion: 'v1',
  isYaml: false,
  isPretty: false,
};

export interface NegotiationOptions {
  /** Protobuf has no message for some answers (Table aside): those say false. */
  readonly hasProtobuf?: boolean;
  /** Whether Table and PartialObjectMetadata can be had. */
  readonly hasViews?: boolean;
}

/**
 * The best of what `accept` asks for: the first clause that can be served, by quality.
 * Rule: k8s.io/apiserver endpoints/handlers/negotiation.
 * @throws {StatusError} NotAcceptable if none can
 */
export function negotiate(
  accept: string | undefined,
  { hasProtobuf = true, hasViews = true }: NegotiationOptions = {},
): AnswerForm {
  if (accept === undefined || accept === '' || accept === 'application/json') return plainForm;
  for (const clause of parseAccept(accept)) {
    const encoding = encodings.find(([type]) => matches(clause.type, type) && (hasProtobuf || type !== protobufType));
    if (encoding === undefined) continue;
    const view = viewOf(clause.parameters, hasViews);
    if (view === undefined || (view.as === 'table' && encoding[0] === protobufType)) continue;
    return { ...plainForm, ...view, encoding: encoding[1], isYaml: encoding[0] === yamlType };
  }
  const offered = encodings.map(([type]) => type).filter((type) => hasProtobuf || type !== protobufType);
  throw failure('NotAcceptable', `only the following media types are accepted: ${offered.join(', ')}`);
}

function viewOf(
  parameters: ReadonlyMap<string, string>,
  hasViews: boolean,
): Pick<AnswerForm, 'as' | 'metaVersion' | 'isOfList'> | undefined {
  const as = parameters.get('as');
  if (as === undefined) return { as: 'object', metaVersion: 'v1' };
  const version = parameters.get('v');
  if (!hasViews || parameters.get('g') !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1'))
    return undefined;
  if (as === 'Table') return { as: 'table', metaVersion: version };
  if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList')
    return { as: 'metadata', metaVersion: version, isOfList: as.endsWith('List') };
  return undefined;
}

export interface Clause {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** The clauses of an Accept header, best first; equals stay in the order sent. Bounded: what comes after 64 is not read. */
export function parseAccept(header: string): readonly Clause[] {
  const clauses = header.split(',', 64).map((text) => {
    const [type = '', ...rest] = text.split(';').map((part) => part.trim());
    const parameters = new Map(rest.map((part) => splitOnce(part)));
    const quality = Number(parameters.get('q') ?? 1);
    return { type: type.toLowerCase(), parameters, quality: Number.isFinite(quality) ? quality : 0 };
  });
  return clauses.filter(({ quality }) => quality > 0).sort((a, b) => b.quality - a.quality);
}

function splitOnce(part: string): [string, string] {
  const at = part.indexOf('=');
  if (at === -1) return [part.toLowerCase(), ''];
  return [
    part.slice(0, at).trim().toLowerCase(),
    part
      .slice(at + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1'),
  ];
}

function matches(wanted: string, type: string): boolean {
  return wanted === type || wanted === '*/*' || wanted === 'application/*';
}

/** Media type of a Content-Type header, lower case, without parameters. */
export function mediaTypeOf(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]!.trim().toLowerCase();
}

export const jsonType = 'application/json';
export const yamlType = 'application/yaml';
export const protobufType = 'application/vnd.kubernetes.protobuf';

const encodings: readonly (readonly [string, Form['encoding']])[] = [
  [jsonType, 'json'],
  [yamlType, 'json'],
  [protobufType, 'protobuf'],
];
