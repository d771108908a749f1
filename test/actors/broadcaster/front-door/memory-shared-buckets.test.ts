import { MemorySharedBuckets } from '../../../../src/actors/broadcaster/front-door/memory-shared-buckets.ts';
import { ManualClock } from '../../../../src/runtime/index.ts';
import { BUCKETS, sharedBucketsContract } from '../../../contract/shared-buckets.contract.ts';

sharedBucketsContract('MemorySharedBuckets', async () => ({
  buckets: new MemorySharedBuckets(new ManualClock(0), BUCKETS),
  close: async () => {},
}));
