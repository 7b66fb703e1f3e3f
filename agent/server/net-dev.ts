import type { InterfaceUsage } from '#cri/runtime.ts';

/** The network interfaces in the text of /proc/net/dev, without the loopback. Rule: proc(5). */
export function readNetDev(text: string): readonly InterfaceUsage[] {
  return text.split('\n').flatMap((line) => {
    const [, name, rest = ''] = /^\s*([^:\s]+):\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || name === 'lo') return [];
    const numbers = rest.trim().split(/\s+/).map(Number);
    const [rxBytes = 0, , rxErrors = 0] = numbers;
    const [txBytes = 0, , txErrors = 0] = numbers.slice(8);
    return [{ name, rxBytes, rxErrors, txBytes, txErrors }];
  });
}

/** The interface of the default route, in the text of /proc/net/route; `undefined` if there is none. */
export function defaultInterface(text: string): string | undefined {
  const lines = text.split('\n').map((line) => line.split('\t'));
  return lines.find(([, destination, , , , , , mask]) => destination === '00000000' && mask === '00000000')?.[0];
}
