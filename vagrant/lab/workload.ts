import type { Draft } from '#lib/api/resource.ts';
import type { Deployment } from '#lib/api/types/apps.v1.ts';
import type { Service } from '#lib/api/types/core.v1.ts';

// The first workload: a web server with two replicas behind a Service. Pure.

export const workloadName = 'hello';
export const greeting = 'Hello from Skiff';

export interface WorkloadImage {
  readonly name: string;
  /** Absent: what the image runs by itself, on port 80. */
  readonly command?: readonly string[];
}

/** For the image that the lab builds itself. */
export function builtImage(name: string): WorkloadImage {
  const serve = `mkdir -p /tmp/www && echo "${greeting}, $(hostname)" >/tmp/www/index.html && exec httpd -f -p 80 -h /tmp/www`;
  return { name, command: ['sh', '-c', serve] };
}

export function workloadDeployment(image: WorkloadImage): Draft<Deployment> {
  const labels = { app: workloadName };
  return {
    metadata: { name: workloadName, namespace: 'default', labels },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: {
        metadata: { name: '', labels },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [
            {
              name: 'web',
              image: image.name,
              imagePullPolicy: 'IfNotPresent',
              ...(image.command === undefined ? {} : { command: image.command }),
              ports: [{ name: 'http', containerPort: 80 }],
            },
          ],
        },
      },
    },
  };
}

export function workloadService(): Draft<Service> {
  return {
    metadata: { name: workloadName, namespace: 'default', labels: { app: workloadName } },
    spec: { selector: { app: workloadName }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
  };
}
