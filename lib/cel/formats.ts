import { type Environment, Optional } from '@marcbachmann/cel-js';
import {
  wrongDns1035Label,
  wrongDns1123Label,
  wrongDns1123Subdomain,
  wrongLabelValue,
  wrongQualifiedName,
} from '#lib/api/names.ts';

class Format {
  readonly name: string;
  readonly wrong: (text: string) => readonly string[];

  constructor(name: string, wrong: (text: string) => readonly string[]) {
    this.name = name;
    this.wrong = wrong;
  }
}

class FormatFunctions {}

type Wrong = (text: string) => readonly string[];

/** What generated names begin with may end with a dash. */
const asPrefix = (wrong: Wrong): Wrong => {
  return (text) => wrong(text.replace(/-$/, 'a'));
};
const unless = (isRight: (text: string) => boolean, message: string): Wrong => {
  return (text) => (isRight(text) ? [] : [message]);
};

const formats: ReadonlyMap<string, Format> = new Map(
  (
    [
      ['dns1123Label', wrongDns1123Label],
      ['dns1123Subdomain', wrongDns1123Subdomain],
      ['dns1035Label', wrongDns1035Label],
      ['qualifiedName', wrongQualifiedName],
      ['dns1123LabelPrefix', asPrefix(wrongDns1123Label)],
      ['dns1123SubdomainPrefix', asPrefix(wrongDns1123Subdomain)],
      ['dns1035LabelPrefix', asPrefix(wrongDns1035Label)],
      ['labelValue', wrongLabelValue],
      ['uri', wrongUri],
      ['uuid', unless((text) => uuid.test(text), 'does not match the UUID format')],
      ['byte', unless((text) => base64.test(text) && text.length % 4 === 0, 'invalid base64')],
      ['date', unless((text) => date.test(text) && isTime(`${text}T00:00:00Z`), 'invalid date')],
      ['datetime', unless((text) => datetime.test(text) && isTime(text), 'invalid datetime')],
    ] as const
  ).map(([name, wrong]) => [name, new Format(name, wrong)]),
);
const uuid = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;
const base64 = /^[A-Za-z0-9+/]+={0,2}$/;
const date = /^\d{4}-\d\d-\d\d$/;
const datetime = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

function isTime(text: string): boolean {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) return false;
  const day = Number(text.slice(8, 10)); // the 31st of February is none, though it can be read
  return day >= 1 && day <= new Date(Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)), 0)).getUTCDate();
}

function wrongUri(text: string): readonly string[] {
  const isUri = (text.startsWith('/') || /^[A-Za-z][\w+.-]*:./.test(text)) && URL.canParse(text, 'http://localhost');
  return isUri ? [] : [`parse ${JSON.stringify(text)}: invalid URI for request`];
}

/** Named forms of texts. Rule: k8s.io/apiserver pkg/cel/library, format. */
export function addFormatFunctions(environment: Environment): void {
  const own = 'format.Functions';
  const type = 'kubernetes.NamedFormat';
  environment
    .registerType(type, { ctor: Format, fields: {} })
    .registerType(own, { ctor: FormatFunctions, fields: {} })
    .registerConstant('format', own, new FormatFunctions())
    .registerFunction(`${own}.named(string): optional<${type}>`, (_: unknown, name: string) => {
      return Optional.of(formats.get(name));
    })
    .registerFunction(`${type}.validate(string): optional<list<string>>`, ({ wrong }: Format, text: string) => {
      const found = wrong(text);
      return Optional.of(found.length === 0 ? undefined : [...found]);
    })
    .registerOperator(`${type} == ${type}`, (a: Format, b: Format) => a.name === b.name);
  for (const [name, format] of formats) environment.registerFunction(`${own}.${name}(): ${type}`, () => format);
}
