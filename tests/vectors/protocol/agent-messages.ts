/** Agent messages: how they are read, of those types that negotiate. */

import type { Bytes } from './bytes.ts';
import { refuse } from './bytes.ts';
import type { Json, Members } from './json.ts';
import { array, exact, object, parse, saysNull, string, whole } from './json.ts';

export interface Message {
  type: string;
  conversation: string | undefined;
  body: Members;
}

/** Takes a message, or refuses. */
export function readMessage(bytes: Bytes): Message {
  const message = object(parse(bytes));
  const version = whole(message, 'v', 0, 2 ** 32 - 1);
  if (version !== 2) refuse(`expected version 2, found ${version}`);
  if (saysNull(message)) refuse('expected null nowhere');
  digits(message, 'id', 32);
  for (const name of ['conversation', 'in_reply_to']) if (message.has(name)) digits(message, name, 32);
  instant(message, 'sent_at');
  const type = string(message, 'type');
  const body = object(message.get('body'));
  const check = BODIES[type] ?? refuse(`expected a type that negotiates, found ${type}`);
  check(body);
  return { type, conversation: message.has('conversation') ? string(message, 'conversation') : undefined, body };
}

const REASONS = ['declined', 'conflict', 'no_common_time', 'expired', 'cancelled'];

const BODIES: Record<string, (body: Members) => void> = {
  QUERY(body) {
    exact(body, ['title', 'duration_minutes', 'windows', 'time_zone', 'expires_at']);
    text(body, 'title');
    whole(body, 'duration_minutes', 1, 1_440);
    spans(body, 'windows', 1);
    text(body, 'time_zone');
    instant(body, 'expires_at');
  },
  RESPONSE(body) {
    exact(body, ['free', 'time_zone']);
    spans(body, 'free', 0);
    text(body, 'time_zone');
  },
  PROPOSAL(body) {
    exact(body, ['uid', 'title', 'slot', 'round', 'expires_at']);
    text(body, 'uid');
    if (body.get('uid') === '') refuse('expected a uid');
    text(body, 'title');
    span(body.get('slot'));
    whole(body, 'round', 0, 2 ** 32 - 1);
    instant(body, 'expires_at');
  },
  CONFIRMATION(body) {
    exact(body, ['uid', 'slot', 'proposal']);
    text(body, 'uid');
    span(body.get('slot'));
    digits(body, 'proposal', 64);
  },
  REJECTION(body) {
    exact(body, ['reason', 'note', 'counter']);
    if (!REASONS.includes(string(body, 'reason'))) refuse('expected a reason');
    if (body.has('note')) text(body, 'note');
    if (body.has('counter')) spans(body, 'counter', 0);
  },
};

export function digits(members: Members, name: string, count: number): string {
  const value = string(members, name);
  return value.length === count && /^[0-9a-f]*$/.test(value) ? value : refuse(`expected ${count} digits as ${name}`);
}

function text(members: Members, name: string): void {
  const value = string(members, name);
  if ([...value].length > 200 || /\p{Cc}/u.test(value)) refuse(`expected a text as ${name}`);
}

/** Nanoseconds since the Unix epoch. */
function instant(members: Members, name: string): bigint {
  const value = string(members, name);
  const form = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{0,8}[1-9]))?Z$/;
  const [, seconds, fraction] = form.exec(value) ?? refuse(`expected an instant as ${name}`);
  const date = new Date(`${seconds}Z`);
  // What rolls over, such as a day that is none, comes back otherwise.
  if (Number.isNaN(date.getTime()) || date.toISOString() !== `${seconds}.000Z`)
    refuse(`expected an instant as ${name}`);
  const year = date.getUTCFullYear();
  if (year < 1970 || year > 9998) refuse(`expected a year from 1970 to 9998 in ${name}`);
  return BigInt(date.getTime()) * 1_000_000n + BigInt((fraction ?? '').padEnd(9, '0'));
}

function spans(members: Members, name: string, least: number): void {
  const values = array(members, name);
  if (values.length < least || values.length > 64) refuse(`expected ${least} to 64 spans as ${name}`);
  for (const value of values) span(value);
}

/** Start and end, in nanoseconds. */
export function span(value: Json | undefined): [bigint, bigint] {
  const members = object(value);
  exact(members, ['start', 'end']);
  const [start, end] = [instant(members, 'start'), instant(members, 'end')];
  return start < end ? [start, end] : refuse('expected a start before the end');
}
