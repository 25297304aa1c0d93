/** What is said of one's own devices. */

import type { DeviceView, StatusView } from '@sotto/client';
import { dayMonth } from '../lib/format';
import { dayOf } from '../lib/zone';

/** The device that uses a link and asks to be added. */
export interface Asking {
  device: DeviceView;
  link: string;
  /** The account's. */
  digits: string;
}

/** Who asks to be added, if anybody does. */
export function askingIn(devices: readonly DeviceView[]): Asking | null {
  for (const device of devices) {
    if (typeof device.state === 'object') {
      const { link, account_fingerprint: digits } = device.state.asking;
      return { device, link, digits };
    }
  }
  return null;
}

/** What is wrong although this device is connected: it may be of the devices, of their list or of a link. */
export function warningOf(status: StatusView | null): string | null {
  const connected = status?.connection === 'online' || status?.connection === 'syncing';
  return connected ? status.connection_detail : null;
}

/** Why this device does not act for the user: another one does, which is called so; or it was removed. */
export type Away = { why: 'follows'; name: string } | { why: 'removed' };

/** Whether this device acts for the user: `null` where it does. */
export function awayOf(devices: readonly DeviceView[]): Away | null {
  if (devices.some((device) => device.this && device.state === 'removed')) return { why: 'removed' };
  const agent = devices.find(({ agent, state }) => agent && isListed(state));
  return agent && !agent.this ? { why: 'follows', name: agent.name } : null;
}

/** Why something is not offered here. `what` is done on the device that answers: a few words before "there". */
export function awayWords(away: Away, what: string): string {
  return away.why === 'follows'
    ? `${away.name} answers for you: ${what} there.`
    : 'This device was removed: go on with another of yours.';
}

/** What the core calls this device before its user does. */
export const UNNAMED = 'This device';

/** A device within a sentence. */
export function called({ name, this: self }: DeviceView): string {
  if (!self) return name;
  return name === UNNAMED ? 'this device' : `${name} (this device)`;
}

/** The same at its beginning. */
export function calledFirst(device: DeviceView): string {
  return device.name === UNNAMED ? UNNAMED : called(device);
}

/** Whether it is one of the account's devices. */
export function isListed(state: DeviceView['state']): boolean {
  return state === 'listed' || state === 'leaving' || state === 'leading';
}

/** Under a device's name: since when, or what becomes of it. */
export function stateWords({ state, added_at, removed_at }: DeviceView, zone: string): string {
  const day = (at: string) => dayMonth(dayOf(Date.parse(at), zone));
  if (state === 'leaving') return 'Being removed, as soon as the relay is told';
  if (state === 'leading') return 'Answers for you as soon as the relay is told';
  if (state === 'joining') return 'Being added, as soon as the relay is told';
  if (state === 'removed') return removed_at ? `Removed on ${day(removed_at)}` : 'Removed';
  if (typeof state === 'object') return 'Asks to be added';
  return added_at ? `Added on ${day(added_at)}` : 'There from the beginning';
}

/** What to do about a device that was added, and of which nothing was heard since. */
export const ABSENT =
  'It may not know that it was added. Open Sotto on it while it is online; if that does not help, remove it and add it again.';

/** Whether it was added, and nothing was heard of it since. */
export function isAbsent({ state, came }: DeviceView): boolean {
  return state === 'listed' && !came;
}

/** What to do about a device that this one does not understand any more. */
export const PARTED =
  'It and this device cannot read each other any more: one of them was put back to an older copy of its data. Remove that one on a device that may, and add it again.';

/** Whether it and this device cannot read each other any more. */
export function isParted({ state, parted }: DeviceView): boolean {
  return state === 'listed' && parted;
}

/** Whether it can be made the one that answers for the user. */
export function canAnswer({ state, came, agent, parted }: DeviceView): boolean {
  return state === 'listed' && came && !agent && !parted;
}

/** What it means to let a device answer for the user, a sentence or two each. */
export function handoverWords(device: DeviceView, devices: readonly DeviceView[]): string[] {
  const name = called(device);
  const former = devices.find(({ agent }) => agent);
  const before = former ? called(former) : 'the one before';
  return [
    `From then on ${name} answers for you, and your other devices follow it. It knows your contacts, your preferences and the meetings that are agreed.`,
    `Imported calendars are not handed over: import them on ${name}.`,
    `What ${before} is arranging is called off.`,
  ];
}

/** What it means to remove a device, a sentence each. */
export function removalWords(device: DeviceView, devices: readonly DeviceView[]): string[] {
  const { name } = device;
  const words = [
    `${calledFirst(device)} is shut out for good: it gets no more messages, and your contacts are told.${device.this ? ' You go on with another.' : ''}`,
  ];
  if (device.agent) {
    const next = devices.find(({ id, state }) => id !== device.id && state === 'listed');
    words.push(
      next
        ? `${device.this ? 'It' : name} answers for you. From then on ${next.name} does, and knows nothing of meetings that are being arranged.`
        : 'It answers for you, and no other of your devices can yet.',
    );
  }
  words.push(
    device.this
      ? 'What is stored here stays until you delete it; you are asked about that afterwards.'
      : 'What is stored on it stays there, sealed with its passphrase, until somebody deletes it.',
  );
  return words;
}
