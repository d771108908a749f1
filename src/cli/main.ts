/** `touchline <command> [options]`. Commands are listed here and nowhere else. */
import { actors } from './actors-command.ts';
import { audit } from './audit/audit-command.ts';
import { backtest } from './backtest/backtest-command.ts';
import { fit } from './backtest/fit-command.ts';
import { backup } from './backup-command.ts';
import { calibration } from './calibration-command.ts';
import type { Command } from './command.ts';
import { UsageError } from './command.ts';
import { dead } from './dead-command.ts';
import { demo } from './demo/demo-command.ts';
import { importCommand } from './import/import-command.ts';
import { keys } from './keys-command.ts';
import { ledger } from './ledger-command.ts';
import { market } from './market-command.ts';
import { serviceKeyCommand } from './service-key-command.ts';
import { verify } from './verify-command.ts';

const COMMANDS: Readonly<Record<string, Command>> = {
  actors,
  audit,
  backtest,
  backup,
  calibration,
  dead,
  demo,
  fit,
  import: importCommand,
  keys,
  ledger,
  market,
  'service-key': serviceKeyCommand,
  verify,
};

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === 'help' || name === '--help') {
    console.log(help());
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) {
    console.error(`touchline: there is no command "${name}"\n\n${help()}`);
    return 2;
  }
  const { json, exitCode } = await command.run(args);
  console.log(JSON.stringify(json));
  return exitCode;
}

function help(): string {
  const lines = Object.entries(COMMANDS).map(
    ([name, { summary, options }]) =>
      `  ${name.padEnd(10)}${summary}${options.map((line) => `\n            ${line}`).join('')}`,
  );
  const note = 'The last line of output is always one JSON object.';
  return `touchline <command> [options]\n\n${lines.join('\n')}\n\n${note}`;
}

main(process.argv.slice(2)).then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    const isUsage = error instanceof UsageError || (error instanceof TypeError && 'code' in error);
    console.error(
      `touchline: ${isUsage ? (error as Error).message : error instanceof Error ? error.stack : error}`,
    );
    process.exitCode = isUsage ? 2 : 1;
  },
);
