/**
 * Who is playing. The token lives as long as the tab; the key of a throw-away wallet stays in the browser, so
 * that its balance can be come back to.
 */
import { type Client, type Eip1193Provider, injectedWallet, throwAwayWallet } from '../src/client/index.ts';
import { type Observable, observable } from './observable.ts';
import { readStored, writeStored } from './settings.ts';

const TOKEN = 'touchline.token';
const KEY = 'touchline.throwAwayKey';

declare global {
  interface Window {
    readonly ethereum?: Eip1193Provider;
  }
}

/** Of the session of this tab, if it has one. */
export const storedToken = (): string | undefined => readStored(sessionStorage, TOKEN);

export class Session {
  /** Lower-case hex, undefined while signed out. */
  readonly wallet: Observable<string | undefined> = observable<string | undefined>(undefined);
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
    client.on('authenticated', ({ wallet }) => {
      writeStored(sessionStorage, TOKEN, client.token);
      this.wallet.set(wallet);
    });
    client.on('signed-out', () => {
      writeStored(sessionStorage, TOKEN, undefined);
      this.wallet.set(undefined);
    });
  }

  async signInThrowAway(): Promise<void> {
    const wallet = await throwAwayWallet(readStored(localStorage, KEY));
    writeStored(localStorage, KEY, wallet.privateKey);
    await this.#client.signIn(wallet);
  }

  async signInInjected(provider: Eip1193Provider): Promise<void> {
    await this.#client.signIn(await injectedWallet(provider));
  }

  signOut(): Promise<void> {
    return this.#client.signOut();
  }
}
