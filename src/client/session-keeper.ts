/**
 * Keeps a client signed in: signs in when a session is first needed, again before it expires, and again when
 * the server says that it ended; however many ask, once at a time.
 *
 * A wallet has one session at a time: another sign-in of the same wallet ends this one. So that two clients
 * of one wallet do not throw each other out as fast as they can, a session that was cut short is renewed only
 * after a growing wait with jitter.
 */
import { type BackoffOptions, fullJitterMs, sleepMs } from './backoff.ts';
import { errorFromWire, TouchlineError } from './touchline-error.ts';
import type { SignInWallet } from './wallet.ts';

interface Session {
  readonly token: string;
  /** From when it began. */
  readonly lifeMs: number;
}

export interface SessionKeeperOptions {
  readonly wallet: SignInWallet | undefined;
  readonly token: string | undefined;
  readonly signIn: (wallet: SignInWallet) => Promise<Session>;
  /** The token is another one now, or there is none. */
  readonly changed: (token: string | undefined) => void;
  readonly random: () => number;
}

/** Share of a session's life after which it is renewed. */
const RENEW_AFTER = 0.9;
const TIMER_MS_MAX = 2 ** 31 - 1;
/** A session that ended sooner than this was cut short. */
const CUT_SHORT_MS = 60_000;
const CUT_SHORT_BACKOFF = { baseMs: 1_000, capMs: 60_000 } as const;

export class SessionKeeper {
  readonly #options: SessionKeeperOptions;
  readonly #backoff: BackoffOptions;
  #wallet: SignInWallet | undefined;
  #token: string | undefined;
  #signingIn: Promise<string> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #beganAtMs = Number.NEGATIVE_INFINITY;
  #cutShort = 0;
  #isClosed = false;

  constructor(options: SessionKeeperOptions) {
    this.#options = options;
    this.#backoff = { ...CUT_SHORT_BACKOFF, random: options.random };
    this.#wallet = options.wallet;
    this.#token = options.token;
  }

  /** Of the running session; that it still runs is not known. */
  get current(): string | undefined {
    return this.#token;
  }

  /** Whether there is, or can be made, a session. */
  get isPossible(): boolean {
    return this.#token !== undefined || this.#wallet !== undefined;
  }

  /** A token to use now. Throws UNAUTHENTICATED if there is neither one nor a wallet to sign in with. */
  async token(): Promise<string> {
    return this.#signingIn ?? this.#token ?? this.#renew();
  }

  /** The server refused this token, or that there was none: resolves with another one, or throws. */
  async replace(refused: string | undefined): Promise<string> {
    if (this.#signingIn) return this.#signingIn;
    if (this.#token !== undefined && this.#token !== refused) return this.#token;
    this.#set(undefined);
    if (this.#wallet?.asksUser) throw errorFromWire({ code: 'UNAUTHENTICATED' });
    return this.#renew();
  }

  /** Signs in with this wallet from now on. */
  async begin(wallet: SignInWallet): Promise<string> {
    this.#wallet = wallet;
    this.#cutShort = 0;
    this.#beganAtMs = Number.NEGATIVE_INFINITY;
    await this.#signingIn?.catch(() => {});
    return this.#signIn(wallet);
  }

  /** Continues a session from its token; with undefined, leaves it and forgets the wallet. */
  use(token: string | undefined): void {
    if (token === undefined) this.#wallet = undefined;
    this.#set(token);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #renew(): Promise<string> {
    const wallet = this.#wallet;
    if (!wallet || this.#isClosed) return Promise.reject(errorFromWire({ code: 'UNAUTHENTICATED' }));
    return this.#signIn(wallet);
  }

  #signIn(wallet: SignInWallet): Promise<string> {
    const signingIn = this.#signInPatiently(wallet).finally(() => {
      if (this.#signingIn === signingIn) this.#signingIn = undefined;
    });
    this.#signingIn = signingIn;
    return signingIn;
  }

  async #signInPatiently(wallet: SignInWallet): Promise<string> {
    const wasCutShort = performance.now() - this.#beganAtMs < CUT_SHORT_MS;
    this.#cutShort = wasCutShort ? this.#cutShort + 1 : 0;
    // The first time it may well be that the server lost the session.
    if (this.#cutShort > 1) await sleepMs(fullJitterMs(this.#cutShort - 1, this.#backoff));
    const { token, lifeMs } = await this.#options.signIn(wallet);
    this.#beganAtMs = performance.now();
    if (this.#wallet !== wallet) throw errorFromWire({ code: 'UNAUTHENTICATED' });
    this.#set(token);
    this.#renewAfter(lifeMs * RENEW_AFTER, token);
    return token;
  }

  #set(token: string | undefined): void {
    clearTimeout(this.#timer);
    if (token === this.#token) return;
    this.#token = token;
    this.#options.changed(token);
  }

  /** Before it expires, while the old one still works. */
  #renewAfter(ms: number, token: string): void {
    if (this.#isClosed || this.#wallet?.asksUser) return;
    this.#timer = setTimeout(
      () => {
        const wallet = this.#wallet;
        if (this.#token !== token || !wallet || this.#signingIn) return;
        this.#signIn(wallet).catch((error: unknown) => {
          // It has a tenth of its life left; what cannot be repeated shows when it has ended.
          if (error instanceof TouchlineError && error.retryable) this.#renewAfter(ms / 20, token);
        });
      },
      Math.min(ms, TIMER_MS_MAX),
    );
    // A process with nothing else to do may end.
    if (typeof this.#timer === 'object' && 'unref' in this.#timer) this.#timer.unref();
  }
}
