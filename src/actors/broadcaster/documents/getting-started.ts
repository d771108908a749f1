/** The first part of /docs: from nothing to a settled bet. The bot in it is run by a test as it stands. */
import { readFileSync } from 'node:fs';
import { codeBlock, paragraph, prose, table } from './html.ts';

/** Where the bot's text is; `{{url}}` in it stands for the address of the API. */
const BOT_FILE = new URL('./quick-start-bot.mjs', import.meta.url);

export const BOT_BLOCK = 'bot';
export const CURL_BLOCK = 'curl-example';

export const quickStartBot = (url: string): string =>
  readFileSync(BOT_FILE, 'utf8').replaceAll('{{url}}', url);

const STEPS: readonly string[] = [
  'Get a nonce (`GET /v1/auth/nonce`) and what a message must name (`signIn` of `GET /v1/status`).',
  'Build the EIP-4361 message, line by line as in the bot below, sign it with your wallet ' +
    '(`personal_sign`) and send both to `POST /v1/auth/verify`. The address is in EIP-55 mixed case; ' +
    '`Issued At` is now, by `GET /v1/time`; `Expiration Time` is required, at most 10 minutes after it. ' +
    'The answer has a `token`; send it as `Authorization: Bearer …`. A nonce is good once; a first sign-in ' +
    'opens an account with play credits. One wallet has one session: a new sign-in ends the one before.',
  'Look at `GET /v1/grid`: `columns[c]` is when a column opens, `rows[r]` the lower edge of a row, and ' +
    '`multipliers[c][r]` what the cell pays, or null where it takes no bets.',
  'Ask what a bet would get with `POST /v1/quotes`: its probability, the multiplier for your stake, the ' +
    'largest stake, or the code it would be refused with. Nothing is placed by that.',
  'Place a bet on a cell with `POST /v1/bets`. It executes at the first tick `holdMs` after it came, at ' +
    'the multiplier of that tick, and is refused `QUOTE_MOVED` if that is below your `minMultiplier`. ' +
    'The answer comes after that tick: 201 with the bet, or the code of the refusal. The stake is from ' +
    '`minStakeMicros` to `maxStakeMicros` (`limits` of `GET /v1/status`); a wallet has one bet per cell ' +
    'and kind.',
  'Hear the outcome on the WebSocket (`bet` with event `BetSettled`), or read `GET /v1/bets/{id}`. ' +
    '`GET /v1/bets/{id}/proof` has all it takes to derive it yourself.',
];

const RULES: readonly (readonly [string, string])[] = [
  ['Money', 'Decimal strings of micro-credits: 1 credit is `"1000000"`. Never a float.'],
  ['Multipliers', 'Decimal strings with up to two decimals: `"2.35"`.'],
  ['Prices', 'Integer US cents.'],
  ['Times', 'Integer milliseconds since the Unix epoch; `GET /v1/time` is our clock.'],
  [
    'Idempotency',
    'Every request that moves money has a key of yours. Repeat it under the same key until you have an ' +
      'answer: it is done once, and every repetition gets the first answer.',
  ],
  [
    'Errors',
    'One shape: `{"error": {"code", "message", "retryable", "details"?}}`. `retryable`: nothing was ' +
      'decided, send the same again (after `Retry-After` seconds, if there are any). Not retryable: ' +
      'decided; another try is another request under another key.',
  ],
  [
    'Rates',
    'Each request costs its address a few tokens, signing in most. `RateLimit-Limit`, ' +
      '`RateLimit-Remaining` and `RateLimit-Reset` (seconds) say what is left; 429 says when to come ' +
      'back. `GET /v1/limits` has the rest.',
  ],
  [
    'Pages',
    'Listings answer `nextCursor` while there is more: pass it as `cursor`, and nothing else but `limit`.',
  ],
  [
    'Caching',
    'Where an answer has an `ETag`, send it as `If-None-Match`: 304 says that you have it. Large answers ' +
      'are compressed with br or gzip for who sends `Accept-Encoding`.',
  ],
  [
    'Strictness',
    'Unknown fields and parameters of requests are MALFORMED. Answers may gain fields: ignore them.',
  ],
];

const curlExample = (url: string): string =>
  [
    `curl ${url}/v1/price`,
    `curl ${url}/v1/grid --compressed`,
    `curl '${url}/v1/candles?intervalMs=60000'`,
    `curl -H 'Authorization: Bearer TOKEN' ${url}/v1/account`,
    '',
    "cat > bet.json <<'END'",
    '{',
    '  "symbol": "btc:usd", "kind": "touch",',
    '  "opensAtMs": OPENS, "closesAtMs": CLOSES, "lowCents": LOW, "highCents": HIGH,',
    '  "stakeMicros": "1000000", "minMultiplier": "1"',
    '}',
    'END',
    `curl -X POST ${url}/v1/bets \\`,
    `  -H 'Authorization: Bearer TOKEN' -H 'Content-Type: application/json' \\`,
    `  -H 'Idempotency-Key: my-first-bet' -d @bet.json`,
  ].join('\n');

export function gettingStarted(url: string): string {
  return [
    '<h2 id="start">Getting started</h2>',
    paragraph(
      'Bets are on cells of a grid: a time window and a price band. A `touch` wins if the BTC/USD line ' +
        'meets the cell. All of it is with play credits.',
    ),
    `<ol>${STEPS.map((step) => `<li>${prose(step)}</li>`).join('')}</ol>`,
    '<h3 id="curl">With curl</h3>',
    paragraph(
      'What is in capitals is yours to fill in. `TOKEN`: what a signed message is answered with; curl ' +
        'cannot sign one, the bot below does. `OPENS` and `LOW`: one of `columns` and of `rows` of `GET ' +
        '/v1/grid`, where `multipliers` is not null. `CLOSES`: `OPENS` plus its `columnMs`. `HIGH`: ' +
        '`LOW` plus its `rowHeightCents`. Times and prices in the examples of this page are ' +
        'placeholders too.',
    ),
    codeBlock(curlExample(url), CURL_BLOCK),
    '<h3 id="bot-in-node">A bot in Node</h3>',
    paragraph('Node 22 or newer; nothing but `ethers` to install, for the signature.'),
    codeBlock(quickStartBot(url), BOT_BLOCK),
    '<h3 id="rules">What holds everywhere</h3>',
    table(
      ['', ''],
      RULES.map(([name, text]) => [prose(name), prose(text)]),
    ),
  ].join('\n');
}
