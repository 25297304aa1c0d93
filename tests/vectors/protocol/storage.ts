/** docs/protocol.md, "Storage". */

import { gcm } from '@noble/ciphers/aes.js';
import { pbkdf2 } from '@noble/hashes/pbkdf2.js';
import { sha256 as hash256 } from '@noble/hashes/sha2.js';
import type { Bytes } from './bytes.ts';
import { ascii, hex, join, refuse, u32 } from './bytes.ts';
import { expand, sha256 } from './conventions.ts';

const VERSION = 1;

function wrappingKey(passphrase: string, salt: Bytes, rounds: number): Bytes {
  return pbkdf2(hash256, passphrase.normalize('NFC'), salt, { c: rounds, dkLen: 32 });
}

function wrappingData(salt: Bytes, rounds: number): Bytes {
  return join('sotto/v1/vault/master', 0, u32(VERSION), u32(rounds), salt);
}

export function writeHeader(
  passphrase: string,
  rounds: number,
  { master, salt, iv }: { master: Bytes; salt: Bytes; iv: Bytes },
): string {
  const key = wrappingKey(passphrase, salt, rounds);
  const wrapped = gcm(key, iv, wrappingData(salt, rounds)).encrypt(master);
  const [saltText, ivText, wrappedText] = [salt, iv, wrapped].map((each) => Buffer.from(each).toString('base64url'));
  const vault = JSON.stringify({
    version: VERSION,
    kdf: 'PBKDF2-HMAC-SHA-256',
    rounds,
    salt: saltText,
    iv: ivText,
    wrapped_key: wrappedText,
  });
  return JSON.stringify({ checksum: hex(sha256(ascii(vault))), vault });
}

interface Place {
  store: string;
  key: string;
}

function recordCipher(master: Bytes, iv: Bytes, { store, key }: Place): ReturnType<typeof gcm> {
  const [storeKey] = expand(1, master, join('sotto/v1/vault/category', 0, store));
  const named = (name: string) => join(u32(ascii(name).length), name);
  return gcm(storeKey!, iv, join(VERSION, named(store), named(key)));
}

export function writeRecord(master: Bytes, place: Place, plaintext: Bytes, iv: Bytes): Bytes {
  return join(VERSION, iv, recordCipher(master, iv, place).encrypt(plaintext));
}

export function readRecord(master: Bytes, place: Place, record: Bytes): Bytes {
  if (record[0] !== VERSION) refuse('a record of another version');
  try {
    return recordCipher(master, record.slice(1, 13), place).decrypt(record.slice(13));
  } catch {
    return refuse('a record that does not open');
  }
}
