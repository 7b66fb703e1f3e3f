import test from 'ava';
import { setLinearPatterns } from '../../controlplane/apiserver/customresources/linear-patterns.ts';
import { createRandom } from '../chaos/random.ts';
import { assertUnpolluted } from './refusals.ts';
import { seeds } from './seeds.ts';
import { targets } from './targets.ts';

setLinearPatterns();
const casesEach = 300;

for (const target of targets) {
  test(`Hostile input does no harm: ${target.name}`, async (t) => {
    for (const seed of [...(seeds[target.name] ?? []), ...Array.from({ length: casesEach }, (_, at) => at)]) {
      await t.notThrowsAsync(async () => target.run(createRandom(seed)), `seed ${seed}`);
    }
    t.notThrows(assertUnpolluted);
  });
}
