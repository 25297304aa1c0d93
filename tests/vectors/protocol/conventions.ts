/** docs/protocol.md, "Conventions". */

import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import { expand as hkdfExpand, hkdf } from '@noble/hashes/hkdf.js';
import { sha256 as hash256, sha512 as hash512 } from '@noble/hashes/sha2.js';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import type { Bytes } from './bytes.ts';
import { isZero, join, refuse, zeros } from './bytes.ts';

const FIELD = 2n ** 255n - 19n;

export function sha256(...parts: Bytes[]): Bytes {
  return hash256(join(...parts));
}

export function sha512(...parts: Bytes[]): Bytes {
  return hash512(join(...parts));
}

/** `HKDF(salt, input, info)`: `count` keys of 32 bytes, cut from the output in order. */
export function derive(count: number, salt: Bytes, input: Bytes, info: Bytes): Bytes[] {
  return cut(hkdf(hash256, input, salt, info, 32 * count));
}

/** `Expand(key, info)`: HKDF-Expand alone. */
export function expand(count: number, key: Bytes, info: Bytes): Bytes[] {
  return cut(hkdfExpand(hash256, key, info, 32 * count));
}

function cut(output: Bytes): Bytes[] {
  return Array.from({ length: output.length / 32 }, (_, at) => output.slice(32 * at, 32 * at + 32));
}

export function seal(key: Bytes, nonce: Bytes, associated: Bytes, plaintext: Bytes): Bytes {
  return xchacha20poly1305(key, nonce, associated).encrypt(plaintext);
}

export function open(key: Bytes, nonce: Bytes, associated: Bytes, ciphertext: Bytes): Bytes {
  try {
    return xchacha20poly1305(key, nonce, associated).decrypt(ciphertext);
  } catch {
    return refuse('a ciphertext that does not open');
  }
}

export function x25519Public(secret: Bytes): Bytes {
  return x25519.getPublicKey(secret);
}

/** X25519 of an own secret and a key from outside, which is checked first. */
export function agree(secret: Bytes, theirs: Bytes): Bytes {
  checkX25519(theirs);
  return x25519.getSharedSecret(secret, theirs);
}

/** Refuses an X25519 key from outside that has another encoding, or is of low order. */
export function checkX25519(key: Bytes): void {
  if (key.length !== 32) refuse(`an X25519 key of ${key.length} bytes`);
  const value = key.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
  if (value >= FIELD) refuse('an X25519 key that is not below 2^255 - 19');
  try {
    // Any secret tells: it is a multiple of the cofactor.
    if (isZero(x25519.getSharedSecret(join(1, zeros(31)), key))) refuse('an X25519 key of low order');
  } catch {
    refuse('an X25519 key of low order');
  }
}

export function ed25519Public(seed: Bytes): Bytes {
  return ed25519.getPublicKey(seed);
}

export function sign(seed: Bytes, message: Bytes): Bytes {
  return ed25519.sign(message, seed);
}

/** Refuses an Ed25519 key from outside that is no canonical encoding, or of small order. */
export function checkEd25519(key: Bytes): void {
  point(key);
}

function point(bytes: Bytes): typeof ed25519.Point.BASE {
  let found: typeof ed25519.Point.BASE | undefined;
  try {
    found = ed25519.Point.fromBytes(bytes, false);
  } catch {
    refuse('no canonical encoding of a point');
  }
  if (found.isSmallOrder()) refuse('a point of small order');
  return found;
}

/** The strict verification: `[S]B = R + [k]A`, without the cofactor that noble's own allows. */
export function verify(key: Bytes, message: Bytes, signature: Bytes): void {
  if (signature.length !== 64) refuse(`a signature of ${signature.length} bytes`);
  const order = ed25519.Point.Fn.ORDER;
  const number = (bytes: Bytes) => bytes.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
  const a = point(key);
  const r = point(signature.slice(0, 32));
  const s = number(signature.slice(32));
  if (s >= order) refuse('a signature whose S is not reduced');
  const k = number(sha512(signature.slice(0, 32), key, message)) % order;
  const left = s === 0n ? ed25519.Point.ZERO : ed25519.Point.BASE.multiply(s);
  const right = k === 0n ? r : r.add(a.multiply(k));
  if (!left.equals(right)) refuse('a signature that does not verify');
}

export const KEM_KEY = 1184;
export const KEM_CIPHERTEXT = 1088;

/** From the seed d ‖ z (FIPS 203 section 7.1). */
export function kemKeys(seed: Bytes): { encapsulation: Bytes; decapsulation: Bytes } {
  const { publicKey, secretKey } = ml_kem768.keygen(seed);
  return { encapsulation: publicKey, decapsulation: secretKey };
}

/** Encapsulation with the 32 random bytes m of FIPS 203 section 7.2, which checks the key first. */
export function encapsulate(key: Bytes, m: Bytes): { ciphertext: Bytes; secret: Bytes } {
  checkKem(key);
  const { cipherText, sharedSecret } = ml_kem768.encapsulate(key, m);
  return { ciphertext: cipherText, secret: sharedSecret };
}

/** Refuses an encapsulation key of another length, or beyond the modulus (FIPS 203 section 7.2). */
export function checkKem(key: Bytes): void {
  if (key.length !== KEM_KEY) refuse(`an encapsulation key of ${key.length} bytes`);
  try {
    ml_kem768.prepare(key).clean();
  } catch {
    refuse('an encapsulation key beyond the modulus');
  }
}

export function decapsulate(ciphertext: Bytes, key: Bytes): Bytes {
  return ml_kem768.decapsulate(ciphertext, key);
}
