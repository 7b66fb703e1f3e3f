// Names of what devices are and have. Pure. Rule: resource validation, validateQualifiedName and what it needs.
import { at, invalidValue, type Path, required, tooLong } from '../../field-errors.ts';
import { mismatch, wrongDns1123Label, wrongDns1123Subdomain } from '../../names.ts';
import type { StatusCause } from '../../types/meta.v1.ts';

const longestDomain = 63;
const longestId = 32;
const identifier = '[A-Za-z_][A-Za-z0-9_]*';

/** In letters of any case: capitals are warned of elsewhere. */
export function validateDriverName(name: string | undefined, path: Path): StatusCause[] {
  if (!name) return [required(path)];
  return [
    ...(name.length > longestDomain ? [tooLong(path, longestDomain)] : []),
    ...wrongDns1123Subdomain(name.toLowerCase()).map((message) => invalidValue(path, name, message)),
  ];
}

/** `name` or `domain/name`. */
export function validateQualified(name: string, path: Path): StatusCause[] {
  const [first = '', second, ...more] = name.split('/');
  if (second === undefined) return validateIdentifier(first, path);
  if (more.length > 0) return []; // upstream says nothing of these
  return [
    ...(first === '' ? [invalidValue(path, '', 'the domain must not be empty')] : validateDriverName(first, path)),
    ...(second === '' ? [invalidValue(path, '', 'the name must not be empty')] : validateIdentifier(second, path)),
  ];
}

export function validateFullyQualified(name: string, path: Path): StatusCause[] {
  const causes = validateQualified(name, path);
  if (name.includes('/')) return causes;
  return [
    ...causes,
    invalidValue(path, name, 'a fully qualified name must be a domain and a name separated by a slash'),
  ];
}

function validateIdentifier(id: string, path: Path): StatusCause[] {
  const words =
    "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'";
  const wrong = mismatch(words, identifier, 'my_name', 'MY_NAME', 'MyName');
  return [
    ...(id.length > longestId ? [tooLong(path, longestId)] : []),
    ...(new RegExp(`^${identifier}$`).test(id) ? [] : [invalidValue(path, id, wrong)]),
  ];
}

/** Keys of a map, shown short if they are long. */
export function validateKeys(
  map: Readonly<Record<string, unknown>>,
  longest: number,
  path: Path,
  validate: (key: string, path: Path) => readonly StatusCause[],
): StatusCause[] {
  return Object.keys(map).flatMap((key) => validate(key, at(path, shortened(key, longest))));
}

function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const rest = most - '...'.length;
  return `${text.slice(0, Math.floor((rest + 1) / 2))}...${text.slice(text.length - Math.floor(rest / 2))}`;
}

export const longestKey = longestDomain + 1 + longestId;

export function validateCounterName(name: string | undefined, path: Path): StatusCause[] {
  if (!name) return [required(path)];
  return wrongDns1123Label(name).map((message) => invalidValue(path, name, message));
}
