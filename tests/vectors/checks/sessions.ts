/** Handshakes, conversations, and their single parts. */

import { expect, test } from 'vitest';
import type { Bytes } from '../protocol/bytes.ts';
import { Reader, Refused, ascii, join, same, zeros } from '../protocol/bytes.ts';
import type { Attachment } from '../protocol/content-signature.ts';
import { encodeAttachment, readAttachment, readBody, signedContent, writeBody } from '../protocol/content-signature.ts';
import { agree, derive, ed25519Public, expand, sha256, sign, verify, x25519Public } from '../protocol/conventions.ts';
import type { Voucher } from '../protocol/handshake.ts';

import type { Epochs, Role } from '../protocol/post-quantum-ratchet.ts';
import { answered, attach, ready, takeAttachment } from '../protocol/post-quantum-ratchet.ts';
import { turn } from '../protocol/ratchet.ts';
import { Session } from '../protocol/session.ts';
import { meet } from './people.ts';
import { Vector, read } from './vector.ts';

test.for(read('key-schedule'))('key schedule: $name', ({ name, ...part }) => {
  const vector = new Vector(part);
  const outputs = Object.keys(part.result);
  const context = vector.bytes('context');
  let keys: Bytes[];
  if (vector.has('salt'))
    keys = derive(outputs.length, vector.bytes('salt'), vector.bytes('input'), join(name, context));
  else if (vector.has('key')) keys = expand(outputs.length, vector.bytes('key'), join(name, context));
  else keys = [sha256(join(name, 0, context))];
  for (const [at, output] of outputs.entries()) vector.gives(output, keys[at]!);
  vector.end();
});

function voucher(vector: Vector): Voucher {
  const kind = vector.text('voucher');
  if (kind === 'none') return { kind };
  if (kind === 'invitation' || kind === 'continuity') return { kind, secret: vector.draw('voucher') };
  throw new Error(`no voucher is called ${kind}`);
}

test.for(read('handshake'))('handshake: $name', (each) => {
  const vector = new Vector(each);
  const { alice, bob, peer, prekeys, secrets } = meet(vector);
  const vouchers = [voucher(vector)];
  const [now, plaintext] = [vector.number('now'), ascii(vector.text('plaintext'))];
  const { session, bytes, accepted } = vector.follow(() => {
    const session = Session.initiate(alice, peer, prekeys, vouchers[0]!, now, vector.draw);
    const { bytes } = session.encrypt(plaintext, now, vector.draw);
    return { session, bytes, accepted: Session.accept(bob, secrets, vouchers, bytes, now) };
  });
  vector.gives('session id', session.id);
  vector.gives('message', bytes);
  vector.end();
  expect(accepted.session.id).toEqual(session.id);
  expect(accepted.received.plaintext).toEqual(plaintext);
  expect(accepted.openedAt).toBe(now);

  // Among other vouchers it is found; without it nothing opens.
  const other: Voucher = { kind: 'invitation', secret: zeros(32) };
  expect(Session.accept(bob, secrets, [other, ...vouchers], bytes, now).voucher).toBe(1);
  expect(() => Session.accept(bob, secrets, [other], bytes, now)).toThrow(Refused);
  for (const bent of bendings(bytes)) expect(() => Session.accept(bob, secrets, vouchers, bent, now)).toThrow(Refused);
});

const BENDINGS = 24;

/** The bytes with one bit bent, in version, kind, and so on until the last tag; cut; and too long. */
function* bendings(bytes: Bytes): Generator<Bytes> {
  const step = (bytes.length - 3) / (BENDINGS - 1);
  const spread = Array.from({ length: BENDINGS }, (_, part) => 2 + Math.floor(part * step));
  for (const at of [0, 1, ...spread]) {
    const bent = bytes.slice();
    bent[at]! ^= 1 << (at % 8);
    yield bent;
  }
  yield bytes.slice(0, -1);
  yield join(bytes, 0);
}

test.for(read('ratchet'))('ratchet: $name', ({ events, ...part }) => {
  const vector = new Vector(part);
  const { alice, bob, peer, prekeys, secrets } = meet(vector);
  const sent = new Map<number, { bytes: Bytes; plaintext: Bytes }>();
  const sessions = new Map<Role, Session>();
  for (const event of events!) {
    const step = new Vector(event);
    const now = step.number('now');
    const session = sessions.get(event.by);
    const message = sent.get(event.message ?? 0);
    if (event.do === 'initiate') {
      const opened = step.follow(() => Session.initiate(alice, peer, prekeys, { kind: 'none' }, now, step.draw));
      step.gives('session id', opened.id);
      sessions.set(event.by, opened);
    } else if (event.do === 'send') {
      const plaintext = ascii(step.text('plaintext'));
      const { bytes, signed } = step.follow(() => session!.encrypt(plaintext, now, step.draw));
      step.gives('signed content', signed.content);
      step.gives('signature', signed.signature);
      step.gives('bytes', bytes);
      sent.set(event.message!, { bytes, plaintext });
    } else if (event.do === 'refuse') {
      expect(() => session!.decrypt(message!.bytes, now)).toThrow(Refused);
    } else {
      // Forgeries first: that they change nothing, the genuine message shows with each step the same.
      for (const bent of session ? bendings(message!.bytes) : [])
        expect(() => session!.decrypt(bent, now)).toThrow(Refused);
      const received = step.follow(() => {
        if (event.do === 'receive') return session!.decrypt(message!.bytes, now);
        const accepted = Session.accept(bob, secrets, [{ kind: 'none' }], message!.bytes, now);
        sessions.set(event.by, accepted.session);
        return accepted.received;
      });
      step.gives('plaintext', new TextDecoder().decode(received.plaintext));
      expect(received.plaintext).toEqual(message!.plaintext);
    }
    step.end();
  }
  for (const [role, session] of sessions) {
    vector.gives(`${role} received thread`, session.threads.received!);
    for (const [at, thread] of session.threads.own.entries()) vector.gives(`${role} own thread ${at + 1}`, thread);
  }
  vector.end();

  const [alices, bobs] = [sessions.get('initiator')!, sessions.get('responder')!];
  expect([alices.epoch, bobs.epoch]).toEqual([2, 2]);
  for (const [one, other] of [
    [alices, bobs],
    [bobs, alices],
  ] as const)
    expect(other.threads.own.some((thread) => same(thread, one.threads.received!))).toBe(true);
});

