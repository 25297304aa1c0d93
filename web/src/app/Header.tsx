import type { StatusView } from '@sotto/client';
import { useMedia } from '../lib/hooks';
import { nextWaiting } from '../meetings/words';
import { useAway } from '../settings/away';
import { useQuery } from '../sotto/useQuery';
import { Icon } from '../ui/Icon';
import { Mark } from '../ui/Mark';
import { ConnectionChip } from './ConnectionChip';
import { VIEWS, type Navigation } from './route';
import { useTheme } from './theme';

interface Props {
  navigation: Navigation;
  status: StatusView | null;
  /** Whether a device asks to be added. */
  asked: boolean;
}

export function Header({ navigation, status, asked }: Props) {
  const away = useAway();
  const { view } = navigation;
  const [theme, setTheme] = useTheme();
  const systemDark = useMedia('(prefers-color-scheme: dark)');
  const dark = theme === 'dark' || (theme === 'system' && systemDark);
  const waiting = status?.waiting_for_you ?? 0;
  const proposals = useQuery({ type: 'proposals' }).data;
  const next = nextWaiting(proposals ?? [], navigation.proposal);
  return (
    <header className="header">
      <a className="wordmark" href="#/" aria-label="Sotto, to the week">
        <Mark size={26} />
        <span>Sotto</span>
      </a>
      <nav className="header-nav" aria-label="Main">
        {VIEWS.map(([name, label, address]) => (
          <a key={name} href={address} aria-current={name === view ? 'page' : undefined}>
            {label}
          </a>
        ))}
      </nav>
      <span className="grow" />
      {waiting > 0 && (
        <a
          className="tag warm waiting-count"
          href={next || !proposals ? '#/' : asked ? '#/settings' : '#/people'}
          onClick={(event) => {
            if (!next) return;
            event.preventDefault();
            navigation.open(next.id);
          }}
        >
          {waiting}{' '}
          <span>
            waiting<span className="waiting-word"> for you</span>
          </span>
        </a>
      )}
      {away?.why === 'follows' && (
        <a className="tag follows-tag" href="#/settings">
          <span>Follows {away.name}</span>
        </a>
      )}
      {status && <ConnectionChip status={status} />}
      <button
        type="button"
        className="icon-button theme-button"
        aria-label={dark ? 'Use light colours' : 'Use dark colours'}
        onClick={() => setTheme(dark ? 'light' : 'dark')}
      >
        <Icon name={dark ? 'sun' : 'moon'} />
      </button>
    </header>
  );
}
