import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { HttpRequest } from '../../../src/actors/broadcaster/client-server.ts';
import { loadPageFiles, type PageFiles } from '../../../src/actors/broadcaster/page-files.ts';

let directory: string;
let page: PageFiles;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'touchline-page-'));
  mkdirSync(join(directory, 'assets'));
  writeFileSync(join(directory, 'index.html'), '<!doctype html>');
  writeFileSync(join(directory, 'assets', 'index-abc.js'), 'run()');
  writeFileSync(join(directory, 'odd.bin'), 'x');
  page = loadPageFiles(directory);
});
afterAll(() => rmSync(directory, { recursive: true }));

const get = (path: string, headers: HttpRequest['headers'] = {}) =>
  page.answer({
    method: 'GET',
    path,
    query: '',
    headers,
    remoteAddress: '127.0.0.1',
    body: new Uint8Array(),
  });

it('serves index.html at / and files by their path', () => {
  expect(Buffer.from(get('/')?.body ?? '').toString()).toBe('<!doctype html>');
  expect(get('/')?.headers).toMatchObject({
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-cache',
  });
  expect(get('/index.html')?.body).toEqual(get('/')?.body);
  expect(get('/assets/index-abc.js')?.headers).toMatchObject({
    'Content-Type': 'text/javascript; charset=utf-8',
    'Cache-Control': 'public, max-age=31536000, immutable',
  });
  expect(get('/odd.bin')?.headers['Content-Type']).toBe('application/octet-stream');
});

it('serves nothing else', () => {
  for (const path of [
    '/assets',
    '/assets/',
    '/../page-files.ts',
    '/%2e%2e/x',
    '//index.html',
    '',
    '/assets/../index.html',
  ]) {
    expect(get(path)).toBeUndefined();
  }
});

it('lets only its own bundle run', () => {
  const headers = get('/')?.headers ?? {};
  expect(headers['Content-Security-Policy']).toContain("default-src 'none'");
  expect(headers['Content-Security-Policy']).not.toContain('unsafe');
  expect(headers).toMatchObject({ 'X-Content-Type-Options': 'nosniff', 'X-Frame-Options': 'DENY' });
});

it('does not send again what the browser has', () => {
  const etag = get('/')?.headers['ETag'] ?? '';
  for (const header of [etag, `W/${etag}`, `"x", ${etag}`]) {
    expect(get('/', { 'if-none-match': header })).toMatchObject({ status: 304, body: '' });
  }
  expect(get('/', { 'if-none-match': '"other"' })?.status).toBe(200);
});
