/** docs/protocol.md, "Messages": the layout of both kinds, and what their ciphertexts are bound to. */

import type { Bytes } from './bytes.ts';
import { Reader, join, refuse, u16, u32 } from './bytes.ts';
import { KEM_CIPHERTEXT } from './conventions.ts';

export const VERSION = 2;
const INITIAL = 1;
const RATCHET = 2;
const NONCE = 24;
const TAG = 16;
const HEADER = 44;
const SELECTOR = 8;

export interface Sealed {
  headerNonce: Bytes;
  header: Bytes;
  body: Bytes;
}

/** What an Initial message carries before the header. */
export interface Prologue {
  signedPrekeyId: number;
  ephemeral: Bytes;
  selector: Bytes;
  ciphertext: Bytes;
  identity: Bytes;
}

export interface Message {
  /** The bytes of version, kind and handshake, where there is one. */
  prologue?: { bytes: Bytes; handshake: Prologue };
  sealed: Sealed;
}

export function writePrologue({ signedPrekeyId, ephemeral, selector, ciphertext, identity }: Prologue): Bytes {
  const fixed = join(VERSION, INITIAL, u32(signedPrekeyId), ephemeral, selector, ciphertext);
  return join(fixed, u16(identity.length), identity);
}

export function writeMessage(prologue: Bytes | undefined, { headerNonce, header, body }: Sealed): Bytes {
  return join(prologue ?? join(VERSION, RATCHET), headerNonce, header, body);
}

export function readMessage(bytes: Bytes): Message {
  const reader = new Reader(bytes);
  const version = reader.byte();
  if (version !== VERSION) refuse(`version ${version}`);
  const kind = reader.byte();
  if (kind !== INITIAL && kind !== RATCHET) refuse(`a message of kind ${kind}`);
  const handshake = kind === INITIAL ? readPrologue(reader) : undefined;
  const end = reader.at;
  const sealed = { headerNonce: reader.take(NONCE), header: reader.take(HEADER + TAG), body: reader.rest() };
  if (sealed.body.length < 256 + TAG) refuse('a body below the smallest');
  return { ...(handshake && { prologue: { bytes: bytes.slice(0, end), handshake } }), sealed };
}

function readPrologue(reader: Reader): Prologue {
  const signedPrekeyId = reader.u32();
  const ephemeral = reader.take(32);
  const selector = reader.take(SELECTOR + TAG);
  const ciphertext = reader.take(KEM_CIPHERTEXT);
  const length = reader.u16();
  const block = length - TAG;
  if (block % 512 !== 0 || block < 512 || block > 1024) refuse(`an identity of ${length} bytes`);
  return { signedPrekeyId, ephemeral, selector, ciphertext, identity: reader.take(length) };
}

/** The parties of a session, as one direction of it sees them. */
export interface Direction {
  sessionId: Bytes;
  senderAccount: Bytes;
  senderDevice: Bytes;
  recipientAccount: Bytes;
  recipientDevice: Bytes;
}

export function headerData(isInitial: boolean, direction: Direction): Bytes {
  const { sessionId, senderAccount, senderDevice, recipientAccount, recipientDevice } = direction;
  const binding = join(sessionId, senderAccount, senderDevice, recipientAccount, recipientDevice);
  return join(VERSION, isInitial ? INITIAL : RATCHET, binding);
}

export function bodyData(isInitial: boolean, direction: Direction, headerNonce: Bytes, header: Bytes): Bytes {
  return join(headerData(isInitial, direction), headerNonce, header);
}

export interface Header {
  ratchetKey: Bytes;
  epoch: number;
  previousLength: number;
  number: number;
}

export function writeHeader({ ratchetKey, epoch, previousLength, number }: Header): Bytes {
  return join(ratchetKey, u32(epoch), u32(previousLength), u32(number));
}

export function readHeader(bytes: Bytes): Header {
  const reader = new Reader(bytes);
  return { ratchetKey: reader.take(32), epoch: reader.u32(), previousLength: reader.u32(), number: reader.u32() };
}
