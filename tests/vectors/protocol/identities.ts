/** docs/protocol.md, "Identities and device lists". */

import type { Bytes } from './bytes.ts';
import { Reader, hex, join, refuse, same } from './bytes.ts';
import { checkEd25519, checkX25519, ed25519Public, sha512, sign, verify, x25519Public } from './conventions.ts';

export interface Device {
  /** Ed25519: the device's id. */
  signing: Bytes;
  /** X25519: IK in handshakes. */
  agreement: Bytes;
}

export interface DeviceList {
  account: Bytes;
  version: number;
  createdAt: number;
  devices: Device[];
}

export interface SignedDeviceList {
  list: Bytes;
  signature: Bytes;
}

/** An account with this device on its list. */
export interface Local {
  account: Bytes;
  /** Ed25519 seed. */
  signingSeed: Bytes;
  /** X25519 secret. */
  agreementSecret: Bytes;
  list: SignedDeviceList;
}

export function device(signingSeed: Bytes, agreementSecret: Bytes): Device {
  return { signing: ed25519Public(signingSeed), agreement: x25519Public(agreementSecret) };
}

const LIST_CONTEXT = 'sotto/v1/device-list';

export function signDeviceList(accountSeed: Bytes, list: DeviceList): SignedDeviceList {
  const encoded = encode(list);
  const signature = sign(accountSeed, join(LIST_CONTEXT, 0, encoded));
  return { list: encoded, signature };
}

/** Takes a list only under the five rules of the page. */
export function verifyDeviceList(account: Bytes, { list, signature }: SignedDeviceList): DeviceList {
  if (list.length > 4096) refuse('a device list above 4,096 bytes');
  verify(account, join(LIST_CONTEXT, 0, list), signature);
  const decoded = decode(list);
  if (!same(decoded.account, account)) refuse("another account's device list");
  if (!same(encode(decoded), list)) refuse('a device list in another encoding');
  if (decoded.version < 1) refuse('a device list without a version');
  if (decoded.devices.length < 1 || decoded.devices.length > MAX_DEVICES) refuse('too few devices, or too many');
  for (const each of decoded.devices) {
    checkEd25519(each.signing);
    checkX25519(each.agreement);
  }
  for (const keys of [decoded.devices.map((each) => each.signing), decoded.devices.map((each) => each.agreement)]) {
    if (new Set(keys.map(hex)).size !== keys.length) refuse('a key twice');
  }
  return decoded;
}

export const MAX_DEVICES = 8;

// Protocol Buffers: fields in the order of their numbers, defaults left out.

function varint(value: number): Bytes {
  const bytes = [];
  let left = BigInt(value);
  while (left > 127n) {
    bytes.push(Number(left & 127n) | 128);
    left >>= 7n;
  }
  bytes.push(Number(left));
  return Uint8Array.from(bytes);
}

function scalar(field: number, value: number): Bytes {
  return value === 0 ? new Uint8Array() : join(varint(field << 3), varint(value));
}

function lengthPrefixed(field: number, value: Bytes): Bytes {
  return join(varint((field << 3) | 2), varint(value.length), value);
}

function bytesField(field: number, value: Bytes): Bytes {
  return value.length === 0 ? value : lengthPrefixed(field, value);
}

function encode({ account, version, createdAt, devices }: DeviceList): Bytes {
  return join(
    bytesField(1, account),
    scalar(2, version),
    scalar(3, createdAt),
    ...devices.map(({ signing, agreement }) =>
      lengthPrefixed(4, join(bytesField(1, signing), bytesField(2, agreement))),
    ),
  );
}

function decode(list: Bytes): DeviceList {
  const decoded: DeviceList = { account: new Uint8Array(), version: 0, createdAt: 0, devices: [] };
  for (const { field, value } of fields(list)) {
    if (field === 1 && typeof value !== 'number') decoded.account = value;
    if (field === 2 && typeof value === 'number') decoded.version = value;
    if (field === 3 && typeof value === 'number') decoded.createdAt = value;
    if (field === 4 && typeof value !== 'number') {
      const found: Device = { signing: new Uint8Array(), agreement: new Uint8Array() };
      for (const inner of fields(value)) {
        if (inner.field === 1 && typeof inner.value !== 'number') found.signing = inner.value;
        if (inner.field === 2 && typeof inner.value !== 'number') found.agreement = inner.value;
      }
      decoded.devices.push(found);
    }
  }
  return decoded;
}

/** The fields of a message that has numbers and byte strings. */
function fields(message: Bytes): { field: number; value: number | Bytes }[] {
  const reader = new Reader(message);
  const found = [];
  while (reader.left > 0) {
    const tag = readVarint(reader);
    const wire = tag % 8;
    const field = (tag - wire) / 8;
    if (wire === 0) found.push({ field, value: readVarint(reader) });
    else if (wire === 2) found.push({ field, value: reader.take(readVarint(reader)) });
    else refuse(`a field of wire type ${wire}`);
  }
  return found;
}

function readVarint(reader: Reader): number {
  let value = 0;
  for (let factor = 1; ; factor *= 128) {
    const byte = reader.byte();
    value += (byte & 127) * factor;
    if (byte < 128) return value;
    if (factor > 2 ** 56) refuse('a number of more than ten bytes');
  }
}

/** 60 digits that two people compare: the same for both. */
export function safetyNumber(one: Bytes, other: Bytes): string {
  return [half(one), half(other)].sort().join(' ');
}

function half(account: Bytes): string {
  let hash = sha512(join('sotto/v1/safety-number', 0, account));
  for (let round = 2; round <= 5200; round += 1) hash = sha512(hash, account);
  const reader = new Reader(hash);
  return Array.from({ length: 6 }, () => {
    const group = reader.take(5).reduce((value, byte) => value * 256 + byte, 0);
    return String(group % 100_000).padStart(5, '0');
  }).join(' ');
}
