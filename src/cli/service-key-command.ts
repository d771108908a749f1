/**
 * `touchline service-key`: the address of the key that signs receipts and checkpoints; `rotate` replaces
 * it.
 */
import { readConfig } from '../config.ts';
import { systemRandom } from '../runtime/index.ts';
import { openServiceKey, rotateServiceKey } from '../runtime/service-key.ts';
import { type Command, type CommandResult, progress, UsageError } from './command.ts';

export const serviceKeyCommand: Command = {
  summary: 'the key that signs receipts: service-key [rotate]',
  options: ['rotate   makes a new key; the old address stays published. Restart every process after it'],
  async run([action, ...rest]): Promise<CommandResult> {
    if ((action !== undefined && action !== 'rotate') || rest.length > 0)
      throw new UsageError('service-key, or service-key rotate');
    const path = readConfig().serviceKeyFile;
    const open = action === 'rotate' ? rotateServiceKey : openServiceKey;
    const { address, earlier } = open(path, systemRandom);
    progress(`${path}: ${address}`);
    return { json: { file: path, signer: address, earlierSigners: earlier }, exitCode: 0 };
  },
};
