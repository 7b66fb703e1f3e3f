import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import test from 'ava';
import type { Exec } from '#lib/exec.ts';
import { examplePod } from '../pods/example.ts';
import { parseSubIds } from './kubelet-ids.ts';
import { openUserNamespaces, usersRefusal } from './user-namespaces.ts';

const unit = 65_536;
const { signal } = new AbortController();
const noExec: Exec = async () => {
  throw new Error('No program is needed here');
};
const podOf = (uid: string, hostUsers?: boolean) =>
  examplePod(hostUsers === undefined ? {} : { hostUsers }, { metadata: { name: uid, namespace: 'default', uid } });

test.beforeEach(async (t) => {
  t.context = { podsDir: await mkdtemp('/tmp/skiff-userns.') };
});
test.afterEach.always((t) => rm((t.context as Folder).podsDir, { recursive: true }));
interface Folder {
  readonly podsDir: string;
}

async function open(podsDir: string, ...uids: readonly string[]) {
  for (const uid of uids) await mkdir(`${podsDir}/${uid}`, { recursive: true });
  return await openUserNamespaces({ podsDir, maxPods: 2, exec: noExec }, signal);
}

test('of() gives the node’s users to who does not ask for others', async (t) => {
  const { podsDir } = t.context as Folder;
  const users = await open(podsDir, 'a');
  for (const hostUsers of [undefined, true]) {
    t.deepEqual(await users.of(podOf('a', hostUsers)), { mode: 'NODE', uids: [], gids: [] });
  }
  t.deepEqual(await readdir(`${podsDir}/a`), []);
});

test('of() gives a pod users of its own, and a restart leaves it those', async (t) => {
  const { podsDir } = t.context as Folder;
  const before = await open(podsDir, 'a', 'b', 'c');
  await before.of(podOf('a', false));
  const given = await before.of(podOf('b', false));
  const mappings = [{ hostId: 2 * unit, containerId: 0, length: unit }];
  t.deepEqual(given, { mode: 'POD', uids: mappings, gids: mappings });
  t.deepEqual(JSON.parse(await readFile(`${podsDir}/b/userns`, 'utf8')), {
    uidMappings: mappings,
    gidMappings: mappings,
  });
  await rm(`${podsDir}/a`, { recursive: true });

  const after = await open(podsDir);
  t.is((await after.of(podOf('c', false))).uids[0]?.hostId, unit);
  t.deepEqual(await after.of(podOf('b', false)), given);
});

test('of() takes nothing where it cannot be kept', async (t) => {
  const users = await open((t.context as Folder).podsDir);
  await t.throwsAsync(users.of(podOf('a', false)), { message: /^create user namespace: .*ENOENT/ });
  t.is(
    (await open((t.context as Folder).podsDir, 'b').then((next) => next.of(podOf('b', false)))).uids[0]?.hostId,
    unit,
  );
});

test('openUserNamespaces() refuses to start where it cannot tell who has what', async (t) => {
  const { podsDir } = t.context as Folder;
  await mkdir(`${podsDir}/a`);
  await writeFile(`${podsDir}/a/userns`, 'half');
  await t.throwsAsync(open(podsDir), { message: /^record pod mappings for existing pod "a": invalid user namespace/ });
});

test('usersRefusal() says what cannot', (t) => {
  const handlers = [
    { name: '', recursiveReadOnlyMounts: true, userNamespaces: true },
    { name: 'old', recursiveReadOnlyMounts: true, userNamespaces: false },
  ];
  t.is(usersRefusal(handlers, ''), undefined);
  t.is(
    usersRefusal(handlers, 'old'),
    'can\'t set `spec.hostUsers: false`, RuntimeClass handler "old" does not support user namespaces',
  );
  t.is(
    usersRefusal([], ''),
    'can\'t set `spec.hostUsers: false`, runtime does not support user namespaces: the handler "" is not known',
  );
});

test('parseSubIds() reads what getsubids says', (t) => {
  t.deepEqual(parseSubIds('0: kubelet 65536 7208960\n'), { firstId: 65_536, length: 7_208_960 });
  t.throws(() => parseSubIds('0: kubelet 1 2\n1: kubelet 3 4\n'), { message: /it must contain only one line$/ });
  t.throws(() => parseSubIds(''), { message: 'invalid line ""' });
  t.throws(() => parseSubIds('0: kubelet many 2'), { message: /^error parsing line/ });
  t.throws(() => parseSubIds('0: kubelet 65536 4294967296'), { message: /^error parsing line/ });
});
