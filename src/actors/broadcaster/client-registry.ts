/**
 * Port: which connections there are, over all broadcasters. For operators' eyes and counting only: nothing
 * is ever decided by it, and it may vanish at any time and comes back with the next heartbeat.
 *
 * The whole set lives CLIENTS_TTL_SECONDS after the last heartbeat of anybody. A broadcaster that crashed
 * leaves its members behind; its next life forgets them first.
 */
export interface ClientRegistry {
  /** Adds connections (again) and renews the set's life. */
  register(broadcaster: string, connections: readonly number[]): Promise<void>;
  unregister(broadcaster: string, connections: readonly number[]): Promise<void>;
  /** Removes every connection of this broadcaster, also those of an earlier life. */
  forget(broadcaster: string): Promise<void>;
  /** Connections of all broadcasters. */
  count(): Promise<number>;
}

/** A connection as a member of the set. */
export const clientMember = (broadcaster: string, connection: number): string =>
  `${broadcaster}:${connection}`;

/** True for members of this broadcaster, and not for those of one whose name merely begins the same. */
export const isMemberOf = (member: string, broadcaster: string): boolean =>
  member.startsWith(`${broadcaster}:`) && /^\d+$/.test(member.slice(broadcaster.length + 1));
