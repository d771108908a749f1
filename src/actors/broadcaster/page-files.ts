/**
 * The files of the page, read into memory once at start: a path is looked up in a map, so no request can name
 * a file that was not there. Pages get a policy under which only their own bundle runs.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import type { HttpRequest, HttpResponse } from './client-server.ts';

export interface PageFiles {
  /** The answer to a GET of this path, or undefined if the page has no such file. */
  answer(request: HttpRequest): HttpResponse | undefined;
}

interface PageFile {
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  readonly etag: string;
}

/** `connect-src 'self'` covers the WebSocket of the same host and port. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin-allow-popups',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};

/** Names under assets/ carry a hash of their content, so they never change. */
const CACHED_FOR_EVER = 'public, max-age=31536000, immutable';
const ASKED_EACH_TIME = 'no-cache';

const NOT_BUILT =
  'The page has not been built: `npm run setup` builds it. Then start again.\nThe API is at /v1/status.\n';

export function loadPageFiles(directory: string): PageFiles {
  const files = new Map<string, PageFile>();
  if (existsSync(join(directory, 'index.html'))) {
    for (const path of filesUnder(directory))
      files.set(`/${relative(directory, path).split(sep).join('/')}`, load(path));
  }
  const index = files.get('/index.html') ?? textFile(NOT_BUILT);
  files.set('/', index);
  return {
    answer: (request) => {
      const file = files.get(request.path);
      return file && answerFile(file, request.headers['if-none-match']);
    },
  };
}

function answerFile(file: PageFile, ifNoneMatch: string | undefined): HttpResponse {
  const headers = { ...file.headers, ETag: file.etag };
  const isKnown = ifNoneMatch?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === file.etag);
  return isKnown ? { status: 304, headers, body: '' } : { status: 200, headers, body: file.body };
}

const filesUnder = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

function load(path: string): PageFile {
  const isAsset = path.split(sep).at(-2) === 'assets';
  const contentType = CONTENT_TYPES[extname(path).toLowerCase()] ?? 'application/octet-stream';
  return pageFile(readFileSync(path), contentType, isAsset ? CACHED_FOR_EVER : ASKED_EACH_TIME);
}

const textFile = (text: string): PageFile =>
  pageFile(Buffer.from(text), 'text/plain; charset=utf-8', 'no-store');

const pageFile = (body: Uint8Array, contentType: string, cacheControl: string): PageFile => ({
  body,
  headers: { 'Content-Type': contentType, 'Cache-Control': cacheControl, ...SECURITY_HEADERS },
  etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
});
