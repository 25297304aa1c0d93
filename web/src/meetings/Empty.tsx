import type { ContactView } from '@sotto/client';
import { awayWords, type Away } from '../settings/deviceWords';
import { Hairpin } from '../ui/Mark';

/** No meeting yet, but somebody to meet. */
export function NothingYet({ name }: { name: string }) {
  return (
    <div className="meetings-empty">
      <Hairpin closeness={0.4} tone="calm" />
      <p>Nothing is being arranged.</p>
      <p className="quiet">
        Try <em className="voice">“half an hour with {name} next week”</em> in the box above. Press / to get there.
      </p>
    </div>
  );
}

/** No meeting here, as another device of the user's arranges them. */
export function OnAnother({ away }: { away: Away }) {
  return (
    <div className="meetings-empty">
      <Hairpin closeness={0} tone="calm" />
      <p>{away.why === 'follows' ? `${away.name} arranges your meetings.` : awayWords(away, '')}</p>
      <p className="quiet">
        What it says to other people’s agents, and they to it, can be read here: under People, at Messages.
      </p>
      <a className="button" href="#/people">
        To People
      </a>
    </div>
  );
}

/** Nobody to meet yet. */
export function Nobody({ contacts }: { contacts: ContactView[] }) {
  const requested = contacts.find(({ state }) => state === 'requested');
  const waiting = contacts.find(({ state }) => state === 'waiting');
  return (
    <div className="meetings-empty">
      <Hairpin closeness={0} tone="calm" />
      {requested ? (
        <>
          <p>{requested.name} would like to be your contact.</p>
          <p className="quiet">Once you approve, your agents may talk.</p>
          <a className="button primary" href="#/people">
            See the request
          </a>
        </>
      ) : waiting ? (
        <>
          <p>Waiting for {waiting.name} to approve.</p>
          <p className="quiet">As soon as they do, you can ask for a meeting here.</p>
        </>
      ) : (
        <>
          <p>Your agent knows nobody yet.</p>
          <p className="quiet">
            Invite somebody, or accept an invitation that you were given. Then ask for a meeting here.
          </p>
          <a className="button primary" href="#/people">
            Invite or accept
          </a>
        </>
      )}
    </div>
  );
}
