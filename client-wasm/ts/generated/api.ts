// Generated from the Rust types of sotto-client-core. Do not edit; `client-wasm/build.sh` writes it.

/**
 * Which device answers for the user has changed.
 */
export type AgentChangeView = { 
/**
 * Whether it is this one now.
 */
leads: boolean, 
/**
 * Since when.
 */
since: string, 
/**
 * What it means, in a few sentences.
 */
message: string, };

/**
 * A calendar that has events of another one as well.
 */
export type AlsoIn = { 
/**
 * Its name.
 */
calendar: string, 
/**
 * How many events, by their UID, are in both.
 */
events: number, };

/**
 * What a `Query` found.
 */
export type Answer = { "type": "status", "value": StatusView } | { "type": "contacts", "value": Array<ContactView> } | { "type": "devices", "value": Array<DeviceView> } | { "type": "joining", "value": JoiningView | null } | { "type": "invitations", "value": Array<InvitationView> } | { "type": "invitation_preview", "value": InvitationPreview } | { "type": "safety_code", "value": SafetyCodeView } | { "type": "safety_check", "value": SafetyCheckView } | { "type": "link_preview", "value": LinkPreview } | { "type": "agenda", "value": Array<EventView> } | { "type": "calendars", "value": Array<CalendarView> } | { "type": "proposals", "value": Array<ProposalView> } | { "type": "draft", "value": ScheduleDraft } | { "type": "history", "value": Array<MessageView> } | { "type": "receipt", "value": ReceiptView } | { "type": "preferences", "value": Preferences };

/**
 * A refusal, for a person to read: what is wrong, and the next step.
 */
export type ApiError = { 
/**
 * For a program.
 */
code: ApiErrorCode, 
/**
 * What is wrong, in one sentence.
 */
message: string, 
/**
 * What to do about it, in a sentence or two.
 */
next_step: string, 
/**
 * What was probably meant: whole requests, each of which would be understood.
 */
suggestions?: Array<string>, };

/**
 * The reasons, for a program.
 */
export type ApiErrorCode = "wrong_passphrase" | "vault_damaged" | "vault_missing" | "vault_exists" | "vault_busy" | "store_failed" | "relay_unreachable" | "relay_refused" | "invitation_invalid" | "invitation_used" | "invitation_expired" | "invitation_other_relay" | "invitation_own" | "safety_code_invalid" | "identity_mismatch" | "not_found" | "ambiguous" | "contact_not_ready" | "contact_held" | "wrong_state" | "calendar_invalid" | "not_understood" | "date_invalid" | "window_impossible" | "value_invalid" | "limit_reached" | "not_keeper" | "last_keeper" | "link_invalid" | "device_limit" | "agent_away" | "device_removed";

/**
 * Who decides.
 */
export type Approval = "ask" | "auto";

/**
 * How the times in which a meeting is sought lie to the user's working hours.
 */
export type AskedHours = "within" | "partly" | "outside";

/**
 * The days and hours of a request, in the user's time zone.
 */
export type AskedView = { 
/**
 * First day.
 */
from: string, 
/**
 * Last day, inclusive.
 */
to: string, 
/**
 * No earlier in the day than this.
 */
earliest: string | null, 
/**
 * No later in the day than this.
 */
latest: string | null, };

/**
 * An all-day event that takes up its days.
 */
export type BlockedDays = { 
/**
 * The event's title.
 */
title: string, 
/**
 * First day; of a recurring event the next time.
 */
from: string, 
/**
 * Last day, inclusive.
 */
to: string, };

/**
 * A calendar file as text.
 */
export type CalendarText = { 
/**
 * For `ImportCalendar`.
 */
ics: string, 
/**
 * How the bytes were read.
 */
encoding: TextEncoding, };

/**
 * An imported calendar.
 */
export type CalendarView = { 
/**
 * Local id.
 */
id: string, 
/**
 * Its name.
 */
name: string, 
/**
 * Events in it, a recurring one counted once.
 */
events: number, 
/**
 * When it was read.
 */
imported_at: string, };

