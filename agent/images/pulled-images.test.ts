import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import test from 'ava';
import { createFakeClock } from '#lib/clock.ts';
import { createSilentLog } from '#lib/log.ts';
import { openPulledImages } from './pulled-images.ts';

const here = (id: string) => ({ id, repoTags: [], repoDigests: [] });
const secret = { uid: 'u', namespace: 'a', name: 'keys', credentialHash: 'h' };

test('openPulledImages() knows after a restart who may use what, and what never came', async (t) => {
  const rootDir = await mkdtemp(`${tmpdir()}/pulled-`);
  const folder = `${rootDir}/image_manager`;
  const open = () => openPulledImages({ rootDir }, { clock: createFakeClock(), log: createSilentLog() });
  const first = await open();
  await first.begin('r.example/a:1');
  await first.came('r.example/a:1', 'sha256:a', secret);
  await first.begin('r.example/b:1');
  await first.begin('r.example/c:1');
  await first.failed('r.example/c:1');
  const [file = ''] = await readdir(`${folder}/pulled`);
  t.like(JSON.parse(await readFile(`${folder}/pulled/${file}`, 'utf8')), {
    kind: 'ImagePulledRecord',
    imageRef: 'sha256:a',
    credentialMapping: { 'r.example/a': { kubernetesSecrets: [secret] } },
  });
  await writeFile(`${folder}/pulled/broken`, '{');

  const second = await open();
  t.false(second.mayUse('r.example/a:1', here('sha256:a'), []));
  t.true(second.mayUse('r.example/a:1', here('sha256:a'), [secret]));
  t.false(second.mayUse('r.example/b:1', here('sha256:b'), []));
  t.true(second.mayUse('r.example/c:1', here('sha256:c'), []));
  await second.keepOnly(new Set());
  t.deepEqual(await readdir(`${folder}/pulled`), ['broken']);
  await rm(rootDir, { recursive: true });
});
