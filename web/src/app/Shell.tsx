import { useEffect, useMemo, useRef, useState, type MouseEvent } from 'react';
import { Calendars } from '../calendars/Calendars';
import { DropTarget } from '../calendars/DropTarget';
import { ImportProvider } from '../calendars/importing';
import { CalledOff } from '../meetings/CalledOff';
import { useCalledOff } from '../meetings/calledOff';
import { CodeCheck } from '../people/CodeCheck';
import { People } from '../people/People';
import { InvitationCard } from '../people/InvitationCard';
import { AwayContext } from '../settings/away';
import { askingIn, awayOf } from '../settings/deviceWords';
import { Settings } from '../settings/Settings';
import type { Problem } from '../sotto/problem';
import { useQuery } from '../sotto/useQuery';
import { Icon } from '../ui/Icon';
import { Trouble } from '../ui/Trouble';
import type { PendingDeviceLink } from '../vault/deviceLink';
import type { Pending } from '../vault/pending';
import { Working } from '../vault/Working';
import { AgentChange } from './AgentChange';
import { AskingBanner } from './AskingBanner';
import { isShutOut } from './connection';
import { ConnectionBanner } from './ConnectionBanner';
import { HasAccount } from './HasAccount';
import { Header } from './Header';
import { HoldBanner } from './HoldBanner';
import { useNavigation, VIEWS } from './route';
import { ShutOut } from './ShutOut';
import { TabBar } from './TabBar';
import { WeekPage } from './WeekPage';
import './shell.css';

interface Props {
  pending: Pending;
  /** A safety number's code that was opened. */
  code: Pending;
  /** A link that adds a device, which is of no use here. */
  device: PendingDeviceLink;
  fault: Problem | null;
  onDismissFault: () => void;
}

/** Everything once the vault is open. */
export function Shell({ pending, code, device, fault, onDismissFault }: Props) {
  const navigation = useNavigation();
  const main = useRef<HTMLElement>(null);
  const status = useQuery({ type: 'status' }).data;
  const preferences = useQuery({ type: 'preferences' }).data;
  const waiting = status?.waiting_for_you ?? 0;
  const calledOff = useCalledOff(navigation.proposal);
  const news = waiting + calledOff.unseen.length;
  const { view } = navigation;
  const title = VIEWS.find(([name]) => name === view)?.[1] ?? 'Week';

  useEffect(() => {
    document.title = `${news ? `(${news}) ` : ''}${title} · Sotto`;
  }, [news, title]);
  useEffect(
    () => () => {
      document.title = 'Sotto';
    },
    [],
  );

  // A new view starts at its top, and so does the keyboard.
  const shown = useRef(view);
  useEffect(() => {
    if (shown.current === view) return;
    shown.current = view;
    main.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [view]);

  const [looking, setLooking] = useState(false);
  const devices = useQuery({ type: 'devices' }).data;
  const away = useMemo(() => awayOf(devices ?? []), [devices]);
  if (status && isShutOut(status) && !looking) return <ShutOut status={status} onLook={() => setLooking(true)} />;

  const skip = (event: MouseEvent) => {
    event.preventDefault();
    main.current?.focus();
  };

  return (
    <AwayContext value={away}>
      <ImportProvider>
        <a className="skip" href="#main" onClick={skip}>
          Skip to content
        </a>
        <Header navigation={navigation} status={status} asked={askingIn(devices ?? []) !== null} />
        <main id="main" ref={main} tabIndex={-1} className={`page page-${view}`}>
          {status && <ConnectionBanner status={status} onLeave={() => setLooking(false)} />}
          {view !== 'people' && <HoldBanner />}
          <AskingBanner devices={devices ?? []} status={status} shown={view !== 'settings'} />
          <AgentChange status={status} always={view !== 'settings'} />
          {device.link && <HasAccount status={status} onDone={device.dismiss} />}
          {fault && (
            <div className="fault">
              <Trouble problem={fault} />
              <button type="button" className="icon-button" aria-label="Dismiss" onClick={onDismissFault}>
                <Icon name="close" />
              </button>
            </div>
          )}
          {preferences && (
            <CalledOff {...calledOff} zone={preferences.time_zone} onShow={(proposal) => navigation.open(proposal)} />
          )}
          {pending.link && (
            <InvitationCard key={pending.link} link={pending.link} view={view} onDone={pending.dismiss} />
          )}
          {!preferences || !devices ? (
            <Working>One moment.</Working>
          ) : view === 'week' ? (
            <WeekPage navigation={navigation} preferences={preferences} pending={pending} code={code} />
          ) : view === 'people' ? (
            <People zone={preferences.time_zone} code={code} />
          ) : view === 'calendars' ? (
            <Calendars zone={preferences.time_zone} />
          ) : (
            <Settings preferences={preferences} status={status} />
          )}
        </main>
        <TabBar view={view} waiting={news} />
        <DropTarget />
        {code.link && <CodeCheck key={code.link} link={code.link} onClose={code.dismiss} />}
      </ImportProvider>
    </AwayContext>
  );
}