/**
 * One of the decisions.
 */
export type ChoiceView = { 
/**
 * In few words, as on a button.
 */
label: string, 
/**
 * What it leads to.
 */
meaning: string, };

/**
 * A request that changes something.
 */
export type Command = { "type": "invite", 
/**
 * How many people may use it: 1 unless told, at most 100.
 */
uses?: number, 
/**
 * For how long it is good, in hours: 168 (a week) unless told, at most 720.
 */
valid_hours?: number, } | { "type": "revoke_invitation", 
/**
 * Its id.
 */
invitation: string, } | { "type": "accept_invitation", 
/**
 * The link, whole.
 */
link: string, } | { "type": "approve_contact", 
/**
 * Which contact.
 */
contact: string, } | { "type": "verify_contact", 
/**
 * Which contact.
 */
contact: string, 
/**
 * Whether they agreed.
 */
verified: boolean, } | { "type": "rename_contact", 
/**
 * Which contact.
 */
contact: string, 
/**
 * At most 200 characters; empty for the name that they gave themselves.
 */
name: string, } | { "type": "block_contact", 
/**
 * Which contact.
 */
contact: string, } | { "type": "remove_contact", 
/**
 * Which contact.
 */
contact: string, } | { "type": "decide_hold", 
/**
 * Which contact, of those that are held.
 */
contact: string, 
/**
 * What is to hold.
 */
decision: HoldDecision, } | { "type": "link_device", 
/**
 * Whether the new device may add and remove devices.
 */
keeper: boolean, } | { "type": "decide_link", 
/**
 * Which link, by its id.
 */
link: string, 
/**
 * The six digits that the new device shows, as the user typed them; none says no.
 */
code?: string, } | { "type": "remove_device", 
/**
 * Which device.
 */
device: string, } | { "type": "make_agent", 
/**
 * Which device.
 */
device: string, } | { "type": "rename_device", 
/**
 * Which device.
 */
device: string, 
/**
 * At most 200 characters; empty for none: it is called by the beginning of its fingerprint.
 */
name: string, } | { "type": "reconnect" } | { "type": "import_calendar", 
/**
 * What to call it. Where absent, the name that is written in the file, else `file_name`.
 */
name?: string, 
/**
 * The file's name on disk, "Work.ics"; "Calendar" where that is absent too.
 */
file_name?: string, 
/**
 * The text of the iCalendar file (RFC 5545), at most 16 MiB.
 */
ics: string, } | { "type": "remove_calendar", 
/**
 * Which calendar.
 */
calendar: string, } | { "type": "set_preferences", 
/**
 * All of them.
 */
preferences: Preferences, } | { "type": "schedule", 
/**
 * What is wanted.
 */
request: ScheduleRequest, } | { "type": "approve", 
/**
 * Which proposal.
 */
proposal: string, 
/**
 * Another of the proposal's `options` than the first.
 */
start?: string, } | { "type": "reject", 
/**
 * Which proposal.
 */
proposal: string, 
/**
 * A word of explanation for the other side.
 */
reason?: string, 
/**
 * Whether to offer another time at once.
 */
suggest_another?: boolean, } | { "type": "cancel", 
/**
 * Which proposal.
 */
proposal: string, 
/**
 * A word of explanation for the other side.
 */
reason?: string, };

/**
 * How the connection to the relay is.
 */
export type ConnectionState = "offline" | "connecting" | "online" | "syncing" | "refused" | "unlisted" | "removed";

/**
 * One device of a contact.
 */
export type ContactDeviceView = { 
/**
 * The beginning of its key, in groups of four digits: to compare two screens by.
 */
fingerprint: string, 
/**
 * Since when it is known.
 */
since: string, 
/**
 * Whether something can be said to it by this device.
 */
reachable: boolean, 
/**
 * Whether it is the one that answers for them.
 */
leads: boolean, };

