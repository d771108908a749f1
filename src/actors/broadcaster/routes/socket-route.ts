/** The address of the WebSocket, for requests that are no handshake: those never get here. */
import { z } from 'zod';
import { refused } from '../../../protocol/errors.ts';
import { route } from './route.ts';

export const getSocket = route({
  method: 'GET',
  path: '/v1/ws',
  tag: 'documents',
  summary: 'The WebSocket: see /asyncapi.json',
  description:
    'A handshake is answered 101. One that comes from a page of another origin is refused ORIGIN_REFUSED, ' +
    'one too many TOO_MANY_CONNECTIONS, and a request that is no handshake MALFORMED.',
  auth: 'none',
  answer: z.never(),
  errors: ['MALFORMED', 'ORIGIN_REFUSED', 'TOO_MANY_CONNECTIONS'],
  handle: () => refused('MALFORMED', { field: 'Upgrade' }),
});
