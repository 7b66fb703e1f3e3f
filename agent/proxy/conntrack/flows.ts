import type { Exec } from '#lib/exec.ts';
import type { Family } from '#lib/ip.ts';
import type { Flow } from './plan.ts';

/** The UDP flows of one family that the kernel remembers. */
export async function listFlows(family: Family, exec: Exec, signal: AbortSignal): Promise<readonly Flow[]> {
  const { stdout } = await exec('conntrack', ['-L', '-p', 'udp', '-f', `ipv${family}`], signal);
  return parseFlows(stdout);
}

/** Makes the kernel forget `flows`: all to one target through one front by one program. One that has gone by itself is as good. */
export async function forgetFlows(
  flows: readonly Flow[],
  family: Family,
  exec: Exec,
  signal: AbortSignal,
): Promise<void> {
  for (const words of new Set(flows.map(wordsOf))) {
    const args = ['-D', '-f', `ipv${family}`, '-p', 'udp', ...words.split(' ')];
    await exec('conntrack', args, signal, { okCodes: [0, 1] });
  }
}

function wordsOf({ destination, destinationPort, replySource, replySourcePort }: Flow): string {
  const front = `--orig-dst ${destination} --orig-port-dst ${destinationPort}`;
  return `${front} --reply-src ${replySource} --reply-port-src ${replySourcePort}`;
}

/** Reads what `conntrack -L` printed; a line that is no flow is passed over. */
export function parseFlows(text: string): readonly Flow[] {
  return text.split('\n').flatMap((line) => {
    const found = pattern.exec(line);
    if (found === null) return [];
    const [, source, destination, sourcePort, destinationPort, replySource, replySourcePort] = found;
    return {
      source: source!,
      sourcePort: Number(sourcePort),
      destination: destination!,
      destinationPort: Number(destinationPort),
      replySource: replySource!,
      replySourcePort: Number(replySourcePort),
    };
  });
}
const pattern =
  /src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+) (?:\[\S+\] |packets=\d+ bytes=\d+ )*src=(\S+) dst=\S+ sport=(\d+) /;