/**
 * A contact in another thing's view.
 */
export type ContactRef = { 
/**
 * Local id.
 */
id: string, 
/**
 * Name.
 */
name: string, };

/**
 * How far an acquaintance has come.
 */
export type ContactState = "waiting" | "requested" | "active" | "unreachable" | "declined" | "blocked";

/**
 * A person.
 */
export type ContactView = { 
/**
 * Local id.
 */
id: string, 
/**
 * The name by which the user knows them: the user's own for them, else theirs.
 */
name: string, 
/**
 * The name that they gave themselves.
 */
their_name: string, 
/**
 * How far the acquaintance has come.
 */
state: ContactState, 
/**
 * Whether the user compared the safety number.
 */
verified: boolean, 
/**
 * Whether it was compared once, and that does not count any more.
 */
was_verified: boolean, 
/**
 * 60 digits in groups of five, the same on both sides.
 */
safety_number: string, 
/**
 * The URL of their relay.
 */
relay: string, 
/**
 * Since when.
 */
since: string, 
/**
 * How many of their messages came that could not be opened.
 */
unreadable: number, 
/**
 * Why nothing is sent to them until the user has decided, where that is so.
 */
hold: HoldView | null, 
/**
 * The contact who is held because this one has come under their name.
 */
same_name: ContactRef | null, 
/**
 * What the first contact with one of their devices went without, and the conversation has not
 * made up for yet.
 */
missing_prekeys: Array<MissingPrekey>, 
/**
 * Their devices, in the order of their list: the one that answers for them first.
 */
devices: Array<ContactDeviceView>, 
/**
 * Whether another of the user's devices answers for them and knows this contact: then that one alone
 * blocks or removes them.
 */
of_agent: boolean, };

/**
 * Whether a device is in the account's list.
 */
export type DeviceState = "listed" | "leaving" | "leading" | "removed" | { "asking": { 
/**
 * The link's id.
 */
link: string, 
/**
 * How often the code that the new device shows may still be typed.
 */
tries_left: number, 
/**
 * 30 digits that stand for the account. The new device has to show the same, or it was given
 * another link.
 */
account_fingerprint: string, } } | "joining";

/**
 * One of the own devices.
 */
export type DeviceView = { 
/**
 * Its public key, in hexadecimal.
 */
id: string, 
/**
 * The beginning of that, in groups of four digits: to compare two screens by.
 */
fingerprint: string, 
/**
 * What the user calls it, on this device alone.
 */
name: string, 
/**
 * Whether it is this one.
 */
this: boolean, 
/**
 * Whether it is the one that answers for the user.
 */
agent: boolean, 
/**
 * Whether it may add and remove devices, as far as this one knows.
 */
keeper: boolean, 
/**
 * When this device first saw it in the list; `None` if that was before it took note of it.
 */
added_at: string | null, 
/**
 * When it was removed.
 */
removed_at: string | null, 
/**
 * Whether it has been heard of since this device added it. One that was away for too long while
 * it was added never learned of it: it is of no use, and can be removed.
 */
came: boolean, 
/**
 * Whether it and this device cannot read each other any more: one of the two was put back to an
 * older copy of its data. That one is to be removed, and added again.
 */
parted: boolean, 
/**
 * Whether it is in the list.
 */
state: DeviceState, };

/**
 * Which way something goes.
 */
export type Direction = "outgoing" | "incoming";

/**
 * What an event in the agenda is.
 */
export type EventKind = "imported" | "meeting" | "hold";

/**
 * One occurrence of an event.
 */
