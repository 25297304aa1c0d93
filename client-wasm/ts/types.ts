import type {
  CalendarView,
  Command,
  ContactView,
  DeviceView,
  EventView,
  ImportReport,
  InvitationPreview,
  InvitationView,
  JoiningView,
  LinkPreview,
  LinkView,
  MessageView,
  Notice,
  Preferences,
  ProposalView,
  Query,
  ReceiptView,
  SafetyCheckView,
  SafetyCodeView,
  ScheduleDraft,
  StatusView,
} from './generated/api.js';
import type { SottoError } from './error.js';

/** What a command may be called. */
export type CommandType = Command['type'];

/** The command of that name, with its fields. */
export type CommandOf<T extends CommandType> = Extract<Command, { type: T }>;

/** What each command is answered with. */
interface Replies {
  invite: InvitationView;
  revoke_invitation: void;
  accept_invitation: ContactView;
  approve_contact: ContactView;
  verify_contact: ContactView;
  rename_contact: ContactView;
  block_contact: ContactView;
  remove_contact: void;
  decide_hold: ContactView;
  reconnect: void;
  import_calendar: ImportReport;
  remove_calendar: void;
  set_preferences: Preferences;
  schedule: ProposalView;
  approve: ProposalView;
  reject: ProposalView;
  cancel: ProposalView;
  link_device: LinkView;
  decide_link: void;
  remove_device: void;
  rename_device: void;
  make_agent: void;
}

/** What {@link Sotto.command} answers to the command of that name; `void` where it is only done. */
export type ReplyOf<T extends CommandType> = Replies[T];

/** What a query may be called. */
export type QueryType = Query['type'];

/** The query of that name, with its fields. */
export type QueryOf<T extends QueryType> = Extract<Query, { type: T }>;

/** What each query is answered with. */
interface Answers {
  status: StatusView;
  contacts: ContactView[];
  devices: DeviceView[];
  joining: JoiningView | null;
  invitations: InvitationView[];
  inspect_invitation: InvitationPreview;
  safety_code: SafetyCodeView;
  inspect_safety_code: SafetyCheckView;
  inspect_link: LinkPreview;
  agenda: EventView[];
  calendars: CalendarView[];
  proposals: ProposalView[];
  interpret: ScheduleDraft;
  history: MessageView[];
  receipt: ReceiptView;
  preferences: Preferences;
}

/** What {@link Sotto.query} answers to the query of that name. */
export type AnswerOf<T extends QueryType> = Answers[T];

/**
 * How the vault is:
 * - `missing`: there is none in this browser yet; {@link Sotto.create} makes one;
 * - `locked`: there is one, and its keys are not in memory; {@link Sotto.unlock} opens it;
 * - `open`: commands and queries work; those of a device that is still to be added to an account are refused, but for
 *   `joining` and `inspect_link`;
 * - `busy`: another tab holds it; {@link Sotto.takeOver} fetches it here.
 */
export type VaultState = 'missing' | 'locked' | 'open' | 'busy';

/** What {@link Sotto.subscribe} tells. */
export interface Change {
  /** The new state of the vault, when that changed. */
  vault?: VaultState;
  /** What to ask again, if it is on the screen. */
  notices: Notice[];
  /** What went wrong on its own, outside any call: the disk was full, the worker died. */
  error?: SottoError;
}

/** Who is told of changes. */
export type Listener = (change: Change) => void;

/** Options of {@link Sotto.start}. */
export interface StartOptions {
  /** Name of the database in this browser, `sotto` unless told: another name, another person. */
  name?: string;
}

/** What {@link Sotto.join} wants to know. */
export interface NewDevice {
  /** The link that another device of the account shows. */
  link: string;
  /** What the user's devices are to call this one. */
  device: string;
  /** Opens the vault in this browser from now on; it need not be that of the other device. */
  passphrase: string;
}

/** What {@link Sotto.create} wants to know. */
export interface NewVault {
  /** The name that contacts will see. */
  name: string;
  /** Opens the vault from now on. There is no way back in without it. */
  passphrase: string;
  /** The relay's URL; this page's own origin unless told. */
  relay?: string;
  /** IANA name of the user's time zone; the browser's unless told. */
  time_zone?: string;
  /** What the user's devices are to call this one; nothing unless told. */
  device_name?: string;
}
