import { SottoError } from './error.js';
import type { CalendarText, PassphraseStrength } from './generated/api.js';
import type { Call } from './messages.js';
import type {
  AnswerOf,
  Change,
  CommandOf,
  CommandType,
  Listener,
  NewDevice,
  NewVault,
  QueryOf,
  QueryType,
  ReplyOf,
  StartOptions,
  VaultState,
} from './types.js';
import { WorkerLink } from './link.js';

const started = new Map<string, Promise<Sotto>>();

/**
 * The Sotto client of this browser. Its engine, its ciphers and its store live
 * in a worker; what is here asks and listens.
 */
export class Sotto {
  readonly #name: string;
  readonly #listeners = new Set<Listener>();
  readonly #link: WorkerLink;
  #vault: VaultState = 'locked';
  #closed = false;

  private constructor(name: string) {
    this.#name = name;
    this.#link = new WorkerLink(name, {
      change: (change) => this.#changed(change),
    });
  }

  /**
   * Starts the worker; resolves when it knows the state of the vault. Called
   * again with the same name it answers with the same object.
   *
   * @throws {SottoError} `unsupported` or `stopped` when the worker cannot run here,
   * `store_failed` when the browser lets it store nothing.
   */
  static start(options: StartOptions = {}): Promise<Sotto> {
    const name = options.name ?? 'sotto';
    const running = started.get(name);
    if (running !== undefined) return running;
    const sotto = new Sotto(name);
    const starting = sotto.#link.start().then(
      () => sotto,
      (error: unknown) => {
        sotto.close();
        throw error;
      },
    );
    started.set(name, starting);
    return starting;
  }

  /** How the vault is now. */
  get vault(): VaultState {
    return this.#vault;
  }

  /**
   * Makes an identity and a vault for it, and opens it.
   *
   * @throws {SottoError} `vault_exists`, `vault_busy`, `value_invalid`, `store_failed`.
   */
  async create(vault: NewVault): Promise<void> {
    await this.#call({
      method: 'create',
      profile: {
        name: vault.name,
        relay: vault.relay ?? globalThis.location.origin,
        time_zone: vault.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
        device_name: vault.device_name ?? '',
      },
      passphrase: vault.passphrase,
    });
    keepStored();
  }

  /**
   * Makes the vault of a device that asks to be added to the account of a link, and opens it. The query `joining` says
   * how far it has come, and is asked again at the notices `devices` and `status`; once it answers `null`, the device
   * is one of the account, without anything to be loaded anew. When nothing comes of it, {@link lock} and {@link erase}
   * make room for another.
   *
   * @throws {SottoError} `link_invalid`, `vault_exists`, `vault_busy`, `value_invalid`, `store_failed`.
   */
  async join(device: NewDevice): Promise<void> {
    await this.#call({ method: 'join', ...device });
    keepStored();
  }

  /**
   * Opens the vault and connects to the relay.
   *
   * @throws {SottoError} `wrong_passphrase`, `vault_missing`, `vault_damaged`, `vault_busy`, `store_failed`.
   */
  async unlock(passphrase: string): Promise<void> {
    await this.#call({ method: 'unlock', passphrase });
  }

  /** Forgets the keys and disconnects. What was not answered yet is refused with `vault_locked`. */
  async lock(): Promise<void> {
    await this.#call({ method: 'lock' });
  }

  /**
   * Seals the open vault under another passphrase. Copies that were made before open with the old one.
   *
   * @throws {SottoError} `wrong_passphrase` when `current` is not the vault's, `value_invalid` when `next` will not do,
   * `vault_locked`, `store_failed`.
   */
  async changePassphrase(current: string, next: string): Promise<void> {
    await this.#call({ method: 'changePassphrase', current, next });
  }

  /** When the vault is `busy`: takes it from the other tab, which is `busy` from then on. */
  async takeOver(): Promise<void> {
    await this.#call({ method: 'takeOver' });
  }

  /**
   * Deletes the vault for good, without its passphrase: for whom has forgotten it. Keys, contacts, meetings and
   * calendars are gone from this browser, and no copy is elsewhere. Afterwards the vault is `missing`.
   *
   * @throws {SottoError} `wrong_state` while the vault is open, `vault_missing`, `vault_busy`, `store_failed`.
   */
  async erase(): Promise<void> {
    await this.#call({ method: 'erase' });
  }

  /**
   * Reads the bytes of a calendar file as text, for `import_calendar`: UTF-8, UTF-16 by its byte order mark, or
   * else Windows-1252, which is a guess that a user should hear of.
   */
  async readCalendar(bytes: Uint8Array): Promise<CalendarText> {
    return (await this.#call({ method: 'readCalendar', bytes })) as CalendarText;
  }

  /** How hard a passphrase is to guess; {@link create} refuses those of the level `refused`. */
  async measurePassphrase(passphrase: string): Promise<PassphraseStrength> {
    return (await this.#call({ method: 'measurePassphrase', passphrase })) as PassphraseStrength;
  }

  /** Changes something. Resolves when the change is durable in this browser. */
  async command<const T extends CommandType>(command: { type: T } & CommandOf<T>): Promise<ReplyOf<T>> {
    // The engine answers each command with the reply of its kind; the tests hold it to that.
    return (await this.#call({ method: 'command', command })) as ReplyOf<T>;
  }

  /** Looks something up. */
  async query<const T extends QueryType>(query: { type: T } & QueryOf<T>): Promise<AnswerOf<T>> {
    return (await this.#call({ method: 'query', query })) as AnswerOf<T>;
  }

  /** Calls the listener at every change, until the function that it returns is called. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Ends the worker. Nothing durable is lost; calls that are not answered yet are refused with `stopped`. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    started.delete(this.#name);
    this.#listeners.clear();
    this.#vault = 'locked';
    this.#link.close();
  }

  async #call(call: Call): Promise<unknown> {
    if (this.#closed) {
      throw new SottoError({
        code: 'stopped',
        message: 'The client was closed.',
        next_step: 'Start it again with `Sotto.start`.',
      });
    }
    return this.#link.call(call);
  }

  #changed(change: Change): void {
    if (change.vault !== undefined) this.#vault = change.vault;
    for (const listener of [...this.#listeners]) {
      try {
        listener(change);
      } catch (error) {
        // One listener's mistake is not the others'.
        globalThis.reportError(error);
      }
    }
  }
}

/** Asks the browser not to clear the vault away when the disk gets full; it may say no. */
function keepStored(): void {
  void globalThis.navigator.storage?.persist?.().catch(() => undefined);
}