export type EventView = { 
/**
 * Names this occurrence.
 */
id: string, 
/**
 * The event's UID (RFC 5545), the same on both sides for a meeting that agents arranged.
 */
uid: string, 
/**
 * What it is.
 */
kind: EventKind, 
/**
 * Title.
 */
title: string, 
/**
 * Where.
 */
location: string | null, 
/**
 * First instant; for an all-day event midnight in the user's zone.
 */
start: string, 
/**
 * First instant after it.
 */
end: string, 
/**
 * First day of an all-day event.
 */
all_day: string | null, 
/**
 * Whether it takes up time (RFC 5545 TRANSP).
 */
busy: boolean, 
/**
 * The imported calendar's name.
 */
calendar: string | null, 
/**
 * With whom, for a meeting that agents arranged.
 */
contact: ContactRef | null, 
/**
 * The proposal that it came from, for a meeting or a hold.
 */
proposal: string | null, };

/**
 * What the user says to a hold.
 */
export type HoldDecision = "keep" | "take";

/**
 * What was found about a contact. A later one is worse: it takes more to bring it about.
 */
export type HoldKind = "account_changed" | "list_backwards" | "session_unvouched" | "list_forked";

/**
 * Why nothing is sent to a contact, and what the user can do about it.
 */
export type HoldView = { 
/**
 * What was found; the worst of it, where it is more than one thing.
 */
kind: HoldKind, 
/**
 * When.
 */
since: string, 
/**
 * Whoever came under the same name, where the kind is `account_changed`.
 */
other: ContactRef | null, 
/**
 * What happened, in a sentence or two.
 */
happened: string, 
/**
 * What to do before deciding.
 */
first: string, 
/**
 * The one decision.
 */
keep: ChoiceView, 
/**
 * The other.
 */
take: ChoiceView, 
/**
 * Messages to them that wait for it.
 */
waiting: number, };

/**
 * What was read from a calendar file.
 */
export type ImportReport = { 
/**
 * The calendar as it is now.
 */
calendar: CalendarView, 
/**
 * Whether an older one of the same name was replaced.
 */
replaced: boolean, 
/**
 * What could not be read; everything else was.
 */
skipped: Array<Skipped>, 
/**
 * Agreed meetings and open proposals of the next year at whose times the calendar now has
 * something else.
 */
clashes: Array<EventView>, 
/**
 * Another calendar that has at least half of the same events.
 */
also_in: AlsoIn | null, 
/**
 * All-day events of the next year that take up their whole day. That is what an event does
 * whose calendar says nothing else (RFC 5545 TRANSP).
 */
all_day_busy: number, 
/**
 * The first of them, at most three, in order of time.
 */
blocked_days: Array<BlockedDays>, };

/**
 * An invitation of somebody else, as the link describes it.
 */
export type InvitationPreview = { 
/**
 * The name that the inviter gives themselves.
 */
name: string, 
/**
 * The URL of their relay.
 */
relay: string, 
/**
 * When it ends.
 */
expires_at: string, 
/**
 * 30 digits that stand for the inviter's account key, which the link names. They can read theirs
 * aloud: then nobody has put another key in its place.
 */
account_fingerprint: string, 
/**
 * The inviter, when they are a contact already; `None` also while the vault is locked.
 */
contact: ContactRef | null, 
/**
 * Whom the user knows by that name already, under another account key; `None` also while the
 * vault is locked. Accepting stops sending to them until the user has decided.
 */
same_name: ContactRef | null, };

/**
 * An invitation of mine.
 */
export type InvitationView = { 
/**
 * Local id.
 */
id: string, 
/**
 * To hand over. Its secrets are in the fragment, which browsers do not send.
 */
link: string, 
/**
 * When it ends.
 */
expires_at: string, 
/**
 * How many people may still use it.
 */
uses_left: number, 
/**
 * 30 digits that stand for one's own account key, as whoever opens the link sees them.
 */
account_fingerprint: string, };

/**
 * A device that asks to be added to an account.
 */
