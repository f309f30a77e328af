import { MemorySessionStore } from './memory-store.ts';
import { describeSessionStore } from './testing/store-contract.ts';

describeSessionStore('memory store', async () => new MemorySessionStore());
