/** docs/protocol.md, "Prekeys". */

import type { Bytes } from './bytes.ts';
import { join, refuse, u32 } from './bytes.ts';
import { checkKem, checkX25519, kemKeys, sign, verify, x25519Public } from './conventions.ts';

export interface SignedPrekey {
  id: number;
  key: Bytes;
  signature: Bytes;
}

export interface OneTimePrekey {
  id: number;
  key: Bytes;
}

export interface KemPrekey extends SignedPrekey {
  lastResort: boolean;
}

/** What one device offers to who writes to it. */
export interface DevicePrekeys {
  signed: SignedPrekey;
  oneTime?: OneTimePrekey;
  kem: KemPrekey;
}

/** The secrets of the same. */
export interface PrekeySecrets {
  signed: { id: number; secret: Bytes };
  oneTime?: { id: number; secret: Bytes };
  kem: { id: number; seed: Bytes; lastResort: boolean };
}

export function signedContent(id: number, key: Bytes): Bytes {
  return join('sotto/v1/signed-prekey', 0, u32(id), key);
}

export function kemContent(id: number, lastResort: boolean, key: Bytes): Bytes {
  return join('sotto/v1/kem-prekey', 0, u32(id), lastResort ? 1 : 0, key);
}

export function publish(signingSeed: Bytes, secrets: PrekeySecrets): DevicePrekeys {
  const { signed, oneTime, kem } = secrets;
  const spk = x25519Public(signed.secret);
  const { encapsulation } = kemKeys(kem.seed);
  return {
    signed: { id: signed.id, key: spk, signature: sign(signingSeed, signedContent(signed.id, spk)) },
    ...(oneTime && { oneTime: { id: oneTime.id, key: x25519Public(oneTime.secret) } }),
    kem: {
      id: kem.id,
      key: encapsulation,
      signature: sign(signingSeed, kemContent(kem.id, kem.lastResort, encapsulation)),
      lastResort: kem.lastResort,
    },
  };
}

/** Refuses prekeys that are not what the device with this id signed. */
export function verifyPrekeys(device: Bytes, { signed, oneTime, kem }: DevicePrekeys): void {
  if (signed.id === 0 || kem.id === 0 || oneTime?.id === 0) refuse('a prekey whose id is zero');
  checkX25519(signed.key);
  if (oneTime) checkX25519(oneTime.key);
  checkKem(kem.key);
  verify(device, signedContent(signed.id, signed.key), signed.signature);
  verify(device, kemContent(kem.id, kem.lastResort, kem.key), kem.signature);
}
