/**
 * `touchline verify FILE`: checks a proof of one settlement, as it was saved from `GET /v1/bets/{id}/proof`.
 * Offline: no server, no database, no key.
 */
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { verifyProof } from '../client/index.ts';
import { isAddress } from '../domain/proof/proof-bytes.ts';
import { type Command, type CommandResult, progress, UsageError } from './command.ts';

const FILE_BYTES_MAX = 16 * 1024 * 1024;

export const verify: Command = {
  summary: 'checks a saved proof of a settlement, offline: verify FILE',
  options: [
    'FILE              the JSON of GET /v1/bets/{id}/proof; - reads standard input',
    '--signer ADDRESS  a key that counts, may be repeated; default: any, named in the result',
  ],
  async run(args): Promise<CommandResult> {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { signer: { type: 'string', multiple: true } },
      allowPositionals: true,
    });
    const [file, ...rest] = positionals;
    if (file === undefined || rest.length > 0) throw new UsageError('verify takes one file');
    const signers = values.signer?.map((address) => address.toLowerCase());
    const stranger = signers?.find((address) => !isAddress(address));
    if (stranger !== undefined) throw new UsageError(`--signer takes an address, not "${stranger}"`);
    const proof = jsonOf(await read(file));
    const result = await verifyProof(proof, signers ? { signers } : {});
    if (!result.valid) {
      progress(`not proven: ${result.reason} (${result.detail})`);
      const { reason, detail } = result;
      return { json: { valid: false, outcome: null, reason, detail }, exitCode: 1 };
    }
    const { betId, outcome, verdict } = result;
    const reason = verdict.outcome === 'void' ? verdict.reason : null;
    const { decidedSeq } = verdict;
    progress(
      `${betId}: ${outcome}, decided by tick ${decidedSeq}, on the word of ${result.signers.join(', ')}`,
    );
    const json = { valid: true, outcome, reason, betId, decidedSeq, signers: result.signers };
    return { json, exitCode: 0 };
  },
};

async function read(file: string): Promise<string> {
  if (file === '-') return text(process.stdin);
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${(error as NodeJS.ErrnoException).code}`);
  }
  if (bytes.length > FILE_BYTES_MAX) throw new UsageError(`${file} is too large to be a proof`);
  // What is not UTF-8 becomes replacement characters, which no proof has.
  return bytes.toString('utf8');
}

function jsonOf(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}
