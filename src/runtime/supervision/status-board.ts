/**
 * Where senders see that an actor is down and coming back, whatever process they are in: asks to it are
 * refused at once with ACTOR_RESTARTING instead of running into their deadline, letters are kept. The post
 * office looks at it while it posts (see mailbox/).
 *
 * Fails open: no word means up. A word fades after DOWN_TTL_MS unless it is renewed, so that a supervisor
 * that dies leaves nobody behind who is down for ever.
 */
export interface StatusBoard {
  /** For the next DOWN_TTL_MS. Never rejects. */
  down(actor: string): Promise<void>;
  /** Never rejects. */
  up(actor: string): Promise<void>;
}

export const DOWN_TTL_MS = 3_000;
/** How often a supervisor renews its word. */
export const DOWN_RENEW_MS = 1_000;

/** For trees whose senders need no word. */
export const noStatusBoard: StatusBoard = { down: async () => {}, up: async () => {} };
