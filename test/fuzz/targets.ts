import { json, protobuf } from './decoder.ts';
import { expressions } from './expressions.ts';
import { patches } from './patches.ts';
import { requests } from './paths.ts';
import { selectors } from './selectors.ts';
import type { Target } from './target.ts';

export const targets: readonly Target[] = [json, protobuf, expressions, selectors, patches, requests];