export type JoiningView = { 
/**
 * What it is to be called.
 */
name: string, 
/**
 * The URL of the account's relay.
 */
relay: string, 
/**
 * 30 digits that stand for the account: its part of every safety number with it.
 */
account_fingerprint: string, 
/**
 * When the link ends, by the relay's clock.
 */
expires_at: string, 
/**
 * Six digits, once the other device has answered and until it says no. They are to be typed there.
 */
code: string | null, 
/**
 * How the connection is.
 */
connection: ConnectionState, 
/**
 * What is wrong with the connection.
 */
connection_detail: string | null, 
/**
 * Why nothing comes of it any more.
 */
problem: ApiError | null, };

/**
 * What a link that adds a device says by itself.
 */
export type LinkPreview = { 
/**
 * The URL of the account's relay.
 */
relay: string, 
/**
 * 30 digits that stand for the account: its part of every safety number with it.
 */
account_fingerprint: string, 
/**
 * When the link ends, by the relay's clock.
 */
expires_at: string, };

/**
 * A link that adds a device.
 */
export type LinkView = { 
/**
 * Local id.
 */
id: string, 
/**
 * To open on the new device. Its secrets are in the fragment, which browsers do not send.
 */
link: string, 
/**
 * When it ends.
 */
expires_at: string, };

/**
 * How far a message is.
 */
export type MessageStatus = "queued" | "held" | "accepted" | "failed" | "received";

/**
 * One message between agents, as its user may read it.
 */
export type MessageView = { 
/**
 * Message id, in hexadecimal.
 */
id: string, 
/**
 * The proposal's id; the contact's for a HANDSHAKE.
 */
conversation: string, 
/**
 * With whom.
 */
contact: ContactRef, 
/**
 * Which way.
 */
direction: Direction, 
/**
 * HANDSHAKE, DEVICES, QUERY, RESPONSE, PROPOSAL, CONFIRMATION, REJECTION;
 * UNREADABLE for what came and could not be opened or understood;
 * DEVICE for a device of the contact that came or went;
 * KEYS for one that made its keys anew by an invitation, although the old ones served;
 * HOLD where sending to the contact was stopped or goes on.
 */
kind: string, 
/**
 * What it says, in one sentence.
 */
summary: string, 
/**
 * The whole message, as it was encrypted; null when there is none.
 */
body: unknown, 
/**
 * When it was written or received.
 */
at: string, 
/**
 * How far it is.
 */
status: MessageStatus, };

/**
 * What a first contact went without.
 */
export type MissingPrekey = "one_time" | "ml_kem";

/**
 * Something may have changed; ask again what is on the screen.
 */
export type Notice = "status" | "contacts" | "calendar" | "proposals" | "history" | "preferences" | "devices";

/**
 * How hard a passphrase is to guess. A rough estimate, never an assurance.
 */
export type PassphraseStrength = { 
/**
 * How hard.
 */
level: StrengthLevel, 
/**
 * What would make it better, in a sentence.
 */
advice: string, };

/**
 * When meetings suit, and what the agent may do on its own.
 */
export type Preferences = { 
/**
 * IANA name of the user's time zone, such as "Europe/Berlin".
 */
time_zone: string, 
/**
 * When meetings may be, at most 28 stretches; a weekday without one is free of meetings.
 */
working_hours: Array<WorkingHours>, 
/**
 * Free minutes to keep before and after every meeting, at most 240.
 */
buffer_minutes: number, 
/**
 * Whether others' proposals that fit are confirmed without asking.
 */
approve_meetings: Approval, 
/**
 * Whether people who use an invitation become contacts without asking.
 */
approve_contacts: Approval, 
/**
 * Whether the agent shows the times that it found before it proposes one.
 */
review: boolean, };

/**
 * How the supply of one-time prekeys is.
 */
export type PrekeySupplyState = "enough" | "exhausted" | "drained";

/**
 * What the relay holds of this device's one-time prekeys, by its last word. Each device that it meets
 * for the first time takes one of either kind: those of new contacts, and each that asks to be added.
 */
