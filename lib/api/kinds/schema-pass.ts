// What the declarations alone can tell of a valid object: enums and limits. Rules of a kind go further.
import { at, child, invalidValue, notSupported, type Path, required, tooLong, tooMany } from '../field-errors.ts';
import { type Member, type TypeSchema, typeNamed } from '../schema.ts';
import type { StatusCause } from '../types/meta.v1.ts';

export interface Pass {
  /** Whether what is declared required must be there: for kinds without rules of their own, which know better. */
  readonly checksRequired: boolean;
}

interface Walk extends Pass {
  readonly causes: StatusCause[];
}

/** Walks `object` along its type; status and metadata are left to others. */
export function validateBySchema(object: unknown, schema: TypeSchema, pass: Pass): StatusCause[] {
  const walk = { ...pass, causes: [] };
  for (const member of schema.members) {
    if (member.json === 'metadata' || member.json === 'status') continue;
    visitMember((object as Record<string, unknown>)[member.json], member, member.json, walk);
  }
  return walk.causes;
}

function visit(value: unknown, schema: TypeSchema, path: Path, walk: Walk): void {
  if (schema.facts.special !== undefined || typeof value !== 'object' || value === null) return;
  for (const member of schema.members) {
    if (member.json === 'metadata') continue;
    visitMember((value as Record<string, unknown>)[member.json], member, child(path, member.json), walk);
  }
}

function visitMember(value: unknown, member: Member, path: Path, walk: Walk): void {
  if (walk.checksRequired && member.required && isMissing(value, member)) walk.causes.push(required(path));
  if (value === undefined || value === null) return;
  if (Array.isArray(value)) {
    if (member.maxItems !== undefined && value.length > member.maxItems) {
      walk.causes.push(tooMany(path, value.length, member.maxItems));
    }
    for (const [index, item] of value.entries()) visitItem(item, member, at(path, index), walk);
  } else if (member.map !== undefined && typeof value === 'object') {
    if (member.ref === undefined) return;
    for (const [key, item] of Object.entries(value)) visitItem(item, member, at(path, key), walk);
  } else {
    visitItem(value, member, path, walk);
  }
}

/** Numbers and booleans have a zero value that says something; texts and structs that are not there say nothing. */
function isMissing(value: unknown, { type, ptr, repeated }: Member): boolean {
  if (value === '') return true;
  const isScalar = type === 'int32' || type === 'int64' || type === 'double' || type === 'boolean';
  return (value === undefined || value === null) && (ptr || repeated || !isScalar);
}

function visitItem(value: unknown, member: Member, path: Path, { causes, ...pass }: Walk): void {
  if (member.ref !== undefined) visit(value, typeNamed(member.ref), path, { ...pass, causes });
  else if (typeof value === 'string') checkText(value, member, path, causes);
  else if (typeof value === 'number') checkNumber(value, member, path, causes);
}

function checkText(value: string, member: Member, path: Path, causes: StatusCause[]): void {
  // An empty text stands for an absent one, unless the field is required.
  if (member.enum !== undefined && !member.enum.includes(value) && (value !== '' || member.required)) {
    causes.push(notSupported(path, value, member.enum));
  }
  const most = member.maxBytes ?? member.maxLength;
  if (most !== undefined && Buffer.byteLength(value) > most) causes.push(tooLong(path, most));
}

function checkNumber(value: number, member: Member, path: Path, causes: StatusCause[]): void {
  if (member.minimum !== undefined && value < member.minimum) {
    causes.push(invalidValue(path, value, `must be greater than or equal to ${member.minimum}`));
  }
  if (member.maximum !== undefined && value > member.maximum) {
    causes.push(invalidValue(path, value, `must be less than or equal to ${member.maximum}`));
  }
}
