/** The API's description of itself: for programs, and for people. */
import { z } from 'zod';
import { done } from '../../../protocol/errors.ts';
import { route } from './route.ts';

export const getOpenApi = route({
  method: 'GET',
  path: '/openapi.json',
  tag: 'documents',
  summary: 'This HTTP API as OpenAPI 3.1',
  auth: 'none',
  answer: z.looseObject({ openapi: z.literal('3.1.0') }),
  revalidates: true,
  shares: true,
  errors: [],
  handle: (_input, { documents }) => done(documents.openApi() as { openapi: '3.1.0' }),
});

export const getAsyncApi = route({
  method: 'GET',
  path: '/asyncapi.json',
  tag: 'documents',
  summary: 'The WebSocket as AsyncAPI 3.0',
  auth: 'none',
  answer: z.looseObject({ asyncapi: z.literal('3.0.0') }),
  revalidates: true,
  shares: true,
  errors: [],
  handle: (_input, { documents }) => done(documents.asyncApi() as { asyncapi: '3.0.0' }),
});

export const getDocs = route({
  method: 'GET',
  path: '/docs',
  tag: 'documents',
  summary: 'The same for people, with how to start',
  auth: 'none',
  answer: z.string(),
  contentType: 'text/html',
  revalidates: true,
  errors: [],
  handle: (_input, { documents }) => ({ ok: true, response: documents.page() }),
});
