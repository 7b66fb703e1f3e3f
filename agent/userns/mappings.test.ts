import test from 'ava';
import { parseMappings, renderMappings } from './mappings.ts';

const one = { hostId: 131_072, containerId: 0, length: 65_536 };
const text = (uidMappings: unknown, gidMappings: unknown = uidMappings) => JSON.stringify({ uidMappings, gidMappings });

test('renderMappings() writes what upstream reads, and parseMappings() reads it back', (t) => {
  const ids = { firstId: 131_072, length: 65_536 };
  t.is(
    renderMappings(ids),
    '{"uidMappings":[{"hostId":131072,"containerId":0,"length":65536}],"gidMappings":[{"hostId":131072,"containerId":0,"length":65536}]}',
  );
  t.deepEqual(parseMappings(renderMappings(ids)), ids);
});

const refuses = test.macro<[string, RegExp]>({
  title: (_title, given, message) => `parseMappings() refuses ${given}: ${message.source}`,
  exec: (t, given, message) => void t.throws(() => parseMappings(given), { message }),
});
test(refuses, 'half', /^invalid user namespace mappings file: /);
test(refuses, 'null', /^invalid user namespace mappings file: /);
test(refuses, text([{ ...one, hostId: 'root' }]), /^invalid user namespace mappings file: ids are whole numbers$/);
test(refuses, text([]), /configuration: no more than one mapping allowed\.$/);
test(refuses, text([one, one]), /configuration: no more than one mapping allowed\.$/);
test(refuses, text([one], []), /configuration: GID and UID mappings should be identical\.$/);
test(refuses, text([one], [{ ...one, hostId: 65_536 }]), /configuration: GID and UID mapping should be identical$/);
test(refuses, text([{ ...one, containerId: 1 }]), /configuration: UID 0 must be mapped$/);
