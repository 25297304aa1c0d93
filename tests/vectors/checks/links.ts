/** A device that is added by a link. */

import { expect, test } from 'vitest';
import type { DeviceLink } from '../protocol/adding-a-device.ts';
import {
  code,
  derived,
  helloContent,
  makeLink,
  passContent,
  readLink,
  secretOf,
  writeChallenge,
  writeLink,
  writeRefusal,
  writeRequest,
} from '../protocol/adding-a-device.ts';
import type { Bytes } from '../protocol/bytes.ts';
import { Refused, ascii } from '../protocol/bytes.ts';
import { ed25519Public, sign, verify } from '../protocol/conventions.ts';
import type { Voucher } from '../protocol/handshake.ts';
import { device, verifyDeviceList } from '../protocol/identities.ts';
import { Session } from '../protocol/session.ts';
import { meet } from './people.ts';
import { Vector, read } from './vector.ts';

const [link, introduction, refusal] = read('device-link');

test('device link: the link', () => {
  const vector = new Vector(link!);
  const accountSeed = vector.draw('account seed');
  const own = device(vector.draw('device seed'), vector.draw('agreement secret'));
  const [secret, ends] = [secretOf(vector.draw('opening')), vector.number('ends')];
  const made = makeLink(vector.text('relay'), accountSeed, own.signing, { secret, ends });
  const { mailbox, guestSeed, guest, invitation } = derived(secret);
  vector.gives('account', made.account);
  vector.gives('device', own.signing);
  vector.gives('mailbox', mailbox);
  vector.gives('guest', guest);
  vector.gives('invitation', invitation);
  vector.gives('pass', made.pass);
  const hello = helloContent(vector.bytes('nonce'), made.account, guest, vector.text('audience'));
  const signature = sign(guestSeed, hello);
  vector.gives('hello signature', signature);
  const text = writeLink(made);
  vector.gives('link', text);
  vector.end();
  verify(guest, hello, signature);
  verify(made.account, passContent(made.account, guest, ends), made.pass);

  expect(readLink(` ${text.slice(0, 40)}\n${text.slice(40)} `)).toEqual<DeviceLink>(made);
  for (const bent of [text.slice(0, -1), `${text}A`, text.replace('device', 'invite')])
    expect(() => readLink(bent)).toThrow(Refused);
});

/** The device that asked by a link, and what B says to it last: `last`, said `at`, in a case of that. */
function answered(vector: Vector, last: 'welcome' | 'refusal', at: string) {
  const people = meet(vector);
  const { alice, bob, peer, prekeys, secrets } = people;
  const opening = vector.draw('opening');
  const { invitation } = derived(secretOf(opening));
  const voucher: Voucher = { kind: 'invitation', secret: invitation };
  const request = writeRequest(vector.text('name'), vector.draw('mailbox'));
  vector.gives('request', request);
  const answer = vector.text(last);
  const challenge = writeChallenge(opening);
  const [asked, challenged, said] = [vector.number('asked at'), vector.number('challenged at'), vector.number(at)];

  const { sent, id, answers, heard } = vector.follow(() => {
    const own = Session.initiate(alice, peer, prekeys, voucher, asked, vector.draw);
    const sent = own.encrypt(ascii(request), asked, vector.draw).bytes;
    const { session: theirs, received } = Session.accept(bob, secrets, [voucher], sent, asked);
    expect(received.plaintext).toEqual(ascii(request));
    expect(own.id).toEqual(theirs.id);
    const first = theirs.encrypt(ascii(challenge), challenged, (name) => vector.draw(`challenge ${name}`)).bytes;
    expect(own.decrypt(first, challenged).plaintext).toEqual(ascii(challenge));
    const second = theirs.encrypt(ascii(answer), said, (name) => vector.draw(`${last} ${name}`)).bytes;
    return { sent, id: own.id, answers: [first, second], heard: own.decrypt(second, said).plaintext };
  });
  vector.gives('session id', id);
  vector.gives('code', code(id, opening));
  vector.gives('challenge', challenge);
  vector.gives('request message', sent);
  vector.gives('challenge message', answers[0]!);
  vector.gives(`${last} message`, answers[1]!);
  vector.end();
  return { ...people, heard: new TextDecoder().decode(heard) };
}

interface Welcome {
  v: number;
  list: string;
  signature: string;
  account_key: string;
}

test('device link: an introduction', () => {
  const { alice, bob, heard } = answered(new Vector(introduction!), 'welcome', 'welcomed at');
  // What the new device makes of it: it is one of the link's account, and may add others.
  const said = JSON.parse(heard) as Welcome;
  const bytes = (text: string): Bytes => Uint8Array.from(Buffer.from(text, 'base64url'));
  const list = verifyDeviceList(bob.account, { list: bytes(said.list), signature: bytes(said.signature) });
  expect(said.v).toBe(1);
  expect(list.devices).toContainEqual(device(alice.signingSeed, alice.agreementSecret));
  expect(ed25519Public(bytes(said.account_key))).toEqual(bob.account);
});

test('device link: a refusal', () => {
  const { heard } = answered(new Vector(refusal!), 'refusal', 'refused at');
  expect(heard).toBe(writeRefusal('declined'));
});
