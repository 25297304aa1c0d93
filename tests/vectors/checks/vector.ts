/** Reads docs/vectors, and keeps count of what was derived anew. */

import { readFileSync, readdirSync } from 'node:fs';
import { expect } from 'vitest';
import type { Bytes } from '../protocol/bytes.ts';
import { Refused, fromHex, hex } from '../protocol/bytes.ts';
import type { Step } from '../protocol/trace.ts';
import { traced } from '../protocol/trace.ts';

type Value = string | number | boolean | number[];

/** What a case and an event of a conversation have in common. */
interface Part {
  random?: { name: string; bytes: string }[];
  given: Record<string, Value>;
  steps?: Step[];
  result: Record<string, Value>;
}

export interface Event extends Part {
  do: 'initiate' | 'send' | 'accept' | 'receive' | 'refuse';
  by: 'initiator' | 'responder';
  message?: number;
}

export interface Case extends Part {
  name: string;
  about: string;
  events?: Event[];
}

interface File {
  protocol: string;
  name: string;
  cases: Case[];
}

const FOLDER = new URL('../../../docs/vectors/', import.meta.url);

export function read(name: string): Case[] {
  const file = JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8')) as File;
  expect(file.protocol).toBe('sotto session 2');
  expect(file.name).toBe(name);
  return file.cases;
}

/** How many steps and results all files have, whoever reads them. */
export function inAllFiles(): typeof counted {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
  const parts = names
    .flatMap((name) => read(name.slice(0, -'.json'.length)))
    .flatMap((each): Part[] => [each, ...(each.events ?? [])]);
  const sum = (of: (part: Part) => number) => parts.reduce((count, part) => count + of(part), 0);
  return { steps: sum(({ steps }) => steps?.length ?? 0), results: sum(({ result }) => Object.keys(result).length) };
}

/** Whether it is not refused. */
export function isTaken(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (error instanceof Refused) return false;
    throw error;
  }
}

/** How many values of the files were derived and found equal. */
export const counted = { steps: 0, results: 0 };

/** One part of a file, of which everything has to be used. */
export class Vector {
  readonly #random: Map<string, string>;
  readonly #given: Map<string, Value>;
  #steps: Step[];
  readonly #result: Map<string, Value>;

  constructor(part: Part) {
    this.#random = new Map(part.random?.map(({ name, bytes }) => [name, bytes]));
    expect(this.#random.size).toBe(part.random?.length ?? 0);
    this.#given = new Map(Object.entries(part.given));
    this.#steps = part.steps ?? [];
    this.#result = new Map(Object.entries(part.result));
  }

  /** Randomness, by its name, once. */
  readonly draw = (name: string): Bytes => {
    const bytes = this.#random.get(name);
    if (bytes === undefined) throw new Error(`no ${name} is left to be drawn`);
    this.#random.delete(name);
    return fromHex(bytes);
  };

  hasDraw(name: string): boolean {
    return this.#random.has(name);
  }

  has(name: string): boolean {
    return this.#given.has(name);
  }

  #take(name: string): Value {
    const value = this.#given.get(name);
    if (value === undefined) throw new Error(`no ${name} is given`);
    this.#given.delete(name);
    return value;
  }

  text(name: string): string {
    const value = this.#take(name);
    if (typeof value !== 'string') throw new Error(`${name} is no text`);
    return value;
  }

  bytes(name: string): Bytes {
    return fromHex(this.text(name));
  }

  number(name: string): number {
    const value = this.#take(name);
    if (typeof value !== 'number') throw new Error(`${name} is no number`);
    return value;
  }

  flag(name: string): boolean {
    const value = this.#take(name);
    if (typeof value !== 'boolean') throw new Error(`${name} is neither true nor false`);
    return value;
  }

  /** Does `work`, and compares all that it noted to the steps: by name, in the order of each name. */
  follow<T>(work: () => T): T {
    const { value, steps } = traced(work);
    const names = new Set([...steps, ...this.#steps].map(({ name }) => name));
    const of = (all: Step[], name: string) => all.filter((step) => step.name === name).map((step) => step.value);
    for (const name of names) expect(of(steps, name), name).toEqual(of(this.#steps, name));
    counted.steps += this.#steps.length;
    this.#steps = [];
    return value;
  }

  /** Compares a result. */
  gives(name: string, value: Bytes | Value): void {
    const expected = this.#result.get(name);
    expect(value instanceof Uint8Array ? hex(value) : value, name).toEqual(expected);
    this.#result.delete(name);
    counted.results += 1;
  }

  /** That nothing is left which nobody drew, used or derived. */
  end(): void {
    expect([...this.#random.keys()], 'not drawn').toEqual([]);
    expect([...this.#given.keys()], 'given and not used').toEqual([]);
    expect(
      this.#steps.map(({ name }) => name),
      'steps that were not derived',
    ).toEqual([]);
    expect([...this.#result.keys()], 'results that were not derived').toEqual([]);
  }
}
