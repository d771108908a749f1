/** Connection, balance and who is signed in. */
import type { AccountView, SocketState } from '../../src/client/index.ts';
import { byId, el, setAttribute, setText } from '../dom.ts';
import { credits, shortWallet } from '../format.ts';
import type { Observable } from '../observable.ts';

const CONNECTION_TEXT: Readonly<Record<SocketState['state'], string>> = {
  connecting: 'Connecting',
  open: 'Live',
  waiting: 'Reconnecting',
  closed: 'Disconnected: reload the page',
};

export interface HeaderParts {
  readonly wallet: Observable<string | undefined>;
  readonly account: Observable<AccountView | undefined>;
  onSignIn(): void;
  onSignOut(): void;
}

export function header({ wallet, account, onSignIn, onSignOut }: HeaderParts): void {
  const button = byId('account-button', HTMLButtonElement);
  const [balance, staked] = [byId('balance', HTMLElement), byId('staked', HTMLElement)];
  button.addEventListener('click', () => (wallet.value === undefined ? onSignIn() : onSignOut()));
  wallet.watch((value) => {
    const isSignedIn = value !== undefined;
    const who = isSignedIn
      ? [el('span', { class: 'who' }, `${shortWallet(value)} · `), 'Sign out']
      : ['Sign in'];
    button.replaceChildren(...who);
    button.classList.toggle('button-primary', !isSignedIn);
    setAttribute(button, 'data-testid', isSignedIn ? 'sign-out' : 'sign-in');
    setAttribute(document.body, 'data-signed-in', isSignedIn);
  });
  account.watch((value) => {
    setText(balance, value ? credits(value.balanceMicros) : '–');
    setText(staked, value ? credits(value.stakedMicros) : '–');
  });
}

export function showConnection(state: SocketState['state']): void {
  const element = byId('connection', HTMLElement);
  element.dataset['state'] = state;
  setText(element, CONNECTION_TEXT[state]);
}
