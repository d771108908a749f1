/**
 * Secrets out of files, so that they need not stand in an environment, where child processes and crash
 * reports find them. An error names the setting and the file, never what is in it.
 */
import { readFileSync } from 'node:fs';

type Given = Readonly<Record<string, string | undefined>>;

export const REDIS_URL_DEFAULT = 'redis://127.0.0.1:6379';

/** With REDIS_URL and ETH_RPC_URL read from their files, and the password put into the URLs of Redis. */
export function withSecretsFromFiles(given: Given): Given {
  const read: Record<string, string | undefined> = { ...given };
  for (const name of ['REDIS_URL', 'ETH_RPC_URL']) {
    const path = given[`${name}_FILE`];
    if (path === undefined) continue;
    if (given[name] !== undefined) throw new Error(`configuration: ${name} and ${name}_FILE are both set`);
    read[name] = readSecret(`${name}_FILE`, path);
  }
  const path = given['REDIS_PASSWORD_FILE'];
  if (path === undefined) return read;
  const password = readSecret('REDIS_PASSWORD_FILE', path);
  const { REDIS_URL = REDIS_URL_DEFAULT, REDIS_MAILBOX_URL } = read;
  const mailboxes = REDIS_MAILBOX_URL && withPassword(REDIS_MAILBOX_URL, password);
  return {
    ...read,
    REDIS_URL: withPassword(REDIS_URL, password),
    ...(mailboxes && { REDIS_MAILBOX_URL: mailboxes }),
  };
}

function readSecret(name: string, path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch {
    throw new Error(`configuration: ${name}: cannot read ${path}`);
  }
  if (text === '') throw new Error(`configuration: ${name}: ${path} is empty`);
  return text;
}

/** What is no URL is left to the schema to refuse. */
function withPassword(redisUrl: string, password: string): string {
  const url = URL.parse(redisUrl.startsWith('/') ? `unix://${redisUrl}` : redisUrl);
  if (url?.password !== '') return redisUrl;
  const secret = encodeURIComponent(password);
  // A URL without a host takes no user.
  if (url.protocol === 'unix:') return `unix://${url.username}:${secret}@localhost${url.pathname}`;
  url.password = secret;
  return url.href;
}
