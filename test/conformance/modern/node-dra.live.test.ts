// Dynamic resource allocation: what the API keeps of devices, claims and classes. No driver runs.
import {
  deviceClasses,
  deviceTaintRules,
  resourceClaims,
  resourceClaimTemplates,
  resourceSlices,
} from '#lib/api/resources.ts';
import { walk } from './support/node-lifecycle.ts';
import { spec } from './support/node-space.ts';

const driver = 'modern.skiff.local';
const claim = { devices: { requests: [{ name: 'gpu', exactly: { deviceClassName: 'modern.skiff.local' } }] } };

spec('[sig-node] [DRA] CRUD Tests resource.k8s.io/v1 DeviceClass [Conformance]', async (space, t) => {
  const selectors = [{ cel: { expression: `device.driver == "${driver}"` } }];
  await walk(space, t, { resource: deviceClasses, make: () => ({ spec: { selectors } }) });
});

spec('[sig-node] [DRA] CRUD Tests resource.k8s.io/v1 DeviceTaintRule [Conformance]', async (space, t) => {
  const conditions = [
    {
      type: 'Evicting',
      status: 'True',
      reason: 'Test',
      message: 'said by a test',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    },
  ];
  await walk(space, t, {
    resource: deviceTaintRules,
    make: () => ({
      spec: { deviceSelector: { driver }, taint: { key: 'skiff.local/broken', effect: 'NoSchedule' as const } },
    }),
    status: { conditions },
  });
});

spec('[sig-node] [DRA] CRUD Tests resource.k8s.io/v1 ResourceClaim [Conformance]', async (space, t) => {
  const allocation = { devices: { results: [{ request: 'gpu', driver, pool: 'one', device: 'a' }] } };
  await walk(space, t, { resource: resourceClaims, make: () => ({ spec: claim }), status: { allocation } });
});

spec('[sig-node] [DRA] CRUD Tests resource.k8s.io/v1 ResourceClaimTemplate [Conformance]', async (space, t) => {
  await walk(space, t, {
    resource: resourceClaimTemplates,
    make: () => ({ spec: { spec: claim, metadata: {} } }) as never,
  });
});

spec('[sig-node] [DRA] CRUD Tests resource.k8s.io/v1 ResourceSlice [Conformance]', async (space, t) => {
  await walk(space, t, {
    resource: resourceSlices,
    make: (number) => ({
      spec: {
        driver,
        nodeName: `${space.namespace}-${number}`,
        pool: { name: `pool-${number}`, generation: 1, resourceSliceCount: 1 },
        devices: [{ name: 'a', attributes: { model: { string: 'x' } } }],
      },
    }),
  });
});
