/**
 * A player's session: signs in when there is none, signs out now and then, and makes sure that a session that
 * ended never opens anything again.
 */
import type { ServerFrame } from '../../src/protocol/api/frames.ts';
import type { NonceAnswer, VerifyAnswer } from '../../src/protocol/api/http.ts';
import { FORGERIES, forge } from './forgeries.ts';
import type { Answer, Network } from './network.ts';
import { messageOf, type SimWallet } from './wallets.ts';
import type { World } from './world.ts';

const SOCKET_ANSWER_MS = 2_000;

export class Account {
  token: string | undefined;
  readonly wallet: SimWallet;
  readonly #world: World;
  readonly #network: Network;
  #signingIn: Promise<void> | undefined;
  /** A message that signed somebody in, and its signature. */
  #used: { readonly message: string; readonly signature: string } | undefined;

  constructor(wallet: SimWallet, world: World, network: Network) {
    this.wallet = wallet;
    this.#world = world;
    this.#network = network;
  }

  headers(token = this.token): Record<string, string> {
    return token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  /** One attempt; attempts at the same time are one. */
  signIn(): Promise<void> {
    this.#signingIn ??= this.#signIn().finally(() => {
      this.#signingIn = undefined;
    });
    return this.#signingIn;
  }

  async signOut(): Promise<void> {
    const { token } = this;
    if (token === undefined) return;
    const path = '/v1/auth/signout';
    const answer = await this.#network.request({ method: 'POST', path, headers: this.headers(token) });
    if (answer === 'lost' || answer.error) return;
    if (this.token === token) this.token = undefined;
    await this.#expectDead(token);
  }

  /** The right wallet with another secret opens nothing, and signs nobody out. */
  async forge(): Promise<void> {
    const token = `${this.wallet.address}.${'A'.repeat(43)}`;
    const { judge, reached } = this.#world;
    for (const [method, path] of [
      ['GET', '/v1/account'],
      ['POST', '/v1/auth/signout'],
    ] as const) {
      const answer = await this.#network.request({ method, path, headers: this.headers(token) });
      if (answer === 'lost') continue;
      judge.expect(answer.error !== undefined, `${path} took a forged session`);
      if (answer.error?.code === 'UNAUTHENTICATED') reached('forged session refused');
    }
  }

  /** A nonce signs in once; a message with anything wrong in it never does. */
  async misuse(): Promise<void> {
    const { judge, clock, faults } = this.#world;
    if (this.#used) {
      const again = await this.#verify(this.#used.message, this.#used.signature);
      judge.expect(again === 'lost' || again.error !== undefined, 'one nonce signed in twice');
    }
    const nonce = await this.#nonce();
    if (nonce === undefined) return;
    const wrong = faults.dice.pick(FORGERIES);
    const { message, signature } = forge(wrong, this.wallet, nonce, clock.nowMs());
    const answer = await this.#verify(message, signature);
    if (answer === 'lost') return;
    judge.expect(answer.error !== undefined, `a message with a wrong ${wrong} signed in`);
    const reason = answer.error?.details?.['reason'] ?? wrong;
    judge.expect(reason === wrong, `a message with a wrong ${wrong} was refused for its ${reason}`);
  }

  async #signIn(): Promise<void> {
    const { clock, faults, judge } = this.#world;
    const nonce = await this.#nonce();
    if (nonce === undefined) return;
    const message = messageOf(this.wallet, nonce, clock.nowMs());
    const signature = this.wallet.sign(message);
    const answer = await this.#verify(message, signature);
    if (answer === 'lost' || answer.error) return;
    const { token, wallet } = answer.body as VerifyAnswer;
    judge.expect(wallet === this.wallet.address, `signed in as ${wallet}, not ${this.wallet.address}`);
    judge.expect(judge.balanceOf(wallet) !== undefined, `${wallet} has a session and no account`);
    const before = this.token;
    this.token = token;
    this.#used = { message, signature };
    if (before !== undefined && faults.dice.chance(0.5)) await this.#expectDead(before);
  }

  async #nonce(): Promise<string | undefined> {
    const answer = await this.#network.request({ path: '/v1/auth/nonce' });
    return answer === 'lost' || answer.error ? undefined : (answer.body as NonceAnswer).nonce;
  }

  #verify(message: string, signature: string): Promise<Answer> {
    return this.#network.request({ method: 'POST', path: '/v1/auth/verify', body: { message, signature } });
  }

  async #expectDead(token: string): Promise<void> {
    void this.#expectDeadOnSocket(token);
    const answer = await this.#network.request({ path: '/v1/account', headers: this.headers(token) });
    if (answer === 'lost') return;
    this.#world.judge.expect(answer.error !== undefined, 'a session that ended was accepted');
    if (answer.error?.code === 'UNAUTHENTICATED') this.#world.reached('dead session refused');
  }

  async #expectDeadOnSocket(token: string): Promise<void> {
    const { clock, judge, reached } = this.#world;
    const socket = this.#network.connect();
    if (!socket) return;
    socket.sendToServer(JSON.stringify({ op: 'auth', token }));
    await clock.delay(SOCKET_ANSWER_MS);
    for (const bytes of socket.received) {
      const frame = JSON.parse(Buffer.from(bytes).toString()) as ServerFrame;
      if (!('ack' in frame)) continue;
      judge.expect(frame.ack !== 'auth', 'a session that ended signed a socket in');
      if (frame.ack === 'error' && frame.error.code === 'UNAUTHENTICATED')
        reached('dead session refused on a socket');
    }
    socket.end();
  }
}
