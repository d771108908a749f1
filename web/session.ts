/**
 * Who is playing. The token lives as long as the tab; the key of a throw-away wallet stays in the browser, so
 * that its balance can be come back to.
 */
import {
  type Eip1193Provider,
  injectedWallet,
  type SignInWallet,
  type TouchlineClient,
  TouchlineError,
  type TouchlineSocket,
  throwAwayWallet,
} from '../src/client/index.ts';
import { type Observable, observable } from './observable.ts';
import { readStored, writeStored } from './settings.ts';

const TOKEN = 'touchline.token';
const KEY = 'touchline.throwAwayKey';

declare global {
  interface Window {
    readonly ethereum?: Eip1193Provider;
  }
}

export class Session {
  /** Lower-case hex, undefined while signed out. */
  readonly wallet: Observable<string | undefined> = observable<string | undefined>(undefined);
  readonly #client: TouchlineClient;
  readonly #socket: TouchlineSocket;

  constructor(client: TouchlineClient, socket: TouchlineSocket) {
    this.#client = client;
    this.#socket = socket;
    socket.on('authenticated', ({ wallet }) => this.wallet.set(wallet));
    socket.on('signed-out', () => this.#ended());
  }

  /** Takes up the session of this tab, if it is still one. */
  async resume(): Promise<void> {
    const token = readStored(sessionStorage, TOKEN);
    if (token !== undefined) await this.#begin(token);
  }

  async signInThrowAway(): Promise<void> {
    const wallet = await throwAwayWallet(readStored(localStorage, KEY));
    writeStored(localStorage, KEY, wallet.privateKey);
    await this.#signIn(wallet);
  }

  async signInInjected(provider: Eip1193Provider): Promise<void> {
    await this.#signIn(await injectedWallet(provider));
  }

  async signOut(): Promise<void> {
    try {
      await this.#client.signOut();
    } finally {
      // Even if the server could not be told, this browser forgets.
      this.#ended();
    }
  }

  async #signIn(wallet: SignInWallet): Promise<void> {
    const { token } = await this.#client.signIn(wallet);
    await this.#begin(token);
  }

  async #begin(token: string): Promise<void> {
    this.#client.useToken(token);
    writeStored(sessionStorage, TOKEN, token);
    try {
      await this.#socket.auth(token);
    } catch (error) {
      // Only a session that was refused is over; with anything else the socket goes on trying.
      if (error instanceof TouchlineError && error.code === 'UNAUTHENTICATED') this.#ended();
      throw error;
    }
  }

  #ended(): void {
    this.#client.useToken(undefined);
    this.#socket.forgetToken();
    writeStored(sessionStorage, TOKEN, undefined);
    this.wallet.set(undefined);
  }
}
