/** Everything beside the sessions: lists, prekeys, safety numbers, padding, links, records. */

import { expect, test } from 'vitest';
import type { Bytes } from '../protocol/bytes.ts';
import { Refused, ascii, fromHex } from '../protocol/bytes.ts';
import { ed25519Public, kemKeys, sign, x25519Public } from '../protocol/conventions.ts';
import type { Device } from '../protocol/identities.ts';
import { device, safetyNumber, signDeviceList, verifyDeviceList } from '../protocol/identities.ts';
import { isRelay, readLink, writeLink } from '../protocol/invitations.ts';
import { padded } from '../protocol/padding.ts';
import { kemContent, publish, signedContent, verifyPrekeys } from '../protocol/prekeys.ts';
import { readCode, writeCode } from '../protocol/safety-number.ts';
import { readRecord, writeHeader, writeRecord } from '../protocol/storage.ts';
import { Vector, isTaken, read } from './vector.ts';

test.for(read('device-list'))('device list: $name', (each) => {
  const vector = new Vector(each);
  if (vector.hasDraw('account seed')) madeList(vector);
  else {
    const [account, list, signature] = ['account', 'list', 'signature'].map((name) => vector.bytes(name));
    const taken = isTaken(() => verifyDeviceList(account!, { list: list!, signature: signature! }));
    vector.gives('taken', taken);
  }
  vector.end();
});

function madeList(vector: Vector): void {
  const accountSeed = vector.draw('account seed');
  const account = ed25519Public(accountSeed);
  vector.gives('account', account);
  const devices: Device[] = [];
  while (vector.hasDraw(`device ${devices.length + 1} seed`)) {
    const name = `device ${devices.length + 1}`;
    const own = device(vector.draw(`${name} seed`), vector.draw(`${name} agreement secret`));
    vector.gives(name, own.signing);
    vector.gives(`${name} agreement key`, own.agreement);
    devices.push(own);
  }
  const [version, createdAt] = [vector.number('version'), vector.number('created at')];
  const signed = signDeviceList(accountSeed, { account, version, createdAt, devices });
  vector.gives('list', signed.list);
  vector.gives('signature', signed.signature);
  vector.gives(
    'taken',
    isTaken(() => {
      expect(verifyDeviceList(account, signed)).toEqual({ account, version, createdAt, devices });
    }),
  );
}

test.for(read('prekeys'))('prekeys: $name', (each) => {
  const vector = new Vector(each);
  const signingSeed = vector.draw('device seed');
  const { signing } = device(signingSeed, vector.draw('agreement secret'));
  vector.gives('device', signing);
  const signed = { id: vector.number('SPK id'), secret: vector.draw('SPK secret') };
  const spk = x25519Public(signed.secret);
  vector.gives('SPK', spk);
  vector.gives('SPK signature', sign(signingSeed, signedContent(signed.id, spk)));

  const oneTimes: { id: number; secret: Bytes }[] = [];
  while (vector.has(`OPK ${oneTimes.length + 1} id`)) {
    const name = `OPK ${oneTimes.length + 1}`;
    const oneTime = { id: vector.number(`${name} id`), secret: vector.draw(`${name} secret`) };
    vector.gives(name, x25519Public(oneTime.secret));
    oneTimes.push(oneTime);
  }
  for (const name of ['last-resort KEM', ...Array.from({ length: 11 }, (_, at) => `KEM ${at + 1}`)]) {
    const lastResort = name === 'last-resort KEM';
    const kem = { id: vector.number(`${name} id`), seed: vector.draw(`${name} seed`), lastResort };
    const { encapsulation } = kemKeys(kem.seed);
    vector.gives(`${name} key`, encapsulation);
    vector.gives(`${name} signature`, sign(signingSeed, kemContent(kem.id, lastResort, encapsulation)));

    // A device is served one of each, and the reader takes them only as they were signed.
    const [oneTime] = oneTimes;
    const served = publish(signingSeed, { signed, oneTime: oneTime!, kem });
    verifyPrekeys(signing, served);
    const relabelled = { ...served, kem: { ...served.kem, lastResort: !lastResort } };
    expect(() => verifyPrekeys(signing, relabelled)).toThrow(Refused);
  }
  vector.end();
});

test.for(read('safety-number'))('safety number: $name', (each) => {
  const vector = new Vector(each);
  vector.gives('number', safetyNumber(vector.bytes('mine'), vector.bytes('theirs')));
  vector.end();
});

test.for(read('safety-code'))('safety code: $name', (each) => {
  const vector = new Vector(each);
  const code = { relay: vector.text('relay'), shownBy: vector.bytes('shown by'), with: vector.bytes('with') };
  const link = writeCode(code);
  vector.gives('link', link);
  vector.end();
  expect(readCode(` ${link.slice(0, 40)}\n${link.slice(40)} `)).toEqual(code);
  expect(() => readCode(link.slice(0, -1))).toThrow(Refused);
  const start = link.indexOf('/#');
  for (let at = start; at < link.length; at += 1) {
    const flipped = link.slice(0, at) + (link[at] === 'A' ? 'B' : 'A') + link.slice(at + 1);
    expect(() => readCode(flipped), flipped).toThrow(Refused);
  }
});

test('padding', () => {
  for (const each of read('padding')) {
    const vector = new Vector(each);
    vector.gives('padded', padded(vector.number('length')));
    vector.end();
  }
});

test.for(read('invitation'))('invitation: $name', (each) => {
  const vector = new Vector(each);
  const invitation = {
    relay: vector.text('relay'),
    account: ed25519Public(vector.draw('account seed')),
    mailbox: vector.draw('mailbox'),
    secret: vector.draw('secret'),
    ends: vector.number('ends'),
    name: vector.text('name'),
  };
  const link = writeLink(invitation);
  vector.gives('link', link);
  vector.end();
  expect(readLink(` ${link.slice(0, 40)}\n${link.slice(40)} `)).toEqual(invitation);
  expect(() => readLink(link.slice(0, -1))).toThrow(Refused);
});

test.for(read('storage'))('storage: $name', (each) => {
  const vector = new Vector(each);
  const master = vector.draw('master key');
  const header = writeHeader(vector.text('passphrase'), vector.number('rounds'), {
    master,
    salt: vector.draw('salt'),
    iv: vector.draw('header iv'),
  });
  vector.gives('header', header);
  const place = { store: vector.text('store'), key: vector.text('key') };
  const plaintext = vector.bytes('plaintext');
  const record = writeRecord(master, place, plaintext, vector.draw('record iv'));
  vector.gives('record', record);
  vector.end();
  expect(readRecord(master, place, record)).toEqual(plaintext);
  expect(() => readRecord(master, { ...place, key: 'another' }, record)).toThrow(Refused);
});

test('a hexadecimal value has one form', () => {
  expect(() => fromHex('0G')).toThrow();
  expect(() => fromHex('AB')).toThrow();
  expect(fromHex('6869')).toEqual(ascii('hi'));
});

test('a relay has one address', () => {
  const relays = [
    'https://relay.example',
    'http://relay.example:8787',
    'https://xn--mnchen-3ya.example',
    'http://[::1]:8787',
  ];
  expect(relays.filter((relay) => !isRelay(relay))).toEqual([]);
  const others = [
    'HTTPS://relay.example',
    'https://relay.example/',
    'https://relay.example:443',
    'http://127.1:8787',
    'ws://relay.example',
  ];
  expect(others.filter(isRelay)).toEqual([]);
});