export type PrekeysView = { 
/**
 * One-time X25519 keys.
 */
one_time: number, 
/**
 * One-time ML-KEM keys.
 */
ml_kem: number, 
/**
 * When the relay said so.
 */
at: string, 
/**
 * How the supply is.
 */
supply: PrekeySupplyState, };

/**
 * How far a negotiation is.
 */
export type ProposalState = "asking" | "review" | "proposed" | "answered" | "approval" | "confirmed" | "rejected" | "expired" | "cancelled";

/**
 * A negotiation about one meeting.
 */
export type ProposalView = { 
/**
 * The same on both sides; names the conversation in the history.
 */
id: string, 
/**
 * With whom.
 */
contact: ContactRef, 
/**
 * Who wanted the meeting.
 */
direction: Direction, 
/**
 * How far it is.
 */
state: ProposalState, 
/**
 * The meeting's title.
 */
title: string, 
/**
 * How long it will be.
 */
duration_minutes: number, 
/**
 * When it was asked for, while that is known: of the user's own requests only.
 */
asked: AskedView | null, 
/**
 * The time that is on the table, held, or agreed.
 */
slot: SlotView | null, 
/**
 * The times that the user may choose from, best first, while the state is `review`.
 */
options: Array<SlotView>, 
/**
 * Why it came to its end, or which problem it has.
 */
reason: string | null, 
/**
 * Whether something of this side still waits for the relay, so that the other cannot know
 * yet how far it is here.
 */
untold: boolean, 
/**
 * Whether nothing is sent to the contact until the user has decided about them, so that it
 * stays as it is.
 */
stopped: boolean, 
/**
 * When it ends by itself.
 */
expires_at: string | null, 
/**
 * When it began.
 */
created_at: string, 
/**
 * When it last changed.
 */
updated_at: string, 
/**
 * The same in both calendars, once confirmed.
 */
event_uid: string | null, };

/**
 * A request that only looks.
 */
export type Query = { "type": "status" } | { "type": "contacts" } | { "type": "devices" } | { "type": "joining" } | { "type": "invitations" } | { "type": "inspect_invitation", 
/**
 * The link, whole.
 */
link: string, } | { "type": "safety_code", 
/**
 * Which contact.
 */
contact: string, } | { "type": "inspect_safety_code", 
/**
 * The link in it, whole.
 */
link: string, } | { "type": "inspect_link", 
/**
 * The link, whole.
 */
link: string, } | { "type": "agenda", 
/**
 * First day; today where absent.
 */
from?: string, 
/**
 * Last day, inclusive; six days after the first where absent.
 */
to?: string, } | { "type": "calendars" } | { "type": "proposals" } | { "type": "interpret", 
/**
 * What is wanted.
 */
request: ScheduleRequest, } | { "type": "history", 
/**
 * Only those of one negotiation, or with one contact.
 */
conversation?: string, 
/**
 * At most so many, the newest: 200 unless told, at most 1,000.
 */
limit?: number, } | { "type": "receipt", 
/**
 * Which proposal.
 */
proposal: string, } | { "type": "preferences" };

/**
 * The proof of a confirmed meeting (`docs/protocol.md`, "Receipts").
 */
export type ReceiptView = { 
/**
 * What to call the file.
 */
file_name: string, 
/**
 * The file: JSON.
 */
text: string, };

/**
 * What a `Command` came to.
 */
export type Reply = { "type": "done" } | { "type": "invitation", "value": InvitationView } | { "type": "link", "value": LinkView } | { "type": "contact", "value": ContactView } | { "type": "import", "value": ImportReport } | { "type": "proposal", "value": ProposalView } | { "type": "preferences", "value": Preferences };

/**
 * How the two keys in a code compare to what this device knows.
 */
export type SafetyCheck = "match" | "different_key" | "other_key_of_mine" | "own" | "not_for_you";

/**
 * What a code says that was scanned from somebody's screen.
 */
export type SafetyCheckView = { 
/**
 * How it compares to what this device knows.
 */
result: SafetyCheck, 
/**
 * Whose key the code shows as its shower's, where that is a contact's.
 */
contact: ContactRef | null, 
/**
 * Whether that contact is verified already.
 */
verified: boolean, };

