/** JSON: the one reading of a text, or none. */

import type { Bytes } from './bytes.ts';
import { refuse } from './bytes.ts';

export type Json = null | boolean | number | string | Json[] | Members;
export type Members = Map<string, Json>;

const DEEPEST = 32;
const DIGITS = /(?:0|[1-9][0-9]*)(?![0-9.eE])/y;
const STRING = /"(?:[ !#-[\]-\u{10ffff}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const SPACE = /[ \t\n\r]*/y;

/** Reads a text by the page's rules 1 to 4. */
export function parse(bytes: Bytes): Json {
  return new Text(decoded(bytes)).whole();
}

/** Whether null stands anywhere in it (rule 6): no member of a message may be null. */
export function saysNull(value: Json): boolean {
  if (value instanceof Map) return [...value.values()].some(saysNull);
  return Array.isArray(value) ? value.some(saysNull) : value === null;
}

export function object(value: Json | undefined): Members {
  return value instanceof Map ? value : refuse('expected an object');
}

/** That it has no member that is not named here. */
export function exact(members: Members, names: string[]): void {
  for (const name of members.keys()) if (!names.includes(name)) refuse(`expected no ${name}`);
}

export function whole(members: Members, name: string, least: number, most: number): number {
  const value = members.get(name);
  return typeof value === 'number' && value >= least && value <= most ? value : refuse(`expected another ${name}`);
}

export function string(members: Members, name: string): string {
  const value = members.get(name);
  return typeof value === 'string' ? value : refuse(`expected a string as ${name}`);
}

export function array(members: Members, name: string): Json[] {
  const value = members.get(name);
  return Array.isArray(value) ? value : refuse(`expected an array as ${name}`);
}

/** base64url in its one form. */
export function base64url(members: Members, name: string): Bytes {
  const value = string(members, name);
  const bytes = Buffer.from(value, 'base64url');
  return bytes.toString('base64url') === value ? Uint8Array.from(bytes) : refuse(`expected base64url as ${name}`);
}

function decoded(bytes: Bytes): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse('expected UTF-8');
  }
}

class Text {
  #at = 0;

  constructor(readonly text: string) {}

  whole(): Json {
    const value = this.#value(0);
    if (this.#at !== this.text.length) refuse('expected nothing after the value');
    return value;
  }

  /** A value, and the white space around it. */
  #value(depth: number): Json {
    this.#matched(SPACE);
    const value = this.#bare(depth);
    this.#matched(SPACE);
    return value;
  }

  #bare(depth: number): Json {
    if (this.#skipped('{')) return this.#object(deeper(depth));
    if (this.#skipped('[')) return this.#array(deeper(depth));
    if (this.text[this.#at] === '"') return this.#string();
    if (this.#skipped('null')) return null;
    if (this.#skipped('true')) return true;
    if (this.#skipped('false')) return false;
    const number = Number(this.#matched(DIGITS) ?? refuse('expected a value'));
    return Number.isSafeInteger(number) ? number : refuse('expected a number below 2^53');
  }

  #object(depth: number): Json {
    const members = new Map<string, Json>();
    this.#matched(SPACE);
    if (this.#skipped('}')) return members;
    do {
      this.#matched(SPACE);
      const name = this.#string();
      this.#matched(SPACE);
      if (!this.#skipped(':')) refuse('expected a colon');
      if (members.has(name)) refuse(`expected ${name} once`);
      members.set(name, this.#value(depth));
    } while (this.#skipped(','));
    return this.#skipped('}') ? members : refuse('expected the end of an object');
  }

  #array(depth: number): Json {
    const values: Json[] = [];
    this.#matched(SPACE);
    if (this.#skipped(']')) return values;
    do values.push(this.#value(depth));
    while (this.#skipped(','));
    return this.#skipped(']') ? values : refuse('expected the end of an array');
  }

  #string(): string {
    const literal = this.#matched(STRING) ?? refuse('expected a string');
    const value = JSON.parse(literal) as string;
    return /\p{Cs}/u.test(value) ? refuse('expected both halves of a surrogate pair') : value;
  }

  #skipped(word: string): boolean {
    const there = this.text.startsWith(word, this.#at);
    if (there) this.#at += word.length;
    return there;
  }

  #matched(what: RegExp): string | undefined {
    what.lastIndex = this.#at;
    const found = what.exec(this.text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }
}

function deeper(depth: number): number {
  return depth < DEEPEST ? depth + 1 : refuse(`expected at most ${DEEPEST} objects and arrays in each other`);
}
