import type { EndpointSlice } from '../../types/discovery.v1.ts';
import { ageOf, columns } from '../columns.ts';
import type { KindParts } from '../define.ts';
import { sliceWarnings } from '../warnings/others.ts';
import { validateSlice, validateSliceUpdate } from './validate-slice.ts';

const mostShown = 3;

export const endpointSlice: KindParts<EndpointSlice> = {
  warnings: sliceWarnings,
  hasGeneration: true,
  generationFields: ['endpoints', 'ports'],
  defaults({ ports }) {
    for (const port of ports ?? []) {
      port.name ??= '';
      port.protocol ??= 'TCP';
    }
  },
  validate: validateSlice,
  validateUpdate: validateSliceUpdate,
  columns: columns(['Name', 'AddressType', 'Ports', 'Endpoints', '@Age']),
  row({ metadata, addressType, ports, endpoints }, nowMs) {
    const numbers = (ports ?? []).map(({ port, name }) => String(port ?? name ?? '*'));
    const addresses = (endpoints ?? []).flatMap((endpoint) => endpoint.addresses ?? []);
    return [metadata.name, addressType, few(numbers), few(addresses), ageOf(metadata, nowMs)];
  },
};

function few(values: readonly string[]): string {
  if (values.length === 0) return '<unset>';
  const shown = values.slice(0, mostShown).join(',');
  return values.length > mostShown ? `${shown} + ${values.length - mostShown} more...` : shown;
}
