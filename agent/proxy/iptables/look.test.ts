import test from 'ava';
import { planIpvsJumps } from '../ipvs/base.ts';
import { canary, planJumps } from './base.ts';
import { planLook } from './look.ts';
import { tables } from './rules.ts';

const jumps = planJumps(4);
const { input, isAllIn } = planLook(jumps);

/** What a kernel prints that has all of it, and rules of others: by table and chain. */
function printed(): Map<string, string[]> {
  const chains = new Map<string, string[]>();
  for (const table of tables) {
    chains.set(`${table} KUBE-PROXY-CANARY`, [
      '-N KUBE-PROXY-CANARY',
      ...canary.map((rule) => `-A KUBE-PROXY-CANARY ${rule}`),
    ]);
    for (const { from, rule } of jumps.filter((jump) => jump.table === table)) {
      const lines = chains.get(`${table} ${from}`) ?? [`-P ${from} ACCEPT`, `-A ${from} -j OTHERS`];
      chains.set(`${table} ${from}`, [...lines, `-A ${from} ${rule}`]);
    }
  }
  return chains;
}

function text(chains: ReadonlyMap<string, readonly string[]>): string {
  return [...chains.values()]
    .flat()
    .map((line) => `${line}\n`)
    .join('');
}

test('planLook() asks for the canary of each table, and for each chain with a way in', (t) => {
  const [, filter, nat] = input.split('*');
  t.regex(filter!, /^filter\n-S KUBE-PROXY-CANARY\n(?:-S (?:INPUT|FORWARD|OUTPUT)\n){3}COMMIT\n$/);
  t.regex(nat!, /^nat\n-S KUBE-PROXY-CANARY\n(?:-S (?:PREROUTING|OUTPUT|POSTROUTING)\n){3}COMMIT\n$/);
  t.regex(planLook(planIpvsJumps(4)).input, /^-S INPUT$/m);
});

test('planLook() finds all there that is there, and each thing that is not', (t) => {
  t.true(isAllIn(text(printed())));
  t.true(isAllIn(`# Table of others\n${text(printed())}`));
  t.false(isAllIn(''));
  for (const [id, lines] of printed()) {
    const without = printed();
    without.delete(id);
    t.false(isAllIn(text(without)), id);
    for (const line of lines.filter((one) => one.startsWith('-A') && !one.endsWith('OTHERS'))) {
      const one = printed();
      one.set(
        id,
        lines.filter((other) => other !== line),
      );
      t.false(isAllIn(text(one)), `${id} ${line}`);
    }
  }
});
