/**
 * The boundaries of the code, checked by `npm test`; a failure prints the rule's name and the two files.
 *
 *   domain ← protocol ← runtime ← actors ← tree ← main        client: protocol and domain        web: client
 *
 * Types count like values. Parsed by swc, because typescript 7 has no parser API yet.
 */
const { builtinModules } = require('node:module');

const packagePath = (name) => `(^|/)node_modules/${name.replace('.', '\\.')}/`;

/** Native and I/O packages that exactly one file may import, and where that file has to be. */
const SINGLE_IMPORTERS = [
  // Under its alias and under the name of the package that carries it.
  { names: ['uWebSockets.js', 'uws-pack'], inside: '^src/actors/broadcaster/' },
  { names: ['ioredis'], inside: '^src/runtime/' },
  { names: ['better-sqlite3'], inside: '^src/runtime/' },
  { names: ['piscina'], inside: '^src/runtime/' },
  { names: ['comlink'], inside: '^src/runtime/' },
  { names: ['pino'], inside: '^src/runtime/' },
  { names: ['prom-client'], inside: '^src/runtime/' },
  { names: ['ccxt'], inside: '^src/actors/price-feed/' },
];

const singleImporterRules = SINGLE_IMPORTERS.flatMap(({ names, inside }) => {
  const path = names.map(packagePath);
  return [
    {
      name: `${names[0]}-has-one-importer`,
      comment:
        'Import it through the file of src that owns it; a second importer makes it impossible to replace.',
      severity: 'error',
      from: { path: '^src/' },
      module: { path, numberOfDependentsMoreThan: 1 },
    },
    {
      name: `${names[0]}-only-in-its-place`,
      severity: 'error',
      from: { path: '^src/', pathNot: inside },
      to: { path },
    },
  ];
});

const NODE_MODULE = `^(node:)?(${builtinModules.filter((name) => !name.startsWith('_')).join('|')})$`;

const onlyTo = (name, from, pathNot) => ({ name, severity: 'error', from: { path: from }, to: { pathNot } });

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'src-needs-no-dev-dependency',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], pathNot: '/node_modules/@types/' },
    },
    onlyTo('domain-is-pure', '^src/domain/', '^src/domain/'),
    onlyTo('protocol-only-domain', '^src/protocol/', [
      '^src/(protocol|domain)/',
      packagePath('zod'),
      packagePath('msgpackr'),
      // Hashing, a pure function; the client must not reach it (client-runs-in-browsers).
      '^(node:)?crypto$',
    ]),
    {
      name: 'runtime-knows-no-market',
      severity: 'error',
      from: { path: '^src/runtime/' },
      to: { path: '^src/', pathNot: '^src/(runtime|protocol)/' },
    },
    {
      name: 'actors-import-downwards',
      severity: 'error',
      // tree.ts beside them stands above: it also knows the configuration.
      from: { path: '^src/actors/[^/]+/' },
      to: { path: '^src/', pathNot: '^src/(actors|runtime|protocol|domain)/' },
    },
    {
      name: 'actors-never-import-each-other',
      comment: 'Actors talk by letters; what two of them share belongs to protocol or domain.',
      severity: 'error',
      from: { path: '^src/actors/([^/]+)/' },
      to: { path: '^src/actors/', pathNot: '^src/actors/$1/' },
    },
    {
      name: 'market-data-only-domain',
      severity: 'error',
      from: { path: '^src/market-data/' },
      to: { path: '^src/', pathNot: '^src/(market-data|domain)/' },
    },
    {
      name: 'client-only-protocol-and-domain',
      severity: 'error',
      from: { path: '^src/client/' },
      to: { path: '^src/', pathNot: '^src/(client|protocol|domain)/' },
    },
    {
      name: 'client-runs-in-browsers',
      comment: 'Nothing the client imports, however far away, may be a module of Node.',
      severity: 'error',
      from: { path: '^src/client/' },
      to: { path: NODE_MODULE, reachable: true },
    },
    {
      name: 'web-only-client',
      severity: 'error',
      from: { path: '^web/' },
      to: { path: '^(src|test|scripts|bench)/', pathNot: '^src/client/' },
    },
    {
      name: 'nobody-imports-an-entry-point',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: '^src/(main\\.ts|cli/)' },
    },
    {
      name: 'src-never-imports-tests-or-scripts',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|scripts|web)/' },
    },
    ...singleImporterRules,
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['^web/dist/', '^src/.*[.]d[.]ts$'] },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs', '.cjs'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types', 'default'],
    },
  },
};
