import type { Command } from 'commander';
import type { TokenUsage } from '#lib/join/token.ts';
import { adminConfig } from './admin-config.ts';
import { live } from './life.ts';

interface CreateFlags {
  readonly kubeconfig?: string;
  readonly ttl: string;
  readonly description?: string;
  readonly usages: string;
  readonly groups: string;
  readonly servers?: boolean;
  readonly printJoinCommand?: boolean;
}

export function addToken(program: Command): void {
  const token = program.command('token').description('Make, list and delete the tokens by which nodes join.');
  const kubeconfig = ['--kubeconfig <file>', 'as whom ($KUBECONFIG, or what a server of this machine wrote)'] as const;
  token
    .command('create [token]')
    .description('Make a token (this one, or one that nobody can guess) and print it.')
    .option('--ttl <duration>', 'how long it is good, such as 30m or 24h; 0: for ever', '24h')
    .option('--description <text>', 'what it is for')
    .option('--usages <list>', 'what it may do', 'signing,authentication')
    .option('--groups <list>', 'groups of those who use it', 'system:bootstrappers:kubeadm:default-node-token')
    .option('--servers', 'for servers, not nodes: who has it is given the authorities of the cluster')
    .option('--print-join-command', 'print the whole command that joins a node, or a server')
    .option(...kubeconfig)
    .action((text: string | undefined, flags: CreateFlags) => live((signal) => create(text, flags, signal)));
  token
    .command('list')
    .description('Show the tokens there are.')
    .option(...kubeconfig)
    .action((flags: { readonly kubeconfig?: string }) => live((signal) => list(flags.kubeconfig, signal)));
  token
    .command('delete <token...>')
    .description('Delete tokens, by themselves or by what stands before their dot. Nodes that have joined stay.')
    .option(...kubeconfig)
    .action((names: readonly string[], flags: { readonly kubeconfig?: string }) =>
      live((signal) => remove(names, flags.kubeconfig, signal)),
    );
}

async function create(text: string | undefined, flags: CreateFlags, signal: AbortSignal): Promise<void> {
  const { parseDuration } = await import('#lib/api/json/duration.ts');
  const { secrets } = await import('#lib/api/resources.ts');
  const { connect } = await import('#lib/client/connect.ts');
  const { formatToken, generateToken, parseToken, secretOf, serverGroup, tokenUsages } = await import(
    '#lib/join/token.ts'
  );
  const token = text === undefined ? generateToken() : parseToken(text);
  const lifeNs = parseDuration(flags.ttl);
  if (lifeNs < 0n) throw new Error(`--ttl must be like 30m or 24h: it is ${flags.ttl}`);
  const usages = words(flags.usages);
  const strange = usages.find((usage) => !tokenUsages.includes(usage as TokenUsage));
  if (strange !== undefined) throw new Error(`--usages knows signing and authentication, not ${strange}`);
  const groups = flags.servers ? [serverGroup] : words(flags.groups);
  const notForTokens = groups.find((group) => !/^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/.test(group));
  if (notForTokens !== undefined)
    throw new Error(`--groups begin with system:bootstrappers: and ${notForTokens} does not`);
  await using connection = await connect(await adminConfig(flags.kubeconfig), { userAgent: 'skiff' });
  const secret = secretOf({
    token,
    expiresMs: lifeNs === 0n ? undefined : Date.now() + Number(lifeNs / 1_000_000n),
    description: flags.description,
    usages: usages as TokenUsage[],
    groups,
  });
  await connection.client.create(secrets, secret, signal);
  const plain = formatToken(token);
  const line = flags.printJoinCommand
    ? await joinCommand(connection.client, flags.servers ? 'server --join' : 'join', plain, signal)
    : plain;
  process.stdout.write(`${line}\n`);
}

async function joinCommand(
  client: import('#lib/client/client.ts').Client,
  how: string,
  token: string,
  signal: AbortSignal,
): Promise<string> {
  const { configMaps } = await import('#lib/api/resources.ts');
  const { caHash, splitPem } = await import('#lib/join/ca-hash.ts');
  const { clusterInfo, kubeconfigKey } = await import('#lib/join/cluster-info.ts');
  const { readClusterInfo } = await import('#lib/join/read-cluster-info.ts');
  const { data } = await client.get(configMaps, clusterInfo, signal);
  const { server, ca } = readClusterInfo(data?.[kubeconfigKey] ?? '');
  return `skiff ${how} ${server} --token ${token} --ca-hash ${caHash(splitPem(ca)[0] ?? ca)}`;
}

async function list(kubeconfig: string | undefined, signal: AbortSignal): Promise<void> {
  const { secrets } = await import('#lib/api/resources.ts');
  const { connect } = await import('#lib/client/connect.ts');
  const { factsOfSecret, formatToken, tokenType } = await import('#lib/join/token.ts');
  await using connection = await connect(await adminConfig(kubeconfig), { userAgent: 'skiff' });
  const scope = { namespace: 'kube-system', fieldSelector: `type=${tokenType}` };
  const { items } = await connection.client.list(secrets, scope, signal);
  const rows = items
    .flatMap((secret) => factsOfSecret(secret) ?? [])
    .map(({ token, expiresMs, usages, description, groups }) => [
      formatToken(token),
      expiresMs === undefined ? 'never' : `${new Date(expiresMs).toISOString().slice(0, 19)}Z`,
      usages.join(','),
      groups.join(','),
      description ?? '',
    ]);
  const table = [['TOKEN', 'EXPIRES', 'USAGES', 'GROUPS', 'DESCRIPTION'], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  for (const row of table) {
    process.stdout.write(
      `${row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('   ')
        .trimEnd()}\n`,
    );
  }
}

async function remove(names: readonly string[], kubeconfig: string | undefined, signal: AbortSignal): Promise<void> {
  const { secrets } = await import('#lib/api/resources.ts');
  const { connect } = await import('#lib/client/connect.ts');
  const { secretName } = await import('#lib/join/token.ts');
  const ids = names.map((name) => name.split('.')[0]!);
  const strange = ids.find((id) => !/^[a-z0-9]{6}$/.test(id));
  if (strange !== undefined)
    throw new Error(`${strange} is no token: what stands before the dot has six letters or digits`);
  await using connection = await connect(await adminConfig(kubeconfig), { userAgent: 'skiff' });
  for (const id of ids) {
    await connection.client.delete(secrets, { namespace: 'kube-system', name: secretName(id) }, signal);
    process.stdout.write(`Deleted the token ${id}\n`);
  }
}

function words(text: string): readonly string[] {
  return text.split(',').filter((word) => word !== '');
}