test.for(read('rekey').filter(({ name }) => name.startsWith('epoch')))('rekey: $name', (each) => {
  const vector = new Vector(each);
  const root = vector.draw('root');
  const agreement = agree(vector.draw('own secret'), x25519Public(vector.draw('peer secret')));
  const [offerer, answerer] = sides(vector.number('epochs begun'));
  const { offer, answer } = vector.follow(() => {
    const offer = attach(offerer, 0, WEEK, vector.draw)!;
    takeAttachment(answerer, offer);
    const answer = attach(answerer, 0, WEEK, vector.draw)!;
    takeAttachment(offerer, answer);
    turn(root, agreement, ready(offerer));
    turn(root, agreement, answered(answerer, answerer.epoch + 1));
    return { offer, answer };
  });
  vector.gives('offer', encodeAttachment(offer));
  vector.gives('answer', encodeAttachment(answer));
  vector.end();
});

const WEEK = 7 * 24 * 60 * 60 * 1000;

/** Both sides of an exchange, the offerer of the next epoch first. */
function sides(epoch: number): [Epochs, Epochs] {
  const side = (role: Role): Epochs => ({ role, epoch, messages: 0, beganAt: 0, rekey: { state: 'Idle' } });
  return epoch % 2 === 0 ? [side('responder'), side('initiator')] : [side('initiator'), side('responder')];
}

function decoded(bytes: Bytes): Attachment {
  return readAttachment(new Reader(bytes))!;
}

test('rekey: what is not taken', () => {
  const vector = new Vector(read('rekey').find(({ name }) => name === 'not taken')!);
  const [offerer, answerer] = sides(0);
  const offer = attach(offerer, 0, 0, vector.draw)!;
  takeAttachment(answerer, offer);
  const answer = encodeAttachment(attach(answerer, 0, 0, vector.draw));
  // The last bit of its check is bent.
  const bent = vector.bytes('answer');
  expect(bent).toEqual(join(answer.slice(0, -1), answer.at(-1)! ^ 1));
  takeAttachment(offerer, decoded(bent));
  vector.gives('answer changes something', offerer.rekey.state !== 'Offered');
  // The key with a first coefficient of 4,095.
  const beyond = vector.bytes('offer');
  expect(beyond).toEqual(join(encodeAttachment(offer).slice(0, 5), 255, 255, encodeAttachment(offer).slice(7)));
  const [, fresh] = sides(0);
  expect(() => takeAttachment(fresh, decoded(beyond))).toThrow(Refused);
  vector.gives('offer refused', fresh.rekey.state === 'Idle');
  vector.end();
});

test('rekey: when an offer is repeated', () => {
  const vector = new Vector(read('rekey').find(({ name }) => name === 'repeated')!);
  const [offerer] = sides(0);
  const numbers = Array.from({ length: vector.number('messages') }, (_, number) => number);
  vector.gives(
    'carrying',
    numbers.filter((number) => attach(offerer, number, 0, vector.draw) !== undefined),
  );
  vector.end();
});

test.for(read('receipt'))('receipt: $name', (each) => {
  const vector = new Vector(each);
  const seed = vector.draw('A device seed');
  const position = {
    senderAccount: vector.bytes('sender account'),
    senderDevice: ed25519Public(seed),
    recipientAccount: vector.bytes('recipient account'),
    recipientDevice: vector.bytes('recipient device'),
    sessionId: vector.bytes('session id'),
    ratchetKey: vector.bytes('ratchet key'),
    chain: vector.number('chain'),
    epoch: vector.number('epoch'),
    previousLength: vector.number('previous length'),
    number: vector.number('number'),
  };
  const plaintext = vector.text('plaintext');
  const content = signedContent(position, Uint8Array.of(0), ascii(plaintext));
  const signature = sign(seed, content);
  vector.gives('sender device', position.senderDevice);
  vector.gives('signed content', content);
  vector.gives('signature', signature);
  vector.end();
  verify(position.senderDevice, content, signature);
  const other = signedContent(position, Uint8Array.of(0), ascii(`${plaintext}!`));
  expect(() => verify(position.senderDevice, other, signature)).toThrow(Refused);
});

test('only the one right padding is read', () => {
  const seed = zeros(32);
  const device = ed25519Public(seed);
  const parties = { senderAccount: device, senderDevice: device, recipientAccount: device, recipientDevice: device };
  const position = {
    ...parties,
    sessionId: device,
    ratchetKey: device,
    chain: 1,
    epoch: 0,
    previousLength: 0,
    number: 0,
  };
  const { body } = writeBody(seed, position, undefined, ascii('hello'));
  expect(readBody(position, body).plaintext).toEqual(ascii('hello'));
  const dirty = join(body.slice(0, -1), 1);
  for (const wrong of [dirty, join(body, 0), join(body, zeros(16)), body.slice(0, -1)])
    expect(() => readBody(position, wrong)).toThrow(Refused);
});
