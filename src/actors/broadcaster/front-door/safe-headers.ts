/**
 * Header fields that every answer carries, whoever gave it. What an answer says itself (the page and /docs
 * have policies of their own) goes before.
 */
import type { HttpResponse } from '../client-server.ts';

const SAFE: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'X-Frame-Options': 'DENY',
};
/** Two years. Not for subdomains: they are not ours to speak for. */
const HTTPS_ONLY = { 'Strict-Transport-Security': 'max-age=63072000' };

/** With what players use of `origins`; only where all of it is https may browsers be told to stay there. */
export function safeHeaders(origins: readonly string[]): (response: HttpResponse) => HttpResponse {
  const isHttps = origins.length > 0 && origins.every((origin) => origin.startsWith('https:'));
  const always = isHttps ? { ...SAFE, ...HTTPS_ONLY } : SAFE;
  return ({ status, headers, body }) => ({ status, headers: { ...always, ...headers }, body });
}
