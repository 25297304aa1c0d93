import type { ContactView, Preferences, ProposalView } from '@sotto/client';
import { useEffect, useId, useRef, useState, type RefObject, type SubmitEvent } from 'react';
import { useDebounced } from '../lib/hooks';
import { useSotto } from '../sotto/context';
import { useAction } from '../sotto/useAction';
import { useQuery } from '../sotto/useQuery';
import { Switch } from '../ui/controls';
import { Trouble } from '../ui/Trouble';
import { describeDraft } from './describe';
import './ask.css';

interface Props {
  preferences: Preferences;
  contacts: ContactView[] | null;
  onSent: (proposal: ProposalView) => void;
}

/** The command box: a sentence, and at once what the agent makes of it. */
export function Ask({ preferences, contacts, onSent }: Props) {
  const sotto = useSotto();
  const action = useAction();
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState('');
  const [review, setReview] = useState<boolean | null>(null);
  const [sent, setSent] = useState<string | null>(null);
  const asking = text.trim();
  const settled = useDebounced(asking, 180);
  const choosing = review ?? preferences.review;
  const draft = useQuery(settled ? { type: 'interpret', request: { text: settled, review: choosing } } : null);
  const connection = useQuery({ type: 'status' }).data?.connection;
  const partner = contacts?.find(({ state }) => state === 'active')?.name ?? 'Robin';

  useShortcut(input);
  useEffect(() => {
    if (sent === null) return;
    const timer = setTimeout(() => setSent(null), 8000);
    return () => clearTimeout(timer);
  }, [sent]);

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
      const { name } = proposal.contact;
      const away = connection !== 'online' && connection !== 'syncing';
      setSent(
        away
          ? `Kept. It goes out to ${name}’s agent as soon as the relay is back.`
          : `Sent. Your agent asks ${name}’s agent.`,
      );
      onSent(proposal);
    });
  };

  return (
    <form className="ask" onSubmit={submit} aria-label="Arrange a meeting">
      <label htmlFor={id} className="sr-only">
        Ask your agent
      </label>
      <div className="ask-line">
        <input
          id={id}
          ref={input}
          className="ask-input"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setSent(null);
            action.clear();
          }}
          onKeyDown={(event) => event.key === 'Escape' && (text ? setText('') : input.current?.blur())}
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
          {!asking && !sent && <p className="ask-hint">In your own words. Your agent settles the rest with theirs.</p>}
          {!asking && sent && <p className="voice">{sent}</p>}
          {asking && !action.problem && draft.data && !draft.problem && (
            <p className="voice">
              {describeDraft(draft.data)} <span className="ask-title">“{draft.data.title}”</span>
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
function useShortcut(input: RefObject<HTMLInputElement | null>) {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
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
