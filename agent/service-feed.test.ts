import test from 'ava';
import type { Service } from '#lib/api/types/core.v1.ts';
import type { EndpointSlice } from '#lib/api/types/discovery.v1.ts';
import { createFedInformer } from '#lib/client/fed-informer.ts';
import { exampleEndpoint, exampleService, exampleSlice } from './proxy/example.ts';
import { followServices } from './service-feed.ts';

function followed() {
  const informers = { services: createFedInformer<Service>(), endpointSlices: createFedInformer<EndpointSlice>() };
  const told: string[] = [];
  const start = () =>
    followServices(informers, (key, { service, slices }) => {
      told.push(`${key} ${service ? 'service' : '-'} ${slices.map(({ metadata }) => metadata.name).join(',')}`);
    });
  const news = () => told.splice(0);
  return { ...informers, start, news };
}
const slice = (service: string, name: string) => exampleSlice(service, [exampleEndpoint('10.244.0.5')], { name });

test('followServices() joins what is there with what comes, in whatever order', (t) => {
  const { services, endpointSlices, start, news } = followed();
  endpointSlices.put(slice('web', 'web-1'));
  const feed = start();
  t.deepEqual(news(), ['default/web - web-1']);
  services.put(exampleService('web'));
  endpointSlices.put(slice('web', 'web-2'));
  t.deepEqual(news(), ['default/web service web-1', 'default/web service web-1,web-2']);
  services.delete('default/web');
  endpointSlices.delete('default/web-1');
  endpointSlices.delete('default/web-2');
  t.deepEqual(news(), ['default/web - web-1,web-2', 'default/web - web-2', 'default/web - ']);
  t.deepEqual([...feed.keys()], []);
});

test('followServices() tells both Services when a slice moves', (t) => {
  const { endpointSlices, start, news } = followed();
  start();
  endpointSlices.put(slice('one', 'x'));
  news();
  endpointSlices.put(slice('two', 'x'));
  t.deepEqual(news(), ['default/one - ', 'default/two - x']);
});

test('followServices() passes over slices that name no Service, and stops when told', (t) => {
  const { services, endpointSlices, start, news } = followed();
  const feed = start();
  const { metadata, ...rest } = slice('web', 'x');
  endpointSlices.put({ ...rest, metadata: { ...metadata, labels: {} } });
  feed.stop();
  services.put(exampleService('web'));
  t.deepEqual(news(), []);
});
