/** The look of /docs: one style sheet inside the page, allowed by its hash. */
import { createHash } from 'node:crypto';

export const DOCS_STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --link: light-dark(#0a58ca, #7db3ff); }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.55 system-ui, sans-serif; display: grid; grid-template-columns: 16rem 1fr; }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1rem; }
nav { border-right: 1px solid var(--line); }
nav ul { list-style: none; padding: 0; margin: .25rem 0 1rem; }
nav li { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; font-size: .875rem; }
main { padding: 1.5rem 2rem 6rem; max-width: 62rem; min-width: 0; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
h1 { margin-top: 0; }
h2 { margin-top: 3rem; border-bottom: 1px solid var(--line); }
h3 { margin-top: 2.25rem; }
code, pre { font: 13.5px/1.5 ui-monospace, monospace; }
code { background: var(--soft); padding: .1em .3em; border-radius: .25em; }
pre { background: var(--soft); padding: .75rem 1rem; border-radius: .5rem; overflow: auto; }
pre code { background: none; padding: 0; }
table { border-collapse: collapse; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0; }
th, td { border-bottom: 1px solid var(--line); }
.wide { overflow-x: auto; }
.method { display: inline-block; min-width: 3.2em; font-weight: 700; }
.tag { font-size: .8rem; padding: .1em .5em; border: 1px solid var(--line); border-radius: 1em; }
details > summary { cursor: pointer; }
@media (max-width: 52rem) { body { display: block; } nav { position: static; height: auto; border: 0; } }
`;

const styleHash = createHash('sha256').update(DOCS_STYLE).digest('base64');

/** Nothing runs, nothing is loaded. */
export const DOCS_HEADERS: Readonly<Record<string, string>> = {
  'Content-Type': 'text/html; charset=utf-8',
  'Cache-Control': 'public, no-cache',
  'Content-Security-Policy': [
    "default-src 'none'",
    `style-src 'sha256-${styleHash}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
};
