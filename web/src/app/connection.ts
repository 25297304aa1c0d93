import type { StatusView } from '@sotto/client';
import { plural } from '../lib/format';

export type Tone = 'good' | 'busy' | 'bad';

export interface ConnectionWords {
  /** In the chip. */
  short: string;
  /** In a sentence: what it means. `null` where the reason says it all. */
  long: string | null;
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
      return { short: 'Refused', long: null, tone: 'bad' };
    case 'unlisted':
      return { short: 'Shut out', long: null, tone: 'bad' };
    case 'removed':
      return { short: 'Removed', long: null, tone: 'bad' };
    case 'offline': {
      const wait = waitOf(status, now);
      return {
        short: wait === null ? 'Offline' : wait > 0 ? `Offline, retrying in ${wait} s` : 'Offline, retrying',
        long: meanwhile(status),
        tone: 'bad',
      };
    }
  }
}

/** Whether there is something wrong with it that goes on while it is tried again. */
export function isTroubled({ connection, connection_detail }: StatusView): boolean {
  const trying = connection === 'connecting' && connection_detail !== null;
  return connection === 'offline' || connection === 'refused' || isShutOut({ connection }) || trying;
}

/** Whether this device was removed from the account, or the relay says so. */
export function isShutOut({ connection }: Pick<StatusView, 'connection'>): boolean {
  return connection === 'removed' || connection === 'unlisted';
}

/** What goes on while the relay is away. */
export function meanwhile({ queued }: StatusView): string {
  const waiting = queued ? ` ${plural(queued, 'message')} will go out when it is back.` : '';
  return `It is tried again by itself, and your calendar works meanwhile.${waiting}`;
}

function waitOf(status: StatusView, now: number): number | null {
  return status.retry_at === null ? null : Math.max(0, Math.ceil((Date.parse(status.retry_at) - now) / 1000));
}
