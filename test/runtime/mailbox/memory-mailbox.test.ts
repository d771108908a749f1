import { describe } from 'vitest';
import { MemoryPostOffice } from '../../../src/runtime/mailbox/memory-mailbox.ts';
import { mailboxContract } from '../../contract/mailbox.contract.ts';

describe('memory mailbox', () => {
  mailboxContract(async () => {
    const postOffice = new MemoryPostOffice(20);
    return {
      postOffice,
      lettersMax: 20,
      deadLetters: async (name) =>
        postOffice.deadLetters
          .filter(({ actor }) => actor === name)
          .map(({ envelope, error }) => ({ type: envelope.type, error })),
      close: async () => {},
    };
  });
});
