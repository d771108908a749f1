/** The choice of a wallet. Stays open, with the reason, when signing in fails. */
import { type Eip1193Provider, TouchlineError } from '../../src/client/index.ts';
import { byId, setText } from '../dom.ts';
import type { Session } from '../session.ts';
import { sayError } from './toasts.ts';

export function signInDialog(session: Session): { open(): void } {
  const dialog = byId('sign-in-dialog', HTMLDialogElement);
  const throwAway = byId('sign-in-throwaway', HTMLButtonElement);
  const injected = byId('sign-in-injected', HTMLButtonElement);
  const problem = byId('sign-in-error', HTMLElement);

  const attempt = async (signIn: () => Promise<void>): Promise<void> => {
    setText(problem, '');
    dialog.classList.add('is-busy');
    try {
      await signIn();
      dialog.close();
    } catch (error) {
      setText(problem, error instanceof TouchlineError ? sayError(error) : 'The wallet could not sign.');
      if (!(error instanceof TouchlineError)) console.error(error);
    } finally {
      dialog.classList.remove('is-busy');
    }
  };
  throwAway.addEventListener('click', () => void attempt(() => session.signInThrowAway()));
  injected.addEventListener('click', () => {
    const provider: Eip1193Provider | undefined = window.ethereum;
    if (provider) void attempt(() => session.signInInjected(provider));
  });

  return {
    open: () => {
      // Wallets inject themselves whenever they are ready.
      injected.disabled = window.ethereum === undefined;
      setText(
        byId('injected-note', HTMLElement),
        injected.disabled ? 'None found in this browser' : 'MetaMask, Rabby and others',
      );
      setText(problem, '');
      if (!dialog.open) dialog.showModal();
    },
  };
}
