// Ingresses as servers up to 1.21 wrote them. Rule: networking v1beta1 conversion. The message differs in one place only:
// what a backend says as (1) serviceName and (2) servicePort is (4) service {(1) name, (2) port} since.
import { protobufKind } from '#lib/api/protobuf/codec.ts';

/** The bytes of the stable version. What is no such message is left as it is: reading it fails later. */
export function ingressFromBeta(bytes: Uint8Array): Uint8Array {
  protobufKind(bytes); // throws for what is no envelope
  const magic = 4;
  return join([bytes.subarray(0, magic), rewrite(bytes.subarray(magic), envelope)]);
}

/** What becomes of fields by number; those that are not named stay. */
type Shape = { readonly [number: number]: Shape | 'backend' };
// Unknown.raw > Ingress.spec > (backend | rules > http > paths > backend)
const envelope: Shape = { 2: { 2: { 1: 'backend', 3: { 2: { 1: { 1: { 2: 'backend' } } } } } } };

function rewrite(bytes: Uint8Array, shape: Shape): Uint8Array {
  return join(
    fieldsOf(bytes).map((field) => {
      const inner = shape[field.number];
      if (inner === undefined || field.value === undefined) return field.whole;
      return message(field.number, inner === 'backend' ? backend(field.value) : rewrite(field.value, inner));
    }),
  );
}

function backend(bytes: Uint8Array): Uint8Array {
  const fields = fieldsOf(bytes);
  const name = fields.find(({ number }) => number === 1)?.value ?? none;
  const port = fields.find(({ number }) => number === 2)?.value ?? none;
  const others = fields.filter(({ number }) => number > 2).map(({ whole }) => whole);
  if (name.length === 0) return join(others);
  return join([...others, message(4, join([message(1, name), message(2, portOf(port))]))]);
}

/** IntOrString {type, intVal, strVal} > ServiceBackendPort {name, number} */
function portOf(bytes: Uint8Array): Uint8Array {
  const fields = fieldsOf(bytes);
  const text = fields.find(({ number }) => number === 3)?.value ?? none;
  if (text.length > 0) return message(1, text);
  return fields.find(({ number }) => number === 2)?.whole ?? none; // the same number, the same form
}

interface Field {
  readonly number: number;
  readonly whole: Uint8Array;
  /** Of what has a length. */
  readonly value?: Uint8Array;
}

function fieldsOf(bytes: Uint8Array): readonly Field[] {
  const fields: Field[] = [];
  for (let at = 0; at < bytes.length; ) {
    const start = at;
    const tag = varint(bytes, at);
    at = tag.next;
    const wire = tag.value & 7;
    const number = tag.value >>> 3;
    if (wire === 2) {
      const length = varint(bytes, at);
      at = length.next + length.value;
      fields.push({ number, whole: bytes.subarray(start, at), value: bytes.subarray(length.next, at) });
    } else {
      at = wire === 0 ? varint(bytes, at).next : at + (wire === 1 ? 8 : 4);
      fields.push({ number, whole: bytes.subarray(start, at) });
    }
  }
  return fields;
}

/** Tags, lengths and ports: small ones. */
function varint(bytes: Uint8Array, from: number): { readonly value: number; readonly next: number } {
  let value = 0;
  let at = from;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++] ?? 0;
    if (shift < 32) value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return { value: value >>> 0, next: at };
  }
}

function message(number: number, value: Uint8Array): Uint8Array {
  return join([Uint8Array.from([...encoded((number << 3) | 2), ...encoded(value.length)]), value]);
}

function encoded(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...encoded(value >>> 7)];
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}
const none = new Uint8Array();
