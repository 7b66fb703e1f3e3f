// The runtime's half of the port over gRPC: one method, one call. Only units and unions change on the way.
import { hasReason, ReasonError } from '#lib/errors.ts';
import type { Channel } from './channel.ts';
import { endTask } from './end-task.ts';
import type { ContainerStats, ExecOutput, Filter, Runtime, RuntimeEvent, SandboxStats } from './runtime.ts';
import * as wire from './wire.ts';

/** `usualMs`: how long a call may take that is told nothing else; twice as long for sandboxes. */
export function remoteRuntime(channel: Channel, usualMs = 120_000): Runtime {
  function call<T>(method: string, request: object, signal: AbortSignal, deadlineMs = usualMs): Promise<T> {
    return channel.call<T>('RuntimeService', method, request, deadlineMs, signal);
  }

  return {
    async version(signal) {
      const answer = await call<wire.Version>('Version', { version: '0.1.0' }, signal);
      return { name: answer.runtimeName, version: answer.runtimeVersion, apiVersion: answer.runtimeApiVersion };
    },
    async status(signal) {
      const answer = await call<wire.Status>('Status', {}, signal);
      return {
        conditions: answer.status?.conditions ?? [],
        handlers: answer.runtimeHandlers.map(({ name, features }) => ({
          name,
          recursiveReadOnlyMounts: features?.recursiveReadOnlyMounts ?? false,
          userNamespaces: features?.userNamespaces ?? false,
        })),
        supplementalGroupsPolicy: answer.features?.supplementalGroupsPolicy ?? false,
      };
    },
    async cgroupDriver(signal) {
      try {
        const { linux } = await call<wire.RuntimeConfig>('RuntimeConfig', {}, signal);
        return linux === null ? undefined : linux.cgroupDriver === 'SYSTEMD' ? 'systemd' : 'cgroupfs';
      } catch (error) {
        if (!(error instanceof ReasonError && error.reason === 'MethodNotAllowed')) throw error;
        return wire.cgroupDriverIn((await call<wire.Status>('Status', { verbose: true }, signal)).info['config']);
      }
    },

    async runSandbox(config, runtimeHandler, signal) {
      const request = { config, runtimeHandler };
      return (await call<{ podSandboxId: string }>('RunPodSandbox', request, signal, 2 * usualMs)).podSandboxId;
    },
    async stopSandbox(podSandboxId, signal) {
      await ignoringNotFound(call('StopPodSandbox', { podSandboxId }, signal));
    },
    async removeSandbox(podSandboxId, signal) {
      await ignoringNotFound(call('RemovePodSandbox', { podSandboxId }, signal));
    },
    async sandboxStatus(podSandboxId, signal) {
      const { status } = await call<{ status: wire.SandboxStatus }>('PodSandboxStatus', { podSandboxId }, signal);
      return { ...wire.sandbox(status), ips: wire.ipsOf(status) };
    },
    async listSandboxes(filter, signal) {
      const request = { filter: wireFilter(filter) };
      return (await call<{ items: readonly wire.Sandbox[] }>('ListPodSandbox', request, signal)).items.map(
        wire.sandbox,
      );
    },

    async createContainer(podSandboxId, config, sandboxConfig, signal) {
      const request = { podSandboxId, config, sandboxConfig };
      return (await call<{ containerId: string }>('CreateContainer', request, signal)).containerId;
    },
    async startContainer(containerId, signal) {
      await call('StartContainer', { containerId }, signal);
    },
    async stopContainer(containerId, graceSeconds, signal) {
      const deadlineMs = usualMs + graceSeconds * 1000;
      await ignoringNotFound(call('StopContainer', { containerId, timeout: graceSeconds }, signal, deadlineMs));
    },
    async removeContainer(containerId, signal) {
      const remove = () => ignoringNotFound(call('RemoveContainer', { containerId }, signal));
      try {
        await remove();
      } catch (error) {
        if (!hasReason(error, 'Conflict')) throw error; // FailedPrecondition
        await endTask(channel, containerId, usualMs, signal);
        await remove();
      }
    },
    async containerStatus(containerId, signal) {
      const { status } = await call<{ status: wire.ContainerStatus }>('ContainerStatus', { containerId }, signal);
      return wire.containerStatus(status);
    },
    async listContainers(filter, signal) {
      const request = { filter: wireFilter(filter) };
      const answer = await call<{ containers: readonly wire.Container[] }>('ListContainers', request, signal);
      return answer.containers.map(wire.container);
    },
    async updateResources(containerId, linux, signal) {
      await call('UpdateContainerResources', { containerId, linux }, signal);
    },
    async reopenLog(containerId, signal) {
      await call('ReopenContainerLog', { containerId }, signal);
    },

    async checkpoint(containerId, location, timeoutSeconds, signal) {
      const timeout = Math.max(timeoutSeconds, usualMs / 1000);
      await call('CheckpointContainer', { containerId, location, timeout }, signal, timeout * 1000);
    },

    execSync(containerId, cmd, timeout, signal) {
      const deadlineMs = timeout === 0 ? longestMs : timeout * 1000 + usualMs;
      return call<ExecOutput>('ExecSync', { containerId, cmd, timeout }, signal, deadlineMs);
    },
    async exec(containerId, cmd, streams, signal) {
      return (await call<{ url: string }>('Exec', { containerId, cmd, ...streams }, signal)).url;
    },
    async attach(containerId, streams, signal) {
      return (await call<{ url: string }>('Attach', { containerId, ...streams }, signal)).url;
    },
    async portForward(podSandboxId, port, signal) {
      return (await call<{ url: string }>('PortForward', { podSandboxId, port }, signal)).url;
    },

    async stats(filter, signal): Promise<readonly ContainerStats[]> {
      const request = { filter: wireFilter(filter) };
      const answer = await call<{ stats: readonly wire.Stats[] }>('ListContainerStats', request, signal);
      return answer.stats.flatMap((stats) => wire.stats(stats) ?? []);
    },
    async sandboxStats(signal): Promise<readonly SandboxStats[]> {
      try {
        const answer = await call<{ stats: readonly wire.SandboxStats[] }>('ListPodSandboxStats', {}, signal);
        return answer.stats.flatMap((stats) => wire.sandboxStats(stats) ?? []);
      } catch (error) {
        if (hasReason(error, 'MethodNotAllowed')) return [];
        throw error;
      }
    },
    async *events(signal): AsyncIterable<RuntimeEvent> {
      try {
        for await (const event of channel.stream<wire.Event>('RuntimeService', 'GetContainerEvents', {}, signal)) {
          yield wire.event(event);
        }
      } catch (error) {
        if (!hasReason(error, 'MethodNotAllowed')) throw error;
        yield* ends(channel, signal);
      }
    },
  };
}

/**
 * Containerd 1.6 has no events in CRI, but its own: of the end of a process that was a container or a sandbox, at the time
 * when CRI is about to note it.
 */
async function* ends(channel: Channel, signal: AbortSignal): AsyncIterable<RuntimeEvent> {
  const request = { filters: ['topic=="/tasks/delete",namespace=="k8s.io"'] };
  for await (const envelope of channel.stream<wire.Envelope>('Events', 'Subscribe', request, signal)) {
    const containerId = envelope.event?.value?.containerId ?? '';
    if (containerId !== '') yield { type: 'stopped', containerId, podUid: '' };
  }
}
const longestMs = 24 * 3600_000;

function wireFilter({ id, sandboxId, labels }: Filter): object {
  return { id, podSandboxId: sandboxId, labelSelector: labels };
}

async function ignoringNotFound(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof ReasonError && error.reason === 'NotFound')) throw error;
  }
}
