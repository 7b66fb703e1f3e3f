// What the declarations alone can tell of a valid object: enums and limits. Rules of a kind go further.
import { at, child, invalidValue, notSupported, type Path, tooLong, tooMany } from '../field-errors.ts';
import { type Member, type TypeSchema, typeNamed } from '../schema.ts';
import type { StatusCause } from '../types/meta.v1.ts';

/** Walks `object` along its type; status and metadata are left to others. */
export function validateBySchema(object: unknown, schema: TypeSchema): StatusCause[] {
  const causes: StatusCause[] = [];
  for (const member of schema.members) {
    if (member.json === 'metadata' || member.json === 'status') continue;
    visitMember((object as Record<string, unknown>)[member.json], member, member.json, causes);
  }
  return causes;
}

function visit(value: unknown, schema: TypeSchema, path: Path, causes: StatusCause[]): void {
  if (schema.facts.special !== undefined || typeof value !== 'object' || value === null) return;
  for (const member of schema.members) {
    if (member.json === 'metadata') continue;
    visitMember((value as Record<string, unknown>)[member.json], member, child(path, member.json), causes);
  }
}

function visitMember(value: unknown, member: Member, path: Path, causes: StatusCause[]): void {
  if (value === undefined || value === null) return;
  if (Array.isArray(value)) {
    if (member.maxItems !== undefined && value.length > member.maxItems) {
      causes.push(tooMany(path, value.length, member.maxItems));
    }
    for (const [index, item] of value.entries()) visitItem(item, member, at(path, index), causes);
  } else if (member.map !== undefined && typeof value === 'object') {
    if (member.ref === undefined) return;
    for (const [key, item] of Object.entries(value)) visitItem(item, member, at(path, key), causes);
  } else {
    visitItem(value, member, path, causes);
  }
}

function visitItem(value: unknown, member: Member, path: Path, causes: StatusCause[]): void {
  if (member.ref !== undefined) visit(value, typeNamed(member.ref), path, causes);
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
