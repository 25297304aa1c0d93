// Checked by the compiler, never run: what an embedding developer sees.

import { expectTypeOf } from 'expect-type';
import {
  Sotto,
  type SottoError,
  type Answer,
  type AnswerOf,
  type ApiErrorCode,
  type CalendarText,
  type Change,
  type Command,
  type CommandType,
  type ContactView,
  type EventView,
  type ImportReport,
  type InvitationView,
  type JoiningView,
  type LinkPreview,
  type MessageView,
  type Notice,
  type PassphraseStrength,
  type ProposalView,
  type QueryType,
  type Reply,
  type ReplyOf,
  type ScheduleRequest,
  type SottoErrorCode,
  type VaultState,
} from '../ts/index.js';

declare const sotto: Sotto;

// The vault
expectTypeOf(Sotto.start).returns.resolves.toEqualTypeOf<Sotto>();
expectTypeOf(sotto.vault).toEqualTypeOf<'missing' | 'locked' | 'open' | 'busy'>();
expectTypeOf(sotto.create({ name: 'Robin', passphrase: 'p' })).resolves.toEqualTypeOf<void>();
expectTypeOf(sotto.join({ link: '', device: 'Phone', passphrase: 'p' })).resolves.toEqualTypeOf<void>();
expectTypeOf(sotto.query({ type: 'joining' })).resolves.toEqualTypeOf<JoiningView | null>();
expectTypeOf(sotto.query({ type: 'inspect_link', link: '' })).resolves.toEqualTypeOf<LinkPreview>();
// @ts-expect-error: a device has a name
void sotto.join({ link: '', passphrase: 'p' });
// @ts-expect-error: the state is read-only
sotto.vault = 'open';

// Commands answer by their name
expectTypeOf(sotto.command({ type: 'invite' })).resolves.toEqualTypeOf<InvitationView>();
expectTypeOf(sotto.command({ type: 'invite', uses: 3 })).resolves.toEqualTypeOf<InvitationView>();
expectTypeOf(sotto.command({ type: 'accept_invitation', link: '' })).resolves.toEqualTypeOf<ContactView>();
expectTypeOf(sotto.command({ type: 'import_calendar', ics: '' })).resolves.toEqualTypeOf<ImportReport>();
expectTypeOf(
  sotto.command({ type: 'schedule', request: { text: 'tea with Robin' } }),
).resolves.toEqualTypeOf<ProposalView>();
expectTypeOf(sotto.command({ type: 'revoke_invitation', invitation: '' })).resolves.toEqualTypeOf<void>();

// Fields are those of the command, and no others
// @ts-expect-error: no such command
void sotto.command({ type: 'invent' });
// @ts-expect-error: a field is missing
void sotto.command({ type: 'accept_invitation' });
// @ts-expect-error: a field of another command
void sotto.command({ type: 'invite', link: '' });
// @ts-expect-error: a value of another type
void sotto.command({ type: 'invite', uses: 'many' });
void sotto.command({ type: 'reject', proposal: 'x' });
void sotto.command({ type: 'reject', proposal: 'x', reason: 'no', suggest_another: true });

// A command that is chosen while running is fine, too
declare const chosen: Command;
expectTypeOf(sotto.command(chosen)).resolves.toEqualTypeOf<ReplyOf<CommandType>>();

// Queries
expectTypeOf(sotto.query({ type: 'contacts' })).resolves.toEqualTypeOf<ContactView[]>();
expectTypeOf(sotto.query({ type: 'agenda' })).resolves.toEqualTypeOf<EventView[]>();
expectTypeOf(sotto.query({ type: 'agenda', from: '2026-12-01', to: '2026-12-07' })).resolves.toEqualTypeOf<
  EventView[]
>();
expectTypeOf(sotto.query({ type: 'history', limit: 5 })).resolves.toEqualTypeOf<MessageView[]>();
// @ts-expect-error: no such query
void sotto.query({ type: 'weather' });

// What needs no vault
expectTypeOf(sotto.readCalendar(new Uint8Array())).resolves.toEqualTypeOf<CalendarText>();
expectTypeOf(sotto.measurePassphrase('')).resolves.toEqualTypeOf<PassphraseStrength>();

// The tables name every command and query, and promise nothing that the engine cannot say
expectTypeOf<ReplyOf<CommandType>>().toExtend<Value<Reply> | void>();
expectTypeOf<AnswerOf<QueryType>>().toEqualTypeOf<Value<Answer>>();
type Value<T> = T extends { value: infer V } ? V : never;

// Changes and errors
expectTypeOf(sotto.subscribe).parameter(0).parameter(0).toEqualTypeOf<Change>();
expectTypeOf<Change['notices']>().toEqualTypeOf<Notice[]>();
expectTypeOf<NonNullable<Change['vault']>>().toEqualTypeOf<VaultState>();
expectTypeOf<SottoError>().toExtend<Error>();
expectTypeOf<SottoError['code']>().toEqualTypeOf<SottoErrorCode>();
expectTypeOf<ApiErrorCode>().toExtend<SottoErrorCode>();

// What Rust has as `Option` in a request may be left out; in a view it is there, perhaps as null
expectTypeOf<ScheduleRequest>().toEqualTypeOf<{
  text?: string;
  with?: string;
  duration?: string;
  between?: string;
  title?: string;
  review?: boolean;
}>();
expectTypeOf<ProposalView['expires_at']>().toEqualTypeOf<string | null>();
expectTypeOf<MessageView['body']>().toEqualTypeOf<unknown>();
