/** What an implementation computes on its way: compared with the `steps` of a vector. */

import type { Bytes } from './bytes.ts';
import { hex } from './bytes.ts';

export interface Step {
  name: string;
  value: string;
}

let steps: Step[] | undefined;

/** Notes a value under the name that docs/vectors/README.md gives it. */
export function note(name: string, value: Bytes): void {
  steps?.push({ name, value: hex(value) });
}

/** What `work` gives, and each value that it noted, once. */
export function traced<T>(work: () => T): { value: T; steps: Step[] } {
  if (steps) throw new Error('a trace is being kept already');
  steps = [];
  try {
    const value = work();
    const once = new Map(steps.map((step) => [`${step.name} ${step.value}`, step]));
    return { value, steps: [...once.values()] };
  } finally {
    steps = undefined;
  }
}
