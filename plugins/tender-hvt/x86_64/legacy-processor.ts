/** An x86_64 processor under KVM for guests of 2018. */
import * as loop from '../generated/legacy-loop-x86_64.ts';
import { legacyLayout } from './layouts.ts';
import { x86_64With } from './processor.ts';

export const legacyX86_64 = x86_64With(loop, legacyLayout);
