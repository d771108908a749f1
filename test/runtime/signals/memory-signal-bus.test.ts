import { describe } from 'vitest';
import { MemorySignalBus } from '../../../src/runtime/signals/memory-signal-bus.ts';
import { signalBusContract } from '../../contract/signal-bus.contract.ts';

describe('memory signal bus', () => signalBusContract(async () => new MemorySignalBus()));
