import { spawn } from 'node:child_process';
import { existsSync, openSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { exec } from '#lib/exec.ts';

/** A real machine of the box, in QEMU; started again with the same folder, it has the same disk. Its network ends inside QEMU: nothing of it reaches the host or the world. */
export interface Machine {
  /** Runs lines of shell as root. @throws {ExecError} with what they said, if they fail */
  run(script: string, timeoutMs?: number): Promise<string>;
  /** Ends it as a power cut does. */
  cut(): Promise<void>;
  /** Settles when it has ended: by itself, too. */
  readonly ended: Promise<void>;
}

export interface MachineOptions {
  /** Holds box.img, vmlinuz, initrd.img and key. */
  readonly boxDir: string;
  /** Where its disk and log are written. */
  readonly workDir: string;
  /** Further disks, not written to. */
  readonly disks: readonly string[];
  /** Ports of the machine by the port of 127.0.0.1 at which each is reached; one of them must be 22. */
  readonly doors: ReadonlyMap<number, number>;
  readonly memoryMb: number;
  readonly cpus: number;
}

export async function startMachine(options: MachineOptions, signal: AbortSignal): Promise<Machine> {
  const { boxDir, workDir, doors } = options;
  const disk = `${workDir}/disk.qcow2`;
  const makeDisk = ['create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', `${boxDir}/box.img`, disk];
  if (!existsSync(disk)) await exec('qemu-img', makeDisk, signal);
  const log = openSync(`${workDir}/serial.txt`, 'a');
  const qemu = spawn('qemu-system-x86_64', [...argumentsOf(options, disk)], { stdio: ['ignore', log, log] });
  const ended = new Promise<void>((resolve) => {
    qemu.once('close', () => {
      rmSync(`${workDir}/ssh`, { force: true }); // ssh's way to this one
      resolve();
    });
  });
  const cut = async (): Promise<void> => {
    qemu.kill('SIGKILL');
    await ended;
  };
  signal.addEventListener('abort', () => qemu.kill('SIGKILL'), { once: true });
  const [port] = [...doors].find(([, inside]) => inside === 22)!;
  const ssh = [
    ...['-i', `${boxDir}/key`, '-p', String(port), '-o', 'StrictHostKeyChecking=no', '-o', 'LogLevel=ERROR'],
    ...['-o', 'UserKnownHostsFile=/dev/null', '-o', 'ConnectTimeout=10', '-o', 'ServerAliveInterval=15'],
    ...['-o', 'ControlMaster=auto', '-o', `ControlPath=${workDir}/ssh`, '-o', 'ControlPersist=600'],
    'root@127.0.0.1',
  ];
  const run = async (script: string, timeoutMs = 120_000): Promise<string> => {
    const words = [...ssh, 'sh', '-eu', '-s'];
    return (await exec('ssh', words, signal, { input: script, timeoutMs })).stdout;
  };
  await untilItAnswers(run, signal);
  return { run, cut, ended };
}

function argumentsOf({ boxDir, disks, doors, memoryMb, cpus }: MachineOptions, disk: string): readonly string[] {
  const forwards = [...doors].map(([outside, inside]) => `hostfwd=tcp:127.0.0.1:${outside}-:${inside}`);
  const all = [`file=${disk},format=qcow2,cache=unsafe`, ...disks.map((file) => `file=${file},format=raw,readonly=on`)];
  return [
    ...['-accel', 'tcg,thread=multi', '-cpu', 'max,-cx16', '-smp', String(cpus), '-m', String(memoryMb)],
    ...['-nodefaults', '-display', 'none', '-no-reboot', '-serial', 'stdio'],
    ...['-kernel', `${boxDir}/vmlinuz`, '-initrd', `${boxDir}/initrd.img`],
    ...['-append', 'root=/dev/vda rw console=ttyS0 net.ifnames=0 quiet'],
    ...all.flatMap((drive) => ['-drive', `if=virtio,${drive}`]),
    ...['-netdev', `user,id=net0,restrict=on,${forwards.join(',')}`, '-device', 'virtio-net-pci,netdev=net0'],
    ...['-device', 'virtio-rng-pci'],
  ];
}

async function untilItAnswers(run: Machine['run'], signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    try {
      await run('true', 20_000);
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (Date.now() > deadline) throw new Error('The machine did not come up', { cause: error });
      await delay(500);
    }
  }
}
const patienceMs = 180_000;
