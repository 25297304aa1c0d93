/** docs/protocol.md, "Receipts": what a file proves. */

import type { Message } from './agent-messages.ts';
import { digits, readMessage, span } from './agent-messages.ts';
import type { Bytes } from './bytes.ts';
import { Reader, ascii, fromHex, hex, join, refuse, same } from './bytes.ts';
import { sha256, verify } from './conventions.ts';
import { verifyDeviceList } from './identities.ts';
import type { Json, Members } from './json.ts';
import { array, base64url, exact, object, parse, saysNull, string, whole } from './json.ts';

/** Who agreed with whom, and who called it off. */
export interface Agreement {
  title: string;
  proposedBy: Bytes;
  confirmedBy: Bytes;
  calledOffBy?: Bytes;
}

interface Statement {
  message: Message;
  digest: Bytes;
  from: Bytes;
  to: Bytes;
}

/** What a receipt proves; anything else is refused. */
export function readReceipt(bytes: Bytes): Agreement {
  if (bytes.length > 65_536) refuse('a receipt above 65,536 bytes');
  const file = object(parse(bytes));
  if (whole(file, 'sotto_receipt', 0, 2 ** 32 - 1) !== 1) refuse('another version');
  if (saysNull(file)) refuse('null in a receipt');
  exact(file, ['sotto_receipt', 'statements']);
  const [proposal, confirmation, rejection, ...more] = array(file, 'statements').map(statement);
  if (!proposal || !confirmation || more.length > 0) refuse('expected two or three statements');

  const offer = said(proposal, 'PROPOSAL');
  const consent = said(confirmation, 'CONFIRMATION');
  if (same(proposal.from, proposal.to)) refuse('a proposal to oneself');
  answers(confirmation, proposal, proposal.to);
  if (digits(consent, 'proposal', 64) !== hex(proposal.digest)) refuse('a confirmation of another proposal');
  if (string(consent, 'uid') !== string(offer, 'uid')) refuse('a confirmation of another event');
  const [one, other] = [span(offer.get('slot')), span(consent.get('slot'))];
  if (one[0] !== other[0] || one[1] !== other[1]) refuse('a confirmation of another time');
  const agreement = { title: string(offer, 'title'), proposedBy: proposal.from, confirmedBy: proposal.to };
  if (!rejection) return agreement;

  const reason = string(said(rejection, 'REJECTION'), 'reason');
  if (reason !== 'cancelled' && reason !== 'expired') refuse('a rejection that ends nothing');
  answers(rejection, proposal, same(rejection.from, proposal.from) ? proposal.from : proposal.to);
  return { ...agreement, calledOffBy: rejection.from };
}

function said({ message }: Statement, type: string): Members {
  return message.type === type ? message.body : refuse(`expected a ${type}, found a ${message.type}`);
}

/** That it goes from one of the two to the other, about the same. */
function answers(statement: Statement, proposal: Statement, from: Bytes): void {
  const to = same(from, proposal.from) ? proposal.to : proposal.from;
  if (!same(statement.from, from) || !same(statement.to, to)) refuse('between others');
  const about = statement.message.conversation;
  if (about === undefined || about !== proposal.message.conversation) refuse('about something else');
}

function statement(value: Json): Statement {
  const members = object(value);
  exact(members, ['message', 'signed', 'devices']);
  const plaintext = ascii(string(members, 'message'));

  const signed = object(members.get('signed'));
  exact(signed, ['content', 'signature']);
  const content = base64url(signed, 'content');
  const reader = new Reader(content);
  const beginning = join('sotto/v2/message', 0, 2);
  if (content.length !== 294 || !same(reader.take(beginning.length), beginning)) refuse('no signed content');
  const [from, device, to] = [reader.take(32), reader.take(32), reader.take(32)];
  const digest = sha256(plaintext);
  if (!same(content.slice(-32), digest)) refuse('another message than the signed one');
  verify(device, content, base64url(signed, 'signature'));

  const devices = object(members.get('devices'));
  exact(devices, ['account', 'list', 'signature']);
  const account = fromHex(digits(devices, 'account', 64));
  const shown = { list: base64url(devices, 'list'), signature: base64url(devices, 'signature') };
  const list = verifyDeviceList(account, shown);
  if (!same(account, from)) refuse('a list of somebody else');
  if (!list.devices.some(({ signing }) => same(signing, device))) refuse('a device that is not in the list');
  return { message: readMessage(plaintext), digest, from, to };
}
