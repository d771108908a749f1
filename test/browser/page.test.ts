/**
 * The page as a player meets it: real system, real Chromium, real pointer. Signs in, bets, sees the
 * outcome, and has the page check it.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { expect, onTestFinished, type TestContext, test } from 'vitest';
import { findChromium } from '../../scripts/system-packages.mjs';
import { startSystem } from '../support/system.ts';

const PROJECT_DIR = fileURLToPath(new URL('../..', import.meta.url));
const SCREENSHOTS_DIR = join(PROJECT_DIR, 'var');
const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const OUTCOME_MS_MAX = 60_000;
const ANSWER_MS_MAX = 5_000;
const TAPS_MAX = 5;

test('a player signs in, bets, sees the outcome and checks it', { timeout: 150_000 }, async (context) => {
  const executablePath = chromiumOrSkip(context);
  expect(existsSync(join(PROJECT_DIR, 'web/dist/index.html')), 'web/dist is built by the set-up').toBe(true);
  const system = await startSystem();
  onTestFinished(() => system.stop());
  const browser = await openBrowser(executablePath);
  const page = browser.pages()[0] ?? (await browser.newPage());
  const problems = problemsOf(page);

  await page.goto(system.url);
  await page.waitForSelector('[data-testid=connection][data-state=open]');
  await page.waitForSelector('[data-testid=cell][data-multiplier]');

  await page.click('[data-testid=sign-in]');
  await page.click('[data-testid=sign-in-throwaway]');
  await page.waitForSelector('[data-testid=sign-out]');
  await page.waitForFunction(() =>
    /\d/.test(document.querySelector('[data-testid=balance]')?.textContent ?? ''),
  );
  const grant = await amountOf(page, 'balance');
  expect(grant).toBeGreaterThan(0);

  await page.selectOption('[data-testid=tolerance]', '25');
  await placeBet(page);
  await expect.poll(() => amountOf(page, 'balance')).toBe(grant - 10);
  await screenshot(page, 'page-open-bet.png');

  const settled = page.locator('[data-testid=settled-bet]');
  await settled.waitFor({ timeout: OUTCOME_MS_MAX });
  expect(await settled.count()).toBe(1);
  expect(await settled.getAttribute('data-outcome')).toMatch(/^(won|lost|void)$/);
  await screenshot(page, 'page-settled-bet.png');

  await page.click('[data-testid=check]');
  await page.waitForSelector('[data-testid=check][data-agrees=true]');

  await page.click('[data-testid=sign-out]');
  await page.waitForSelector('[data-testid=sign-in]');
  expect(await page.locator('[data-testid=settled-bet]').count()).toBe(0);
  expect(problems).toEqual([]);
});

function chromiumOrSkip(context: TestContext): string {
  const found: string | undefined = findChromium();
  if (found !== undefined) return found;
  const reason = 'no Chromium on this machine: the page is NOT tested';
  console.warn(`WARNING: ${reason}. Install chromium or set CHROMIUM_PATH.`);
  return context.skip(reason);
}

async function openBrowser(executablePath: string): Promise<BrowserContext> {
  const profile = mkdtempSync(join(tmpdir(), 'touchline-chromium-'));
  const viewport = { width: 1_280, height: 800 };
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: CHROMIUM_FLAGS,
    viewport,
  });
  onTestFinished(async () => {
    await browser.close();
    rmSync(profile, { recursive: true, force: true });
  });
  return browser;
}

/** Errors of the page itself, and anything the content security policy refused. Filled as they come. */
function problemsOf(page: Page): string[] {
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error.stack)));
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) problems.push(message.text());
  });
  return problems;
}

/** Taps the likeliest cell of the second column, which is sure to be open and settles soon. */
async function placeBet(page: Page): Promise<void> {
  for (let taps = 1; taps <= TAPS_MAX; taps += 1) {
    // The cells move, so the pointer goes where one is, as a finger does.
    const target = await page.evaluate(() => {
      const cells = [...document.querySelectorAll<HTMLElement>('[data-testid=cell][data-multiplier]')];
      const opensAt = [...new Set(cells.map(({ dataset }) => Number(dataset['opens'])))].sort(
        (a, b) => a - b,
      );
      const column = cells.filter(({ dataset }) => Number(dataset['opens']) === opensAt[1]);
      column.sort((a, b) => Number(a.dataset['multiplier']) - Number(b.dataset['multiplier']));
      const box = column[0]?.getBoundingClientRect();
      return box && { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    });
    if (!target) throw new Error('no cell takes bets');
    await page.mouse.click(target.x, target.y);
    const open = page.waitForSelector('[data-testid=open-bet]', { timeout: ANSWER_MS_MAX });
    if (await open.catch(() => undefined)) return;
  }
  throw new Error(`no bet was taken: ${await page.locator('.toast').allTextContents()}`);
}

async function amountOf(page: Page, testId: string): Promise<number> {
  return Number((await page.textContent(`[data-testid=${testId}]`))?.replaceAll(',', ''));
}

/** For the reader; nothing is asserted of it. */
async function screenshot(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS_DIR, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS_DIR, name) });
}
