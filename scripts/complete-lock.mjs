#!/usr/bin/env node
/**
 * Completes package-lock.json after `npm install`. Where a registry lacks an optional package of some other
 * platform (a mirror, an embargoed release), npm leaves it out of the lock file, and then `npm ci` refuses
 * the file on every platform. This adds such packages by name, version and platform, without a checksum.
 * `test/tidy.test.ts` says when it is needed.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const LOCK = fileURLToPath(new URL('../package-lock.json', import.meta.url));
const SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'openbsd', 'sunos', 'win32'];
const PROCESSORS = ['arm64', 'arm', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'x64'];

/** Optional packages that a package asks for by exact version and that have no entry of their own. */
function missingFrom(packages) {
  const missing = [];
  for (const [path, entry] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const isPresent = packages[`node_modules/${name}`] ?? packages[`${path}/node_modules/${name}`];
      if (!isPresent && /^\d+\.\d+\.\d+$/.test(version))
        missing.push({ path: `node_modules/${name}`, name, version, entry });
    }
  }
  return missing;
}

const lock = JSON.parse(readFileSync(LOCK, 'utf8'));
const missing = missingFrom(lock.packages);
for (const { path, name, version, entry } of missing) {
  const parts = name.split('-');
  const os = SYSTEMS.find((system) => parts.includes(system));
  const cpu = PROCESSORS.find((processor) => parts.includes(processor));
  if (!os || !cpu)
    throw new Error(`${name}: its platform is not in its name, add it to package-lock.json by hand`);
  const libc = parts.includes('musl') ? { libc: ['musl'] } : {};
  const dev = entry.dev ? { dev: true } : {};
  lock.packages[path] = { version, cpu: [cpu], ...dev, ...libc, optional: true, os: [os] };
}
const byPath = ([a], [b]) => (a < b ? -1 : 1);
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(byPath));
if (missing.length > 0) writeFileSync(LOCK, `${JSON.stringify(lock, null, 2)}\n`);
console.log(missing.length === 0 ? 'complete' : `added ${missing.map(({ name }) => name).join(', ')}`);
