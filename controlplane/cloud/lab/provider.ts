// The lab as a cloud: its machines are network namespaces of this machine. It says what it has in a file; a namespace that
// is no more is a machine that is gone.
import { access, readFile } from 'node:fs/promises';
import type { Node, NodeAddress } from '#lib/api/types/core.v1.ts';
import { ReasonError } from '#lib/errors.ts';
import type { CloudProvider, InstanceMetadata } from '../provider.ts';

/** What the lab writes: `machines.json` in its data folder. */
export interface LabMachines {
  /** Of the lab: two labs on one machine do not take each other's nodes for their own. */
  readonly id: string;
  readonly machines: readonly LabMachine[];
}

export interface LabMachine {
  readonly name: string;
  readonly addresses: readonly NodeAddress[];
  /** File of its network namespace. */
  readonly namespace: string;
}

export function createLabProvider(file: string): CloudProvider {
  /** @throws {ReasonError} where the file cannot be read: that says nothing about machines */
  async function read(): Promise<LabMachines> {
    try {
      return JSON.parse(await readFile(file, 'utf8'));
    } catch (error) {
      throw new ReasonError('ServiceUnavailable', `Cannot read the lab's machines from ${file}`, { cause: error });
    }
  }

  /** Undefined: it is gone. 'foreign': it never was of this lab. */
  async function find({
    metadata,
    spec,
  }: Node): Promise<(LabMachine & { readonly id: string }) | 'foreign' | undefined> {
    const { id, machines } = await read();
    const prefix = `lab://${id}/`;
    if (spec.providerID && !spec.providerID.startsWith(prefix)) return 'foreign';
    const machine = machines.find(({ name }) => name === (spec.providerID?.slice(prefix.length) ?? metadata.name));
    if (machine !== undefined && (await isThere(machine.namespace))) return { ...machine, id };
    return spec.providerID || machine !== undefined ? undefined : 'foreign'; // it joined from elsewhere
  }

  return {
    name: 'lab',
    instances: {
      exists: async (node) => (await find(node)) !== undefined,
      isShutdown: async () => false, // a namespace is there or not
      async describe(node): Promise<InstanceMetadata | undefined> {
        const machine = await find(node);
        if (machine === 'foreign') return undefined;
        if (machine === undefined) throw new ReasonError('NotFound', `The lab has no machine ${node.metadata.name}`);
        const { id, name, addresses } = machine;
        return { providerID: `lab://${id}/${name}`, addresses };
      },
    },
  };
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
