/** Byte strings: joined, cut, and read from front to back. */

export type Bytes = Uint8Array;

/** Why something from outside is not taken. */
export class Refused extends Error {}

export function refuse(why: string): never {
  throw new Refused(why);
}

export function ascii(text: string): Bytes {
  return new TextEncoder().encode(text);
}

/** The labels that were joined with anything. */
export const labelsJoined = new Set<string>();

/** What stands as ‖ in docs/protocol.md. A string is ASCII, a number one byte. */
export function join(...parts: (Bytes | string | number)[]): Bytes {
  for (const part of parts) if (typeof part === 'string' && part.startsWith('sotto/')) labelsJoined.add(part);
  const all = parts.map((part) =>
    typeof part === 'string' ? ascii(part) : typeof part === 'number' ? Uint8Array.of(part) : part,
  );
  const joined = new Uint8Array(all.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of all) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

export function zeros(length: number): Bytes {
  return new Uint8Array(length);
}

export function u16(value: number): Bytes {
  const bytes = new Uint8Array(2);
  new DataView(bytes.buffer).setUint16(0, value);
  return bytes;
}

export function u32(value: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

export function u64(value: number): Bytes {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}

/** Whether two byte strings are the same. Not in constant time: nothing here is a real secret. */
export function same(one: Bytes, other: Bytes): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

export function isZero(bytes: Bytes): boolean {
  return bytes.every((byte) => byte === 0);
}

export function hex(bytes: Bytes): string {
  return Buffer.from(bytes).toString('hex');
}

export function fromHex(text: string): Bytes {
  if (!/^([0-9a-f]{2})*$/.test(text)) throw new Error(`expected lower-case hexadecimal, found ${text}`);
  return Uint8Array.from(Buffer.from(text, 'hex'));
}

/** Reads a structure from its first byte to its last. */
export class Reader {
  #at = 0;

  constructor(readonly bytes: Bytes) {}

  get at(): number {
    return this.#at;
  }

  get left(): number {
    return this.bytes.length - this.#at;
  }

  take(length: number): Bytes {
    if (length > this.left) refuse(`expected ${length} bytes more, found ${this.left}`);
    this.#at += length;
    return this.bytes.slice(this.#at - length, this.#at);
  }

  rest(): Bytes {
    return this.take(this.left);
  }

  byte(): number {
    return number(this.take(1));
  }

  u16(): number {
    return number(this.take(2));
  }

  u32(): number {
    return number(this.take(4));
  }

  u64(): number {
    return number(this.take(8));
  }
}

function number(bytes: Bytes): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}