/**
 * The safety number with a contact as a code, for them to scan.
 */
export type SafetyCodeView = { 
/**
 * With whom.
 */
contact: ContactRef, 
/**
 * What the code holds: a link, so that any camera opens it in the app.
 */
link: string, };

/**
 * What a schedule request means.
 */
export type ScheduleDraft = { 
/**
 * With whom.
 */
contact: ContactRef, 
/**
 * How long.
 */
duration_minutes: number, 
/**
 * First day.
 */
from: string, 
/**
 * Last day, inclusive.
 */
to: string, 
/**
 * No earlier in the day than this.
 */
earliest: string | null, 
/**
 * No later in the day than this.
 */
latest: string | null, 
/**
 * Whether the search leaves the user's working hours, as their words may make it.
 */
hours: AskedHours, 
/**
 * The meeting's title.
 */
title: string, 
/**
 * Whether the agent will ask before it proposes a time.
 */
review: boolean, };

/**
 * What meeting is wanted: a sentence, or single values, or both; a value
 * counts more than what the sentence says.
 */
export type ScheduleRequest = { 
/**
 * Plain language: "half an hour with Robin next week about the garden".
 */
text?: string, 
/**
 * The contact.
 */
with?: string, 
/**
 * "30m", "1h", "1h30m", "90 minutes".
 */
duration?: string, 
/**
 * Days, both inclusive: "2026-12-01..2026-12-05", or one day "2026-12-01".
 */
between?: string, 
/**
 * The meeting's title.
 */
title?: string, 
/**
 * Whether the agent shows what it found before it proposes a time; the preference `review` where absent.
 */
review?: boolean, };

/**
 * A part of a calendar file that could not be read.
 */
export type Skipped = { 
/**
 * Which: the title or UID of an event.
 */
what: string, 
/**
 * Why.
 */
why: string, };

/**
 * A stretch of time.
 */
export type SlotView = { 
/**
 * First instant.
 */
start: string, 
/**
 * First instant after it.
 */
end: string, };

/**
 * Who I am, and how the connection is.
 */
export type StatusView = { 
/**
 * The name that contacts see.
 */
name: string, 
/**
 * The account key, in hexadecimal.
 */
account: string, 
/**
 * The relay's URL.
 */
relay: string, 
/**
 * How the connection is.
 */
connection: ConnectionState, 
/**
 * What is wrong with the connection and what to do, when it is not `online`.
 */
connection_detail: string | null, 
/**
 * When the next attempt to connect is made.
 */
retry_at: string | null, 
/**
 * What the relay holds of the keys for first contact; `None` until it has said so.
 */
prekeys: PrekeysView | null, 
/**
 * Messages that wait for the relay, and for nothing else.
 */
queued: number, 
/**
 * Proposals, contacts and a device that wait for the user, contacts to whom nothing is sent until
 * they have decided among them.
 */
waiting_for_you: number, 
/**
 * That this device has begun to answer for the user, or that another one does now; for a week.
 */
agent_change: AgentChangeView | null, 
/**
 * The version of the client.
 */
version: string, };

/**
 * How hard a passphrase is to guess.
 */
export type StrengthLevel = "refused" | "weak" | "fair" | "strong";

/**
 * How letters are written as bytes.
 */
export type TextEncoding = "utf8" | "utf16" | "windows1252";

/**
 * A day of the week.
 */
export type Weekday = "monday" | "tuesday" | "wednesday" | "thursday" | "friday" | "saturday" | "sunday";

/**
 * A stretch of one weekday, in the user's time zone.
 */
export type WorkingHours = { 
/**
 * The day.
 */
weekday: Weekday, 
/**
 * "HH:MM:SS".
 */
from: string, 
/**
 * "HH:MM:SS", later than `from`.
 */
to: string, };
