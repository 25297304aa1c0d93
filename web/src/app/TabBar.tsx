import { Icon, type IconName } from '../ui/Icon';
import { VIEWS, type View } from './route';

const ICONS: Record<View, IconName> = { week: 'week', people: 'people', calendars: 'file', settings: 'settings' };

/** The ways around, at the bottom of a narrow screen. */
export function TabBar({ view, waiting }: { view: View; waiting: number }) {
  return (
    <nav className="tab-bar" aria-label="Main">
      {VIEWS.map(([name, label, address]) => (
        <a key={name} href={address} aria-current={name === view ? 'page' : undefined}>
          <Icon name={ICONS[name]} />
          {label}
          {name === 'week' && waiting > 0 && view !== 'week' && <i className="dot" aria-hidden="true" />}
        </a>
      ))}
    </nav>
  );
}
