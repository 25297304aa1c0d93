import '@fontsource-variable/hanken-grotesk/wght.css';
import '@fontsource-variable/newsreader/wght-italic.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/list.css';
import { createRoot } from 'react-dom/client';
import { App } from './app/App';
import { applyTheme } from './app/theme';
import { takeDeviceLink } from './vault/deviceLink';
import { takeInvitation } from './vault/invitation';
import { takeVerification } from './vault/verification';

applyTheme();
const invitation = takeInvitation();
const verification = takeVerification();
const deviceLink = takeDeviceLink();
const root = document.getElementById('root');
if (root) {
  createRoot(root).render(<App invitation={invitation} verification={verification} deviceLink={deviceLink} />);
}
