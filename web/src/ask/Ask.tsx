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
import { useSotto } from '../sotto/context';
import { useAction } from '../sotto/useAction';
import { useQuery } from '../sotto/useQuery';
import { Switch } from '../ui/controls';
import { Icon } from '../ui/Icon';
import { Trouble } from '../ui/Trouble';
import { describeDraft, sentWords } from './describe';
import './ask.css';

/** A sentence to begin with; each new object is put into the box once. */
export interface Suggestion {
  sentence: string;
}

interface Props {
  preferences: Preferences;
  contacts: ContactView[] | null;
  proposals: ProposalView[] | null;
  suggestion: Suggestion | null;
  onSent: (proposal: ProposalView) => void;
}

/** The command box: a sentence, and at once what the agent makes of it. */
export function Ask({ preferences, contacts, proposals, suggestion, onSent }: Props) {
  const sotto = useSotto();
  const action = useAction();
  const { clear } = action;
  const id = useId();
  const input = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState('');
  const [review, setReview] = useState<boolean | null>(null);
  const [sent, setSent] = useState<ProposalView | null>(null);
  const asking = text.trim();
  const settled = useDebounced(asking, 180);
  const choosing = review ?? preferences.review;
  const draft = useQuery(settled ? { type: 'interpret', request: { text: settled, review: choosing } } : null);
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

  const take = (mended: string) => {
    setText(mended);
    input.current?.focus();
  };

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (!asking) return;
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
      if (text) setText('');
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
          onChange={(event) => {
            setText(event.target.value);
            setSent(null);
            action.clear();
          }}
          onKeyDown={pressed}
          placeholder={`Half an hour with ${partner} next week`}
          autoComplete="off"
          enterKeyHint="send"
          maxLength={500}
          aria-describedby={`${id}-meaning`}
        />
        {!text && (
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
          {!asking && !told && <p className="ask-hint">In your own words. Your agent settles the rest with theirs.</p>}
          {!asking && told && (
            <p className="voice">
              {told}{' '}
              <button type="button" className="icon-button" aria-label="Dismiss" onClick={() => setSent(null)}>
                <Icon name="close" size={16} />
              </button>
            </p>
          )}
          {asking && !action.problem && draft.data && !draft.problem && (
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
          {asking && !action.problem && draft.problem && (
            <p className="ask-unclear">
              {draft.problem.message} <span className="quiet">{draft.problem.nextStep}</span>
              {draft.problem.suggestions?.map((mended) => (
                <button key={mended} type="button" className="ask-mended" onClick={() => take(mended)}>
                  {mended.trim()}
                </button>
              ))}
            </p>
          )}
        </div>
        <Switch checked={choosing} onChange={setReview}>
          Let me choose the time first
        </Switch>
      </div>
      <Trouble problem={action.problem} />
    </form>
  );
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
