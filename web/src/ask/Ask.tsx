import type { ContactView, Preferences, ProposalView } from '@sotto/client';
import {
  Fragment,
  useEffect,
  useId,
  useRef,
  useState,
  type KeyboardEvent,
  type RefObject,
  type SubmitEvent,
} from 'react';
import { useDebounced } from '../lib/hooks';
import { OfAgent, useAway } from '../settings/away';
import { awayWords } from '../settings/deviceWords';
import { useSotto } from '../sotto/context';
import type { Problem } from '../sotto/problem';
import { useAction } from '../sotto/useAction';
import { useQuery } from '../sotto/useQuery';
import { Switch } from '../ui/controls';
import { Icon } from '../ui/Icon';
import { Trouble } from '../ui/Trouble';
import { openDeviceLink } from '../vault/deviceLink';
import type { Pending } from '../vault/pending';
import { describeDraft, deviceLinkOf, linkIn, meansInviter, sentWords } from './describe';
import './ask.css';

/** So many characters fit into the box: an invitation too. The core says what is too long for a sentence. */
const LONGEST_TEXT = 2000;

/** A sentence to begin with; each new object is put into the box once. */
export interface Suggestion {
  sentence: string;
}

interface Props {
  preferences: Preferences;
  contacts: ContactView[] | null;
  proposals: ProposalView[] | null;
  suggestion: Suggestion | null;
  /** The invitation that is shown above. */
  pending: Pending;
  /** The code of a safety number that is compared. */
  code: Pending;
  onSent: (proposal: ProposalView) => void;
}

