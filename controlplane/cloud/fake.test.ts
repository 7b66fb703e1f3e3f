import { createFakeCloud } from './fake.ts';
import { cloudSuite } from './suite.ts';

cloudSuite('fake', async () => {
  const cloud = createFakeCloud();
  cloud.addMachine('vm1');
  return {
    provider: cloud.provider,
    machine: 'vm1',
    stop: async () => cloud.stopMachine('vm1'),
    remove: async () => cloud.removeMachine('vm1'),
    end: async () => {},
  };
});
