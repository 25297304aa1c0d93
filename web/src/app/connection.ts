import type { StatusView } from '@sotto/client';
import { plural } from '../lib/format';

export type Tone = 'good' | 'busy' | 'bad';

export interface ConnectionWords {
  /** In the chip. */
  short: string;
  /** In a sentence: what it means. */
  long: string;
  tone: Tone;
}

/** The connection, in words. Seconds are counted down from `now`. */
export function connectionWords(status: StatusView, now: number): ConnectionWords {
  switch (status.connection) {
    case 'online':
      return { short: 'Online', long: 'Connected to the relay. Nothing is waiting to go out.', tone: 'good' };
    case 'syncing':
      return {
        short: status.queued ? `Syncing ${status.queued}` : 'Syncing',
        long: status.queued
          ? `Connected. ${plural(status.queued, 'message')} on the way to the relay.`
          : 'Connected, and catching up.',
        tone: 'busy',
      };
    case 'connecting':
      return { short: 'Connecting…', long: 'Reaching the relay.', tone: 'busy' };
    case 'refused':
      return { short: 'Refused', long: 'The relay does not let this device in.', tone: 'bad' };
    case 'offline': {
      const wait = waitOf(status, now);
      const queued = status.queued ? ` ${plural(status.queued, 'message')} will go out when it is back.` : '';
      return {
        short: wait === null ? 'Offline' : wait > 0 ? `Offline, retrying in ${wait} s` : 'Offline, retrying',
        long: `It is tried again by itself, and your calendar works meanwhile.${queued}`,
        tone: 'bad',
      };
    }
  }
}

function waitOf(status: StatusView, now: number): number | null {
  return status.retry_at === null ? null : Math.max(0, Math.ceil((Date.parse(status.retry_at) - now) / 1000));
}
