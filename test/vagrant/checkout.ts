import { fileURLToPath } from 'node:url';
import { exec } from '#lib/exec.ts';

export const home = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** What of the checkout a machine runs: no tests, no tools of those who write code. */
export const parts = ['agent', 'cli', 'cni', 'controlplane', 'cri', 'lib', 'node_modules', 'vagrant'];
export const leftOut = ['@biomejs', '@typescript', 'typescript', 'node-pty', 'ava', '@types', '@vercel'];

/** Packs the checkout into a disk that machines mount at /opt/skiff; `kept`: packages that are wanted for once. */
export async function packCheckout(file: string, signal: AbortSignal, kept: readonly string[] = []): Promise<void> {
  const out = leftOut.filter((name) => !kept.includes(name));
  const script = `
    work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
    cd "${home}"
    tar -cf - ${out.map((name) => `--exclude=node_modules/${name}`).join(' ')} \\
      skiff package.json package-lock.json ${parts.join(' ')} | tar -xf - -C "$work"
    touch "$work/node_modules/.package-lock.json" # tar keeps whole seconds: it must stay the newer one
    rm -f "${file}"; truncate -s 900M "${file}"
    mkfs.ext4 -q -m 0 -O ^has_journal -d "$work" "${file}"`;
  await exec('sh', ['-euc', script], signal, { timeoutMs: 180_000 });
}
