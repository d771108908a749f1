import { describe } from 'vitest';
import { systemClock } from '../../../src/runtime/clock.ts';
import { MemoryDeadLetters } from '../../../src/runtime/mailbox/memory-dead-letters.ts';
import { MemoryPostOffice } from '../../../src/runtime/mailbox/memory-mailbox.ts';
import { mailboxContract } from '../../contract/mailbox.contract.ts';

describe('memory mailbox', () => {
  mailboxContract(async () => {
    const postOffice = new MemoryPostOffice(systemClock, 20);
    return {
      postOffice,
      lettersMax: 20,
      deadLetters: new MemoryDeadLetters(postOffice),
      statusBoard: postOffice.statusBoard,
      close: async () => {},
    };
  });
});