/** The command box: a sentence, and at once what the agent makes of it. */
export function Ask({ preferences, contacts, proposals, suggestion, pending, code, onSent }: Props) {
  const sotto = useSotto();
  const away = useAway();
  const action = useAction();
  const { clear } = action;
  const id = useId();
  const input = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState('');
  const [review, setReview] = useState<boolean | null>(null);
  const [sent, setSent] = useState<ProposalView | null>(null);
  const asking = text.trim();
  const found = linkIn(asking);
  const addsDevice = deviceLinkOf(asking);
  const settled = useDebounced(found || addsDevice ? '' : asking, 180);
  const choosing = review ?? preferences.review;
  const draft = useQuery(settled ? { type: 'interpret', request: { text: settled, review: choosing } } : null);
  const inviter = useQuery(pending.link ? { type: 'inspect_invitation', link: pending.link } : null).data;
  const inviterMeant =
    inviter && !inviter.contact && draft.problem?.code === 'not_found' && meansInviter(asking, inviter.name);
  const connection = useQuery({ type: 'status' }).data?.connection;
  const partner = contacts?.find(({ state }) => state === 'active')?.name ?? 'Robin';

  useShortcut(input);
  const sentNow = sent && (proposals?.find(({ id }) => id === sent.id) ?? sent);
  const told = sentNow && sentWords(sentNow, connection === 'online' || connection === 'syncing');
  useEffect(() => {
    if (!suggestion) return;
    setText(suggestion.sentence);
    setSent(null);
    clear();
    input.current?.focus();
  }, [suggestion, clear]);

  // What was refused may be understood by now: somebody became a contact.
  const unclear = draft.problem !== null;
  useEffect(() => {
    if (!unclear) clear();
  }, [unclear, clear]);

  const write = (next: string) => {
    setText(next);
    setSent(null);
    clear();
  };
  const take = (mended: string) => {
    write(mended);
    input.current?.focus();
  };
  const open = ({ link, what }: NonNullable<typeof found>) => {
    write('');
    (what === 'invitation' ? pending : code).open(link);
  };

  const openLink = (link: string) => {
    write('');
    openDeviceLink(link);
  };

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (!asking) return;
    if (found) return open(found);
    if (addsDevice) return openLink(addsDevice);
    setSent(null);
    void action.run(async () => {
      const proposal = await sotto.command({ type: 'schedule', request: { text: asking, review: choosing } });
      setText('');
      setReview(null);
      setSent(proposal);
      onSent(proposal);
    });
  };

  const pressed = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key === 'Escape') {
      if (text) write('');
      else event.currentTarget.blur();
    }
    // One sentence, on as many lines as it needs.
    if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
      event.preventDefault();
      event.currentTarget.form?.requestSubmit();
    }
  };

  return (
    <form className="ask" onSubmit={submit} aria-label="Arrange a meeting">
      <OfAgent>
        <label htmlFor={id} className="sr-only">
          Ask your agent
        </label>
        <div className="ask-line">
          <textarea
            id={id}
            ref={input}
            rows={1}
            className="ask-input"
            value={text}
            onChange={(event) => write(event.target.value)}
            // The same sentence entered anew is no change to React.
            onInput={clear}
            onKeyDown={pressed}
            placeholder={`Half an hour with ${partner} next week`}
            autoComplete="off"
            enterKeyHint="send"
            maxLength={LONGEST_TEXT}
            aria-describedby={`${id}-meaning`}
          />
          {!text && !away && (
            <kbd className="ask-key" aria-hidden="true">
              /
            </kbd>
          )}
          <button type="submit" className="button primary" disabled={action.busy || !asking}>
            {action.busy ? 'Sending…' : 'Send'}
          </button>
        </div>
        <div className="ask-under">
          <div className="ask-meaning" id={`${id}-meaning`} aria-live="polite">
            {!asking && !told && (
              <p className={away ? 'quiet' : 'ask-hint'}>
                {away
                  ? awayWords(away, 'ask for meetings')
                  : 'In your own words. Your agent settles the rest with theirs.'}
              </p>
            )}
            {!asking && told && (
              <p className="voice">
                {told}{' '}
                <button type="button" className="icon-button" aria-label="Dismiss" onClick={() => setSent(null)}>
                  <Icon name="close" size={16} />
                </button>
              </p>
            )}
            {found && (
              <p className="ask-unclear">
                {found.what === 'invitation' ? 'This is an invitation.' : 'This is the code of a safety number.'}
                <button type="button" className="ask-mended" onClick={() => open(found)}>
                  {found.what === 'invitation' ? 'Open this invitation' : 'Compare it'}
                </button>
              </p>
            )}
            {addsDevice && (
              <p className="ask-unclear">
                This adds a device to an account.
                <button type="button" className="ask-mended" onClick={() => openLink(addsDevice)}>
                  Open this link
                </button>
              </p>
            )}
            {asking && !found && !addsDevice && !action.problem && draft.data && !draft.problem && (
              <p className="voice">
                {describeDraft(draft.data).map((part, index) => (
                  <Fragment key={index}>
                    {index > 0 && ' · '}
                    <span className="whole">{part}</span>
                  </Fragment>
                ))}{' '}
                <span className="ask-title whole">“{draft.data.title}”</span>
              </p>
            )}
            {asking && !addsDevice && !action.problem && draft.problem && (
              <p className="ask-unclear">
                {draft.problem.message}{' '}
                <span className="quiet">{inviterMeant ? acceptFirst(inviter.name) : draft.problem.nextStep}</span>
                <Mended problem={draft.problem} onTake={take} />
              </p>
            )}
            {action.problem && <Mended problem={action.problem} onTake={take} />}
          </div>
          <Switch checked={choosing} onChange={setReview}>
            Let me choose the time first
          </Switch>
        </div>
        <Trouble
          problem={
            action.problem && inviterMeant ? { ...action.problem, nextStep: acceptFirst(inviter.name) } : action.problem
          }
        />
      </OfAgent>
    </form>
  );
}

function acceptFirst(name: string): string {
  return `Accept the invitation from ${name} above first.`;
}

/** The sentences that were probably meant, to be taken by one click. */
function Mended({ problem, onTake }: { problem: Problem; onTake: (mended: string) => void }) {
  return problem.suggestions?.map((mended) => (
    <button key={mended} type="button" className="ask-mended" onClick={() => onTake(mended)}>
      {mended.trim()}
    </button>
  ));
}

/** "/" or Ctrl/Cmd+K puts the cursor in the box, from anywhere but another field. */
function useShortcut(input: RefObject<HTMLTextAreaElement | null>) {
  useEffect(() => {
    const pressed = (event: globalThis.KeyboardEvent) => {
      const target = event.target;
      const typing =
        target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable], dialog') !== null;
      const slash = event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey;
      const k = event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey) && !event.altKey;
      if (!slash && !k) return;
      if (document.querySelector('dialog[open]')) return;
      event.preventDefault();
      input.current?.focus();
      input.current?.select();
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, [input]);
}
